import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sync } from '../../src/app/sync/sync.ts';
import type { SyncRequest, SyncResult } from '../../src/app/sync/syncRequest.ts';
import { type DuckDbReader, openReader } from '../../src/duckdb/reader.ts';
import { isOneOf } from '../../src/duckdb/stateSeal.ts';
import type { PartsDocument } from '../../src/duckdb/syncState.ts';
import { messageOf } from '../../src/errors/financeDbError.ts';
import { parseTableList, type TableName } from '../../src/model/tableName.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import type { Cluster } from './cluster.ts';
import { compareTable } from './compare.ts';
import { untilReplayed } from './followServer.ts';
import { MonthWitness } from './monthWitness.ts';
import { random } from './stress.ts';

export interface LogStressOptions {
  /** A server of its own with summarize_wal = on, which is crashed now and then. */
  readonly cluster: Cluster;
  /** One that follows it, and is read instead, as soon as it has replayed all; it is crashed, too. */
  readonly standby?: Cluster;
  readonly folder: string;
  readonly seed: number;
  readonly rounds: number;
  /** One in so many rounds crashes the server; 0 for none. */
  readonly crashEvery: number;
  readonly log?: (line: string) => void;
}

export interface LogStressResult {
  readonly rounds: number;
  /** Syncs in which the log told what to read, by how many parts were left out. */
  readonly byLog: number;
  readonly unread: number;
  readonly read: number;
  /** Syncs of a table that read some of its blocks only, and how many were then looked at of how many. */
  readonly byBlocks: number;
  readonly blocksRead: number;
  readonly blocks: number;
  /** Syncs that the log let publish nothing. */
  readonly settled: number;
  readonly modes: Record<string, number>;
  readonly rowsCompared: number;
  /** Blocks in which the file's number of rows was compared. */
  readonly placesCompared: number;
  /** Months of which the file said that they had not changed since an earlier state, and had not. */
  readonly monthsVouched: number;
}

/** A key whose columns are called like our aliases, and which hold what cannot travel, or not with others. */
const AWKWARD = `"row", "hash", "file", "block", "T", d`;
const awkwardKey = (i: string): string =>
  `CASE ${i} % 17 WHEN 0 THEN '' WHEN 1 THEN E'r\\036' || ${i} WHEN 2 THEN repeat('long', 300) || ${i} WHEN 3 THEN E'\\\\N\\t' ELSE 'r' || ${i} END,
   CASE ${i} % 19 WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity' WHEN 2 THEN '0044-03-15 12:00:00.5Z BC' WHEN 3 THEN '10000-01-01Z' ELSE '2024-01-01Z'::timestamptz + ${i} * interval '1 hour 1 microsecond' END,
   CASE ${i} % 23 WHEN 0 THEN 'infinity' WHEN 1 THEN '0001-01-01 BC' ELSE '2024-01-01'::date + ${i} END,
   ${i}, chr(97 + ${i} % 26), lpad(${i}::text, 32, '0')::uuid`;

/** The keys of lists come in no order of its parts, so that their bounds say nothing to DuckDB. */
const MAKE = `
  CREATE TABLE flat (id int PRIMARY KEY, v text) WITH (fillfactor = 10);
  INSERT INTO flat SELECT i, 'f' || i FROM generate_series(1, 2900) i;
  CREATE TABLE elsewhere (id int);
  CREATE TABLE months (id int NOT NULL, at timestamp NOT NULL, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE months_1 PARTITION OF months FOR VALUES FROM (MINVALUE) TO ('2024-02-01') WITH (fillfactor = 10);
  CREATE TABLE months_2 PARTITION OF months FOR VALUES FROM ('2024-02-01') TO ('2024-03-01') WITH (fillfactor = 30);
  CREATE TABLE months_3 PARTITION OF months FOR VALUES FROM ('2024-03-01') TO ('2024-04-01') PARTITION BY RANGE (id);
  CREATE TABLE months_3a PARTITION OF months_3 FOR VALUES FROM (MINVALUE) TO (500);
  CREATE TABLE months_3b PARTITION OF months_3 FOR VALUES FROM (500) TO (MAXVALUE);
  CREATE TABLE months_4 PARTITION OF months FOR VALUES FROM ('2024-04-01') TO (MAXVALUE) WITH (fillfactor = 10);
  INSERT INTO months SELECT i, '2024-01-01'::timestamp + (i % 1000) * interval '3 hours', 'm' || i FROM generate_series(1, 2500) i;
  CREATE TABLE lists (id int NOT NULL, kind text NOT NULL, v text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
  CREATE TABLE lists_a PARTITION OF lists FOR VALUES IN ('a');
  CREATE TABLE lists_b PARTITION OF lists FOR VALUES IN ('b', 'c');
  INSERT INTO lists SELECT i, chr(97 + i % 3), 'l' || i FROM generate_series(1, 600) i;
  CREATE TABLE awkward ("row" text, place text, "hash" timestamptz, "file" date, "block" bigint, "T" varchar(40), d uuid, k0 int, h text, PRIMARY KEY (${AWKWARD})) WITH (fillfactor = 10);
  INSERT INTO awkward (${AWKWARD}, h) SELECT 'r' || i, '2024-01-01Z'::timestamptz + i * interval '1 hour', '2024-01-01'::date + i, i, 't', lpad(i::text, 32, '0')::uuid, 'h' FROM generate_series(1, 500) i`;

