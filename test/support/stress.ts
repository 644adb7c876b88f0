import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sync } from '../../src/app/sync/sync.ts';
import type { SyncRequest, SyncResult } from '../../src/app/sync/syncRequest.ts';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { messageOf } from '../../src/errors/financeDbError.ts';
import { rowsOf } from '../../src/model/sourceTable.ts';
import { parseTableList } from '../../src/model/tableName.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { compareTable } from './compare.ts';

export interface StressOptions {
  readonly address: PostgresAddress;
  /** Where the DuckDB file is made. */
  readonly folder: string;
  readonly seed: number;
  readonly seconds: number;
  /** On a busy machine it goes on until there were so many. */
  readonly leastSyncs?: number;
  readonly sessions: number;
  readonly rows: number;
  readonly log?: (line: string) => void;
}

export interface StressResult {
  readonly syncs: number;
  readonly modes: Record<string, number>;
  readonly transactions: number;
  /** Tables of which some blocks were read only. */
  readonly byBlocks: number;
  readonly rowsCompared: number;
  readonly upserted: bigint;
  readonly deleted: bigint;
}

/** A generator of numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const TABLES = 'plain,composite,parted,indexed';

/** The last one has so little on each page that with some 40,000 rows it is read by packs. */
export async function makeTables(session: PgSession, rows: number): Promise<void> {
  await session.query(`
    CREATE TABLE plain (id int PRIMARY KEY, v text, amount numeric(15,2), at timestamp, flag bool);
    INSERT INTO plain SELECT i, 'v' || i, i / 7.0, '2020-01-01'::timestamp + i * interval '1 min', i % 3 = 0 FROM generate_series(1, ${rows}) i;
    CREATE TABLE composite (a text, b uuid, n float8, PRIMARY KEY (b, a));
    INSERT INTO composite SELECT 'k' || i % 50, md5(i::text)::uuid, i / 3.0 FROM generate_series(1, ${rows}) i;
    CREATE TABLE parted (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
    CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (MINVALUE) TO (${rows >> 1});
    CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (${rows >> 1}) TO (${rows * 4});
    INSERT INTO parted SELECT i, 'p' || i FROM generate_series(1, ${rows}) i;
    CREATE TABLE indexed (tx_id text PRIMARY KEY, timestamp timestamp, merchant text, category text) WITH (fillfactor = 10);
    INSERT INTO indexed SELECT 'tx' || i, '2020-01-01'::timestamp + i * interval '1 min', 'm' || i % 20, 'c' || i % 5 FROM generate_series(1, ${rows}) i`);
}

