import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { noteOrder } from '../../src/app/sync/keptOrder.ts';
import { compactFile, isBloated, rememberFreshSql } from '../../src/duckdb/compact.ts';
import { copyInOrder } from '../../src/duckdb/copyInOrder.ts';
import { readPublishedFile } from '../../src/duckdb/fileState.ts';
import { STATE_DDL, type StateRow, writeStateSql } from '../../src/duckdb/syncState.ts';
import { isDisordered } from '../../src/duckdb/timeOrder.ts';
import { openWorkingCopy, type WorkingCopy } from '../../src/duckdb/workingCopy.ts';
import { temporaryFolder } from '../support/folder.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const options = () => ({ memory: '200MB', threads: 2, temporaryFolder: path.join(folder.path, 'tmp') });
const DIGEST = 'SELECT count(*)::VARCHAR AS n, sum(hash(id, v))::VARCHAR AS h FROM t';

async function change(file: string, work: (copy: WorkingCopy) => Promise<void>): Promise<void> {
  const copy = await openWorkingCopy(file, options());
  await work(copy);
  await copy.close();
}

test('a file that changes have made too large is written anew, with all it holds', async () => {
  const file = path.join(folder.path, 'a.duckdb');
  await change(file, async (copy) => {
    for (const statement of STATE_DDL) await copy.run(statement);
    await copy.run("INSERT INTO finance_db.about VALUES ('format', '1'), ('sample', 'false'), ('placed', '{}')");
    await copy.run('CREATE TABLE finance_db.placed_1 (n INTEGER); CREATE TABLE finance_db.places_1 (n INTEGER)');
    await copy.run('CREATE TABLE t (id INTEGER NOT NULL, v VARCHAR)');
    await copy.run('INSERT INTO t SELECT i, md5(i::VARCHAR) || md5((-i)::VARCHAR) FROM range(250000) r(i)');
    await copy.run('CREATE SCHEMA "select"; CREATE TABLE "select"."a b" (x DECIMAL(9,2)[], j JSON)');
    await copy.run(`INSERT INTO "select"."a b" VALUES ([1.50, NULL], '{"a": 1}')`);
    await copy.run('CREATE INDEX idx_v ON t (id)');
    await copy.run('CREATE VIEW even AS SELECT * FROM t WHERE id % 2 = 0');
  });
  const fresh = { bytes: fs.statSync(file).size, rows: 250_000n };
  await change(file, (copy) => copy.run(rememberFreshSql(fresh)));
  let bytes = fresh.bytes;
  for (let round = 1; round <= 40 && !isBloated(bytes, 250_000n, fresh); round++) {
    await change(file, async (copy) => {
      await copy.run(`DELETE FROM t WHERE hash(id) % 8 = ${round % 8}`);
      await copy.run(
        `INSERT INTO t SELECT i, md5((i + ${round})::VARCHAR) || md5(i::VARCHAR) FROM range(250000) r(i) WHERE hash(i::INTEGER) % 8 = ${round % 8}`,
      );
    });
    bytes = fs.statSync(file).size;
  }
  expect(isBloated(bytes, 250_000n, fresh)).toBe(true);
  const digest: unknown[] = [];
  await change(file, async (copy) => void digest.push(await copy.all(DIGEST)));
  expect(await compactFile(file, [options()], 250_000n, fresh)).toBe(true);
  expect(fs.statSync(file).size).toBeLessThan(fresh.bytes * 1.3);
  expect(fs.readdirSync(folder.path).filter((name) => name !== 'tmp')).toEqual(['a.duckdb']);
  await change(file, async (copy) => {
    expect(await copy.all(DIGEST)).toEqual(digest[0]);
    expect(await copy.all('SELECT count(*)::INT AS n FROM even')).toEqual([{ n: 125_000 }]);
    expect(await copy.all('SELECT index_name FROM duckdb_indexes()')).toEqual([{ index_name: 'idx_v' }]);
    expect(await copy.all('SELECT x::VARCHAR AS x, j FROM "select"."a b"')).toEqual([
      { x: '[1.50, NULL]', j: '{"a": 1}' },
    ]);
    // Places go by the numbers of rows, which are others now.
    expect(await copy.all("FROM duckdb_tables() WHERE table_name LIKE 'place%'")).toEqual([]);
    expect(await copy.all("FROM finance_db.about WHERE name = 'placed'")).toEqual([]);
  });
  const after = await readPublishedFile(file);
  expect(after).toMatchObject({ kind: 'ours', fresh: { rows: 250_000n } });
  // A compacted file is not the measure of the next: its rows lie in another order, and need more.
  if (after.kind === 'ours') expect(after.fresh.bytes).toBeLessThan(fresh.bytes * 1.05);
});