type Next = () => number;

function number(next: Next, limit: number): number {
  return Math.floor(next() * limit);
}

/** One random statement of a writer that is about `focus`, a table's name, or about anything. */
function statement(next: Next, focus: string): string {
  const id = 1 + number(next, 3000);
  const to = id + number(next, 6);
  const at = `'2024-01-01'::timestamp + ${number(next, 1100)} * interval '3 hours'`;
  const kind = 'abc'[number(next, 3)] ?? 'a';
  const text = `'w${number(next, 1000)}'`;
  const all = [
    `INSERT INTO flat VALUES (${id}, ${text}) ON CONFLICT (id) DO UPDATE SET v = excluded.v`,
    `UPDATE flat SET v = ${text} WHERE id BETWEEN ${id} AND ${to}`,
    `UPDATE flat SET id = ${id + 3000} WHERE id = ${id}`,
    `DELETE FROM flat WHERE id BETWEEN ${id} AND ${to}`,
    `SELECT FROM flat WHERE id BETWEEN ${id} AND ${to} FOR UPDATE`,
    `INSERT INTO months SELECT i, ${at}, ${text} FROM generate_series(${id}, ${to}) i ON CONFLICT DO NOTHING`,
    `UPDATE months SET v = ${text} WHERE at BETWEEN ${at} AND ${at} + interval '1 day'`,
    `UPDATE months SET at = ${at} WHERE id = ${id}`,
    `UPDATE months SET at = at + interval '29 days' WHERE id BETWEEN ${id} AND ${to}`,
    `DELETE FROM months WHERE id BETWEEN ${id} AND ${to}`,
    `DELETE FROM months WHERE at BETWEEN ${at} AND ${at} + interval '1 day'`,
    `INSERT INTO lists VALUES (${id}, '${kind}', ${text}) ON CONFLICT DO NOTHING`,
    `UPDATE lists SET kind = '${kind}' WHERE id = ${id}`,
    `UPDATE lists SET v = ${text} WHERE id BETWEEN ${id} AND ${to}`,
    `DELETE FROM lists WHERE id BETWEEN ${id} AND ${to}`,
    `INSERT INTO awkward (${AWKWARD}, h) SELECT ${awkwardKey('i')}, ${text} FROM generate_series(${id}, ${to}) i ON CONFLICT DO NOTHING`,
    `UPDATE awkward SET h = ${text}, k0 = ${id} WHERE "block" BETWEEN ${id % 500} AND ${(id % 500) + 9}`,
    `UPDATE awkward SET (${AWKWARD}) = (SELECT ${awkwardKey(String(id))}) WHERE "block" = ${id % 500}`,
    `DELETE FROM awkward WHERE "block" BETWEEN ${id % 500} AND ${(id % 500) + 3} OR "row" = ''`,
    'INSERT INTO elsewhere VALUES (1)',
    `DO $$ BEGIN INSERT INTO public.months VALUES (${id}, ${at}, 'block'); INSERT INTO public.flat SELECT id FROM public.flat LIMIT 1; EXCEPTION WHEN unique_violation THEN UPDATE public.lists SET v = 'handler' WHERE id = ${id}; END $$`,
  ];
  const some = all.filter((sql) => sql.includes(focus));
  return some[number(next, some.length)] ?? '';
}

const FOCUS = ['', 'flat', 'months', 'lists', 'awkward', 'elsewhere', 'DELETE FROM months'];

