import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { dropRecordedSlot } from '../../src/app/follow/dropSlot.ts';
import { sync } from '../../src/app/sync/sync.ts';
import { validate } from '../../src/app/validate/validate.ts';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { readPublishedFile } from '../../src/duckdb/fileState.ts';
import { currentFollower } from '../../src/duckdb/followNote.ts';
import { AskedMeeting } from '../../src/duckdb/meeting.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import type { FinanceDbError } from '../../src/errors/financeDbError.ts';
import type { PgSession } from '../../src/postgres/session.ts';
import { connect } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import type { Cluster } from '../support/cluster.ts';
import { compareTable } from '../support/compare.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { startWriter } from '../support/duckdbWriter.ts';
import { temporaryFolder } from '../support/folder.ts';
import {
  configOf,
  type FollowerOptions,
  startFollower,
  syncRequest,
  type TestFollower,
  validateRequest,
} from '../support/follower.ts';
import { makeFollowCluster } from '../support/followServer.ts';
import { fromServer } from '../support/fromServer.ts';
import { DEFINITIONS, KEPT } from '../support/keptValues.ts';
import { MonthWitness } from '../support/monthWitness.ts';
import { PGBOUNCER, startPgBouncer, startRefusingPooler } from '../support/pooler.ts';
import { startProxy } from '../support/process.ts';
import { until } from '../support/until.ts';

let cluster: Cluster;
let database: TestDatabase;
let session: PgSession;
let folder: ReturnType<typeof temporaryFolder>;
let follower: TestFollower | undefined;

beforeAll(async () => {
  cluster = await makeFollowCluster();
});
afterAll(() => cluster?.remove());

beforeEach(async () => {
  database = await createTestDatabase(cluster.address);
  session = await connect(database.address, { retryMs: 2000 });
  folder = temporaryFolder();
});
afterEach(async () => {
  await follower?.stop().finally(() => {
    follower = undefined;
  });
  await session.close();
  await database.drop();
  folder.remove();
});

function start(tables: string, options: Partial<FollowerOptions> = {}): TestFollower {
  follower = startFollower({ address: database.address, folder: folder.path, tables, ...options });
  return follower;
}

test('inserts, updates, deletes, changed keys and emptied tables arrive as they are', async () => {
  await session.query(`
    CREATE TABLE t (id int PRIMARY KEY, v text, amount numeric(15,2));
    INSERT INTO t SELECT i, 'v' || i, i / 7.0 FROM generate_series(1, 1000) i;
    CREATE PUBLICATION finance_db FOR TABLE t`);
  const followed = start('t');
  expect(await followed.compare(session)).toBe(1000);
  await session.query("INSERT INTO t VALUES (2000, E'a\\tb\\n\\\\', 1.50), (2001, NULL, NULL)");
  await session.query('UPDATE t SET v = v || id WHERE id < 50; DELETE FROM t WHERE id BETWEEN 40 AND 60');
  await session.query('UPDATE t SET id = id + 5000 WHERE id % 100 = 3');
  expect(await followed.compare(session)).toBe(981);
  await session.query('BEGIN; TRUNCATE t; INSERT INTO t VALUES (1, $$x$$, 2); COMMIT');
  expect(await followed.compare(session)).toBe(1);
  expect(followed.events.some(({ kind }) => kind === 'published')).toBe(true);
});

test('the file does not vouch for months across what a stream changed', async () => {
  await session.query(`
    CREATE TABLE t (id int PRIMARY KEY, at timestamp, v text);
    INSERT INTO t SELECT i, timestamp '2024-01-01' + i * interval '1 day', 'v' || i FROM generate_series(1, 90) i;
    CREATE PUBLICATION finance_db FOR TABLE t`);
  const options = { address: database.address, folder: folder.path, tables: 't', config: { lake: folder.path } };
  const witness = new MonthWitness();
  const file = `${folder.path}/finance.duckdb`;
  const change = async (id: number): Promise<Record<string, number>> => {
    await session.query(`UPDATE t SET v = v || '.' WHERE id = ${id}`);
    await sync(syncRequest(configOf(options)));
    return witness.look(file);
  };
  await change(1);
  expect(await change(2)).toEqual({ t: 2 });
  const followed = start('t', options);
  await followed.compare(session);
  await session.query("UPDATE t SET v = 'streamed' WHERE id = 50");
  await followed.compare(session);
  await witness.look(file);
  await followed.stop();
  follower = undefined;
  // From the state that the follower left on, and none before it. Where its watermark is older than what it streamed, that is read again.
  const { t: since = 0 } = await change(3);
  expect([1, 2]).toContain(since);
  expect(await change(80)).toEqual({ t: since - 1 + 2 });
});

