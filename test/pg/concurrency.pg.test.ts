import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openReader } from '../../src/duckdb/reader.ts';
import { rowsOf } from '../../src/model/sourceTable.ts';
import { askPinned } from '../../src/postgres/pinned.ts';
import { withPostgres } from '../../src/postgres/server.ts';
import type { PgSession } from '../../src/postgres/session.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { compareTable } from '../support/compare.ts';
import { type Fixture, makeFixture, type SyncedTable } from '../support/fixture.ts';
import { until } from '../support/until.ts';

let source: Fixture;
let other: PgSession;
let third: PgSession;
beforeAll(async () => {
  source = await makeFixture();
  other = await source.database.session();
  third = await source.database.session();
});
afterAll(() => source.close());
beforeEach(async () => {
  await source.reset();
  await source.session.query(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 1000) i",
  );
});

const run = (sql: string): Promise<unknown> => source.session.query(sql);

/** Syncs `t` and compares it with what another session sees now. */
async function syncEqual(): Promise<SyncedTable> {
  const { tables } = await source.sync('t');
  const reader = await openReader(source.duckdbPath);
  try {
    await compareTable(source.session, reader.connection, { schema: 'public', name: 't' });
  } finally {
    reader.close();
  }
  const [table] = tables;
  if (table === undefined) throw new Error('no table');
  return table;
}

describe('transactions that are open during a sync', () => {
  test('and commit after it, with a lower xid than one already synced', async () => {
    await syncEqual();
    await other.query(
      "BEGIN; INSERT INTO t VALUES (2001, 'low'); UPDATE t SET v = 'low' WHERE id = 1; DELETE FROM t WHERE id = 2",
    );
    await third.query("BEGIN; INSERT INTO t VALUES (2002, 'middle')");
    await run("INSERT INTO t VALUES (2003, 'high')");
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', upserted: 1, deleted: 0 });
    await third.query('COMMIT');
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', rows: 1002, deleted: 0 });
    await other.query('COMMIT');
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', rows: 1002, deleted: 1 });
    expect(await syncEqual()).toMatchObject({ mode: 'none' });
  });

  test('with savepoints and exception blocks, whose xids no snapshot lists', async () => {
    await syncEqual();
    await other.query(`BEGIN; INSERT INTO t VALUES (3001, 'before'); SAVEPOINT a; INSERT INTO t VALUES (3002, 'in a'); SAVEPOINT b;
      UPDATE t SET v = 'in b' WHERE id = 5; ROLLBACK TO b; INSERT INTO t VALUES (3003, 'after b'); RELEASE a;
      DO $$ BEGIN INSERT INTO public.t VALUES (3004, 'block'); INSERT INTO public.t VALUES (1, 'dup');
        EXCEPTION WHEN unique_violation THEN INSERT INTO public.t VALUES (3005, 'handler'); END $$`);
    for (let i = 0; i < 3; i++) await run(`INSERT INTO t VALUES (${3100 + i}, 'beside')`);
    await syncEqual();
    await other.query("SAVEPOINT c; UPDATE t SET v = 'in c' WHERE id = 6; DELETE FROM t WHERE id = 7; RELEASE c");
    await run("INSERT INTO t VALUES (3200, 'beside')");
    await syncEqual();
    await other.query('COMMIT');
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', rows: 1007, deleted: 1 });
  });

  test('with more subtransactions than a session remembers', async () => {
    await syncEqual();
    await other.query(`BEGIN; DO $$ BEGIN FOR i IN 4001..4150 LOOP BEGIN INSERT INTO public.t VALUES (i, 'sub');
      EXCEPTION WHEN OTHERS THEN RAISE; END; END LOOP; END $$`);
    await run("UPDATE t SET v = 'beside' WHERE id = 9");
    await syncEqual();
    await other.query('COMMIT');
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', rows: 1150 });
  });

  test('and roll back', async () => {
    await syncEqual();
    await other.query("BEGIN; INSERT INTO t VALUES (5001, 'x'); UPDATE t SET v = 'x'; DELETE FROM t WHERE id < 500");
    expect(await syncEqual()).toMatchObject({ mode: 'none' });
    await run("INSERT INTO t VALUES (5002, 'y')");
    expect(await syncEqual()).toMatchObject({ upserted: 1 });
    await other.query('ROLLBACK');
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', deleted: 0, rows: 1001 });
  });

  test('and are prepared: they hold the watermark back, and the sync says which', async () => {
    await syncEqual();
    await other.query(
      "BEGIN; INSERT INTO t VALUES (6001, 'p'); UPDATE t SET v = 'p' WHERE id = 3; PREPARE TRANSACTION 'two''phase'",
    );
    await run("INSERT INTO t VALUES (6002, 'q')");
    const { held_back } = await source.sync('t');
    expect(held_back).toMatchObject({ holder: "prepared transaction 'two''phase'" });
    await syncEqual();
    await run("COMMIT PREPARED 'two''phase'");
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', rows: 1002 });
    expect((await source.sync('t')).held_back).toBeNull();
  });

  test('a session that holds it back is named by its pid', async () => {
    const [row] = await other.query<{ pid: string }>('SELECT pg_backend_pid() AS pid');
    await other.query("BEGIN; INSERT INTO t VALUES (6101, 'p')");
    await run("INSERT INTO t VALUES (6102, 'q')");
    expect((await source.sync('t')).held_back).toMatchObject({ holder: `pid ${row?.pid}` });
    await other.query('ROLLBACK');
  });
});

