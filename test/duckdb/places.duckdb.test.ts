import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { packedColumn } from '../../src/app/sync/keyHashes.ts';
import { mostSuspects } from '../../src/app/sync/missingRows.ts';
import { learnPlaces } from '../../src/duckdb/learnPlaces.ts';
import { writeAndFollow } from '../../src/duckdb/movedRows.ts';
import {
  createPlacesSql,
  deletePlaces,
  dropOtherPlaces,
  FROM_HERE,
  findHeld,
  HELD,
  LIVING,
  nextRow,
  noteLiving,
  placesTable,
} from '../../src/duckdb/places.ts';
import { takePlaces } from '../../src/duckdb/takePlaces.ts';
import { openWorkingCopy, type WorkingCopy } from '../../src/duckdb/workingCopy.ts';
import type { SourceTable } from '../../src/model/sourceTable.ts';
import { textColumn } from '../../src/model/stagingColumn.ts';
import { temporaryFolder } from '../support/folder.ts';

const OID = '7';
const FILE = 9;
/** Of the highest numbers that PostgreSQL gives to files. */
const OTHER_FILE = 4_294_967_290;
const KEY = [textColumn('id')];
const ROWS_A_BLOCK = 40;

let folder: ReturnType<typeof temporaryFolder>;
let copy: WorkingCopy;
/** The way in which DuckDB would run each statement. */
let plans: string;

beforeEach(async () => {
  folder = temporaryFolder();
  const file = path.join(folder.path, 'a.duckdb');
  const opened = await openWorkingCopy(file, { memory: '200MB', threads: 2, temporaryFolder: folder.path });
  plans = '';
  const explain = async (sql: string): Promise<void> => {
    if (/^(INSERT|DELETE|CREATE OR REPLACE TEMP TABLE \w+ AS)/.test(sql))
      plans += JSON.stringify(await opened.all(`EXPLAIN ${sql}`));
  };
  copy = {
    ...opened,
    run: async (sql) => {
      await explain(sql);
      await opened.run(sql);
    },
    all: async (sql) => {
      await explain(sql);
      return opened.all(sql);
    },
  };
  await copy.run(
    'CREATE SCHEMA finance_db; CREATE TABLE t (id VARCHAR NOT NULL); CREATE TABLE finance_db.about (name VARCHAR, value VARCHAR)',
  );
  await copy.run(createPlacesSql(OID));
});
afterEach(() => {
  copy.abandon();
  folder.remove();
});

/** Blocks `from` up to `to` hold the rows of these numbers, in turn. */
async function lives(from: number, to: number, changed: boolean): Promise<void> {
  await copy.run(
    `INSERT INTO ${LIVING} SELECT (${FILE}::UBIGINT << 32) | (i // ${ROWS_A_BLOCK})::UBIGINT, hash('k' || i), ${changed} FROM range(${from * ROWS_A_BLOCK}, ${to * ROWS_A_BLOCK}) r(i)`,
  );
}

async function newLiving(): Promise<void> {
  await copy.run(
    'CREATE OR REPLACE TEMP TABLE finance_db_living (place UBIGINT NOT NULL, hash UBIGINT NOT NULL, changed BOOLEAN NOT NULL)',
  );
}

/** One sync that put in the rows of some blocks. @returns the number from which on they lie */
async function arrive(from: number, to: number): Promise<bigint> {
  await newLiving();
  const next = await nextRow(copy, 't');
  await copy.run(`INSERT INTO t SELECT 'k' || i FROM range(${from * ROWS_A_BLOCK}, ${to * ROWS_A_BLOCK}) r(i)`);
  await lives(from, to, true);
  await takePlaces(copy, OID, []);
  await findHeld(copy, OID, 't', KEY, next);
  expect(await noteLiving(copy, OID, HELD, next)).toBe(BigInt((to - from) * ROWS_A_BLOCK));
  return next;
}

