import fs from 'node:fs';
import path from 'node:path';
import { openWorkingCopy, type WorkingCopy } from '../../duckdb/workingCopy.ts';
import type { LakeState } from '../../lake/state.ts';
import type { LakeStore } from '../../lake/store/store.ts';
import { keyOf, type LakeTable } from '../../lake/table.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import { duckdbTable } from '../../model/tableName.ts';
import { createReadyViews } from '../sync/readyViews.ts';
import { knownDaysSql } from './knownDays.ts';
import { writeLakeState } from './lakeCopy.ts';
import { readColumns, selectFiles } from './readFiles.ts';

/** How many files are fetched at the same time. */
const FETCHES = 4;

/** A table of the lake, to be looked at. */
export interface ViewedTable {
  readonly table: LakeTable;
  readonly state: LakeState;
  readonly store: LakeStore;
}

/** For reports rows have numbers in a column of their own; for queries there are the ready-made views. */
export type ViewedFor = 'reports' | 'queries';

/**
 * Makes a DuckDB file of views on the Parquet files of the newest snapshots, which are fetched where they are not on this machine.
 * @param folder for what is temporary
 * @param cache where files of a store are kept
 * @returns the Parquet files
 */
export async function makeViews(
  file: string,
  tables: readonly ViewedTable[],
  how: ViewedFor,
  folder: string,
  cache: string,
): Promise<readonly string[]> {
  fs.mkdirSync(path.join(folder, 'tmp'));
  const copy = await openWorkingCopy(file, { memory: '200MB', threads: 1, temporaryFolder: path.join(folder, 'tmp') });
  const readable: string[] = [];
  try {
    await writeLakeState(
      copy,
      tables.map(({ state }) => state),
    );
    for (const statement of knownDaysSql(tables)) await copy.run(statement);
    for (const { table, state, store } of tables) {
      const files = await fetchAll(table, store, cache);
      readable.push(...files);
      await createViews(copy, state, readColumns(table, state), files, how);
    }
    await copy.close();
  } catch (error) {
    copy.abandon();
    throw error;
  }
  return readable;
}

const NUMBERED = 'finance_db_numbered';

async function createViews(
  copy: WorkingCopy,
  state: LakeState,
  columns: ReturnType<typeof readColumns>,
  files: readonly string[],
  how: ViewedFor,
): Promise<void> {
  const view = duckdbTable(state);
  await copy.run(`CREATE VIEW ${view} AS ${selectFiles(files, columns, how === 'reports')}`);
  if (how === 'reports' || state.name !== 'transactions') return;
  // Made over rows that have numbers, in a place of their own; what one sees has none.
  const apart = { schema: `${NUMBERED}_${state.schema}`, name: state.name };
  await copy.run(`CREATE SCHEMA ${quoteIdentifier(apart.schema)}`);
  await copy.run(`CREATE VIEW ${duckdbTable(apart)} AS ${selectFiles(files, columns, true)}`);
  await createReadyViews(copy, [{ table: apart, columns: state.columns }]);
  const made = await copy.all<{ name: string }>(
    `SELECT view_name AS name FROM duckdb_views() WHERE database_name = current_database() AND schema_name = ${quoteLiteral(apart.schema)} AND view_name <> ${quoteLiteral(apart.name)}`,
  );
  for (const { name } of made)
    await copy.run(
      `CREATE VIEW ${duckdbTable({ schema: state.schema, name })} AS FROM ${duckdbTable({ schema: apart.schema, name })}`,
    );
}

/** Local names of a table's files. What the cache has of older snapshots goes. */
async function fetchAll(table: LakeTable, store: LakeStore, cache: string): Promise<string[]> {
  const keys = table.entries.map(({ file }) => keyOf(table.metadata, file.path)).sort();
  const local = new Array<string>(keys.length);
  const queue = [...keys.entries()];
  const fetchSome = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      local[next[0]] = await store.fetch(next[1], cache);
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(FETCHES, keys.length) }, fetchSome));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  if (store.folder === null && local[0] !== undefined) clearCache(local, keys[0] ?? '');
  return local;
}

function clearCache(local: readonly string[], key: string): void {
  const root = (local[0] ?? '').slice(0, -key.length);
  const wanted = new Set(local);
  for (const entry of fs.readdirSync(path.join(root, 'data'), { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !wanted.has(file) && !file.endsWith('.tmp')) fs.rmSync(file, { force: true });
  }
}
