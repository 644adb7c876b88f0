import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { openStored } from '../../duckdb/storedFile.ts';
import { withTemporaryFolder } from '../../files/temporaryFolder.ts';
import { commitProperties } from '../../lake/commit.ts';
import { loadTable } from '../../lake/table.ts';
import type { TableName } from '../../model/tableName.ts';
import { readStates } from '../validate/storedStates.ts';
import { type Lake, newRun, openLake } from './openLake.ts';
import { publishTable } from './publishTable.ts';
import type { LakeResult, TableOutcome } from './result.ts';
import { readSources } from './source.ts';

export interface LakeRequest {
  readonly config: Config;
  /** A folder or `s3://bucket/prefix`. */
  readonly place: string | null;
  readonly tables: readonly TableName[];
  /** How long files stay that no newer snapshot needs, in milliseconds. */
  readonly expireMs: number;
  /** Let history expire even where nothing new is published. */
  readonly expireNow: boolean;
  /** Write everything anew, whatever is there. */
  readonly rebuild: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
}

/** Lets history expire where nothing new was published. */
export async function expireRest(
  request: LakeRequest,
  lake: Lake,
  run: string,
  outcome: TableOutcome,
  name: TableName,
): Promise<TableOutcome> {
  if (outcome.published || !request.expireNow) return outcome;
  const store = lake.table(name);
  const table = await loadTable(store);
  if (table === null) return outcome;
  const done = await commitProperties({ store, run, now: request.now(), expireMs: request.expireMs }, table, {}, false);
  return done === null ? outcome : { ...outcome, version: done.version, expired: done.expired };
}

/** DuckDB's memory while files are written, unless --memory says otherwise. */
const LAKE_MEMORY = '320MB';
/** In that much memory. */
const MOST_WRITERS = 2;

/**
 * Publishes tables of the DuckDB file as they were last synced.
 * @throws FinanceDbError; tables that came before the one that failed are published
 */
export async function publishLake(request: LakeRequest): Promise<LakeResult> {
  const { config, signal, now } = request;
  const started = performance.now();
  const run = newRun();
  const lake = openLake(request.place, request.env, run, signal);
  // Says in words what is wrong with the file.
  await readStates(config.duckdbPath);
  return withTemporaryFolder('finance-db-lake-', async (folder) => {
    fs.mkdirSync(path.join(folder, 'tmp'));
    const copy = await openStored(config.duckdbPath, {
      memory: config.memory ?? LAKE_MEMORY,
      threads: os.availableParallelism(),
      temporaryFolder: path.join(folder, 'tmp'),
    });
    const interrupt = (): void => copy.interrupt?.();
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      const sources = await readSources(copy, request.tables);
      const rows = sources.reduce((sum, { state }) => sum + Number(state.rows), 0);
      const tables: TableOutcome[] = [];
      for (const source of sources) {
        const outcome = await publishTable(
          {
            ...{ store: lake.table(source.table), run, now: now(), expireMs: request.expireMs },
            ...{
              copy,
              folder,
              signal,
              onStep: request.onStep,
              rebuild: request.rebuild,
              writers: Math.min(MOST_WRITERS, os.availableParallelism()),
            },
            bytesPerRow: fs.statSync(config.duckdbPath).size / Math.max(1, rows),
          },
          source,
        );
        tables.push(await expireRest(request, lake, run, outcome, source.table));
      }
      return {
        location: lake.location,
        tables,
        seconds: Math.round(performance.now() - started) / 1000,
        warnings: tables.flatMap(({ warnings }) => warnings),
      };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', interrupt);
      copy.abandon();
    }
  });
}
