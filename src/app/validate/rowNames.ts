import { canonicalValue } from '../../model/canonical.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import type { RowDigest } from '../../model/rowDigest.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { Lag } from './lag.ts';

/** A table on both sides: its columns, how its rows are digested, and what PostgreSQL may have changed. */
export interface RowSource {
  readonly source: SourceTable;
  readonly columns: readonly ColumnMapping[];
  readonly digest: RowDigest;
  readonly lag: Lag;
}

/** What is known when buckets turned out unequal. */
export interface UnequalBuckets extends RowSource {
  readonly buckets: number;
  readonly unequal: readonly number[];
  /** Whether changed rows were set apart, and are not in the buckets. */
  readonly apart: boolean;
  /** How many rows the sync left in the file; null when it was this moment. */
  readonly storedRows: bigint | null;
  readonly duckdbRows: bigint;
}

/** Rows of PostgreSQL that DuckDB has not exactly so, and the other way around; see `findDifferences`. */
export const DIFFERENCES = 'temp.main.finance_db_differences';
/** Where a row is in PostgreSQL, as text: good within the snapshot. Views have no places, so that the row stands for itself. */
export function locator(source: SourceTable): string {
  if (source.kind === 'v' || source.otherStorage !== null) return `concat(${quoteIdentifier(source.table.name)})`;
  return 'concat(tableoid, ctid)';
}

/** SQL that is true for the rows at these places, found by their pages. */
export function placeCondition(places: readonly string[]): string {
  const tids = [...new Set(places.map((place) => place.slice(place.indexOf('('))))];
  return `ctid = ANY (ARRAY[${tids.map(quoteLiteral).join(', ')}]::tid[]) AND concat(tableoid, ctid) = ANY (ARRAY[${places.map(quoteLiteral).join(', ')}])`;
}

/** The key as one text, equal exactly for equal keys; NULL without a key. */
export function keyText({ source, columns }: Pick<RowSource, 'source' | 'columns'>): {
  postgres: string;
  duckdb: string;
} {
  const key = keyColumns(source, columns);
  const [first, ...more] = key.map((column) =>
    canonicalValue(column, quoteIdentifier(column.name), quoteIdentifier(column.name)),
  );
  if (first === undefined) return { postgres: 'NULL', duckdb: 'NULL::VARCHAR' };
  if (more.length === 0) return first;
  // The length of each value before it, so that ('a', 'bc') is not ('ab', 'c').
  const parts = [first, ...more];
  return {
    postgres: parts.map((part) => `length(${part.postgres}) || ':' || ${part.postgres}`).join(' || '),
    duckdb: parts.map((part) => `length(${part.duckdb}) || ':' || ${part.duckdb}`).join(' || '),
  };
}

/** The columns of the key, in its order. */
export function keyColumns(source: SourceTable, columns: readonly ColumnMapping[]): ColumnMapping[] {
  return (source.key ?? []).flatMap((name) => columns.filter((column) => column.name === name));
}

/** SQL of PostgreSQL for many texts in one: a JSON array. */
export function jsonArray(texts: readonly string[]): string {
  return `to_json(ARRAY[${texts.join(', ')}]::text[])::text`;
}