describe('between two syncs', () => {
  test('rows are updated and deleted, deleted and inserted again, and change their keys in a circle', async () => {
    await syncEqual();
    await run(`UPDATE t SET v = 'x' WHERE id = 1; DELETE FROM t WHERE id = 1;
      DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (2, 'again');
      DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (3, 'v3');
      INSERT INTO t VALUES (7000, 'new'); DELETE FROM t WHERE id = 7000;
      UPDATE t SET id = -1 WHERE id = 10; UPDATE t SET id = 10 WHERE id = 11; UPDATE t SET id = 11 WHERE id = -1;
      UPDATE t SET id = id + 100000 WHERE id BETWEEN 20 AND 30`);
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', rows: 999, deleted: 12 });
  });

  test('every key moves by one', async () => {
    await syncEqual();
    await run('UPDATE t SET id = -id; UPDATE t SET id = 1 - id');
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', rows: 1000, deleted: 1 });
  });

  test('the table is emptied and filled with other rows, or the same', async () => {
    await syncEqual();
    await run("TRUNCATE t; INSERT INTO t SELECT i, 'v' || i FROM generate_series(500, 700) i");
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', rows: 201, deleted: 799 });
    await run('DELETE FROM t');
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', rows: 0, deleted: 201 });
  });

  test.each([
    ['VACUUM FULL t'],
    ['VACUUM (FREEZE) t'],
    ['CLUSTER t USING t_pkey'],
    ['REINDEX TABLE t'],
    ['ANALYZE t'],
    ['ALTER TABLE t SET (fillfactor = 50)'],
  ])('%s', async (command) => {
    await syncEqual();
    await run("UPDATE t SET v = 'changed' WHERE id = 8; DELETE FROM t WHERE id = 9");
    await run(command);
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', deleted: 1 });
    await run(command);
    await syncEqual();
    await run("INSERT INTO t VALUES (8000, 'later')");
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', upserted: 1 });
  });

  test('COPY FREEZE brings rows that look frozen', async () => {
    await syncEqual();
    // A file of the server's own: COPY FREEZE reads no query. pg_log holds nothing; a program prints the rows.
    await other.query('BEGIN; TRUNCATE t; COPY t FROM PROGRAM \'printf "1\\tone\\n2\\ttwo\\n"\' WITH (FREEZE); COMMIT');
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', rows: 2, deleted: 998 });
  });

  test('the table is rewritten by a change of type and back', async () => {
    await syncEqual();
    await run('ALTER TABLE t ALTER COLUMN id TYPE bigint; ALTER TABLE t ALTER COLUMN id TYPE int');
    await syncEqual();
  });
});

