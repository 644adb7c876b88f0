import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openReader } from '../../src/duckdb/reader.ts';
import type { PgSession } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { plant } from '../support/plant.ts';
import { thorough } from '../support/thorough.ts';

let source: Fixture;
let session: PgSession;

interface Document {
  status: string;
  bytes_received: number;
  receipt: string;
  tables: {
    table: string;
    status: string;
    lag: { changed: number; deleted: number };
    damage: { missing: number; extra: number; different: number };
    notes: string[];
  }[];
}

async function validate(tables: string, ...flags: string[]): Promise<Document> {
  const result = await runCli(['validate', '--json', ...flags], { env: source.env(tables) });
  const document = JSON.parse(result.stdout) as Document;
  if (result.code !== (document.status === 'damaged' ? 5 : 0)) throw new Error(`exit ${result.code}: ${result.stderr}`);
  return document;
}

beforeAll(async () => {
  source = await makeFixture();
  session = source.session;
});
afterAll(() => source.close());
beforeEach(async () => {
  await source.reset();
  await session.query(
    `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, i::text FROM generate_series(1, 5000) i`,
  );
});

const NOTHING = { missing: 0, extra: 0, different: 0 };

describe('lag', () => {
  test('inserts, updates and deletes since the sync are lag, exit 0', async () => {
    await source.sync('t');
    await session.query(
      "INSERT INTO t VALUES (9001, 'new'); UPDATE t SET v = 'x' WHERE id IN (1, 2); DELETE FROM t WHERE id = 3",
    );
    const { status, tables } = await validate('t');
    expect(status).toBe('lagging');
    expect(tables[0]).toMatchObject({ lag: { changed: 3, deleted: 1 }, damage: NOTHING });
    await source.sync('t');
    expect((await validate('t')).status).toBe('equal');
  });

  test('a row written anew with the same values is no lag', async () => {
    await source.sync('t');
    await session.query('UPDATE t SET v = v WHERE id < 100');
    expect((await validate('t')).status).toBe('equal');
  });

  test('damage is found beside lag, and a repair leaves the lag to the next sync', async () => {
    await source.sync('t');
    await session.query("UPDATE t SET v = 'x' WHERE id BETWEEN 1 AND 400; DELETE FROM t WHERE id = 500");
    await plant(
      source.duckdbPath,
      "UPDATE t SET v = 'damaged' WHERE id = 600",
      'DELETE FROM t WHERE id = 700',
      "INSERT INTO t VALUES (-1, 'added')",
    );
    const { status, tables } = await validate('t');
    expect(status).toBe('damaged');
    expect(tables[0]).toMatchObject({
      lag: { changed: 400, deleted: 1 },
      damage: { missing: 1, extra: 1, different: 1 },
    });
    const mended = await validate('t', '--repair');
    expect(mended.tables[0]).toMatchObject({ lag: { changed: 400, deleted: 0 }, damage: NOTHING });
    await source.sync('t');
    expect((await validate('t')).status).toBe('equal');
  });

  test.each([
    ['whole numbers', 'int', 'i'],
    ['texts', 'text', "'k' || i"],
    ['several columns', 'text, k2 date, PRIMARY KEY (k2, k)', "'k' || i, date '2020-01-01' + i % 7"],
  ])('of many rows deleted, keyed by %s, is told from damage among them', async (_, type, key) => {
    const columns = type.includes('PRIMARY')
      ? type.replace(',', ', n int, v text,')
      : `${type} PRIMARY KEY, n int, v text`;
    await session.query(`CREATE TABLE d (k ${columns})`);
    const names = type.includes('k2') ? 'k, k2' : 'k';
    await session.query(`INSERT INTO d (${names}, n, v) SELECT ${key}, i, i::text FROM generate_series(1, 20000) i`);
    await source.sync('d');
    await session.query("DELETE FROM d WHERE n % 40 = 3; UPDATE d SET v = 'x' WHERE n % 50 = 7");
    expect((await validate('d')).tables[0]).toMatchObject({ lag: { changed: 400, deleted: 500 }, damage: NOTHING });
    await session.query('DELETE FROM d WHERE n % 50 = 7');
    expect((await validate('d')).tables[0]).toMatchObject({ lag: { changed: 0, deleted: 900 }, damage: NOTHING });
    await plant(
      source.duckdbPath,
      "UPDATE d SET v = 'damaged' WHERE n = 600",
      'DELETE FROM d WHERE n = 700',
      'INSERT INTO d SELECT * FROM d WHERE n = 800',
    );
    const { tables } = await validate('d', '--limit', '5');
    expect(tables[0]).toMatchObject({ lag: { changed: 0, deleted: 900 } });
    expect(tables[0]?.damage).toEqual({ missing: 1, extra: 1, different: 1 });
    expect((await validate('d', '--repair')).tables[0]).toMatchObject({ damage: NOTHING });
    await source.sync('d');
    expect((await validate('d')).status).toBe('equal');
  });

  test('a row gone from the file is damage even when PostgreSQL has changed it since', async () => {
    await source.sync('t');
    await plant(source.duckdbPath, 'DELETE FROM t WHERE id = 7');
    await session.query("UPDATE t SET v = 'x' WHERE id = 7");
    expect((await validate('t')).tables[0]?.damage).toEqual({ ...NOTHING, missing: 1 });
  });

  test('a truncated table, and one made again', async () => {
    await source.sync('t');
    await session.query('TRUNCATE t');
    expect((await validate('t')).tables[0]).toMatchObject({ lag: { changed: 0, deleted: 5000 }, damage: NOTHING });
    await session.query("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')");
    expect((await validate('t')).tables[0]).toMatchObject({ status: 'lagging', damage: NOTHING });
    await session.query('ALTER TABLE t ADD w int');
    expect((await validate('t')).tables[0]).toMatchObject({ status: 'lagging', damage: NOTHING });
  });

  test('a transaction that was open during the sync', async () => {
    const other = await source.database.session();
    await other.query("BEGIN; UPDATE t SET v = 'late' WHERE id = 10");
    await source.sync('t');
    await session.query("UPDATE t SET v = 'early' WHERE id = 11");
    expect((await validate('t')).tables[0]).toMatchObject({ lag: { changed: 1, deleted: 0 }, damage: NOTHING });
    await other.query('COMMIT');
    expect((await validate('t')).tables[0]).toMatchObject({ lag: { changed: 2, deleted: 0 }, damage: NOTHING });
    await source.sync('t');
    expect((await validate('t')).status).toBe('equal');
  });

  test('no false alarm while others write and sync', async () => {
    await source.sync('t');
    let stop = false;
    const write = async (writer: PgSession, seed: number): Promise<void> => {
      for (let i = 0; !stop; i++) {
        const id = ((i * 7919 + seed) % 6000) + 1;
        await writer.query(
          `BEGIN; DELETE FROM t WHERE id = ${id}; SAVEPOINT s; INSERT INTO t VALUES (${id + 1}, 'w${i}') ON CONFLICT (id) DO UPDATE SET v = excluded.v; RELEASE s; UPDATE t SET v = v || '.' WHERE id = ${(id % 97) + 1}; ${i % 5 === 0 ? 'ROLLBACK' : 'COMMIT'}`,
        );
      }
    };
    const writers = [write(await source.database.session(), 1), write(await source.database.session(), 3000)];
    const verdicts: string[] = [];
    try {
      for (let round = 0; round < thorough(6, 12); round++) {
        const { status, tables } = await validate('t');
        verdicts.push(status === 'damaged' ? JSON.stringify(tables) : status);
        if (round % 3 === 2) await source.sync('t', '--validate');
      }
    } finally {
      stop = true;
      await Promise.all(writers);
    }
    expect(verdicts.filter((verdict) => verdict !== 'lagging' && verdict !== 'equal')).toEqual([]);
    await source.sync('t');
    expect((await validate('t')).status).toBe('equal');
    await plant(source.duckdbPath, "UPDATE t SET v = v || ' ' WHERE id = (SELECT max(id) FROM t)");
    expect((await validate('t')).tables[0]?.damage).toEqual({ ...NOTHING, different: 1 });
  });
});

