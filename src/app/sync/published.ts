import type { PublishedFile } from '../../duckdb/fileState.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import type { TableState } from '../../model/syncPlan.ts';
import type { TableName } from '../../model/tableName.ts';
import type { TableResult, TableWork } from './syncRequest.ts';

/** What the published file says of a table; null when it does not hold it. */
export function findState(file: PublishedFile, table: TableName): TableState | null {
  if (file.kind !== 'ours') return null;
  return file.tables.find((state) => isSame(table, state)) ?? null;
}

/** Rows of the whole file: what was synced, and tables of the file that were not asked for. */
export function rowsAfter(
  before: readonly TableState[],
  work: readonly TableWork[],
  done: readonly TableResult[],
): bigint {
  const others = before.filter((state) => !work.some(({ plan }) => isSame(plan.source.table, state)));
  return [...others, ...done].reduce((sum, { rows }) => sum + rows, 0n);
}

/** Whether two names are of the same table. */
export function isSame(a: TableName, b: TableName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

/**
 * Damage in the middle of the file shows only when DuckDB comes to the place. What it refuses to do in a copy of the
 * published file, in a new file it will not: the file counts as unusable then. Null for all other failures.
 */
export function damageOf(error: unknown, file: PublishedFile): PublishedFile | null {
  if (file.kind !== 'ours' || !isFinanceDbError(error)) return null;
  if (error.code !== 'DUCKDB_UNREADABLE' && !(error.code === 'INTERNAL' && 'sql' in error.details)) return null;
  return { kind: 'unusable', why: error.message };
}