/** What no transaction may hold, and what changes files. */
const ALONE = [
  ...['CHECKPOINT', 'CHECKPOINT', 'VACUUM flat', 'VACUUM (FREEZE) months', 'VACUUM (FREEZE) flat', 'VACUUM lists'],
  ...[
    'VACUUM FULL flat',
    'VACUUM FULL months_2',
    'CLUSTER flat USING flat_pkey',
    'TRUNCATE months_2',
    'TRUNCATE lists_a',
  ],
  ...['REINDEX TABLE flat', 'ANALYZE', 'DROP TABLE elsewhere'],
  ...['CREATE TABLE elsewhere (id int)', 'ALTER TABLE months_4 SET (fillfactor = 50)', 'TRUNCATE flat'],
  "BEGIN; TRUNCATE months_4; INSERT INTO months SELECT i, '2024-04-05', 'again' FROM generate_series(1, 40) i; COMMIT",
  ...Array<string>(3).fill("INSERT INTO flat SELECT i, 'many' FROM generate_series(1, 900) i ON CONFLICT DO NOTHING"),
  ...['DELETE FROM flat WHERE id % 10 = 3', "DELETE FROM months WHERE id % 10 = 3 AND at < '2024-02-01'"],
  ...['ALTER TABLE flat ADD COLUMN more int DEFAULT 7', 'ALTER TABLE flat DROP COLUMN more'],
  ...['ALTER TABLE flat SET TABLESPACE stress', 'ALTER TABLE flat SET TABLESPACE pg_default'],
];

/** A leaf that goes, and comes again later as it was, or with other rows. */
const DETACH = 'ALTER TABLE months DETACH PARTITION months_2';
const ATTACH = "ALTER TABLE months ATTACH PARTITION months_2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')";

async function quietly(session: PgSession, sql: string): Promise<boolean> {
  return session.query(sql).then(
    () => true,
    () => false,
  );
}

/** A writer whose transactions may stay open over several rounds, or be prepared and ended much later. */
class Writer {
  private open = 0;
  private prepared: string[] = [];
  private count = 0;

  constructor(
    private session: PgSession,
    private readonly name: string,
  ) {}

  /** @param named gives the name that a table has now */
  async turn(next: Next, focus: string, named: (sql: string) => string): Promise<void> {
    const { session } = this;
    if (this.prepared.length > 0 && next() < 0.4) {
      const name = this.prepared.shift();
      // Not within a transaction: what is open goes on in the next turn.
      if (this.open === 0) await quietly(session, `${next() < 0.7 ? 'COMMIT' : 'ROLLBACK'} PREPARED '${name}'`);
      else this.prepared.push(name ?? '');
    }
    if (this.open === 0) await quietly(session, 'BEGIN');
    for (let i = 1 + number(next, 3); i > 0; i--) {
      const inSavepoint = next() < 0.5;
      if (inSavepoint) await quietly(session, 'SAVEPOINT s');
      const worked = await quietly(session, `SET LOCAL lock_timeout = '20ms'; ${named(statement(next, focus))}`);
      if (inSavepoint)
        await quietly(session, !worked || next() < 0.3 ? 'ROLLBACK TO SAVEPOINT s' : 'RELEASE SAVEPOINT s');
      else if (!worked) break;
    }
    const end = next();
    this.open++;
    if (end < 0.25 && this.open < 8) return;
    this.open = 0;
    if (end < 0.35) await quietly(session, 'ROLLBACK');
    else if (end < 0.5 && this.prepared.length < 3) {
      const name = `${this.name}-${this.count++}`;
      if (await quietly(session, `PREPARE TRANSACTION '${name}'`)) this.prepared.push(name);
    } else await quietly(session, 'COMMIT');
  }

  /** After a crash: what was open is gone, what was prepared is not. */
  reconnect(session: PgSession): void {
    this.session = session;
    this.open = 0;
  }

  async end(): Promise<void> {
    await quietly(this.session, 'ROLLBACK');
    for (const name of this.prepared) await quietly(this.session, `ROLLBACK PREPARED '${name}'`);
    await this.session.close();
  }
}

/**
 * Random changes between syncs that go by the summaries of the write-ahead log; after each sync the file is compared with the
 * database row by row. Everything happens in an order that the seed decides.
 * @throws Error at the first difference, with the seed and the round in its message
 */
