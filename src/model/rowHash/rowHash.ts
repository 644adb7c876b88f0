import { concatenated } from '../canonicalRow.ts';
import type { RowDigest } from '../rowDigest.ts';
import type { HashedColumn } from './hashedColumn.ts';

/**
 * PostgreSQL's own hashes of a row's columns, each with a seed of its own, put together by exclusive or and mixed once
 * more: without that, two rows that swapped a value would have the sum that they had before.
 * @param hashFunction the function of DuckDB that computes the same, of `makeRowHashFunction`
 */
export function hashDigest(columns: readonly HashedColumn[], hashFunction: string): RowDigest {
  const list = (extra: readonly string[]): string => extra.map((sql, index) => `, ${sql} AS x${index}`).join('');
  const theirs = `hashint4extended(0, ${concatenated(
    columns.map(({ postgres }) => postgres),
    '#',
  )})`;
  const ours = `${hashFunction}(${columns.map(({ duckdb }) => duckdb).join(', ')})`;
  return {
    // OFFSET 0, or PostgreSQL would compute the hash once for every use.
    postgres: (table, extra) => `SELECT ${theirs} AS d${list(extra)} FROM ${table} OFFSET 0`,
    duckdb: (table, extra) => `SELECT ${ours} AS d${list(extra)} FROM ${table}`,
  };
}
