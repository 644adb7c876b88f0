import { readPublishedFile } from '../../duckdb/fileState.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { FileSource } from '../../model/fileSource.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName, type TableName } from '../../model/tableName.ts';
import { requireNotForeign } from '../sync/published.ts';

/**
 * What the published file says of its tables.
 * @throws FinanceDbError DUCKDB_MISSING when there is no file or only the sample, DUCKDB_UNREADABLE
 */
export async function readStates(
  path: string,
  file = path,
): Promise<{ states: readonly TableState[]; owner: FileSource | null }> {
  const published = await readPublishedFile(path, file);
  const details = { details: { path: file } };
  if (published.kind === 'missing')
    throw new FinanceDbError('DUCKDB_MISSING', `there is no DuckDB file at ${file}`, details);
  requireNotForeign(published, file);
  if (published.kind === 'unusable')
    throw new FinanceDbError('DUCKDB_UNREADABLE', `${file} cannot be validated: ${published.why}`, details);
  if (published.sample)
    throw new FinanceDbError(
      'DUCKDB_MISSING',
      `${file} holds the built-in sample data, which no PostgreSQL table has to equal`,
      details,
    );
  return { states: published.tables, owner: published.source };
}

/** @throws FinanceDbError DUCKDB_MISSING when the table was never synced */
export function stateOf(states: readonly TableState[], table: TableName): TableState {
  const state = states.find((known) => known.schema === table.schema && known.name === table.name);
  if (state !== undefined) return state;
  throw new FinanceDbError('DUCKDB_MISSING', `the DuckDB file does not hold the table ${displayName(table)} yet`, {
    details: { table: displayName(table) },
  });
}