/** One random statement; keys come from a range twice as wide as the table, so that all of them meet often. */
function statement(next: () => number, rows: number): string {
  const number = (limit: number): number => Math.floor(next() * limit);
  const key = (): number => 1 + number(rows * 2);
  const from = key();
  const few = from + number(12);
  const many = from + number(rows >> 2);
  const choice = next();
  const text = `'${'xyz'.repeat(number(5))}${number(1000)}'`;
  if (choice < 0.12) return `INSERT INTO plain VALUES (${key()}, ${text}, ${number(100000)} / 100.0, now(), NULL)`;
  if (choice < 0.2)
    return `INSERT INTO plain SELECT i, ${text}, i, now(), true FROM generate_series(${from}, ${few}) i ON CONFLICT (id) DO UPDATE SET v = excluded.v`;
  if (choice < 0.32) return `UPDATE plain SET v = ${text}, amount = amount + 1 WHERE id BETWEEN ${from} AND ${few}`;
  if (choice < 0.4) return `DELETE FROM plain WHERE id BETWEEN ${from} AND ${few}`;
  if (choice < 0.46) return `UPDATE plain SET id = ${key()} WHERE id = ${from}`;
  if (choice < 0.48) return `DELETE FROM plain WHERE id BETWEEN ${from} AND ${many}`;
  if (choice < 0.5)
    return `INSERT INTO plain SELECT i, ${text}, i, now(), true FROM generate_series(${from}, ${many}) i ON CONFLICT DO NOTHING`;
  if (choice < 0.56)
    return `INSERT INTO composite SELECT 'k' || i % 50, md5(i::text)::uuid, random() FROM generate_series(${from}, ${few}) i ON CONFLICT DO NOTHING`;
  if (choice < 0.62) return `UPDATE composite SET a = a || 'x' WHERE b = md5('${from}')::uuid`;
  if (choice < 0.66)
    return `DELETE FROM composite WHERE b IN (SELECT md5(i::text)::uuid FROM generate_series(${from}, ${few}) i)`;
  if (choice < 0.7)
    return `UPDATE composite SET n = -n WHERE b IN (SELECT md5(i::text)::uuid FROM generate_series(${from}, ${few}) i)`;
  if (choice < 0.74) return `UPDATE parted SET id = ${key()} WHERE id = ${from}`;
  if (choice < 0.78) return `DELETE FROM parted WHERE id BETWEEN ${from} AND ${few}`;
  if (choice < 0.82)
    return `INSERT INTO parted SELECT i, ${text} FROM generate_series(${from}, ${few}) i ON CONFLICT DO NOTHING`;
  if (choice < 0.86)
    return `UPDATE indexed SET merchant = ${text}, timestamp = now() WHERE tx_id IN (SELECT 'tx' || i FROM generate_series(${from}, ${few}) i)`;
  if (choice < 0.9)
    return `DELETE FROM indexed WHERE tx_id IN (SELECT 'tx' || i FROM generate_series(${from}, ${few}) i)`;
  if (choice < 0.95)
    return `INSERT INTO indexed SELECT 'tx' || i, now(), ${text}, 'c' FROM generate_series(${from}, ${few}) i ON CONFLICT DO NOTHING`;
  if (choice < 0.98)
    return `DO $$ BEGIN INSERT INTO public.plain VALUES (${key()}, 'block'); INSERT INTO public.plain SELECT id FROM public.plain LIMIT 1; EXCEPTION WHEN unique_violation THEN UPDATE public.plain SET v = 'handler' WHERE id = ${from}; END $$`;
  if (choice < 0.99)
    return `INSERT INTO indexed SELECT 'tx' || i, now(), ${text}, 'd' FROM generate_series(${from}, ${many}) i ON CONFLICT DO NOTHING`;
  if (choice < 0.998)
    return `INSERT INTO parted SELECT i, ${text} FROM generate_series(${from}, ${many}) i ON CONFLICT DO NOTHING`;
  return choice < 0.999 ? 'TRUNCATE indexed' : `DELETE FROM parted WHERE id > ${from}`;
}

/** Commands that no transaction may hold. */
const ALONE = [
  'VACUUM FULL plain',
  'VACUUM (FREEZE) composite',
  'CLUSTER indexed USING indexed_pkey',
  'VACUUM parted',
  'ALTER TABLE parted DETACH PARTITION parted_low',
  'ALTER TABLE parted ATTACH PARTITION parted_low FOR VALUES FROM (MINVALUE) TO (HALF)',
];

/** A partition beyond all others, for what only comes to go. */
const GUEST = 'CREATE TABLE guest PARTITION OF parted FOR VALUES FROM (BEYOND) TO (MAXVALUE)';
const GUESTS =
  "INSERT INTO parted SELECT BEYOND + i, 'guest' FROM generate_series(0, 9) i ON CONFLICT (id) DO UPDATE SET v = 'again'";