test('every type arrives by the stream as by a scan, as a value and as a key', async () => {
  await session.query(DEFINITIONS);
  const [citext] = await session.query("SELECT 1 FROM pg_available_extensions WHERE name = 'citext'");
  if (citext !== undefined) await session.query('CREATE EXTENSION citext SCHEMA public');
  const types = KEPT.filter(([type]) => type !== 'citext' || citext !== undefined);
  const columns = types.map(([type], index) => `c${index} ${type}`);
  await session.query(
    `CREATE TABLE wide (id int PRIMARY KEY, ${columns.join(', ')}); CREATE PUBLICATION finance_db FOR TABLE wide`,
  );
  const keyed: string[] = [];
  for (const [index, [type]] of types.entries()) {
    const made = await session.query(`CREATE TABLE k${index} (v ${type} PRIMARY KEY, n int)`).catch(() => null);
    if (made === null) continue;
    keyed.push(`k${index}`);
    await session.query(`ALTER PUBLICATION finance_db ADD TABLE k${index}`);
  }
  const followed = start(['wide', ...keyed].join(','));
  await followed.caughtUp(session);
  const most = Math.max(...types.map(([, values]) => values.length));
  const inserts: string[] = [];
  for (let row = 0; row <= most; row++)
    inserts.push(
      `INSERT INTO wide VALUES (${row}, ${types.map(([type, values]) => `(${values[row] ?? 'NULL'})::${type}`).join(', ')})`,
    );
  for (const [index, [type, values]] of types.entries()) {
    if (!keyed.includes(`k${index}`)) continue;
    for (const [n, value] of values.entries())
      if (value !== 'NULL' && !/repeat|generate_series/.test(value))
        inserts.push(`INSERT INTO k${index} VALUES ((${value})::${type}, ${n}) ON CONFLICT DO NOTHING`);
  }
  await session.query(inserts.join('; '));
  await followed.compare(session);
  await session.query(keyed.map((name) => `DELETE FROM ${name} WHERE n = 0; UPDATE ${name} SET n = -n - 1`).join('; '));
  await session.query('UPDATE wide SET id = id + 100 WHERE id < 3');
  expect(await followed.compare(session)).toBeGreaterThan(100);
  expect([followed.scans(), followed.restarts()]).toEqual([1, []]);
});

test.each(['DEFAULT', 'FULL', 'USING INDEX t_u_idx'])(
  'values outside of the row that do not change are kept, with the identity %s',
  async (identity) => {
    await session.query(`
      CREATE TABLE t (id int PRIMARY KEY, u text NOT NULL, n int, big text, other text);
      ALTER TABLE t ALTER big SET STORAGE EXTERNAL, ALTER other SET STORAGE EXTERNAL;
      CREATE UNIQUE INDEX t_u_idx ON t (u);
      ALTER TABLE t REPLICA IDENTITY ${identity};
      INSERT INTO t SELECT i, 'u' || i, i, repeat(md5(i::text), 200), repeat(md5((-i)::text), 300) FROM generate_series(1, 20) i;
      CREATE TABLE k (u text NOT NULL, n int, PRIMARY KEY (u, n));
      ALTER TABLE k ALTER u SET STORAGE EXTERNAL;
      ALTER TABLE k REPLICA IDENTITY ${identity.replace('t_u_idx', 'k_pkey')};
      INSERT INTO k SELECT repeat(chr(96 + i), 2500), i FROM generate_series(1, 5) i;
      CREATE PUBLICATION finance_db FOR TABLE t, k`);
    const followed = start('t,k');
    await followed.caughtUp(session);
    // The key itself lies outside of the row.
    await session.query(
      "UPDATE k SET n = n + 10 WHERE n < 3; UPDATE k SET u = u || 'x' WHERE n = 4; UPDATE k SET n = n WHERE n = 5; DELETE FROM k WHERE n = 3",
    );
    await session.query('UPDATE t SET n = -n WHERE id < 5');
    await session.query(
      "UPDATE t SET id = id + 100, n = 0 WHERE id BETWEEN 5 AND 8; UPDATE t SET u = u || 'x' WHERE id BETWEEN 9 AND 10",
    );
    await session.query(`BEGIN; UPDATE t SET id = 1000 WHERE id = 11; UPDATE t SET id = 2000, big = 'small' WHERE id = 1000; UPDATE t SET n = 7 WHERE id = 2000; COMMIT;
      BEGIN; UPDATE t SET id = -1 WHERE id = 12; UPDATE t SET id = 12, u = 'swap' WHERE id = 13; UPDATE t SET id = 13 WHERE id = -1; COMMIT;
      BEGIN; INSERT INTO t VALUES (50, 'new', 1, repeat('y', 9000), NULL); UPDATE t SET n = 2 WHERE id = 50; UPDATE t SET id = 51 WHERE id = 50; COMMIT;
      UPDATE t SET other = NULL WHERE id = 15; DELETE FROM t WHERE id = 16`);
    expect(await followed.compare(session)).toBe(24);
    expect([followed.scans(), followed.restarts()]).toEqual([1, []]);
  },
);