export async function logStress(options: LogStressOptions): Promise<LogStressResult> {
  const { cluster, standby, seed, log = () => undefined } = options;
  const next = random(seed);
  const join = (): Promise<PgSession> => connect(cluster.address, { retryMs: 5000 });
  let admin = await join();
  const database = `log_${seed}`;
  await admin.query(`CREATE DATABASE ${database} TEMPLATE template0`);
  await admin.close();
  const address = { ...cluster.address, database };
  const enter = (): Promise<PgSession> => connect(address, { retryMs: 5000 });
  const read = { ...(standby ?? cluster).address, database };
  const readFrom = async (): Promise<PgSession> => {
    if (standby !== undefined) await untilReplayed(cluster, standby);
    return connect(read, { retryMs: 5000 });
  };
  admin = await enter();
  await quietly(admin, "SET allow_in_place_tablespaces = on; CREATE TABLESPACE stress LOCATION ''");
  await admin.query(MAKE);
  const writers = [new Writer(await enter(), `a${seed}`), new Writer(await enter(), `b${seed}`)];
  const result = {
    rounds: 0,
    byLog: 0,
    unread: 0,
    read: 0,
    byBlocks: 0,
    blocksRead: 0,
    blocks: 0,
    settled: 0,
    modes: {} as Record<string, number>,
    rowsCompared: 0,
    placesCompared: 0,
    monthsVouched: 0,
  };
  let round = 0;
  /** The first table is called otherwise now and then, and is another one to the file then. */
  let flat = 'flat';
  const named = (sql: string): string => sql.replaceAll(/\bflat\b/g, flat);
  const witness = new MonthWitness();
  try {
    for (; round < options.rounds; round++) {
      const focus = FOCUS[number(next, FOCUS.length)] ?? '';
      for (let turns = number(next, 4); turns > 0; turns--)
        await writers[number(next, writers.length)]?.turn(next, focus, named);
      await quietly(admin, "SET lock_timeout = '50ms'");
      if (next() < 0.3) {
        await quietly(admin, named(ALONE[number(next, ALONE.length)] ?? ''));
        await quietly(admin, 'ROLLBACK');
      }
      if (next() < 0.1 && !(await quietly(admin, DETACH))) await quietly(admin, ATTACH);
      if (next() < 0.04) {
        const other = flat === 'flat' ? 'plain' : 'flat';
        if (await quietly(admin, `ALTER TABLE ${flat} RENAME TO ${other}`)) flat = other;
      }
      const all = [flat, 'months', 'lists', 'awkward'];
      const tables = next() < 0.15 ? (all[number(next, all.length)] ?? flat) : all.join(',');
      if (options.crashEvery > 0 && next() < 1 / options.crashEvery) {
        if (standby !== undefined && next() < 0.5) {
          standby.stop('immediate');
          standby.start();
        }
        cluster.stop('immediate');
        cluster.start();
        admin = await enter();
        for (const writer of writers) writer.reconnect(await enter());
        log(`round ${round}: crashed`);
      }
      const checkpoint = next() < 0.7;
      const source = await readFrom();
      const request = {
        ...logRequest(options.folder, read, `log_${seed}.duckdb`, tables),
        places: { from: 1, rows: 300n },
        jobs: 1 + number(next, 3),
      };
      const done =
        standby !== undefined && checkpoint
          ? await besideCheckpoints([admin, source], sync({ ...request, awaitCheckpointSeconds: 10 }))
          : await sync({ ...request, checkpoint });
      note(result, done);
      // What the argument of docs/sync.md rules out would be mended by a full load, and go unseen.
      for (const { mode, reason } of done.tables)
        if (mode === 'full' && /counts of both sides|became visible/.test(reason)) throw new Error(reason);
      log(
        `round ${round}: ${done.tables.map(({ table, mode, scan, reason }) => `${table} ${mode} ${scan === null ? reason : `${scan.read}/${scan.parts} ${scan.blocks.read}/${scan.blocks.all} ${scan.why}`}`).join('; ')}`,
      );
      const reader = await openReader(path.join(options.folder, `log_${seed}.duckdb`));
      try {
        for (const table of parseTableList(tables))
          result.rowsCompared += await compareTable(source, reader.connection, table);
        result.placesCompared += await comparePlaces(source, reader, parseTableList(tables));
      } finally {
        reader.close();
        await source.close();
      }
      const vouched = await witness.look(path.join(options.folder, `log_${seed}.duckdb`), ['awkward']);
      result.monthsVouched += Object.values(vouched).reduce((sum, count) => sum + count, 0);
    }
    return { ...result, rounds: round };
  } catch (error) {
    throw new Error(`seed ${seed}, round ${round}: ${messageOf(error)}`, { cause: error });
  } finally {
    for (const writer of writers) await writer.end();
    await admin.close();
    const last = await join();
    await last.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await last.close();
  }
}