describe('tables of other kinds', () => {
  test('without a key: rows are compared as a multiset', async () => {
    await session.query("CREATE TABLE k (a int, b text); INSERT INTO k VALUES (1, 'x'), (1, 'x'), (2, NULL), (2, '')");
    await source.sync('k');
    expect((await validate('k')).status).toBe('equal');
    await plant(source.duckdbPath, 'DELETE FROM k WHERE rowid = (SELECT min(rowid) FROM k WHERE a = 1)');
    expect((await validate('k')).tables[0]?.damage).toEqual({ ...NOTHING, missing: 1 });
    expect((await validate('k', '--repair')).status).toBe('equal');
  });

  test('a composite key tells (a, bc) from (ab, c)', async () => {
    await session.query(
      "CREATE TABLE c (a text, b text, v int, PRIMARY KEY (a, b)); INSERT INTO c VALUES ('a', 'bc', 1), ('ab', 'c', 2)",
    );
    await source.sync('c');
    await plant(source.duckdbPath, 'UPDATE c SET v = 3 - v');
    expect((await validate('c')).tables[0]?.damage).toEqual({ ...NOTHING, different: 2 });
    expect((await validate('c', '--repair')).status).toBe('equal');
  });

  test('views, partitions, empty tables, several at once', async () => {
    await session.query(`CREATE VIEW w AS SELECT id, v FROM t WHERE id < 50;
      CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
      CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (1000); INSERT INTO p SELECT i, i FROM generate_series(1, 500) i;
      CREATE TABLE e (id int PRIMARY KEY); CREATE MATERIALIZED VIEW m AS SELECT id FROM t`);
    const tables = 't,w,p,e,m';
    await source.sync(tables);
    expect((await validate(tables)).tables.map(({ table, status }) => [table, status])).toEqual(
      ['t', 'w', 'p', 'e', 'm'].map((table) => [table, 'equal']),
    );
    await plant(
      source.duckdbPath,
      "UPDATE p SET v = 'x' WHERE id IN (50, 150)",
      'DELETE FROM w WHERE id = 3',
      'INSERT INTO e VALUES (1)',
    );
    // Rows of a view do not tell when they changed.
    const damaged = await validate(tables);
    expect(damaged.tables.map(({ status }) => status)).toEqual(['equal', 'lagging', 'damaged', 'damaged', 'equal']);
    expect((await validate(tables, '--repair')).status).toBe('lagging');
    await source.sync(tables);
    expect((await validate(tables)).status).toBe('equal');
    await session.query('DELETE FROM t WHERE id < 10');
    const lagging = await validate(tables);
    expect(lagging.tables.map(({ status }) => status)).toEqual(['lagging', 'lagging', 'equal', 'equal', 'equal']);
  });
});