test.each([true, false])('partitions, published by their root: %s', async (viaRoot) => {
  await session.query(`
    CREATE TABLE p (id int, v text, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
    CREATE TABLE p2 (gone int, day date NOT NULL, id int NOT NULL, v text);
    ALTER TABLE p2 DROP gone; ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
    INSERT INTO p SELECT i, 'v' || i, '2024-01-01'::date + i % 60 FROM generate_series(1, 300) i;
    CREATE PUBLICATION finance_db FOR TABLE p WITH (publish_via_partition_root = ${viaRoot})`);
  const followed = start('p');
  await followed.caughtUp(session);
  await session.query(
    "UPDATE p SET day = day + 31 WHERE day < '2024-01-20'; DELETE FROM p WHERE id % 10 = 0; UPDATE p SET v = v || '!' WHERE id % 7 = 0",
  );
  await followed.compare(session);
  expect(followed.restarts()).toEqual([]);
  // No message tells of any of these.
  await session.query(
    "CREATE TABLE p3 (id int NOT NULL, v text, day date NOT NULL); INSERT INTO p3 VALUES (1, 'old', '2024-03-05')",
  );
  const silent = [
    "ALTER TABLE p ATTACH PARTITION p3 FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')",
    'TRUNCATE p3',
    'ALTER TABLE p DETACH PARTITION p1',
    "UPDATE p1 SET v = 'apart'; ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')",
  ];
  for (const sql of silent) {
    await session.query(sql);
    await followed.compare(session);
  }
  await session.query(
    "BEGIN; ALTER TABLE p DETACH PARTITION p1; UPDATE p1 SET v = 'between'; ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM ('2024-01-01') TO ('2024-02-01'); COMMIT",
  );
  await followed.compare(session);
  expect(followed.scans()).toBeGreaterThan(3);
});

test.each([true, false])(
  'a partition that comes, is written to and goes again between two guards, published by their root: %s',
  async (viaRoot) => {
    await session.query(`
      CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
      CREATE TABLE other (id int PRIMARY KEY, v text);
      INSERT INTO p SELECT i, 'v' || i FROM generate_series(1, 60) i;
      CREATE PUBLICATION finance_db FOR TABLE p, other WITH (publish_via_partition_root = ${viaRoot})`);
    const proxy = await startProxy(database.address);
    try {
      const followed = start('p', { address: proxy.address });
      await followed.caughtUp(session);
      const [attach, detach] = [
        'ALTER TABLE p ATTACH PARTITION guest FOR VALUES FROM (100) TO (200)',
        'ALTER TABLE p DETACH PARTITION guest',
      ];
      const guest =
        "CREATE TABLE guest (id int PRIMARY KEY, v text); INSERT INTO guest SELECT i, 'g' FROM generate_series(101, 105) i";
      const writes = [
        "INSERT INTO p VALUES (10, 'ours'), (150, 'guest') ON CONFLICT (id) DO UPDATE SET v = excluded.v",
        "UPDATE p SET v = 'changed' WHERE id > 59; DELETE FROM guest WHERE id = 102; UPDATE p SET id = 61 WHERE id = 103",
      ];
      for (const write of writes) {
        await session.query(guest);
        // Neither the stream nor a look at the catalogue comes in between: each is a commit of its own.
        proxy.limit(0, 'hold');
        for (const sql of [attach, write, detach]) await session.query(sql);
        proxy.resume();
        await followed.compare(session);
        await session.query('DROP TABLE guest');
      }
      await session.query(`BEGIN; ${guest}; ${attach}; ${writes[0]}; DROP TABLE guest; COMMIT`);
      expect(await followed.compare(session)).toBe(61);
      // What else is published disturbs nothing.
      const scans = followed.scans();
      await session.query(
        "INSERT INTO other VALUES (1, 'x'); INSERT INTO p VALUES (70, 'y'); UPDATE other SET v = 'z'",
      );
      await followed.compare(session);
      expect(followed.scans()).toBe(scans);
      await followed.stop();
    } finally {
      await proxy.close();
    }
  },
);