/** Notes all rows of LIVING. @param most rows at once */
async function learn(next: bigint, most?: bigint): Promise<boolean> {
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_living_blocks AS SELECT place, count(*) AS rows FROM ${LIVING} GROUP BY place`,
  );
  return learnPlaces(copy, { tableOid: OID, target: 't', key: KEY, among: null, next }, most);
}

async function look(from: number, to: number, tail: bigint): Promise<string[]> {
  const taken = await takePlaces(copy, OID, [{ filenode: String(FILE), ranges: [{ from, to }] }]);
  expect(taken.get(String(FILE))).toBe(BigInt((to - from) * ROWS_A_BLOCK));
  await findHeld(copy, OID, 't', KEY, tail);
  return (await copy.all<{ k0: string }>(`SELECT k0 FROM ${HELD}`)).map(({ k0 }) => k0);
}

const keysOf = (from: number, to: number): string[] =>
  Array.from({ length: (to - from) * ROWS_A_BLOCK }, (_, at) => `k${from * ROWS_A_BLOCK + at}`);

test('where rows lie is learned, and leads to them, without a comparison of each row with each', async () => {
  await copy.run(`INSERT INTO t SELECT 'k' || i FROM range(${40 * ROWS_A_BLOCK}) r(i)`);
  await newLiving();
  await lives(0, 40, false);
  await takePlaces(copy, OID, [{ filenode: String(FILE), ranges: [{ from: 0, to: null }] }]);
  const next = await nextRow(copy, 't');
  expect(await learn(next)).toBe(true);
  expect((await look(3, 5, next)).sort()).toEqual(keysOf(3, 5).sort());
  await newLiving();
  await lives(3, 5, false);
  expect(await noteLiving(copy, OID, HELD, next)).toBe(BigInt(2 * ROWS_A_BLOCK));
  expect((await look(4, 6, next)).sort()).toEqual(keysOf(4, 6).sort());
  expect(plans).toMatch(/HASH_JOIN/);
  expect(plans).not.toMatch(/BLOCKWISE_NL_JOIN|NESTED_LOOP_JOIN|CROSS_PRODUCT/);
});

/** How the rows of twenty thousand lie in the target, whose blocks lie in the order of their numbers. */
const ORDERS: readonly [string, string, number][] = [
  ['in the same order', 'i', 0],
  ['in the same order, but for every tenth, which came later', 'i % 10 = 3, i', 2000],
  ['by two readers, a stretch of each in turn', 'i // 4000, (i % 2000) // 100, i', 0],
  ['in no order', "hash('o' || i)", 20_000],
];

test.each(ORDERS)('where more rows lie than are learned at once: %s', async (_, order, least) => {
  await copy.run(`INSERT INTO t SELECT 'k' || i FROM range(20000) r(i) ORDER BY ${order}`);
  const next = await nextRow(copy, 't');
  await copy.run(`DELETE FROM t WHERE id = 'k777'; INSERT INTO t VALUES ('k777')`);
  await newLiving();
  await copy.run(
    `INSERT INTO ${LIVING} SELECT (${FILE}::UBIGINT << 32) | (i // ${ROWS_A_BLOCK})::UBIGINT, hash('k' || i), i = 777 FROM range(20000) r(i)`,
  );
  let unfound = 0;
  const { run } = copy;
  copy = {
    ...copy,
    run: async (sql) => {
      if (sql.startsWith('DROP TABLE temp.main.finance_db_unfound'))
        unfound = Number(
          (await copy.all<{ n: string }>('SELECT count(*)::VARCHAR AS n FROM temp.main.finance_db_unfound'))[0]?.n,
        );
      await run(sql);
    },
  };
  expect(await learn(next, 4096n)).toBe(true);
  const wrong = await copy.all(
    `SELECT * FROM ${placesTable(OID)} AS p FULL JOIN (SELECT rowid AS "row", substr(id, 2)::BIGINT AS i FROM t) AS t
     ON p."row" = CASE WHEN t.i = 777 THEN ${FROM_HERE + next} ELSE t."row" END
     WHERE p.place IS DISTINCT FROM (${FILE}::UBIGINT << 32) | (t.i // ${ROWS_A_BLOCK})::UBIGINT`,
  );
  expect(wrong).toEqual([]);
  // Those that lie in no stretch are few, or all.
  expect(unfound).toBeGreaterThanOrEqual(least > 0 ? least - 1 : 0);
  expect(unfound).toBeLessThanOrEqual(least + 1000);
  expect(plans).not.toMatch(/BLOCKWISE_NL_JOIN|NESTED_LOOP_JOIN|CROSS_PRODUCT/);
});

test('rows in no order, of which too many are looked for, may be any: more is read for them, and none is missed', async () => {
  await copy.run(`INSERT INTO t SELECT 'k' || i FROM range(20000) r(i) ORDER BY hash('o' || i)`);
  await newLiving();
  await lives(0, 500, false);
  const next = await nextRow(copy, 't');
  expect(await learn(next, 512n)).toBe(true);
  const [hints] = await copy.all<{ all: string; known: string }>(
    `SELECT count(*)::VARCHAR AS all, count(*) FILTER (WHERE "row" < ${FROM_HERE})::VARCHAR AS known FROM ${placesTable(OID)}`,
  );
  expect(Number(hints?.all)).toBe(20_000);
  expect(Number(hints?.known)).toBeGreaterThan(32 * 450);
  expect(Number(hints?.known)).toBeLessThan(32 * 570);
  expect((await look(3, 5, next)).sort()).toEqual(expect.arrayContaining(keysOf(3, 5)));
});