describe('the rest', () => {
  test('receipts are kept, through full loads too', async () => {
    await source.sync('t');
    expect((await validate('t')).receipt).toBe('stored');
    await source.sync('t', '--full', '--validate');
    const reader = await openReader(source.duckdbPath);
    const rows = await reader.all(
      'SELECT how, outcome, table_name, postgres_rows, postgres_digest = duckdb_digest AS same FROM finance_db.validations ORDER BY validated_at',
    );
    reader.close();
    const receipt = { outcome: 'equal', table_name: 't', postgres_rows: '5000', same: true };
    expect(rows).toEqual([
      { how: 'validate', ...receipt },
      { how: 'sync --validate', ...receipt },
    ]);
  });

  test('--quick sees what changes a sum, and lag', async () => {
    await source.sync('t');
    expect((await validate('t', '--quick')).status).toBe('equal');
    await plant(source.duckdbPath, "UPDATE t SET v = v || 'x' WHERE id = 5");
    expect((await validate('t', '--quick')).status).toBe('damaged');
    await validate('t', '--repair');
    await session.query("INSERT INTO t VALUES (0, 'new')");
    expect((await validate('t', '--quick')).status).toBe('lagging');
  });

  test('--quick takes 0 and -0 at the end of a column for the same, as both databases do', async () => {
    await session.query(
      "CREATE TABLE f (id int PRIMARY KEY, a float8, b float4); INSERT INTO f VALUES (1, 0, 5), (2, '-0', '-0'), (3, 7, 0)",
    );
    await source.sync('f');
    expect((await validate('f', '--quick')).status).toBe('equal');
    expect((await validate('f')).status).toBe('equal');
  });

  test('only digests cross the wire when all is equal', async () => {
    await source.sync('t');
    expect((await validate('t')).bytes_received).toBeLessThan(20_000);
    // So many pages that several connections count them; then something happens elsewhere.
    await session.query(
      `CREATE TABLE p (id int PRIMARY KEY, v text) WITH (fillfactor = 10); INSERT INTO p SELECT i, i::text FROM generate_series(1, 60000) i`,
    );
    await source.sync('p');
    await session.query('CREATE TABLE elsewhere (a int)');
    expect((await validate('p')).bytes_received).toBeLessThan(60_000);
  });

  test('without PostgreSQL exit 3, without a file exit 4, with the sample exit 4', async () => {
    const env = { ...source.env('t'), DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    expect((await runCli(['validate'], { env })).code).toBe(4);
    await source.sync('t');
    expect((await runCli(['validate'], { env })).code).toBe(3);
    await plant(source.duckdbPath, "UPDATE finance_db.about SET value = 'true' WHERE name = 'sample'");
    const sample = await runCli(['validate'], { env: source.env('t') });
    expect(sample).toMatchObject({ code: 4, stderr: expect.stringContaining('sample data') });
  });

  test('people are told in words', async () => {
    await source.sync('t');
    const equal = await runCli(['validate'], { env: source.env('t') });
    expect(equal.stdout).toMatch(/validate equal t rows=5000\/5000 lag=0 damage=0/);
    await plant(source.duckdbPath, "UPDATE t SET v = v || ' ' WHERE id = 5");
    const damaged = await runCli(['validate'], { env: source.env('t') });
    expect(damaged.stdout).toMatch(/different .* 5 .* v .* "5" .* "5 "/);
    expect(damaged.stdout).toMatch(/DAMAGED: 1 row/);
  });
});