test('definitions that change without a message are seen, and names are kept as they are', async () => {
  await session.query(`
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE SCHEMA "My Schema";
    CREATE TABLE "My Schema"."T.x" ("Id" int PRIMARY KEY, "rowid" text, m mood);
    INSERT INTO "My Schema"."T.x" SELECT i, 'r' || i, 'sad' FROM generate_series(1, 50) i;
    CREATE PUBLICATION finance_db FOR TABLE "My Schema"."T.x"`);
  const followed = start('"My Schema"."T.x"');
  await followed.caughtUp(session);
  await session.query(
    `UPDATE "My Schema"."T.x" SET "rowid" = 'changed' WHERE "Id" < 10; DELETE FROM "My Schema"."T.x" WHERE "Id" = 20`,
  );
  await followed.compare(session);
  expect(followed.restarts()).toEqual([]);
  const silent = [
    `ALTER TYPE mood RENAME VALUE 'sad' TO 'SAD'`,
    `ALTER TABLE "My Schema"."T.x" ADD COLUMN n int DEFAULT 7`,
    `ALTER TABLE "My Schema"."T.x" ALTER n TYPE int USING n + 1`,
    `ALTER TABLE "My Schema"."T.x" RENAME COLUMN n TO "N"`,
    `ALTER TABLE "My Schema"."T.x" DROP COLUMN m`,
    `TRUNCATE "My Schema"."T.x"`,
    `VACUUM FULL "My Schema"."T.x"`,
    `ALTER PUBLICATION finance_db SET (publish = 'insert'); INSERT INTO "My Schema"."T.x" VALUES (1, 'a', 1); DELETE FROM "My Schema"."T.x"; INSERT INTO "My Schema"."T.x" VALUES (2, 'b', 2);
       ALTER PUBLICATION finance_db SET (publish = 'insert, update, delete, truncate')`,
  ];
  for (const sql of silent) {
    for (const statement of sql.split(';')) await session.query(statement);
    await followed.compare(session);
  }
  await session.query(
    `BEGIN; ALTER TABLE "My Schema"."T.x" ADD COLUMN late text DEFAULT 'x'; INSERT INTO "My Schema"."T.x" VALUES (3, 'c', 3, 'y'); COMMIT`,
  );
  await followed.compare(session);
});

test('a transaction that does not fit into memory, subtransactions and prepared ones', async () => {
  await session.query('CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION finance_db FOR TABLE t');
  const followed = start('t', { overrides: { mostOpen: 1 } });
  await followed.caughtUp(session);
  await session.query(`BEGIN; INSERT INTO t SELECT i, repeat('x', 300) FROM generate_series(1, 70000) i; UPDATE t SET v = 'short' WHERE id % 3 = 0; DELETE FROM t WHERE id % 10 = 1;
    SAVEPOINT a; INSERT INTO t VALUES (-1, 'gone'); ROLLBACK TO a; SAVEPOINT b; INSERT INTO t VALUES (-2, 'kept'); RELEASE b; COMMIT`);
  await session.query("BEGIN; UPDATE t SET v = 'prepared' WHERE id = 2; PREPARE TRANSACTION 'one'");
  await session.query("BEGIN; UPDATE t SET v = 'prepared' WHERE id = 4; PREPARE TRANSACTION 'two'");
  await session.query("UPDATE t SET v = 'between' WHERE id = 5");
  expect(await followed.compare(session)).toBe(63_001);
  await session.query("COMMIT PREPARED 'one'");
  await session.query("ROLLBACK PREPARED 'two'");
  expect(await followed.compare(session)).toBe(63_001);
  expect([followed.scans(), followed.restarts()]).toEqual([1, []]);
});

test('a scan that needs more memory than followers have is done once more with what a sync has', async () => {
  await session.query(`
    CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION finance_db FOR TABLE t;
    INSERT INTO t SELECT i, repeat('x', 300) FROM generate_series(1, 5000) i`);
  const followed = start('t', { overrides: { scanMemory: '4MB' } });
  expect(await followed.compare(session)).toBe(5000);
  expect(followed.restarts()).toEqual([expect.stringContaining('DuckDB ran out of its memory')]);
});