/** Definitions that change, and are taken back, without a message to who follows: commands of one line are commits of their own. */
export const SILENT: readonly (readonly string[])[] = [
  [GUEST, GUESTS],
  [GUEST, GUESTS, 'DROP TABLE guest'],
  [`${GUEST}; ${GUESTS}; DROP TABLE guest`],
  ['ALTER TABLE parted DETACH PARTITION guest', "UPDATE guest SET v = 'apart'"],
  ['ALTER TABLE parted ATTACH PARTITION guest FOR VALUES FROM (BEYOND) TO (MAXVALUE)', GUESTS],
  ['ALTER TABLE parted ATTACH PARTITION guest FOR VALUES FROM (BEYOND) TO (MAXVALUE)', GUESTS, 'DROP TABLE guest'],
  ['TRUNCATE guest'],
  ['DROP TABLE IF EXISTS guest'],
  ['TRUNCATE parted_low'],
  ['ALTER TABLE indexed ADD COLUMN extra int DEFAULT 7'],
  ['ALTER TABLE indexed DROP COLUMN IF EXISTS extra'],
  ['ALTER TABLE plain REPLICA IDENTITY FULL', 'ALTER TABLE composite REPLICA IDENTITY FULL'],
  ['ALTER TABLE plain REPLICA IDENTITY DEFAULT'],
  ["ALTER TYPE mood RENAME VALUE 'sad' TO 'low'", "ALTER TYPE mood RENAME VALUE 'low' TO 'sad'"],
  ["ALTER TYPE mood RENAME VALUE 'glad' TO 'high'"],
  ["ALTER TYPE mood RENAME VALUE 'high' TO 'glad'"],
];

export interface Writers {
  paused: boolean;
  stopped: boolean;
  transactions: number;
  /** Definitions that were changed. */
  definitions: number;
  /** Writers between two transactions. */
  idle: number;
}

export async function write(
  session: PgSession,
  name: number,
  options: Pick<StressOptions, 'seed' | 'rows'>,
  state: Writers,
  silent: readonly (readonly string[])[] = [],
): Promise<void> {
  const alone = [...ALONE.map((command) => [command]), ...silent];
  const share = silent.length > 0 ? 0.06 : 0.02;
  const next = random(options.seed * 1009 + name);
  const pause = (): Promise<void> => (next() < 0.25 ? delay(Math.floor(next() * 40)) : Promise.resolve());
  const quietly = (sql: string): Promise<boolean> =>
    session.query(sql).then(
      () => true,
      () => false,
    );
  for (let count = 0; !state.stopped; count++) {
    if (state.paused) {
      state.idle++;
      while (state.paused && !state.stopped) await delay(2);
      state.idle--;
      continue;
    }
    if (next() < share) {
      for (const command of alone[Math.floor(next() * alone.length)] ?? []) {
        const sql = command
          .replaceAll('HALF', String(options.rows >> 1))
          .replaceAll('BEYOND', String(options.rows * 4));
        if (await quietly(sql)) state.definitions++;
      }
      continue;
    }
    await quietly('BEGIN');
    let failed = false;
    const statements = 1 + Math.floor(next() * 7);
    for (let i = 0; i < statements; i++) {
      const inSavepoint = next() < 0.3;
      if (inSavepoint) await quietly('SAVEPOINT s');
      const worked = await quietly(statement(next, options.rows));
      if (inSavepoint) await quietly(!worked || next() < 0.3 ? 'ROLLBACK TO SAVEPOINT s' : 'RELEASE SAVEPOINT s');
      else failed ||= !worked;
      await pause();
    }
    const end = next();
    if (failed || end < 0.15) await quietly('ROLLBACK');
    else if (end < 0.22 && (await quietly(`PREPARE TRANSACTION 'w${name}-${count}'`))) {
      await pause();
      await quietly(`${end < 0.2 ? 'COMMIT' : 'ROLLBACK'} PREPARED 'w${name}-${count}'`);
    } else await quietly('COMMIT');
    state.transactions++;
    await pause();
  }
}

/**
 * Lets random writers loose on a database while syncs run one after the other, and compares both sides row by row in
 * the very snapshot of each sync. Now and then the writers pause, and what was published is compared with the database.
 * @throws Error at the first difference, with the seed in its message
 */