/** A table that its source divides by `column`, as a sync remembers it. */
function divided(name: string, column: string): StateRow {
  return {
    ...{
      table: { schema: 'public', name },
      identity: { systemIdentifier: '1', databaseOid: '1', timeline: null, lsn: null },
    },
    ...{
      tableOid: '1',
      fingerprint: '',
      snapshot: '1:1:',
      leaves: ['2'],
      gated: true,
      key: ['id'],
      rows: 0n,
      mode: 'full',
    },
    columns: [
      { name: column, family: 'timestamp', duckdbType: 'TIMESTAMPTZ', postgresType: 'timestamptz', divides: true },
    ],
    ...{ reason: '', upserted: 0n, deleted: 0n, seconds: 0, syncedAt: '2026-01-01T00:00:00Z', toolVersion: '0' },
  };
}

/** Rows in no order of their time, among them times that are no day. */
async function disordered(copy: WorkingCopy): Promise<void> {
  for (const statement of [...STATE_DDL, ...writeStateSql([divided('By Time', 'when it was')])])
    await copy.run(statement);
  await copy.run(
    'CREATE TABLE "By Time" (id INTEGER NOT NULL, "when it was" TIMESTAMPTZ, rowid VARCHAR); CREATE TABLE u (id INTEGER)',
  );
  await copy.run('CREATE INDEX idx_at ON "By Time" ("when it was"); CREATE VIEW v AS FROM "By Time" WHERE id < 0');
  await copy.run(
    `INSERT INTO "By Time" SELECT i, TIMESTAMPTZ '2020-01-01' + to_hours((hash(i) % 20000)::INTEGER), hash(i) % 7 FROM range(300000) r(i)`,
  );
  await copy.run(
    `INSERT INTO "By Time" VALUES (-1, NULL, ''), (-2, 'infinity', NULL), (-3, '-infinity', ''), (-4, '0044-03-15 (BC) 00:00:00+00', ''), (-5, NULL, '')`,
  );
  await copy.run('INSERT INTO u VALUES (2), (1), (3)');
}

const TIMED = 'SELECT count(*)::VARCHAR AS n, sum(hash(t))::VARCHAR AS h FROM "By Time" AS t';
/** Rows that are older than the one before them. */
const BACK =
  'SELECT count(*)::INT AS n FROM (SELECT "when it was" < lag("when it was") OVER () AS back FROM "By Time") WHERE back';

test('a table that its source divides by time is written anew in the order of it, with all it holds', async () => {
  const file = path.join(folder.path, 'a.duckdb');
  await change(file, disordered);
  let digest: unknown;
  await change(file, async (copy) => {
    digest = await copy.all(TIMED);
    expect(await copy.all(BACK)).not.toEqual([{ n: 0 }]);
  });
  expect(await compactFile(file, [options()], 300_005n, { bytes: 1, rows: 1n })).toBe(true);
  await change(file, async (copy) => {
    expect(await copy.all(TIMED)).toEqual(digest);
    expect(await copy.all(BACK)).toEqual([{ n: 0 }]);
    expect(await copy.all('SELECT count(*)::INT AS n FROM v')).toEqual([{ n: 5 }]);
    expect(await copy.all('FROM u')).toEqual([{ id: 2 }, { id: 1 }, { id: 3 }]);
    expect(await copy.all('SELECT index_name FROM duckdb_indexes()')).toEqual([{ index_name: 'idx_at' }]);
    expect(await copy.all('SELECT table_name FROM finance_db.sync_state')).toEqual([{ table_name: 'By Time' }]);
  });
});

test('what is too much to sort at once is sorted a stretch of time after the other', async () => {
  const file = path.join(folder.path, 'a.duckdb');
  let digest: unknown;
  await change(file, async (copy) => {
    await disordered(copy);
    digest = await copy.all(TIMED);
  });
  await change(path.join(folder.path, 'b.duckdb'), async (copy) => {
    await copy.run(`ATTACH '${file}' AS before (READ_ONLY)`);
    await copy.run('SET preserve_insertion_order = true');
    await copyInOrder(copy, 'before', 70_000n);
    expect(await copy.all(TIMED)).toEqual(digest);
    expect(await copy.all(BACK)).toEqual([{ n: 0 }]);
  });
});