test('sample rows are told with the very file that they come in', async () => {
  await session.query('CREATE TABLE t (tx_id text PRIMARY KEY); CREATE PUBLICATION finance_db FOR TABLE t');
  const followed = start('t');
  await followed.caughtUp(session);
  const samples = async (sql: string): Promise<unknown> => {
    await session.query(sql);
    await followed.compare(session);
    const file = await readPublishedFile(followed.file);
    return file.kind === 'ours' ? file.sampleTables : file;
  };
  // Looked for at the first change, and then not for half a minute unless some come.
  expect(await samples("INSERT INTO t VALUES ('real')")).toEqual([]);
  expect(await samples("INSERT INTO t VALUES ('hh-00000001'), ('hh-00000002')")).toEqual([
    { table: 't', sampleRows: 2, rows: 3 },
  ]);
});

test('tables that no stream tells exactly are scanned beside the others, and each scan is what the file says', async () => {
  await session.query(`
    CREATE TABLE t (id int PRIMARY KEY, v text);
    CREATE TABLE keyless (v text);
    CREATE TABLE made (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);
    CREATE VIEW seen AS SELECT id FROM t;
    INSERT INTO t SELECT i FROM generate_series(1, 100) i;
    INSERT INTO keyless VALUES ('a'), ('a'); INSERT INTO made VALUES (1);
    CREATE PUBLICATION finance_db FOR TABLE t, made`);
  const url = urlOf(database.address);
  const env = { DATABASE_URL: url, FINANCE_DB_HOME: folder.path, FINANCE_DB_TABLES: 't,keyless,made,seen' };
  const { stdout } = await runCli(['follow', '--print-setup'], { env });
  expect(stdout).toContain('FOR TABLE "public"."t", "public"."made";');
  expect(stdout).toContain('since no stream tells them exactly: keyless, seen.');
  expect(stdout).not.toContain('FULL');
  const options = { overrides: { keepSlot: 'beside', scanPaceMs: 3_600_000 } };
  const tables = 't,keyless,made,seen';
  const config = configOf({ address: database.address, folder: folder.path, tables });
  const synced = (): Promise<unknown> => sync(syncRequest(config));
  const change = (round: number): Promise<unknown> =>
    session.query(
      `INSERT INTO keyless VALUES ('round ${round}'); DELETE FROM made WHERE id = ${round}; INSERT INTO made VALUES (${round + 1}); UPDATE t SET v = '${round}'; INSERT INTO t VALUES (${1000 + round})`,
    );
  try {
    const followed = start(tables, options);
    await followed.caughtUp(session);
    const said = followed.events.flatMap((event) => (event.kind === 'warning' ? [event.text] : [])).join(' | ');
    expect(said).toMatch(/keyless is scanned.*: keyless has no replica identity/);
    expect(said).toMatch(/made is scanned.*: the stream does not tell its generated column twice/);
    expect(said).toMatch(/seen is scanned.*: a view/);
    for (let round = 1; round < 4; round++) {
      await change(round);
      // A sync beside it has them scanned at once, and waits for that.
      expect(await synced()).toMatchObject({ published: false });
      expect(await followed.compare(session)).toBe(2 * (100 + round) + 2 + round + 1);
      expect(await validate(validateRequest(config))).toMatchObject({
        status: 'equal',
        warnings: [expect.stringContaining('keyless, made, seen is scanned now and then')],
      });
    }
    expect([followed.restarts(), followed.standing()?.scanned]).toEqual([[], ['keyless', 'made', 'seen']]);
    const status = await runCli(['status'], { env });
    expect(status.stdout).toMatch(/; scanned at \S+, not followed: keyless, made, seen/);
    expect(currentFollower(followed.file)).toMatchObject({ tables: ['t'], scanned: ['keyless', 'made', 'seen'] });
    // A scan that is the last to publish leaves standing what the file says of the stream.
    await session.query("INSERT INTO keyless VALUES ('last')");
    await synced();
    await followed.stop();
    await change(4);
    const again = start(tables, options);
    await again.caughtUp(session);
    await until('they are scanned', () => (again.standing()?.scannedAt ?? null) !== null);
    await again.compare(session);
    await again.stop();
    await change(5);
    expect(await sync(syncRequest(config))).toMatchObject({ published: true });
  } finally {
    await follower?.stop();
    await dropRecordedSlot(config, 'beside', new Date(), new AbortController().signal);
  }
});