/**
 * Checkpoints of a primary and of its standby while a sync of the standby waits for one that begins behind its snapshot: a standby makes
 * none of its own, it can only follow its primary's.
 */
async function besideCheckpoints<T>(sessions: readonly PgSession[], work: Promise<T>): Promise<T> {
  let isDone = false;
  const checkpoints = async (): Promise<void> => {
    while (!isDone) {
      for (const session of sessions) await quietly(session, 'CHECKPOINT');
      await delay(50);
    }
  };
  const ended = work.finally(() => {
    isDone = true;
  });
  const [result] = await Promise.all([ended, checkpoints()]);
  return result;
}

/**
 * Compares in which blocks the file believes rows to lie with where they lie, of the tables of which it knows that as of its snapshot.
 * @param tables those that were just synced
 */
export async function comparePlaces(
  session: PgSession,
  reader: DuckDbReader,
  tables: readonly TableName[],
): Promise<number> {
  const states = await reader.all<{ table_oid: string; snapshot: string }>(
    `SELECT table_oid, snapshot FROM finance_db.sync_state WHERE ${isOneOf(tables)}`,
  );
  const [about] = await reader.all<{ value: string }>("SELECT value FROM finance_db.about WHERE name = 'placed'");
  const known = JSON.parse(about?.value ?? '{}') as PartsDocument;
  let compared = 0;
  for (const { table_oid, snapshot } of states) {
    const [asOf, parts = []] = known[table_oid] ?? [];
    if (asOf !== snapshot || parts.length === 0) continue;
    const files = parts.map(([, filenode]) => filenode).join(', ');
    const ours = await reader.all<{ place: string; rows: string }>(
      `SELECT (place >> 32)::VARCHAR || ':' || (place & 4294967295)::VARCHAR AS place, count(*)::VARCHAR AS rows FROM finance_db.placed_${table_oid} WHERE place >> 32 IN (${files}) GROUP BY ALL`,
    );
    const named = await session.query<{ oid: string; name: string }>(
      `SELECT oid::text, oid::regclass::text AS name FROM pg_class WHERE oid = ANY ('{${parts.map(([oid]) => oid).join(',')}}')`,
    );
    const names = new Map(named.map(({ oid, name }) => [oid, name]));
    const theirs = await session.query<{ place: string; rows: string }>(
      parts
        .map(
          ([oid, filenode]) =>
            `SELECT '${filenode}:' || (ctid::text::point)[0] AS place, count(*)::text AS rows FROM ${names.get(oid)} GROUP BY 1`,
        )
        .join(' UNION ALL '),
    );
    const text = (rows: readonly { place: string; rows: string }[]): string =>
      rows
        .map(({ place, rows: n }) => `${place} ${n}`)
        .sort()
        .join('\n');
    if (text(ours) !== text(theirs)) throw new Error(`the places of ${table_oid} are others than the file believes`);
    compared += ours.length;
  }
  return compared;
}

function note(result: { -readonly [K in keyof LogStressResult]: LogStressResult[K] }, done: SyncResult): void {
  if (!done.published && done.tables.some(({ reason }) => reason.includes('summary'))) result.settled++;
  if (done.tables.some(({ scan }) => scan?.why.startsWith('the summaries'))) result.byLog++;
  for (const { mode, scan } of done.tables) {
    result.modes[mode] = (result.modes[mode] ?? 0) + 1;
    result.read += scan?.read ?? 0;
    result.unread += scan === null ? 0 : scan.parts - scan.read;
    if (scan === null || !scan.why.includes('which blocks') || scan.read === 0) continue;
    result.byBlocks++;
    result.blocksRead += scan.blocks.read;
    result.blocks += scan.blocks.all;
  }
}

/** A sync of some tables of a server into a file of a folder. */
export function logRequest(folder: string, address: Cluster['address'], file: string, tables: string): SyncRequest {
  return {
    config: {
      home: folder,
      duckdbPath: path.join(folder, file),
      tables: parseTableList(tables),
      baseCurrency: 'USD',
      baseCurrencyIsSet: false,
      indexes: [],
      // So that the file keeps which months change.
      lake: path.join(folder, 'lake'),
      postgres: { kind: 'external', connection: address },
      today: null,
      fileMode: 0o600,
      timeZone: 'UTC',
      envFile: null,
      port: 0,
      token: null,
      warnings: [],
    },
    tables: parseTableList(tables),
    full: false,
    jobs: 1,
    waitSeconds: 0,
    indexes: [],
    now: () => new Date(),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
}
