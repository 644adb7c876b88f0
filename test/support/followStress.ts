import { setTimeout as delay } from 'node:timers/promises';
import { validate } from '../../src/app/validate/validate.ts';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { isFinanceDbError, messageOf } from '../../src/errors/financeDbError.ts';
import { parseLsn } from '../../src/model/watermark.ts';
import { connect } from '../../src/postgres/session.ts';
import { configOf, startFollower, type TestFollower, validateRequest } from './follower.ts';
import { makeTables, random, SILENT, TABLES, type Writers, write } from './stress.ts';

export interface FollowStressOptions {
  readonly address: PostgresAddress;
  readonly folder: string;
  readonly seed: number;
  readonly seconds: number;
  readonly leastComparisons?: number;
  readonly sessions: number;
  readonly rows: number;
  readonly log?: (line: string) => void;
}

export interface FollowStressResult {
  readonly transactions: number;
  readonly definitions: number;
  readonly commits: number;
  readonly publishes: number;
  readonly scans: number;
  readonly restarts: readonly string[];
  readonly comparisons: number;
  readonly rowsCompared: number;
  readonly reads: number;
  /** Validations beside the writers that met the follower. */
  readonly meetings: number;
}

/** A definition that changes, or a connection that is cut, may end a validation: it is no verdict. */
const PASSING: readonly string[] = [
  'PG_LOCKED',
  'PG_QUERY',
  'PG_CONNECTION_LOST',
  'PG_TABLE_MISSING',
  'DUCKDB_MISSING',
];
const SKIPPED = { status: 'equal', metAt: null, tables: [] } as const;

/**
 * Lets random writers and definers loose on a database while it is followed. Now and then they pause, and every row of both
 * sides is compared; now and then the follower is stopped and started, or its connections are cut. A reader opens the file again
 * and again: its positions only grow, and its rows are as many as it says.
 * @throws Error at the first difference, with the seed in its message
 */
export async function followStress(options: FollowStressOptions): Promise<FollowStressResult> {
  const { address, seed, folder, log = () => undefined } = options;
  const admin = await connect(address, { retryMs: 2000 });
  await makeTables(admin, options.rows);
  await admin.query(
    "CREATE TYPE mood AS ENUM ('sad', 'glad'); ALTER TABLE composite ADD COLUMN m mood; UPDATE composite SET m = (ARRAY['sad', 'glad']::mood[])[1 + (n * 10)::int % 2]",
  );
  await admin.query(
    `CREATE PUBLICATION finance_db FOR TABLE ${TABLES} WITH (publish_via_partition_root = ${seed % 2 === 0})`,
  );
  const state: Writers = { paused: false, stopped: false, transactions: 0, definitions: 0, idle: 0 };
  const sessions = await Promise.all(
    Array.from({ length: options.sessions }, () => connect(address, { retryMs: 2000 })),
  );
  const writers = sessions.map((session, name) => write(session, name, options, state, SILENT));
  const next = random(seed);
  const totals = {
    commits: 0,
    publishes: 0,
    scans: 0,
    restarts: [] as string[],
    comparisons: 0,
    rowsCompared: 0,
    meetings: 0,
  };
  const start = (): TestFollower => startFollower({ address, folder, tables: TABLES });
  let follower = start();
  const account = (): void => {
    totals.scans += follower.scans();
    totals.restarts.push(...follower.restarts());
    for (const event of follower.events)
      if (event.kind === 'published') {
        totals.publishes++;
        totals.commits += event.publish.commits;
      }
  };
  const reading = { stopped: false, reads: 0, failure: null as unknown };
  const reader = readAgain(follower.file, reading).catch((error: unknown) => {
    reading.failure = error;
  });
  const deadline = performance.now() + options.seconds * 1000;
  try {
    while (performance.now() < deadline || totals.comparisons < (options.leastComparisons ?? 1)) {
      await delay(100 + Math.floor(next() * 1200));
      if (reading.failure !== null) throw reading.failure;
      const what = next();
      if (what < 0.15) {
        await follower.stop();
        account();
        follower = start();
      } else if (what < 0.3) await cut(admin, next() < 0.5 ? 'walsender' : 'client backend');
      // Beside writers, without any allowance for lag wherever the follower can be met.
      else if (what < 0.6) {
        const { status, metAt, tables } = await validate(
          validateRequest(configOf({ address, folder, tables: TABLES })),
        ).catch((error: unknown) => {
          if (isFinanceDbError(error) && PASSING.includes(error.code)) return SKIPPED;
          throw error;
        });
        // Not met, it may find a definition that has just changed (the name of an enum's value), which no xmin of a row tells.
        if (metAt !== null && status !== 'equal')
          throw new Error(`validate at ${metAt ?? 'no meeting'}: ${status}: ${JSON.stringify(tables, text)}`);
        if (metAt !== null) totals.meetings++;
      }
      state.paused = true;
      while (state.idle < options.sessions) await delay(2);
      totals.rowsCompared += await follower.compare(admin);
      totals.comparisons++;
      state.paused = false;
      log(
        `comparison ${totals.comparisons}: equal; ${state.transactions} transactions, ${follower.restarts().length} restarts`,
      );
    }
    await follower.stop();
    account();
    return { ...totals, transactions: state.transactions, definitions: state.definitions, reads: reading.reads };
  } catch (error) {
    throw new Error(`seed ${seed}, comparison ${totals.comparisons + 1}: ${messageOf(error)}`, { cause: error });
  } finally {
    state.stopped = true;
    reading.stopped = true;
    await follower.stop().catch(() => undefined);
    await Promise.all([...writers, reader]);
    await Promise.all([admin, ...sessions].map((session) => session.close()));
  }
}

/** Ends connections of the follower, as a failing network would. */
async function cut(admin: Awaited<ReturnType<typeof connect>>, type: string): Promise<void> {
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = '${type}' AND application_name = 'finance-db' AND query ~ '${
      type === 'walsender' ? '' : 'the_names_of_tables'
    }' AND pid <> pg_backend_pid()`,
  );
}

async function readAgain(file: string, state: { stopped: boolean; reads: number }): Promise<void> {
  let last = 0n;
  while (!state.stopped) {
    await delay(150);
    const reader = await openReader(file).catch(() => null);
    // Nothing was published yet.
    if (reader === null && state.reads === 0) continue;
    if (reader === null) throw new Error('the file could not be opened');
    try {
      const rows = await reader.all<{ lsn: string; table_schema: string; table_name: string; row_count: string }>(
        'SELECT lsn, table_schema, table_name, row_count::VARCHAR AS row_count FROM finance_db.sync_state',
      );
      for (const { lsn, table_name, row_count } of rows) {
        const [count] = await reader.all<{ n: string }>(`SELECT count(*)::VARCHAR AS n FROM "${table_name}"`);
        if (count?.n !== row_count) throw new Error(`${table_name} has ${count?.n} rows and says ${row_count}`);
        if (parseLsn(lsn) < last) throw new Error(`the position went back: ${lsn}`);
      }
      // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigint
      last = rows.reduce((most, { lsn }) => (parseLsn(lsn) > most ? parseLsn(lsn) : most), last);
      state.reads++;
    } finally {
      reader.close();
    }
  }
}

function text(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
