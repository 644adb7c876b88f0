import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MOST_PLACES_OF_PACK, PACK_PAGES } from '../../src/model/packs.ts';
import { type Fixture, makeFixture, type SyncDocument } from '../support/fixture.ts';
import { fromServer, isFrom } from '../support/fromServer.ts';
import { thorough } from '../support/thorough.ts';

// Deletes are found by keys, of tables so large that a look at all rows comes in packs.
let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(async () => {
  await source.reset();
  await run('SET track_counts = on');
});

const run = (sql: string): Promise<unknown> => source.session.query(sql);
const syncEqual = (tables: string, ...flags: string[]): Promise<SyncDocument> => source.syncEqual(tables, ...flags);

/** Has what this session did counted now: earlier servers tell their collector every half second, which tells as often. */
async function tellStatistics(): Promise<void> {
  if (isFrom(15)) await run('SELECT pg_stat_force_next_flush()');
  else for (let told = 0; told < 2; told++) await run('SELECT pg_sleep(0.6)');
}

/** So few rows on each page of a table with little fill that 20,000 of them take as many pages as packs are made for. */
const PAD = "pad text DEFAULT repeat('x', 60)";

describe('keys', () => {
  // Keys that a pack could not hold, or would have to quote: among them the separator itself, and one beside it.
  const ODD_KEYS: readonly (readonly [name: string, values: string])[] = [
    ['nothing odd', "('')"],
    [
      'line ends, tabs and backslashes',
      String.raw`(E'\\N'), (E'a\nb'), (E'\r\n'), (E'\t'), (E'\\n'), (E'\\'), ('"'), ('')`,
    ],
    ['the separator of packs', "(chr(30)), ('k' || chr(30) || 'k1'), (chr(30) || chr(30))"],
    ['a long one', "(repeat('long ', 300))"],
  ];
  // PostgreSQL's count of deletes decides whether the keys come with the first pass or with a second one.
  const COUNTS: readonly (readonly [name: string, setting: string])[] = [
    ['foreseen', 'on'],
    ['not foreseen', 'off'],
  ];
  // Each of both, and not each with each, unless there is time.
  const few = <T>(cases: readonly T[]): readonly T[] =>
    thorough(
      cases.filter((_, index) => [0, 3].includes(index % 4)),
      cases,
    );
  test.each(
    few(ODD_KEYS.flatMap(([name, values]) => COUNTS.map(([told, setting]) => [name, told, values, setting] as const))),
  )('of text, with %s: deletes, %s, are found, and only these', async (_, __, odd, counting) => {
    // So little on each page that even these rows are read by packs.
    await run(`SET track_counts = ${counting}; CREATE TABLE t (k varchar(2000) PRIMARY KEY, n int DEFAULT 0, ${PAD}) WITH (fillfactor = 10);
      INSERT INTO t (k) VALUES ${odd}; INSERT INTO t SELECT 'k' || i, i FROM generate_series(1, 20000) i`);
    const change = async (sql: string): Promise<SyncDocument['tables']> => {
      await run(sql);
      await tellStatistics();
      return (await syncEqual('t')).tables;
    };
    await syncEqual('t');
    const [size] = await source.session.query<{ pages: string }>("SELECT pg_relation_size('t') / 8192 AS pages");
    expect(Number(size?.pages)).toBeGreaterThan(2048);
    expect(
      await change(
        "DELETE FROM t WHERE n % 4500 = 1; UPDATE t SET n = -1 WHERE n % 10000 = 2; INSERT INTO t VALUES ('new', 0)",
      ),
    ).toMatchObject([{ mode: 'incremental', upserted: 3, deleted: 5 }]);
    expect(await change('UPDATE t SET n = n WHERE n BETWEEN 3001 AND 14000')).toMatchObject([
      { mode: 'incremental', upserted: 10_996, deleted: 0 },
    ]);
    const [{ count: rows } = { count: '' }] = await source.session.query<{ count: string }>(
      'SELECT count(*) FROM t WHERE n <> 0',
    );
    expect(await change('DELETE FROM t WHERE n = 0')).toMatchObject([
      { mode: 'incremental', upserted: 0, rows: Number(rows) },
    ]);
    expect(await change('DELETE FROM t WHERE n % 3 > 0')).toMatchObject([{ mode: 'incremental', upserted: 0 }]);
  });

  test.each(
    few(
      ['int', 'bigint', 'uuid', 'text'].flatMap((type) =>
        COUNTS.map(([told, setting]) => [type, told, setting] as const),
      ),
    ),
  )('of type %s, in many pages: deletes, %s, are found, and only these', async (type, _, counting) => {
    const key = type === 'uuid' ? 'md5(i::text)::uuid' : type === 'text' ? "'é' || i" : '(10000 - i) * 3';
    await run(`SET track_counts = ${counting}; CREATE TABLE t (k ${type} PRIMARY KEY, n int, ${PAD}) WITH (fillfactor = 10);
      INSERT INTO t SELECT ${key}, i FROM generate_series(1, 20000) i`);
    await syncEqual('t');
    await run('DELETE FROM t WHERE n % 4500 = 1; UPDATE t SET n = -1 WHERE n % 10000 = 2');
    await tellStatistics();
    expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'incremental', upserted: 2, deleted: 5 }]);
  });

  test('of text, too long and with separators at once, make no pieces that look like others', async () => {
    await run(`CREATE TABLE t (k text PRIMARY KEY, n int DEFAULT 0, ${PAD}) WITH (fillfactor = 10);
      INSERT INTO t (k) VALUES ('a' || chr(30) || 'b'), (repeat('long', 400)), ('a'), ('b');
      INSERT INTO t SELECT 'k' || i, i FROM generate_series(1, 20000) i`);
    await syncEqual('t');
    await run("DELETE FROM t WHERE k IN ('a', 'b')");
    await tellStatistics();
    expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'incremental', upserted: 0, deleted: 2 }]);
  });

  /** How many rows of `t` the tool's sessions read in a sync, by PostgreSQL's own count. */
  const rowsRead = async (): Promise<number> => {
    const count = async (): Promise<number> => {
      await run('SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()');
      const [row] = await source.session.query<{ n: string }>(
        "SELECT sum(pg_stat_get_tuples_returned(oid)) AS n FROM pg_class WHERE relname ~ '^t(_.)?$'",
      );
      return Number(row?.n);
    };
    const before = await count();
    await source.sync('t');
    return (await count()) - before;
  };

  fromServer(15).each([
    ['text', "'k' || i", [1, 2, 1]],
    ['timestamp', "'2020-01-01'::timestamp + i * interval '1 s'", [1, 2, 1]],
    ['date', "'1900-01-01'::date + i", [1, 2, 1]],
    // Not packed: in a second pass even when foreseen, but never in a third.
    ['numeric(12,3)', 'i + 0.125', [2, 2, 1]],
  ])(
    'of type %s: passes when deletes were foreseen, when not, and without any [from 15]',
    async (type, key, passes) => {
      await run(`CREATE TABLE t (k ${type} PRIMARY KEY, n int, ${PAD}) WITH (fillfactor = 10);
      INSERT INTO t SELECT ${key}, i FROM generate_series(1, 30000) i`);
      await source.sync('t');
      await run('DELETE FROM t WHERE n % 4500 = 1');
      const foreseen = await rowsRead();
      await run('SET track_counts = off; DELETE FROM t WHERE n % 4500 = 2; SET track_counts = on');
      const unforeseen = await rowsRead();
      await run('UPDATE t SET n = -1 WHERE n = 3');
      const none = await rowsRead();
      expect([foreseen, unforeseen, none].map((rows) => Math.round(rows / 30_000))).toEqual(passes);
      const [kept] = await source.rows<{ value: string }>("SELECT value FROM finance_db.about WHERE name = 'deletes'");
      expect(Object.values(JSON.parse(kept?.value ?? '{}') as object)).toEqual(['7']);
    },
  );

  const IN_LEAVES: readonly (readonly [name: string, type: string, key: string, time: string])[] = [
    ['of text and time', 'text', "'k' || i", 'timestamp'],
    ['of few values and time', 'text', "'k' || i % 10", 'timestamptz'],
    ['of a whole number and time', 'int', 'i', 'timestamp'],
  ];
  describe.each(thorough(IN_LEAVES.slice(0, 2), IN_LEAVES))('%s, in leaves by time', (_name, type, key, time) => {
    const rows = 12_000;
    const AT = "'2024-01-01'::timestamp + i * interval '10 min'";
    const read = async (sql: string): Promise<number> => {
      await run(sql);
      return (await rowsRead()) / rows;
    };
    beforeEach(async () => {
      await run(`CREATE TABLE t (k ${type}, at ${time}, n int, ${PAD}, PRIMARY KEY (k, at)) PARTITION BY RANGE (at);
        CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (MINVALUE) TO ('2024-01-20') WITH (fillfactor = 10);
        CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM ('2024-01-20') TO ('2024-02-10') WITH (fillfactor = 10);
        CREATE TABLE t_3 PARTITION OF t FOR VALUES FROM ('2024-02-10') TO ('infinity') WITH (fillfactor = 10);
        INSERT INTO t SELECT ${key}, ${AT}, i FROM generate_series(1, ${rows}) i`);
      await source.sync('t');
    });

    fromServer(15)('what is read when rows are gone [from 15]', async () => {
      const part = 2735 / rows;
      // Foreseen by the server's counts, leaf by leaf; and when they say nothing, a second pass of the leaf that has fewer rows.
      const foreseen = await read(`DELETE FROM t WHERE n IN (77, 99); UPDATE t SET n = 0 WHERE n % 900 = 5;
        UPDATE t SET at = at + interval '1 s' WHERE n = 500`);
      expect(foreseen).toBeCloseTo(1, 1);
      const unforeseen = await read('SET track_counts = off; DELETE FROM t WHERE n IN (7, 9); SET track_counts = on');
      expect(unforeseen).toBeCloseTo(1 + part, 1);
      const both = await read(
        'DELETE FROM t WHERE n = 8000; SET track_counts = off; DELETE FROM t WHERE n = 8; SET track_counts = on',
      );
      expect(both).toBeCloseTo(1 + part, 1);
      expect(await read('UPDATE t SET n = -n WHERE n BETWEEN 60 AND 90')).toBeCloseTo(1, 1);
      expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'none', rows: rows - 6 }]);
    });

    test('rows that moved, within a leaf and between two, and twins are told apart', async () => {
      await run(`INSERT INTO t SELECT k, at + interval '50 days 1 s', n + 100000 FROM t WHERE n BETWEEN 1 AND 40;
        INSERT INTO t SELECT k, at + interval '1 s', n + 200000 FROM t WHERE n BETWEEN 1 AND 40`);
      expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'incremental', upserted: 80, deleted: 0 }]);
      await run(`DELETE FROM t WHERE n IN (3, 100004, 200005) OR n % 3000 = 11;
        UPDATE t SET at = at + interval '1 min 3 s' WHERE n % 4000 = 12; UPDATE t SET at = at + interval '25 days 5 s' WHERE n % 5000 = 13;
        UPDATE t SET at = at - interval '25 days 7 s' WHERE n = 11500`);
      await tellStatistics();
      expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'incremental', upserted: 11, deleted: 18 }]);
    });
  });

  test('of text, in so many pages that packs end where ranges do: changes of whole packs come once', async () => {
    const rows = 121_500;
    await run(`CREATE TABLE t (k varchar(20) PRIMARY KEY, n int, pad text DEFAULT repeat('x', 40)) WITH (fillfactor = 10);
      INSERT INTO t SELECT 'k' || i, i FROM generate_series(1, ${rows}) i`);
    const [size] = await source.session.query<{ pages: string }>("SELECT pg_relation_size('t') / 8192 AS pages");
    const pages = Number(size?.pages);
    expect(pages).toBeGreaterThan(6 * 2048);
    // The last pack of a range must be shorter, and yet hold so much that it is read as a whole.
    expect((Math.ceil(pages / 6) % PACK_PAGES) * (rows / pages)).toBeGreaterThan(MOST_PLACES_OF_PACK);
    await source.sync('t', '--jobs', '1');
    await run('DELETE FROM t WHERE n % 1000 = 1; UPDATE t SET n = -n WHERE n BETWEEN 50001 AND 70000');
    const [done] = (await source.sync('t', '--jobs', '1')).tables;
    expect(done).toMatchObject({ mode: 'incremental', upserted: 19_980, deleted: 122, rows: rows - 122 });
    expect((await syncEqual('t', '--jobs', '1')).tables).toMatchObject([{ mode: 'none' }]);
  });

  test('of text, beside columns called like what a look at all rows is made of', async () => {
    await run(`CREATE TABLE t (keys text PRIMARY KEY, page int, rows int, tids int, pack int, rowid int, hash int, "row" int) WITH (fillfactor = 10);
      INSERT INTO t SELECT 'k' || i, i, i, i, i, i, i, i FROM generate_series(1, 30000) i`);
    await syncEqual('t');
    await run('DELETE FROM t WHERE page % 5000 = 1; UPDATE t SET rows = 0 WHERE page % 5000 = 2');
    await tellStatistics();
    expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'incremental', upserted: 6, deleted: 6 }]);
  });
});
