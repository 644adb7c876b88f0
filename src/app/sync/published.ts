import type { PublishedFile } from '../../duckdb/fileState.ts';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { type FileSource, isOtherSource, sourceText } from '../../model/fileSource.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName, duckdbTable, type TableName } from '../../model/tableName.ts';
import type { SyncRequest, TableResult, TableWork } from './syncRequest.ts';

/** What the published file says of a table; null when it does not hold it. */
export function findState(file: PublishedFile, table: TableName): TableState | null {
  if (file.kind !== 'ours') return null;
  return file.tables.find((state) => isSame(table, state)) ?? null;
}

/**
 * Two tables of PostgreSQL can be one to DuckDB: `c` and `"C"`, or `t` and `main.t`. The rows of one must not lie under the
 * state of the other, or the next sync would take them for its own.
 * @throws FinanceDbError CONFIG when the file holds such another table in the place of one of `tables`
 */
export function requireOwnPlaces(tables: readonly TableName[], file: PublishedFile): void {
  if (file.kind !== 'ours' || file.sample) return;
  const place = (table: TableName): string => duckdbTable(table).toLowerCase();
  for (const table of tables) {
    const other = file.tables.find((state) => place(state) === place(table) && !isSame(state, table));
    if (other !== undefined)
      throw new FinanceDbError(
        'CONFIG',
        `the DuckDB file holds ${displayName(other)}, which DuckDB cannot tell from ${displayName(table)}`,
        {
          remedy: 'sync it into another file (--duckdb), or remove the file if the other table is not wanted any more',
        },
      );
  }
}

/**
 * A file belongs to its source: the rows of another database must not take the place of its own without being asked.
 * @throws FinanceDbError OTHER_SOURCE naming both
 */
export function requireOwnSource(owner: FileSource | null, source: FileSource, path: string): void {
  if (owner === null || !isOtherSource(owner, source)) return;
  const [theirs, asked] = [sourceText(owner), sourceText(source)];
  const same = theirs === asked ? ', which is another database of that name (made again, or of another cluster)' : '';
  throw new FinanceDbError('OTHER_SOURCE', `${path} was synced from ${theirs}, and this would be ${asked}${same}`, {
    details: { path, file: { ...owner }, source: { ...source } },
  });
}

/**
 * What somebody else has put there must not be replaced.
 * @throws FinanceDbError DUCKDB_NOT_OURS saying what it is
 */
export function requireNotForeign(
  file: PublishedFile,
  path: string,
): asserts file is Exclude<PublishedFile, { kind: 'foreign' }> {
  if (file.kind === 'foreign')
    throw new FinanceDbError('DUCKDB_NOT_OURS', `${path} is ${file.what}, and finance-db does not touch it`, {
      details: { path },
    });
}

/** Whose data the file holds; null when nobody's. */
export function ownerOf(file: PublishedFile): FileSource | null {
  return file.kind === 'ours' ? file.source : null;
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

/** Whether all that the file holds was asked for, so that all of it was checked. */
export function coversFile({ tables }: Pick<SyncRequest, 'tables'>, file: PublishedFile): boolean {
  return file.kind === 'ours' && file.tables.every((state) => tables.some((table) => isSame(table, state)));
}

/** Whether two names are of the same table. */
export function isSame(a: TableName, b: TableName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

/**
 * Damage in the middle of the file shows only when DuckDB comes to the place. What it refuses to do in a copy of the
 * published file, in a new file it will not: the file counts as unusable then. Null for all other failures, among them names that DuckDB
 * does not know or has given away: those are no damage, and a new file would lose the tables that were not asked for.
 */
export function damageOf(error: unknown, file: PublishedFile): PublishedFile | null {
  if (file.kind !== 'ours' || !isFinanceDbError(error)) return null;
  if (error.code !== 'DUCKDB_UNREADABLE' && !(error.code === 'INTERNAL' && 'sql' in error.details)) return null;
  if (/: (Catalog|Binder|Parser) Error: /.test(error.message)) return null;
  return { kind: 'unusable', why: error.message };
}
