import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { withTemporaryFolder } from '../../files/temporaryFolder.ts';
import { stateOf } from '../../lake/state.ts';
import { findVersion, loadVersion, readMetadata } from '../../lake/table.ts';
import { displayName } from '../../model/tableName.ts';
import { VERSION } from '../../version.ts';
import { keepViews, takeKeptViews, type ViewsKey, viewsKey } from './keptViews.ts';
import type { ViewedFor, ViewedTable } from './lakeViews.ts';
import { newRun, openLake } from './openLake.ts';

/**
 * Runs a command that reads the DuckDB file on the lake instead: with a small file of views on the Parquet files of the newest
 * snapshots. DuckDB leaves out files and row groups by their statistics; files of a store are fetched, and kept in
 * `$FINANCE_DB_HOME/lake-cache` for as long as the lake has them. So is the file of views, until the lake changes.
 * @param how for reports rows have numbers in a column of their own; for queries there are the ready-made views
 * @param use is given the configuration under which the views are the DuckDB file
 * @throws FinanceDbError LAKE_MISSING, LAKE_UNREADABLE, LAKE_STORE
 */
export async function overLake<T>(
  { config, place, env, signal }: { config: Config; place: string | null; env: NodeJS.ProcessEnv; signal: AbortSignal },
  how: ViewedFor,
  use: (config: Config) => Promise<T>,
): Promise<T> {
  const lake = openLake(place, env, newRun(), signal);
  const found: Found[] = [];
  for (const name of config.tables) {
    const store = lake.table(name);
    const version = await findVersion(store);
    if (version > 0) found.push({ store, version, metadata: await readMetadata(store, version) });
  }
  const cache = path.join(config.home, 'lake-cache');
  const about = [VERSION, how, cache, ...found.map(({ store }) => store.location)];
  const key = viewsKey(
    path.join(cache, 'views'),
    about,
    found.map(({ version, metadata }) => [version, metadata]),
  );
  return withTemporaryFolder('finance-db-lake-', async (folder) => {
    const file = path.join(folder, 'lake.duckdb');
    const readable = takeKeptViews(key, file) ?? (await makeAndKeep(found, key));
    return use({ ...config, duckdbPath: file, readable });

    async function makeAndKeep(all: readonly Found[], into: ViewsKey): Promise<readonly string[]> {
      const tables = await withStates(all);
      if (tables.length === 0)
        throw new FinanceDbError(
          'LAKE_MISSING',
          `there is no table ${config.tables.map(displayName).join(', ')} at ${place}`,
        );
      // What makes them is more than what reads them.
      const { makeViews } = await import('./lakeViews.ts');
      const files = await makeViews(file, tables, how, folder, cache);
      keepViews(into, file, files);
      return files;
    }
  });
}

type Found = Pick<ViewedTable, 'store'> & {
  readonly version: number;
  readonly metadata: ViewedTable['table']['metadata'];
};

/** The tables that we wrote, with what their newest snapshots say and hold. */
async function withStates(found: readonly Found[]): Promise<ViewedTable[]> {
  const tables: ViewedTable[] = [];
  for (const { store, version, metadata } of found) {
    const table = await loadVersion(store, version, metadata);
    const state = stateOf(table);
    if (state !== null) tables.push({ table, state, store });
  }
  return tables;
}