describe('while a sync is under way', () => {
  /** Runs a sync whose snapshot is taken, and does `meanwhile` before the rows are read further. */
  test('TRUNCATE, DROP and ALTER wait for it, and the sync sees its snapshot', async () => {
    await source.sync('t');
    await run("INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(10000, 40000) i");
    const syncing = source.sync('t', '--full', '--jobs', '1');
    await waitFor(
      // The look at the catalogue before locks the table for a moment, too; in its transaction a session is never idle.
      "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE relation = 't'::regclass AND mode = 'AccessShareLock' AND granted AND pid <> pg_backend_pid() AND (state = 'idle in transaction' OR query ILIKE 'copy %')",
    );
    const truncating = other.query('TRUNCATE t');
    const { tables } = await syncing;
    await truncating;
    expect(tables).toMatchObject([{ mode: 'full', rows: 31001 }]);
    expect(await source.rows('SELECT count(*)::INT AS n FROM t')).toEqual([{ n: 31001 }]);
    expect(await syncEqual()).toMatchObject({ rows: 0, deleted: 31001 });
  });
});

test('a look that PostgreSQL ends as the victim of a deadlock begins again', async () => {
  await run('CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1)');
  // Whoever has waited for so long is the victim: we, unless this machine sleeps for seconds.
  await other.query("SET deadlock_timeout = '10s'; BEGIN; LOCK TABLE u IN ACCESS EXCLUSIVE MODE");
  const locks = ['t', 'u'].map((name) => `LOCK TABLE public.${name} IN ACCESS SHARE MODE`).join('; ');
  const asked = askPinned<{ rows: string }>(source.session, `${locks}; SELECT count(*) AS rows FROM public.u`);
  await until('we wait for the lock', async () => {
    const waiting = await third.query("SELECT FROM pg_locks WHERE NOT granted AND relation = 'u'::regclass");
    return waiting.length > 0;
  });
  await other.query('LOCK TABLE t IN ACCESS EXCLUSIVE MODE; INSERT INTO u VALUES (2)').catch(() => undefined);
  await other.query('COMMIT; RESET deadlock_timeout');
  // On a machine that did sleep the other was the victim, and its row went with it.
  expect(await asked).toEqual([{ rows: expect.stringMatching(/^[12]$/) }]);
});

test('a partition attached during a sync is not read by it, and is by the next', async () => {
  await run(`CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
    INSERT INTO p VALUES (1), (2); CREATE TABLE p2 (id int PRIMARY KEY); INSERT INTO p2 VALUES (101), (102), (103)`);
  const { address } = source.database;
  const target = { kind: 'external' as const, connection: address };
  await withPostgres({ target, now: new Date(), retryMs: 0 }, async (server) => {
    const snapshot = await openSnapshot(server, await server.connect(), [{ schema: 'public', name: 'p' }], true);
    await other.query('ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (100) TO (200)');
    const [table] = snapshot.tables;
    if (table === undefined) throw new Error('no table');
    expect(await snapshot.session.query(`SELECT count(*) AS n FROM ${rowsOf(table)}`)).toEqual([{ n: '2' }]);
  });
  expect((await source.sync('p')).tables).toMatchObject([{ rows: 5 }]);
});

describe('locks', () => {
  test.each(['TRUNCATE t', 'REINDEX TABLE t', 'VACUUM FULL t', 'ALTER TABLE t ADD COLUMN more int'])(
    'a second session does not queue up behind %s, which waits for the first',
    async (command) => {
      const { address } = source.database;
      await withPostgres(
        { target: { kind: 'external', connection: address }, now: new Date(), retryMs: 0 },
        async (server) => {
          const snapshot = await openSnapshot(server, await server.connect(), [{ schema: 'public', name: 't' }], true);
          const joined = await snapshot.join();
          expect(await joined?.query('SELECT count(*) AS n FROM public.t')).toEqual([{ n: '1000' }]);
          const waiting = other.query(command);
          await waitFor('SELECT 1 FROM pg_locks WHERE NOT granted');
          expect(await snapshot.join()).toBeNull();
          // Those that had their locks before go on, also with indexes they have not used so far.
          expect(await joined?.query('SELECT v FROM public.t WHERE id = 5')).toEqual([{ v: 'v5' }]);
          expect(await snapshot.session.query('SELECT v FROM public.t WHERE id = 6')).toEqual([{ v: 'v6' }]);
          await joined?.close();
          await snapshot.session.close();
          await waiting;
        },
      );
      await syncEqual();
    },
  );
});

const waitFor = (sql: string): Promise<void> => until(sql, async () => (await third.query(sql)).length > 0, 5);