export async function stress(options: StressOptions): Promise<StressResult> {
  const { address, seed, log = () => undefined } = options;
  const admin = await connect(address, { retryMs: 2000 });
  await makeTables(admin, options.rows);
  const state: Writers = { paused: false, stopped: false, transactions: 0, definitions: 0, idle: 0 };
  const sessions = await Promise.all(
    Array.from({ length: options.sessions }, () => connect(address, { retryMs: 2000 })),
  );
  const writers = sessions.map((session, name) => write(session, name, options, state));
  const result = {
    ...{ syncs: 0, modes: {} as Record<string, number>, byBlocks: 0, rowsCompared: 0, upserted: 0n, deleted: 0n },
  };
  const next = random(seed);
  const note = (done: SyncResult): void => {
    result.syncs++;
    for (const { mode, upserted, deleted, scan } of done.tables) {
      result.modes[mode] = (result.modes[mode] ?? 0) + 1;
      if (scan !== null && scan.blocks.read < scan.blocks.all && scan.why.includes('which blocks')) result.byBlocks++;
      if (mode === 'incremental')
        [result.upserted, result.deleted] = [result.upserted + upserted, result.deleted + deleted];
    }
    log(
      `sync ${result.syncs}: ${done.tables.map((table) => `${table.table} ${table.mode} ${table.upserted}/${table.deleted} of ${table.rows}`).join('; ')}`,
    );
  };
  const deadline = performance.now() + options.seconds * 1000;
  const goesOn = (): boolean => performance.now() < deadline || result.syncs < (options.leastSyncs ?? 1);
  try {
    while (goesOn()) {
      const inSnapshot = request(options, async ({ copy, snapshot, tables }) => {
        for (const { plan } of tables)
          result.rowsCompared += await compareTable(
            snapshot.session,
            copy.connection,
            plan.source.table,
            rowsOf(plan.source),
          );
      });
      note(await sync(inSnapshot));
      if (next() < 0.5) await delay(Math.floor(next() * 60));
      if (result.syncs % 8 !== 7 && goesOn()) continue;
      state.paused = true;
      while (state.idle < options.sessions) await delay(2);
      note(await sync(request(options)));
      const again = await sync(request(options));
      // Autovacuum takes transaction ids too, so that the second one may have had to look.
      note(again);
      result.rowsCompared += await comparePublished(admin, options);
      state.paused = false;
    }
    return { ...result, transactions: state.transactions };
  } catch (error) {
    throw new Error(`seed ${seed}, sync ${result.syncs + 1}: ${messageOf(error)}`, { cause: error });
  } finally {
    state.stopped = true;
    await Promise.all(writers);
    await Promise.all([admin, ...sessions].map((session) => session.close()));
  }
}

function request(options: StressOptions, beforePublish?: SyncRequest['beforePublish']): SyncRequest {
  return {
    config: {
      home: options.folder,
      duckdbPath: path.join(options.folder, 'stress.duckdb'),
      tables: parseTableList(TABLES),
      baseCurrency: 'USD',
      baseCurrencyIsSet: false,
      indexes: [],
      postgres: { kind: 'external', connection: options.address },
      today: null,
      fileMode: 0o600,
      timeZone: 'UTC',
      envFile: null,
      port: 0,
      token: null,
      warnings: [],
    },
    tables: parseTableList(TABLES),
    full: false,
    jobs: null,
    waitSeconds: 0,
    indexes: ['timestamp', 'merchant', 'category'],
    now: () => new Date(),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    // From version 17 on, and where the server summarizes its log: by the blocks that changed.
    places: { from: 1 },
    checkpoint: true,
    beforePublish,
  };
}

async function comparePublished(session: PgSession, options: StressOptions): Promise<number> {
  const file = path.join(options.folder, 'stress.duckdb');
  // The second says when a sync last found nothing to do.
  const known = ['stress.duckdb', 'stress.duckdb.checked'];
  const leftovers = fs.readdirSync(options.folder).filter((name) => !known.includes(name));
  if (leftovers.length > 0) throw new Error(`left behind: ${leftovers.join(', ')}`);
  const reader = await openReader(file);
  try {
    let rows = 0;
    for (const table of parseTableList(TABLES)) rows += await compareTable(session, reader.connection, table);
    return rows;
  } finally {
    reader.close();
  }
}