test('of rows that came with one sync only those of that sync are looked at, not all that came since', async () => {
  await arrive(0, 10);
  await arrive(10, 20);
  await arrive(20, 30);
  const tail = await arrive(30, 40);
  expect(await look(12, 13, BigInt(40 * ROWS_A_BLOCK))).toEqual(expect.arrayContaining(keysOf(12, 13)));
  expect((await copy.all(`SELECT k0 FROM ${HELD}`)).length).toBe(10 * ROWS_A_BLOCK);
  // Those that came since the places were noted may lie anywhere behind.
  expect((await look(21, 22, tail)).sort()).toEqual(keysOf(20, 40).sort());
});

test('of places those in the ranges are taken, and no others, however far the ranges lie from each other', async () => {
  const [far, open] = [10_000, 400_000];
  const fill = `INSERT INTO ${placesTable(OID)} SELECT (file::UBIGINT << 32) | (i * 100)::UBIGINT, i FROM range(5000) r(i), (VALUES (${FILE}), (${OTHER_FILE})) f(file)`;
  for (const count of [2, 30]) {
    await copy.run(`DELETE FROM ${placesTable(OID)}; ${fill}`);
    const ranges = Array.from({ length: count }, (_, at) => ({ from: at * far, to: at * far + 150 }));
    const taken = await takePlaces(copy, OID, [
      { filenode: String(FILE), ranges: [...ranges, { from: open, to: null }] },
      { filenode: String(OTHER_FILE), ranges: [{ from: 700, to: 701 }] },
    ]);
    expect([...taken].sort()).toEqual([
      [String(OTHER_FILE), 1n],
      [String(FILE), BigInt(count * 2 + 1000)],
    ]);
    const left = await copy.all<{ n: string }>(`SELECT count(*)::VARCHAR AS n FROM ${placesTable(OID)}`);
    expect(left).toEqual([{ n: String(10_000 - 1 - count * 2 - 1000) }]);
  }
});

test('places that are deleted all over the table are left out of a new one, which takes less memory', async () => {
  await copy.run(`INSERT INTO ${placesTable(OID)} SELECT i, i % 1000 FROM range(50000) r(i)`);
  for (const [most, left] of [
    [25, 49_000],
    [24, 48_000],
  ] as const) {
    await copy.run('BEGIN TRANSACTION');
    const gone = `SELECT rowid AS number FROM ${placesTable(OID)} WHERE place % 50 = ${most}`;
    await deletePlaces(copy, OID, gone, most);
    await copy.run(`INSERT INTO ${placesTable(OID)} VALUES (99999, 7)`);
    expect(await copy.all(gone)).toEqual([]);
    await copy.run('COMMIT');
    await copy.run(`DELETE FROM ${placesTable(OID)} WHERE place = 99999`);
    const [found] = await copy.all<{ n: string; sum: string }>(
      `SELECT count(*)::VARCHAR AS n, sum(place)::VARCHAR AS sum FROM ${placesTable(OID)} WHERE "row" = place % 1000`,
    );
    expect(Number(found?.n)).toBe(left);
  }
  const all = await copy.all("SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, 'placed_')");
  expect(all).toEqual([{ table_name: `placed_${OID}` }]);
});

test('places take at most 15 % of a file, also where the rows of a block lie in no order', async () => {
  const blocks = 5000;
  // About 35 bytes a row: what rows of transactions come to.
  await copy.run(
    `ALTER TABLE t ADD COLUMN v VARCHAR; INSERT INTO t SELECT 'k' || i, md5(i::VARCHAR) FROM range(${blocks * ROWS_A_BLOCK}) r(i) ORDER BY hash(i)`,
  );
  await newLiving();
  await lives(0, blocks, false);
  await takePlaces(copy, OID, []);
  expect(await learn(await nextRow(copy, 't'))).toBe(true);
  await copy.run('CHECKPOINT finance_db_copy');
  const blocksOf = async (table: string): Promise<number> => {
    const [row] = await copy.all<{ n: string }>(
      `SELECT count(DISTINCT block_id)::VARCHAR AS n FROM pragma_storage_info('${table}') WHERE block_id >= 0`,
    );
    return Number(row?.n);
  };
  const own = await blocksOf(`finance_db.placed_${OID}`);
  expect(own).toBeGreaterThan(0);
  expect(own / ((await blocksOf('t')) + own)).toBeLessThan(0.15);
});

