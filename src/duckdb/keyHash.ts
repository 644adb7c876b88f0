import type { ColumnMapping } from '../model/typeMapping.ts';

/** A temporary table of hashes of the source's keys: one column, `hash`. */
export const KEY_HASHES = 'temp.main.finance_db_keys';

export const CREATE_KEY_HASHES = `CREATE OR REPLACE TEMP TABLE finance_db_keys (hash UBIGINT NOT NULL)`;

export const DROP_KEY_HASHES = `DROP TABLE IF EXISTS ${KEY_HASHES}`;

/**
 * SQL of one number for the values of a key. Lists go by their text: DuckDB's hash of a list is not the same in every
 * vector.
 */
export function keyHash(key: readonly ColumnMapping[], values: readonly string[]): string {
  const parts = key.map(({ duckdbType, element }, index) => {
    const value = `CAST(${values[index]} AS ${duckdbType})`;
    return element === null ? value : `CAST(${value} AS VARCHAR)`;
  });
  return `hash(${parts.join(', ')})`;
}