test('any published file can go on by a scan', async () => {
  await session.query(
    'CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i FROM generate_series(1, 500) i; CREATE PUBLICATION finance_db FOR TABLE t',
  );
  const writer = await connect(database.address, { retryMs: 0 });
  try {
    for (let round = 0; round < 4; round++) {
      const followed = start('t');
      await followed.caughtUp(session);
      // Open while the follower publishes, and committed when it is gone.
      await writer.query(`BEGIN; UPDATE t SET v = 'late ${round}' WHERE id = ${round + 1}`);
      for (let count = 0; count < 5; count++) {
        await session.query(
          `UPDATE t SET v = '${round}-${count}' WHERE id = ${100 + count}; DELETE FROM t WHERE id = ${200 + round * 5 + count}`,
        );
        await delay(60);
      }
      await followed.stop();
      await writer.query('COMMIT');
      const result = await sync({
        ...syncRequest(configOf({ address: database.address, folder: folder.path, tables: 't' })),
      });
      expect(result.tables).toMatchObject([{ mode: 'incremental' }]);
      const reader = await openReader(followed.file);
      try {
        expect(await compareTable(session, reader.connection, { schema: 'public', name: 't' })).toBe(
          500 - (round + 1) * 5,
        );
      } finally {
        reader.close();
      }
    }
  } finally {
    await writer.close();
  }
});

test('validate beside writers allows for no lag: both sides are compared as of one position', async () => {
  await session.query(
    'CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i FROM generate_series(1, 3000) i; CREATE PUBLICATION finance_db FOR TABLE t',
  );
  const config = configOf({ address: database.address, folder: folder.path, tables: 't' });
  await sync(syncRequest(config));
  const followed = start('t');
  await followed.caughtUp(session);
  const writer = await connect(database.address, { retryMs: 0 });
  const state = { stopped: false, commits: 0 };
  const writing = (async () => {
    for (let n = 0; !state.stopped; n++) {
      await writer.query(
        `UPDATE t SET v = '${n}' WHERE id % 50 = ${n % 50}; DELETE FROM t WHERE id = ${n % 2000}; INSERT INTO t VALUES (${10_000 + n})`,
      );
      state.commits++;
      await delay(5);
    }
  })();
  try {
    const before = state.commits;
    for (let round = 0; round < 2; round++) {
      const result = await validate(validateRequest(config));
      expect(result).toMatchObject({ status: 'equal', warnings: [], metAt: expect.stringContaining('/') });
      expect(result.tables).toMatchObject([{ unequalBuckets: 0 }]);
    }
    expect(state.commits).toBeGreaterThan(before);
    // One that falls away without a word, one that asks for what is gone by: the stream goes on.
    const asked = new AskedMeeting(followed.file, new Date());
    for (let turn = 0; turn < 400 && asked.answer() === null; turn++) await delay(25);
    expect(asked.answer()).toMatchObject({ state: 'waiting' });
    asked.tell(1n);
    for (let turn = 0; turn < 400 && asked.answer()?.state === 'waiting'; turn++) await delay(25);
    expect(asked.answer()).toMatchObject({ state: 'refused', why: expect.stringContaining('beyond') });
    asked.end();
  } finally {
    state.stopped = true;
    await writing.finally(() => writer.close());
  }
  expect(await followed.compare(session)).toBeGreaterThan(2000);
  await followed.stop();
  // What is wrong in the rows is found, though nothing that streams touches it; what is done to the file beside the follower as well.
  const harm = await startWriter(followed.file, ["UPDATE t SET v = 'wrong' WHERE id = 2999", 'CHECKPOINT']);
  await harm.kill();
  const again = start('t');
  await again.caughtUp(session);
  const found = await validate(validateRequest(config));
  expect([found.status, found.metAt, found.tables[0]?.damage.different]).toEqual(['damaged', expect.any(String), 1n]);
  const more = await startWriter(again.file, ["UPDATE t SET v = 'too' WHERE id = 2998", 'CHECKPOINT']);
  await more.kill();
  const beside = await validate(validateRequest(config));
  expect([beside.status, beside.metAt, beside.tables[0]?.damage.different]).toEqual(['damaged', null, 2n]);
  expect(beside.warnings.join()).toContain('not as the follower left it');
}, 180_000);