test('rows in no order are told from those that lie in the order of time', async () => {
  await change(path.join(folder.path, 'a.duckdb'), async (copy) => {
    const rows = async (order: string, type = 'TIMESTAMPTZ'): Promise<boolean> => {
      await copy.run('SET preserve_insertion_order = true');
      await copy.run(`CREATE OR REPLACE TABLE r (n INTEGER, t ${type})`);
      await copy.run(`INSERT INTO r SELECT i, DATE '2020-01-01' + i::INTEGER FROM range(3000) r(i) ORDER BY ${order}`);
      await copy.run("INSERT INTO r VALUES (-1, NULL), (-2, 'infinity'), (-3, '-infinity')");
      return isDisordered(copy, 'r', 't', 100);
    };
    expect([await rows('i'), await rows('i // 300, hash(i)'), await rows('hash(i)')]).toEqual([false, false, true]);
    expect([await rows('i', 'DATE'), await rows('hash(i)', 'TIMESTAMP')]).toEqual([false, true]);
    await copy.run('DELETE FROM r WHERE n <> 7');
    expect(await isDisordered(copy, 'r', 't')).toBe(false);
    await copy.run('DELETE FROM r');
    expect(await isDisordered(copy, 'r', 't')).toBe(false);
  });
});

test('it is looked at the order of rows once half of them came since', async () => {
  await change(path.join(folder.path, 'a.duckdb'), async (copy) => {
    for (const statement of STATE_DDL) await copy.run(statement);
    await copy.run(
      "CREATE TABLE r AS SELECT DATE '2020-01-01' + (hash(i) % 3000)::INTEGER AS t FROM range(1300000) r(i)",
    );
    const note = async (moved: bigint, upserted: bigint): Promise<unknown> => {
      const source = { table: { schema: 'public', name: 'r' }, dividedBy: 't', columns: [{ name: 't' }] };
      const work = [{ plan: { source }, columns: [{ name: 't', duckdbType: 'DATE' }] }];
      const known = { moved, tables: [] };
      const done = { table: 'r', mode: 'incremental', upserted, rows: 1_300_000n };
      await copy.run('DELETE FROM finance_db.about');
      const disordered = await noteOrder(copy, { work, known, keeps: true } as never, [done as never]);
      return [disordered, await copy.all('SELECT value FROM finance_db.about')];
    };
    expect(await note(600_000n, 50_000n)).toEqual([false, [{ value: '650000' }]]);
    expect(await note(600_000n, 50_001n)).toEqual([true, [{ value: '0' }]]);
    await copy.run('CREATE OR REPLACE TABLE r AS FROM r ORDER BY t');
    expect(await note(600_000n, 50_001n)).toEqual([false, [{ value: '0' }]]);
  });
});

test('what cannot be sorted is written anew as it lies', async () => {
  const file = path.join(folder.path, 'a.duckdb');
  await change(file, async (copy) => {
    for (const statement of [...STATE_DDL, ...writeStateSql([divided('t', 'renamed')])]) await copy.run(statement);
    await copy.run('CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (2), (1)');
  });
  expect(await compactFile(file, [options()], 2n, { bytes: 1, rows: 1n })).toBe(true);
  await change(file, async (copy) => expect(await copy.all('FROM t')).toEqual([{ id: 2 }, { id: 1 }]));
});

test('a compaction that fails leaves the file as it is', async () => {
  const file = path.join(folder.path, 'a.duckdb');
  fs.writeFileSync(file, 'not a database');
  expect(await compactFile(file, [options()], 1n, { bytes: 1, rows: 1n })).toBe(false);
  expect(fs.readFileSync(file, 'utf8')).toBe('not a database');
  expect(fs.readdirSync(folder.path)).toEqual(['a.duckdb']);
});

test('what counts as too large follows the number of rows', () => {
  const fresh = { bytes: 100 << 20, rows: 1000n };
  expect(isBloated(150 << 20, 1000n, fresh)).toBe(false);
  expect(isBloated(170 << 20, 1000n, fresh)).toBe(true);
  expect(isBloated(250 << 20, 2000n, fresh)).toBe(false);
  expect(isBloated(100 << 20, 400n, fresh)).toBe(true);
  expect(isBloated(3 << 20, 0n, { bytes: 1 << 20, rows: 0n })).toBe(false);
});
