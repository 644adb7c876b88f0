import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { decideBaseCurrency, evidenceOf, takenOverSourceSql } from '../../analytics/baseCurrency.ts';
import { storedBaseCurrency } from '../../duckdb/baseCurrencyState.ts';
import { openWorkingCopy } from '../../duckdb/workingCopy.ts';
import { withTemporaryFolder } from '../../files/temporaryFolder.ts';
import type { LakeState } from '../../lake/state.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { postgresTable } from '../../model/tableName.ts';
import { mapColumns } from '../../model/typeMapping.ts';
import { withPostgres } from '../../postgres/server.ts';
import { isDurable, openSnapshot, readPosition, type SourceSnapshot } from '../../postgres/snapshot.ts';
import { nameBadText } from '../sync/badText.ts';
import type { LoadContext, LoadProgress } from '../sync/fullLoad.ts';
import { expireRest, type LakeRequest } from './lake.ts';
import { newRun, openLake } from './openLake.ts';
import { publishLeaves } from './publishLeaves.ts';
import type { LakeResult, TableOutcome } from './result.ts';

/** DuckDB's: less than from the file, as rows on their way, sorted and written at once, need more than it counts. */
const LEAF_MEMORY = '240MB';

/** Rows on their way, on disk: enough that reader and loader seldom wait for each other. */
const SPOOL_BYTES = 256 << 20;

/** Compressed rows of bank transactions, until there are files to go by. */
const BYTES_PER_ROW = 40;

/**
 * Publishes tables as PostgreSQL has them, without a DuckDB file: in one snapshot for all, leaf by leaf.
 * @throws FinanceDbError; tables that came before the one that failed are published
 */
export async function publishWithoutFile(
  request: LakeRequest,
  onProgress: (progress: LoadProgress) => void,
): Promise<LakeResult> {
  const { config, signal, now } = request;
  const started = performance.now();
  const run = newRun();
  const lake = openLake(request.place, request.env, run, signal);
  const { postgres: target, lockWaitMs } = config;
  return withTemporaryFolder('finance-db-lake-', (folder) =>
    withPostgres({ target, now: now(), signal, lockWaitMs }, async (server) => {
      const session = await server.connect();
      const position = await readPosition(session);
      const snapshot = await openSnapshot(server, session, request.tables, position.identity.systemIdentifier !== null);
      for (const name of ['tmp', 'spool']) fs.mkdirSync(path.join(folder, name));
      const copy = await openWorkingCopy(path.join(folder, 'leaf.duckdb'), {
        memory: config.memory ?? LEAF_MEMORY,
        threads: os.availableParallelism(),
        temporaryFolder: path.join(folder, 'tmp'),
      });
      const interrupt = (): void => copy.interrupt?.();
      signal.addEventListener('abort', interrupt, { once: true });
      const load: LoadContext = {
        ...{ snapshot, copy, signal, onProgress, spoolFolder: path.join(folder, 'spool') },
        jobs: Math.min(4, os.availableParallelism()),
        spoolBytes: config.spoolBytes ?? SPOOL_BYTES,
      };
      const { systemIdentifier, databaseOid } = snapshot.identity;
      try {
        const warnings: string[] = [];
        if (!(await isDurable(snapshot, signal)))
          warnings.push(
            'the server has not yet written all that was read to its disk; should it crash now, run `finance-db lake --without-file --rebuild`',
          );
        const tables: TableOutcome[] = [];
        for (const source of snapshot.tables) {
          const outcome = await publishLeaves(
            {
              ...{
                store: lake.table(source.table),
                run,
                now: now(),
                expireMs: request.expireMs,
                rebuild: request.rebuild,
              },
              ...{ copy, load, folder, signal, onStep: request.onStep, bytesPerRow: BYTES_PER_ROW },
              source: { systemIdentifier, databaseOid, database: server.database, place: server.place },
              label: (table, before) => labelOf(request, snapshot, table, before),
            },
            source,
          ).catch(async (error: unknown) => {
            signal.throwIfAborted();
            throw await nameBadText(error, server, source, mapColumns(source));
          });
          tables.push(await expireRest(request, lake, run, outcome, source.table));
        }
        const refusal = snapshot.refusal();
        if (refusal !== null) warnings.push(`read with fewer connections than this machine could use: ${refusal}`);
        return {
          location: lake.location,
          tables,
          seconds: Math.round(performance.now() - started) / 1000,
          warnings: [...warnings, ...tables.flatMap((table) => table.warnings)],
        };
      } finally {
        signal.removeEventListener('abort', interrupt);
        copy.abandon();
        await session.close();
      }
    }),
  );
}

/** The currency of the sums: what the setting or the lake says; PostgreSQL is asked for what the rows say when neither does. */
async function labelOf(
  { config }: LakeRequest,
  { session }: SourceSnapshot,
  source: SourceTable,
  before: LakeState | null,
): Promise<Record<string, string>> {
  const stored = storedBaseCurrency((name) => before?.about[name]);
  const setting = config.baseCurrencyIsSet ? config.baseCurrency : null;
  const sql = takenOverSourceSql(postgresTable(source.table), mapColumns(source));
  const evidence =
    stored !== null ? stored.evidence : sql === null ? [] : evidenceOf(await session.query<{ currency: string }>(sql));
  const recorded = stored === null ? null : { currency: stored.currency, from: stored.from ?? ('default' as const) };
  const { currency, from } = decideBaseCurrency(setting, recorded, evidence);
  return { base_currency: currency, base_currency_from: from, base_currency_data: evidence.join(',') };
}