test('rows that DuckDB numbers anew when it writes its last groups are followed', async () => {
  await copy.run("INSERT INTO finance_db.about VALUES ('placed', '{}')");
  // One of DuckDB's groups is full.
  await arrive(0, 3072);
  await copy.run('CHECKPOINT finance_db_copy');
  await arrive(3072, 3092);
  await arrive(3092, 3112);
  const tail = await arrive(3112, 3122);
  const state = { [OID]: ['5:5:', [], String(tail)] };
  await copy.run(`UPDATE finance_db.about SET value = '${JSON.stringify(state)}'; CHECKPOINT finance_db_copy`);
  await copy.run(
    "BEGIN; DELETE FROM t WHERE hash(id) % 3 = 0; INSERT INTO t SELECT 'n' || i FROM range(2000) r(i); COMMIT",
  );
  const before = await nextRow(copy, 't');
  await writeAndFollow(copy, [{ tableOid: OID, target: 't', near: await nextRow(copy, 't') }]);
  // DuckDB has left out what was deleted: without that there is nothing to be shown here.
  expect(await nextRow(copy, 't')).toBeLessThan(before);
  const [about] = await copy.all<{ value: string }>('SELECT value FROM finance_db.about');
  const moved = BigInt(JSON.parse(about?.value ?? '{}')[OID][2]);
  expect(moved).toBeLessThan(tail);
  const held = await look(3073, 3075, moved);
  const wanted = [...keysOf(3072, 3092), ...keysOf(3112, 3122)].map((key) => `'${key}'`).join(', ');
  const there = await copy.all<{ id: string }>(`SELECT id FROM t WHERE id IN (${wanted}) OR id LIKE 'n%'`);
  expect(held.sort()).toEqual(there.map(({ id }) => id).sort());
});

test('which column stands for a key is told by statistics, without a look at all rows', async () => {
  const source = { table: { schema: 'public', name: 'k' } } as SourceTable;
  const columns = ['few', 'fewer', 'each'].map(textColumn);
  await copy.run('CREATE TABLE k (few VARCHAR, fewer VARCHAR, each VARCHAR)');
  const asked: string[] = [];
  const listening = {
    ...copy,
    all: <T>(sql: string) => {
      asked.push(sql);
      return copy.all<T>(sql);
    },
  };
  const chosen = async (names: readonly string[]): Promise<string | undefined> =>
    (
      await packedColumn(
        { copy: listening },
        source,
        columns.filter(({ name }) => names.includes(name)),
      )
    )?.name;
  // Of no rows any stands for it, and nothing is told.
  expect(await chosen(['few', 'each'])).toBe('few');
  expect(asked.join()).toMatch(/approx_count_distinct/);
  asked.length = 0;
  await copy.run("INSERT INTO k SELECT 'f' || i % 9, 's' || i % 5, 'e' || i FROM range(5000) r(i)");
  expect(await chosen(['few', 'each'])).toBe('each');
  expect(await chosen(['few', 'fewer'])).toBeUndefined();
  expect(await chosen(['few'])).toBe('few');
  expect(asked.join()).not.toMatch(/approx_count_distinct/);
});

test('the number of the next row is found near where it is thought to be, and anywhere else', async () => {
  expect(await nextRow(copy, 't', 700_000n)).toBe(0n);
  await copy.run("INSERT INTO t SELECT 'k' || i FROM range(300000) r(i)");
  for (const near of [0n, 299_000n, 300_000n, 302_000n, 900_000n])
    expect(await nextRow(copy, 't', near)).toBe(300_000n);
  await copy.run('DELETE FROM t WHERE rowid >= 40000');
  expect(await nextRow(copy, 't', 300_000n)).toBe(40_000n);
});

test('PostgreSQL is asked key by key for as many as cost less than all keys of a table', () => {
  expect([0n, 1_000_000n, 20_000_000n].map(mostSuspects)).toEqual([20_000n, 20_000n, 400_000n]);
});

test('places of tables that are not kept are dropped, those that an earlier version wrote among them', async () => {
  await copy.run(`CREATE TABLE finance_db.places_7 (hash UBIGINT); CREATE TABLE finance_db.placed_8 (place UBIGINT)`);
  await dropOtherPlaces(copy, [OID]);
  const found = await copy.all<{ name: string }>(
    "SELECT table_name AS name FROM duckdb_tables() WHERE table_name LIKE 'place%'",
  );
  expect(found.map(({ name }) => `finance_db."${name}"`)).toEqual([placesTable(OID)]);
});