describe('what cannot be followed is refused, with what to do', () => {
  const CASES: readonly (readonly [name: string, sql: string, code: string, words: RegExp])[] = [
    [
      'no publication',
      'CREATE TABLE t (id int PRIMARY KEY)',
      'PG_PUBLICATION',
      /CREATE PUBLICATION "finance_db" FOR TABLE "public"."t"/,
    ],
    [
      'a publication of other tables',
      'CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE o (id int PRIMARY KEY); CREATE PUBLICATION finance_db FOR TABLE o',
      'PG_PUBLICATION',
      /ADD TABLE "public"."t"/,
    ],
    [
      'one without deletes',
      "CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION finance_db FOR TABLE t WITH (publish = 'insert, update')",
      'PG_PUBLICATION',
      /SET \(publish =/,
    ],
    [
      'no key',
      'CREATE TABLE t (id int); CREATE PUBLICATION finance_db FOR TABLE t',
      'FOLLOW_REFUSED',
      /replica identity/,
    ],
    [
      'identity nothing',
      'CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t REPLICA IDENTITY NOTHING; CREATE PUBLICATION finance_db FOR TABLE t',
      'FOLLOW_REFUSED',
      /REPLICA IDENTITY FULL/,
    ],
    [
      'a whole identity without a key',
      'CREATE TABLE t (id int); ALTER TABLE t REPLICA IDENTITY FULL; CREATE PUBLICATION finance_db FOR TABLE t',
      'FOLLOW_REFUSED',
      /key/,
    ],
    [
      'a view',
      'CREATE TABLE x (id int PRIMARY KEY); CREATE VIEW t AS SELECT * FROM x; CREATE PUBLICATION finance_db FOR TABLE x',
      'FOLLOW_REFUSED',
      /view/,
    ],
    [
      'an unlogged table',
      'CREATE UNLOGGED TABLE t (id int PRIMARY KEY); CREATE PUBLICATION finance_db FOR ALL TABLES',
      'FOLLOW_REFUSED',
      /unlogged/,
    ],
    [
      'a parent by inheritance',
      'CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE c () INHERITS (t); CREATE PUBLICATION finance_db FOR ALL TABLES',
      'FOLLOW_REFUSED',
      /inheritance/,
    ],
    [
      'a generated column',
      'CREATE TABLE t (id int PRIMARY KEY, d int GENERATED ALWAYS AS (id * 2) STORED); CREATE PUBLICATION finance_db FOR TABLE t',
      'FOLLOW_REFUSED',
      /generated column d/,
    ],
  ];
  test.each(CASES)('%s', async (_name, sql, code, words) => {
    for (const statement of sql.split('; ')) await session.query(statement);
    const error = (await start('t').ended) as FinanceDbError;
    follower = undefined;
    expect([error.code, `${error.message} ${error.remedy}`]).toEqual([code, expect.stringMatching(words)]);
    expect(error.remedy).toMatch(/finance-db|ALTER PUBLICATION/);
  });

  fromServer(15)('a row filter and a list of columns [from 15]', async () => {
    await session.query(
      'CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION finance_db FOR TABLE t WHERE (id > 5)',
    );
    expect(await start('t').ended).toMatchObject({
      code: 'PG_PUBLICATION',
      message: expect.stringContaining('only some rows'),
    });
    await session.query('ALTER PUBLICATION finance_db SET TABLE t (id)');
    expect(await start('t').ended).toMatchObject({
      code: 'PG_PUBLICATION',
      message: expect.stringContaining('column v'),
    });
    follower = undefined;
  });

  fromServer(18)('but stored generated columns can be published [from 18]', async () => {
    await session.query(
      'CREATE TABLE t (id int PRIMARY KEY, d int GENERATED ALWAYS AS (id * 2) STORED); CREATE PUBLICATION finance_db FOR TABLE t WITH (publish_generated_columns = stored)',
    );
    const followed = start('t');
    await followed.caughtUp(session);
    await session.query('INSERT INTO t SELECT generate_series(1, 9)');
    expect(await followed.compare(session)).toBe(9);
    expect(followed.restarts()).toEqual([]);
  });

  test('a value that DuckDB cannot hold ends it as it ends a sync', async () => {
    await session.query(
      'CREATE TABLE t (id int PRIMARY KEY, v numeric(10,2)); CREATE PUBLICATION finance_db FOR TABLE t',
    );
    const followed = start('t');
    await followed.caughtUp(session);
    await session.query("INSERT INTO t VALUES (41, 'NaN')");
    expect(await followed.ended).toMatchObject({
      code: 'VALUE_REFUSED',
      details: { table: 't', column: 'v', key: ['41'] },
    });
    follower = undefined;
  });

  test('a role without the right to replicate', async () => {
    await session.query(
      'CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION finance_db FOR TABLE t; CREATE ROLE plain LOGIN; GRANT SELECT ON t TO plain',
    );
    try {
      const error = await start('t', { address: { ...database.address, user: 'plain' } }).ended;
      expect(error).toMatchObject({
        code: 'PG_REPLICATION_ROLE',
        remedy: expect.stringContaining('ALTER ROLE "plain" REPLICATION'),
      });
    } finally {
      follower = undefined;
      await session.query('DROP OWNED BY plain; DROP ROLE plain');
    }
  });
});

describe('what the server lacks is said in one line, with what to do, and that a sync needs none of it', () => {
  const TABLE = 'CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION finance_db FOR TABLE t';

  async function refusal(code: string, words: RegExp, address: PostgresAddress = database.address): Promise<void> {
    const env = { DATABASE_URL: urlOf(address), FINANCE_DB_HOME: folder.path, FINANCE_DB_TABLES: 't' };
    const plain = await runCli(['follow', '--once'], { env });
    expect([plain.code, plain.stderr]).toEqual([3, expect.stringMatching(words)]);
    expect(plain.stderr).toContain('finance-db sync');
    const [message] = plain.stderr.trim().split('\n');
    expect(message).toMatch(words);
    const document = await runCli(['follow', '--once', '--json'], { env });
    expect(JSON.parse(document.stdout || document.stderr)).toMatchObject({ error: { code } });
    expect(await runCli(['sync', '--quiet'], { env })).toMatchObject({ code: 0 });
  }

  test('wal_level', async () => {
    await session.query(TABLE);
    await session.query("ALTER SYSTEM SET wal_level = 'replica'");
    await session.close();
    const restart = async (): Promise<void> => {
      cluster.stop();
      cluster.start();
      session = await connect(database.address, { retryMs: 5000 });
    };
    await restart();
    try {
      await refusal('PG_WAL_LEVEL', /wal_level of .* is replica, and has to be logical/);
    } finally {
      await session.query('ALTER SYSTEM RESET wal_level');
      await session.close();
      await restart();
    }
  });

  test('the right to stream', async () => {
    await session.query(`${TABLE}; CREATE ROLE plain LOGIN; GRANT SELECT ON t TO plain`);
    try {
      await refusal('PG_REPLICATION_ROLE', /the role plain may not stream/, { ...database.address, user: 'plain' });
    } finally {
      await session.query('DROP OWNED BY plain; DROP ROLE plain');
    }
  });

  test('a publication', async () => {
    await session.query('CREATE TABLE t (id int PRIMARY KEY)');
    await refusal('PG_PUBLICATION', /no publication finance_db/);
  });

  test('a free slot', async () => {
    await session.query(TABLE);
    const names = Array.from({ length: 8 }, (_, at) => `taken_${at}`);
    for (const name of names) await session.query(`SELECT pg_create_physical_replication_slot('${name}')`);
    try {
      await refusal('PG_NO_SLOT', /no replication slot left: max_replication_slots is 8/);
    } finally {
      for (const name of names) await session.query(`SELECT pg_drop_replication_slot('${name}')`);
    }
  });

  test('a free sender', async () => {
    await session.query(TABLE);
    const senders: PgSession[] = [];
    try {
      for (let at = 0; at < 8; at++)
        senders.push(await connect(database.address, { retryMs: 2000, replication: true }));
      await refusal('PG_NO_SLOT', /max_wal_senders/);
    } finally {
      for (const sender of senders) await sender.close();
    }
  });

  test('commits that wait for nobody', async () => {
    await session.query(TABLE);
    const become = async (change: string, names: string): Promise<void> => {
      await session.query(`ALTER SYSTEM ${change} synchronous_standby_names${names === '' ? '' : ` = '${names}'`}`);
      await session.query('SELECT pg_reload_conf()');
      await until('new sessions have it', async () => {
        const other = await connect(database.address, { retryMs: 2000 });
        const [row] = await other
          .query("SELECT current_setting('synchronous_standby_names') AS names")
          .finally(() => other.close());
        return row?.['names'] === names;
      });
    };
    await become('SET', '*');
    try {
      await refusal('PG_SYNC_STANDBY', /commits in .* would wait for this file/);
    } finally {
      await become('RESET', '');
    }
  });

  test.each(['a proxy that answers as one', 'pgbouncer'])('a direct connection: %s', async (kind) => {
    const isReal = kind === 'pgbouncer';
    if (isReal && PGBOUNCER === undefined) {
      process.stderr.write('SKIPPED: no pgbouncer that refuses streams (before 1.23)\n');
      return;
    }
    await session.query(TABLE);
    const { address } = database;
    const pooler =
      isReal && PGBOUNCER !== undefined
        ? await startPgBouncer(PGBOUNCER, address, address.user)
        : await startRefusingPooler(address);
    try {
      await until('it answers', async () => {
        const asked = await connect(pooler.address, { retryMs: 0 }).catch(() => null);
        await asked?.close();
        return asked !== null;
      });
      await refusal('PG_POOLER', /what answers is a pooler/, pooler.address);
    } finally {
      await pooler.close();
    }
  });
});
