import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { overLake } from '../../src/app/lake/overLake.ts';
import { runStats } from '../../src/app/stats/stats.ts';
import { parseStatsFlags } from '../../src/app/stats/statsFlags.ts';
import { loadConfig } from '../../src/config/config.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { openWorkingCopy, type WorkingCopy } from '../../src/duckdb/workingCopy.ts';
import { currentSchema, type TableMetadata } from '../../src/lake/iceberg/metadata.ts';
import { stateOf } from '../../src/lake/state.ts';
import { folderStore } from '../../src/lake/store/folderStore.ts';
import { keyOf, type LakeTable, loadTable } from '../../src/lake/table.ts';
import { REPORT_NAMES, type ReportName } from '../../src/model/reportNames.ts';
import { runCli } from '../support/cli.ts';
import { createTestDatabase } from '../support/database.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { type LakeDocument, type TestLake, testLake } from '../support/lake.ts';
import { wrongStatistics } from '../support/lakeBounds.ts';
import { killLakes } from '../support/lakeKills.ts';
import { documentedTypes, KINDS_DDL, kindColumns, kindsSql, SAMPLES } from '../support/lakeKinds.ts';
import { MonthWitness } from '../support/monthWitness.ts';
import { plant } from '../support/plant.ts';
import { type S3Server, startS3Server } from '../support/s3Server.ts';
import { random } from '../support/stress.ts';
import { thorough } from '../support/thorough.ts';

let source: Fixture;
let lake: TestLake;
let s3: S3Server;
const sql = (text: string): Promise<unknown> => source.session.query(text);

beforeAll(async () => {
  source = await makeFixture();
  lake = testLake(source);
  s3 = await startS3Server();
});
afterAll(async () => {
  await s3.close();
  await source.close();
});
beforeEach(async () => {
  await source.reset();
  await sql(`CREATE TABLE t (id integer PRIMARY KEY, at timestamp, amount numeric(15,2), note text);
    INSERT INTO t SELECT i, timestamp '2024-01-01' + i * interval '12 hours', i - 100.25, 'n' || i FROM generate_series(0, 299) i`);
});

test('changed months only are written again, and nothing where nothing changed', async () => {
  const first = await lake.publish('t');
  expect(first.tables[0]).toMatchObject({ published: true, rows: 300, units: { all: 5, changed: 5 } });
  const files = lake.files();
  expect(await lake.publish('t')).toMatchObject({ tables: [{ published: false, version: 1 }] });
  expect(lake.files()).toEqual(files);
  // Transactions that leave the rows as they were: the snapshot of PostgreSQL is another one, and nothing is written.
  await sql("UPDATE t SET note = 'x' WHERE id = 7; UPDATE t SET note = 'n7' WHERE id = 7");
  expect(await lake.publish('t')).toMatchObject({ tables: [{ published: false, version: 1 }] });
  await sql('UPDATE t SET amount = amount + 0.01 WHERE id = 7');
  expect(await lake.publish('t')).toMatchObject({
    tables: [{ units: { changed: 1 }, files: { added: 1, removed: 1 } }],
  });
  // From January to a month that was not there; another month loses all of its rows; a row without a time.
  await sql(`UPDATE t SET at = '2025-06-01' WHERE id = 3; DELETE FROM t WHERE at >= '2024-05-01' AND at < '2024-06-01';
    INSERT INTO t VALUES (1000, NULL, 1, NULL)`);
  expect(await lake.publish('t')).toMatchObject({
    tables: [{ units: { all: 6, changed: 3 }, files: { added: 3, removed: 2, all: 6 } }],
  });
  expect(await lake.verify('t', 0)).toMatchObject({ status: 'equal', receipt: 'stored' });
  // Another machine, which has nothing but the addresses, goes on from there.
  const home = path.join(source.folder, 'another');
  const env = { ...source.env('t'), FINANCE_DB_HOME: home, FINANCE_DB_DUCKDB: path.join(home, 'f.duckdb') };
  const takenUp = async (...flags: string[]): Promise<LakeDocument> => {
    const result = await runCli(['lake', '--json', '--to', lake.folder, ...flags], { env });
    return JSON.parse(result.stdout) as LakeDocument;
  };
  expect(await takenUp()).toMatchObject({ tables: [{ published: false, version: 4 }] });
  await sql('UPDATE t SET amount = 5 WHERE id = 3');
  expect(await takenUp()).toMatchObject({
    tables: [{ version: 5, units: { all: 6, changed: 1 }, files: { added: 1 } }],
  });
  expect(await lake.publish('t')).toMatchObject({ tables: [{ published: false, version: 5 }] });
  const table = await lake.load('t');
  expect(table.entries.map(({ file }) => file.month).sort()).toEqual([648, 649, 650, 651, 665, null]);
  expect(JSON.parse(table.metadata.properties['finance-db.verified'] ?? '')).toMatchObject({ verdict: 'equal' });
});

test('in which months rows changed is kept in the file: whatever changes them, and whichever state a lake was made of', async () => {
  const env = { FINANCE_DB_LAKE: lake.folder };
  const witness = new MonthWitness();
  const next = random(7);
  const any = (limit: number): number => Math.floor(next() * limit);
  const row = (): string => `id = ${any(300)}`;
  const month = (): string =>
    `timestamp '2024-01-01' + interval '1 month' * ${any(7)} + interval '1 hour' * ${any(700)}`;
  const changes = [
    () => `UPDATE t SET amount = amount + 1 WHERE ${row()}`,
    () => `UPDATE t SET note = 'x' WHERE ${row()}; UPDATE t SET amount = amount - 1 WHERE ${row()}`,
    () => `UPDATE t SET at = ${month()} WHERE ${row()} OR ${row()}`,
    () => `UPDATE t SET at = NULL WHERE ${row()}`,
    () => `DELETE FROM t WHERE ${row()} OR ${row()}`,
    () => `INSERT INTO t VALUES (${1000 + any(300)}, ${month()}, 1, 'new') ON CONFLICT DO NOTHING`,
    // Another row of the same month and one that goes: as many as before.
    () => `DELETE FROM t WHERE id = 20; INSERT INTO t VALUES (20, '2024-01-11 00:00', ${any(9)}, 'again')`,
    () => `UPDATE t SET note = note WHERE ${row()}`,
  ];
  const sync = (...flags: string[]): Promise<unknown> =>
    source.trySync('t', flags, { env }).then(({ code, stderr }) => expect([code, stderr]).toEqual([0, '']));
  let vouched = 0;
  const look = async (): Promise<void> => {
    vouched += (await witness.look(source.duckdbPath))['t'] ?? 0;
  };
  await sync();
  await look();
  for (let round = 0; round < 10; round++) {
    for (let turns = any(3); turns >= 0; turns--) await sql(changes[any(changes.length)]?.() ?? '');
    await sync(...(round === 6 ? ['--full'] : []));
    await look();
    if (next() < 0.3) await lake.publish('t', '--no-sync');
  }
  expect(vouched).toBeGreaterThan(50);
  await lake.publish('t', '--no-sync');
  expect(await lake.verify('t', 0)).toMatchObject({ status: 'equal' });
  // Damage that the lake was made of, and that is mended: the same snapshot, and other rows.
  await plant(source.duckdbPath, 'UPDATE t SET amount = 0 WHERE id = 150');
  await lake.publish('t', '--no-sync', '--rebuild');
  const mended = await runCli(['validate', '--repair', '--json'], { env: { ...source.env('t'), ...env } });
  expect([mended.code, mended.stderr]).toEqual([0, '']);
  await look();
  expect(await lake.publish('t', '--no-sync')).toMatchObject({ tables: [{ units: { changed: 1 } }] });
  await sql('UPDATE t SET amount = 7 WHERE id = 1');
  await sync();
  await look();
  await lake.publish('t', '--no-sync');
  expect(await lake.verify('t', 0)).toMatchObject({ status: 'equal' });
  // Other definitions, and a table that was made anew.
  for (const change of [
    'ALTER TABLE t ADD c date',
    'DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, at timestamp)',
  ]) {
    await sql(`${change}; INSERT INTO t (id, at) VALUES (5000, '2024-02-02')`);
    await lake.publish('t');
    await look();
    await sql('UPDATE t SET at = NULL WHERE id = 5000');
    await lake.publish('t');
    await look();
    expect(await lake.verify('t', 0)).toMatchObject({ status: 'equal' });
  }
});

test('columns that are added, dropped, renamed and widened keep their field ids', async () => {
  await lake.publish('t');
  await sql('ALTER TABLE t RENAME amount TO total; ALTER TABLE t ALTER id TYPE bigint');
  expect(await lake.publish('t')).toMatchObject({
    tables: [{ schema_changes: ['widened id from int to long', 'renamed amount to total'], new_version: false }],
  });
  expect((await lake.load('t')).metadata.schemas.at(-1)?.fields.map(({ id, name }) => [id, name])).toEqual([
    [1, 'id'],
    [2, 'at'],
    [3, 'total'],
    [4, 'note'],
  ]);
  await lake.verify('t', 0);
  // A name alone: the files stay, and are read by their ids.
  await sql('ALTER TABLE t RENAME note TO remark');
  expect(await lake.publish('t')).toMatchObject({
    tables: [{ schema_changes: ['renamed note to remark'], files: { added: 0, removed: 0 } }],
  });
  expect(await lake.verify('t', 0)).toMatchObject({ status: 'equal' });
  await sql("ALTER TABLE t DROP remark; ALTER TABLE t ADD remark date DEFAULT '2024-01-01'");
  expect(await lake.publish('t')).toMatchObject({
    tables: [{ schema_changes: ['added remark', 'dropped remark'], new_version: false }],
  });
  await sql('ALTER TABLE t ALTER total TYPE double precision; ALTER TABLE t DROP at');
  const replaced = await lake.publish('t');
  expect(replaced.tables[0]).toMatchObject({ new_version: true, units: { all: 1 } });
  expect(replaced.tables[0]?.schema_changes[0]).toBe('replaced total: decimal(15, 2) cannot become double');
  expect(await lake.verify('t', 0)).toMatchObject({ status: 'equal' });
});

test('types that Iceberg writes alike: the lake says what the columns are now, though no row reads otherwise', async () => {
  await sql("CREATE TABLE k (id integer PRIMARY KEY, v smallint, j text); INSERT INTO k VALUES (1, 7, '[1]')");
  for (const way of [[], ['--without-file']]) {
    await sql('ALTER TABLE k ALTER v TYPE smallint; ALTER TABLE k ALTER j TYPE text');
    await lake.publish('k', ...way);
    await sql('ALTER TABLE k ALTER v TYPE integer; ALTER TABLE k ALTER j TYPE json USING j::json');
    const now = ['INTEGER', 'INTEGER', 'JSON'];
    expect(await lake.publish('k', ...way)).toMatchObject({ tables: [{ published: true, schema_changes: [] }] });
    expect(stateOf(await lake.load('k'))?.columns.map(({ duckdbType }) => duckdbType)).toEqual(now);
    expect(await lake.verify('k', 0)).toMatchObject({ status: 'equal' });
    expect(await lake.publish('k', ...way)).toMatchObject({ tables: [{ published: false }] });
  }
});

test('every type comes back as it was, and what Parquet does not know is refused by name', async () => {
  await sql(`CREATE TABLE kinds (id bigint PRIMARY KEY, b boolean, s smallint, f real, d double precision, n numeric(38,10), w numeric,
      c char(5), u uuid, j json, y bytea, da date, ti time, tz timetz, ts timestamptz, i interval, fl double precision[], l integer[], ln numeric(6,3)[], lt text[], e text);
    INSERT INTO kinds VALUES
      (1, true, -32768, 'NaN', '-0', -1234567890123456789012345678.0123456789, 1e-30, 'a', '00000000-0000-0000-0000-000000000001', '{"a": 1 }', '\\x00ff',
       '1970-01-01', '24:00:00', '12:00:00.000001+05:30:15', '2024-02-29 12:00:00.123456+00', '14 mons -3 days 00:00:00.000001', '{0}', '{1,NULL}', '{1.5}', '{"a, b",NULL,"NULL",""}', ''),
      (2, false, 7, '-Infinity', 1e308, 0.5, NULL, NULL, NULL, NULL, '', '0044-03-15 BC', '00:00', '23:59:59-12', '0001-01-01 BC', '-1 year 1 day', NULL, '{}', NULL, NULL, 'Ö"''\\');
    INSERT INTO kinds (id, f, d, fl) VALUES (3, 0, '-0', NULL), (4, '-0', 0, '{0,-0,7}'), (5, 0, NULL, '{-0,0}'), (6, NULL, NULL, NULL);
    INSERT INTO kinds (id, d) SELECT i, CASE WHEN i = 100 THEN 1 WHEN i % 3 = 0 THEN '-0'::float8 ELSE 0 END FROM generate_series(100, 199) i`);
  const published = await lake.publish('kinds');
  expect(published.warnings[0]).toMatch(/before 1900/);
  expect(await lake.verify('kinds', 0)).toMatchObject({ status: 'equal' });
  // -0 and 0, a month and 30 days are one to DuckDB's hash, and two to us.
  await sql("UPDATE kinds SET d = 0, i = '13 mons 27 days 00:00:00.000001' WHERE id = 1");
  expect(await lake.publish('kinds')).toMatchObject({ tables: [{ units: { changed: 1 } }] });
  expect(await lake.verify('kinds', 0)).toMatchObject({ status: 'equal' });
  await sql("UPDATE kinds SET ts = 'infinity' WHERE id = 2");
  const refused = await runCli(['lake', '--json'], { env: { ...source.env('kinds'), FINANCE_DB_LAKE: lake.folder } });
  expect(refused.code).toBe(6);
  expect(refused.stdout).toMatch(/kinds\.ts, key id=2: infinity/);
});

test('each type of docs/lake.md becomes what stands there and comes back equal, by both ways', async () => {
  const types = documentedTypes();
  expect(types.map(({ postgres }) => postgres).sort()).toEqual(Object.keys(SAMPLES).sort());
  await sql(`${KINDS_DDL}; ${kindsSql('"Tä/b"', types)}`);
  const env = { ...source.env('t'), FINANCE_DB_TABLES: 'Tä/b' };
  for (const way of [['--without-file'], []]) {
    const place = ['--to', `${lake.folder}${way.length}`];
    const published = await runCli(['lake', '--json', ...way, ...place], { env });
    expect(published).toMatchObject({ code: 0 });
    expect((JSON.parse(published.stdout) as LakeDocument).warnings).toEqual([]);
    expect(JSON.parse((await runCli(['lake', '--verify', '--json', ...place], { env })).stdout)).toMatchObject({
      status: 'equal',
    });
    const table = await loadTable(folderStore(`${lake.folder}${way.length}/public/T~c3~a4~2fb`, 'look'));
    const fields = currentSchema(table?.metadata as TableMetadata)?.fields.slice(1) ?? [];
    expect(fields.map(({ name }) => name)).toEqual(kindColumns(types));
    const written = fields.map(({ type }) => (typeof type === 'string' ? type : `list<${type.element}>`));
    expect(written.map((type, index) => [types[index]?.postgres, type])).toEqual(
      types.map(({ postgres, iceberg }) => [postgres, iceberg]),
    );
    const stored = stateOf(table as LakeTable)?.columns.slice(1) ?? [];
    expect(stored.map(({ duckdbType }) => duckdbType)).toEqual(types.map(({ duckdb }) => duckdb));
    const store = folderStore(`${lake.folder}${way.length}/public/T~c3~a4~2fb`, 'look');
    const statistics = await withDuckdb((duckdb) => wrongStatistics(duckdb, store));
    expect(statistics).toMatchObject({ wrong: [] });
    expect(statistics.bounds).toBeGreaterThan(20);
    // No partition is called like a column.
    expect(table?.metadata['partition-specs'][0]?.fields[0]?.name).toMatch(/_month_2$/);
  }
});

/** A DuckDB that reads any file, with the copy of the table `t` that the fixture's file holds where there is one. */
async function withDuckdb<T>(use: (duckdb: WorkingCopy) => Promise<T>): Promise<T> {
  const duckdb = await openWorkingCopy(path.join(source.folder, 'look.duckdb'), {
    ...{ memory: '200MB', threads: 1, temporaryFolder: path.join(source.folder, 'look') },
  });
  try {
    return await use(duckdb);
  } finally {
    duckdb.abandon();
  }
}

test.each([
  ['infinite days in a list', 'id integer PRIMARY KEY, v date[]', "1, '{2024-01-01,infinity}'", 'VALUE_REFUSED'],
  ['infinite days', 'id integer PRIMARY KEY, v date', "1, '-infinity'", 'VALUE_REFUSED'],
  ['infinite moments', 'id integer PRIMARY KEY, v timestamp', "1, 'infinity'", 'VALUE_REFUSED'],
  ['infinite intervals', 'id integer PRIMARY KEY, v interval', "1, '-infinity'", 'VALUE_REFUSED'],
  ['NaN where it has no place', 'id integer PRIMARY KEY, v numeric(9,2)', "1, 'NaN'", 'VALUE_REFUSED'],
  ['several dimensions', 'id integer PRIMARY KEY, v integer[]', "1, '{{1,2}}'", 'VALUE_REFUSED'],
  ['texts that others change', 'id integer PRIMARY KEY, v regclass', "1, 'pg_class'", 'TYPE_REFUSED'],
  ['names that differ in case', 'id integer PRIMARY KEY, v text, "V" text', "1, 'a', 'b'", 'TYPE_REFUSED'],
  ['no columns', '', null, 'TYPE_REFUSED'],
])('refused by name, by both ways: %s', async (_what, columns, row, code) => {
  await sql(`CREATE TABLE k (${columns})${row === null ? '' : `; INSERT INTO k VALUES (${row})`}`);
  const env = { ...source.env('k'), FINANCE_DB_LAKE: lake.folder };
  for (const way of [[], ['--without-file']]) {
    const refused = await runCli(['lake', '--json', ...way], { env });
    expect(refused).toMatchObject({ code: 6, stdout: expect.stringContaining(code) });
    expect(refused.stdout).toMatch(columns === '' ? /public\.k|"k"| k / : /k\.v|k\.V/);
    expect(fs.existsSync(path.join(lake.folder, 'public/k/metadata/v1.metadata.json'))).toBe(false);
  }
});

test('a file that is missing, cut short, swapped or altered is found, and what lags is told apart', async () => {
  await lake.publish('t');
  const table = await lake.load('t');
  const place = (index: number): string =>
    path.join(lake.folder, 'public/t', keyOf(table.metadata, table.entries[index]?.file.path ?? ''));
  const kept = [0, 1].map((index) => fs.readFileSync(place(index)));
  const back = (): void => {
    for (const index of [0, 1]) fs.writeFileSync(place(index), kept[index] as Buffer);
  };
  await sql('UPDATE t SET amount = 0 WHERE id = 299');
  expect(await lake.verify('t', 0)).toMatchObject({ status: 'lagging', tables: [{ lag: { changed: 1, deleted: 0 } }] });
  fs.rmSync(place(0));
  const missing = await lake.verify('t', 5);
  expect(missing.files[0]?.damaged[0]).toMatch(/is missing/);
  expect(missing.tables[0]?.damage.missing).toBe(Number(table.entries[0]?.file.rows));
  expect(missing.tables[0]?.lag.changed).toBe(1);
  fs.writeFileSync(place(0), (kept[0] as Buffer).subarray(0, -9));
  expect((await lake.verify('t', 5)).files[0]?.damaged).toHaveLength(2);
  // One bit, in the middle of the data: no row of that file can be told.
  const flipped = Buffer.from(kept[0] as Buffer);
  flipped[40] = (flipped[40] as number) ^ 1;
  fs.writeFileSync(place(0), flipped);
  expect(await lake.verify('t', 5)).toMatchObject({ status: 'damaged', files: [{ damaged: [expect.any(String)] }] });
  // Every row is there, and no engine would find them all by their months.
  fs.writeFileSync(place(0), kept[1] as Buffer);
  fs.writeFileSync(place(1), kept[0] as Buffer);
  const swapped = await lake.verify('t', 5);
  expect(swapped.files[0]?.damaged.join()).toMatch(/other rows than the manifest says/);
  expect(swapped.tables[0]?.damage).toEqual({ missing: 0, extra: 0, different: 0 });
  back();
  await sql('UPDATE t SET amount = 299 - 100.25 WHERE id = 299');
  await alter(place(0));
  const altered = await lake.verify('t', 5);
  expect(altered.tables[0]?.examples).toContainEqual(expect.objectContaining({ kind: 'different', column: 'amount' }));
  await lake.publish('t', '--rebuild');
  expect(await lake.verify('t', 0)).toMatchObject({ status: 'equal' });
});

/** One cent more in one row. */
async function alter(file: string): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT id, "at", (amount + CASE WHEN id = (SELECT min(id) FROM '${file}') THEN 0.01 ELSE 0 END)::DECIMAL(15,2) AS amount, note FROM '${file}') TO '${file}.new' (FORMAT parquet, FIELD_IDS {id: 1, "at": 2, amount: 3, note: 4})`,
  );
  connection.closeSync();
  instance.closeSync();
  fs.renameSync(`${file}.new`, file);
}

test('--without-file: leaves whose rows changed are read and written again, and no others, without a DuckDB file', async () => {
  await sql(`CREATE TABLE p (id integer, at timestamp NOT NULL, amount numeric(15,2), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
    CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
    CREATE TABLE p3 PARTITION OF p FOR VALUES FROM ('2024-03-01') TO ('2024-05-01');
    CREATE TABLE p9 PARTITION OF p DEFAULT;
    INSERT INTO p SELECT i, timestamp '2024-01-01' + i * interval '1 hour', i - 100.25 FROM generate_series(0, 2800) i`);
  const publish = (...flags: string[]): ReturnType<typeof lake.publish> =>
    lake.publish('p,t', '--without-file', ...flags);
  const changed = async (statement: string): Promise<unknown> => {
    await sql(statement);
    const [table] = (await publish()).tables;
    await lake.verify('p,t', 0);
    return table?.published === true ? [table.units, table.files.added, table.files.removed] : 'nothing';
  };
  const first = await publish();
  expect(first.tables).toMatchObject([
    { published: true, rows: 2801, units: { all: 4, changed: 4 }, files: { added: 4 } },
    { published: true, rows: 300, units: { all: 1, changed: 1 }, files: { added: 5 } },
  ]);
  const files = lake.files();
  expect((await publish()).tables).toMatchObject([{ published: false }, { published: false }]);
  expect(lake.files()).toEqual(files);
  expect(await lake.verify('p,t', 0)).toMatchObject({ status: 'equal' });
  expect(await changed('UPDATE p SET amount = amount + 0.01 WHERE id = 7')).toEqual([{ all: 4, changed: 1 }, 1, 1]);
  // Deletes leave no version behind; a move is a delete in one leaf and an insert in another; rows of p3 are of two months.
  expect(await changed('DELETE FROM p WHERE id BETWEEN 800 AND 810')).toEqual([{ all: 4, changed: 1 }, 1, 1]);
  expect(await changed("UPDATE p SET at = '2024-04-20' WHERE id = 8")).toEqual([{ all: 4, changed: 2 }, 3, 3]);
  expect(await changed('UPDATE p SET amount = 1 WHERE id = 9; UPDATE p SET amount = -91.25 WHERE id = 9')).toBe(
    'nothing',
  );
  expect(await changed('BEGIN; DELETE FROM p; ROLLBACK')).toBe('nothing');
  // Detached and attached again: rows that are older than the lake's snapshot come and go without one of them being written.
  expect(await changed('ALTER TABLE p DETACH PARTITION p2')).toEqual([{ all: 3, changed: 0 }, 0, 1]);
  expect(await changed("ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')")).toEqual([
    { all: 4, changed: 1 },
    1,
    0,
  ]);
  expect(await changed('TRUNCATE p1')).toEqual([{ all: 4, changed: 1 }, 0, 1]);
  expect(await changed('ALTER TABLE p RENAME amount TO total')).toEqual([{ all: 4, changed: 0 }, 0, 0]);
  expect(await changed('ALTER TABLE p ADD note text')).toEqual([{ all: 4, changed: 4 }, 3, 3]);
  expect(await changed('ALTER TABLE p ALTER total TYPE numeric(20,2)')).toEqual([{ all: 4, changed: 4 }, 3, 3]);
  expect(await changed('ALTER TABLE p DROP note')).toEqual([{ all: 4, changed: 4 }, 3, 3]);
  const fields = currentSchema((await lake.load('p')).metadata)?.fields.map(({ id, name, type }) => [id, name, type]);
  expect(fields).toEqual([
    [1, 'id', 'int'],
    [2, 'at', 'timestamp'],
    [3, 'total', 'decimal(20, 2)'],
  ]);
  expect(fs.existsSync(source.duckdbPath)).toBe(false);
  // The other way writes all of it anew, and so does the way back.
  expect(await lake.publish('p')).toMatchObject({ tables: [{ units: { all: 3, changed: 3 } }] });
  expect(await lake.verify('p', 0)).toMatchObject({ status: 'equal' });
  expect(await publish('--tables', 'p')).toMatchObject({ tables: [{ units: { all: 4, changed: 4 } }] });
  await sql("UPDATE p SET at = 'infinity' WHERE id = 2000");
  const env = { ...source.env('p'), FINANCE_DB_LAKE: lake.folder };
  const refused = await runCli(['lake', '--without-file', '--json'], { env });
  expect(refused.code).toBe(6);
  expect(refused.stdout).toMatch(/p\.at, key id=2000, at=infinity: infinity/);
});

test('a lake belongs to its source: another database takes its place only by --rebuild', async () => {
  await lake.publish('t');
  const other = await createTestDatabase(source.database.address);
  const session = await other.session();
  try {
    await session.query('CREATE TABLE t (id integer PRIMARY KEY)');
    const home = path.join(source.folder, 'other');
    const env = { ...source.env('t'), DATABASE_URL: other.url, FINANCE_DB_HOME: home, FINANCE_DB_LAKE: lake.folder };
    for (const way of [[], ['--without-file']]) {
      const refused = await runCli(['lake', '--json', ...way], { env });
      expect(refused.stdout).toMatch(/OTHER_SOURCE.*--rebuild/s);
    }
    expect(await lake.verify('t', 0)).toMatchObject({ status: 'equal' });
    expect((await runCli(['lake', '--rebuild'], { env })).code).toBe(0);
  } finally {
    await session.close();
    await other.drop();
  }
});

test('--catalog: the pointers of all tables move in one transaction, and only forward', async () => {
  await sql('CREATE TABLE u (id integer PRIMARY KEY)');
  const publish = (...flags: string[]): ReturnType<typeof lake.publish> =>
    lake.publish('t,u', '--catalog', 'money', ...flags);
  const pointers = async (): Promise<string[]> => {
    const rows = await source.session.query<{ at: string }>(
      "SELECT concat(table_name, ' ', metadata_location, ' ', previous_metadata_location, ' ', xmin) AS at FROM iceberg_tables WHERE catalog_name = 'money' ORDER BY 1",
    );
    return rows.map(({ at }) => at.replaceAll(`${lake.folder}/public/`, '').replaceAll('.metadata.json', ''));
  };
  const plain = async (): Promise<string[]> => (await pointers()).map((text) => text.replace(/\s+\d+$/, ''));
  await publish();
  expect(await plain()).toEqual(['t t/metadata/v1', 'u u/metadata/v1']);
  expect(new Set((await pointers()).map((text) => text.split(' ').at(-1))).size).toBe(1);
  await sql('UPDATE t SET amount = 0 WHERE id = 7');
  await publish();
  expect(await plain()).toEqual(['t t/metadata/v2 t/metadata/v1', 'u u/metadata/v1']);
  const still = await pointers();
  await publish();
  expect(await pointers()).toEqual(still);
  // A run that was killed before it moved them; the next one has nothing to publish, and moves them.
  await sql("UPDATE iceberg_tables SET metadata_location = replace(metadata_location, 'v2', 'v1')");
  await publish('--without-file', '--tables', 'u');
  expect((await plain())[0]).toMatch(/^t t\/metadata\/v1/);
  await publish('--no-sync', '--tables', 't');
  expect((await plain())[0]).toBe('t t/metadata/v2 t/metadata/v1');
  await sql("UPDATE iceberg_tables SET metadata_location = '/elsewhere/v9.metadata.json' WHERE table_name = 't'");
  await sql('UPDATE t SET amount = 1 WHERE id = 7; INSERT INTO u VALUES (1)');
  const env = { ...source.env('u,t'), FINANCE_DB_LAKE: lake.folder, FINANCE_DB_LAKE_CATALOG: 'money' };
  const foreign = await runCli(['lake', '--json'], { env });
  expect(foreign.stdout).toMatch(/LAKE_NOT_OURS.*\/elsewhere\/v9/s);
  // None of them moved.
  expect((await plain())[1]).toMatch(/^u u\/metadata\/v2/);
  await sql("DELETE FROM iceberg_tables WHERE table_name = 't'");
  // Without the right to write it nothing is published.
  const version = (await lake.load('t')).version;
  await sql(
    'DROP ROLE IF EXISTS lake_reader; CREATE ROLE lake_reader; GRANT SELECT ON t, u TO lake_reader; UPDATE t SET amount = 2 WHERE id = 7',
  );
  const { user, database } = source.database.address;
  await sql(`ALTER ROLE ${user} IN DATABASE ${database} SET role = lake_reader`);
  try {
    const refused = await runCli(['lake', '--json', '--without-file'], { env });
    expect(refused.stdout).toMatch(/PG_PERMISSION.*iceberg_tables/s);
    expect((await lake.load('t')).version).toBe(version);
  } finally {
    await sql(
      `ALTER ROLE ${user} IN DATABASE ${database} RESET role; DROP OWNED BY lake_reader; DROP ROLE lake_reader`,
    );
  }
});

test('snapshots that were replaced long ago go with their files, and no others', async () => {
  await lake.publish('t');
  const before = new Set(lake.files());
  await sql('UPDATE t SET amount = 0 WHERE id = 7');
  await lake.publish('t');
  await sql('UPDATE t SET amount = 1 WHERE id = 7');
  await lake.publish('t');
  expect([...before].filter((file) => !lake.files().includes(file))).toEqual([]);
  fs.writeFileSync(path.join(lake.folder, 'public/t/data/mine.parquet'), 'x');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await lake.publish('t', '--expire', '0.005s')).toMatchObject({
    tables: [{ published: false, expired_snapshots: 2 }],
  });
  const table = await lake.load('t');
  const data = lake.files().filter((file) => file.endsWith('.parquet'));
  expect(data).toHaveLength(table.entries.length + 1);
  expect(data).toContain('public/t/data/mine.parquet');
  expect(lake.files().filter((file) => file.endsWith('.avro'))).toHaveLength(1 + table.manifests.length);
  expect(lake.files().filter((file) => file.endsWith('.journal'))).toEqual([]);
  expect(await lake.verify('t', 0)).toMatchObject({ status: 'equal' });
});

test('a reader in the middle of a query goes on while months are replaced and older snapshots expire', async () => {
  const env = { ...source.env('t'), FINANCE_DB_LAKE: lake.folder };
  const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);
  const publish = async (now: Date): Promise<LakeDocument> => {
    await sql('UPDATE t SET amount = amount + 1');
    return JSON.parse((await runCli(['lake', '--json'], { env, now })).stdout) as LakeDocument;
  };
  for (const days of [20, 10]) await publish(daysAgo(days));
  const [row] = await source.session.query<{ sum: string }>('SELECT (sum(amount) * 2000)::text AS sum FROM t');
  const config = loadConfig({}, env, '/');
  const signal = new AbortController().signal;
  const read = await overLake({ config, place: lake.folder, env, signal }, 'queries', async (over) => {
    const reader = await openReader(over.duckdbPath, { readable: over.readable });
    try {
      const rows = await reader.connection.stream('SELECT amount::VARCHAR FROM t, range(2000)');
      let sum = 0n;
      let chunks = 0;
      for (let chunk = await rows.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await rows.fetchChunk()) {
        for (const [amount] of chunk.getRows()) sum += BigInt(String(amount).replace('.', ''));
        if (chunks++ > 0) continue;
        // What the reader reads was replaced just now, what it had replaced goes.
        const { tables } = await publish(new Date());
        expect(tables).toMatchObject([{ files: { removed: 5 }, expired_snapshots: 1 }]);
      }
      return {
        sum,
        chunks,
        again: await reader.all<{ sum: string }>('SELECT (sum(amount) * 2000)::VARCHAR AS sum FROM t'),
      };
    } finally {
      reader.close();
    }
  });
  expect(read).toMatchObject({ sum: BigInt((row?.sum ?? '').replace('.', '')), again: [{ sum: row?.sum }] });
  expect(read.chunks).toBeGreaterThan(100);
});

test('of two writers in a store the one that loses exits 4, and so does one that the store refuses; neither loses anything', async () => {
  s3.clear();
  const env = { ...source.env('t'), ...s3.env, FINANCE_DB_LAKE: 's3://money/pre' };
  const publish = async (
    ...flags: string[]
  ): Promise<{ code: number; error: string; tables: LakeDocument['tables'] }> => {
    const { code, stdout } = await runCli(['lake', '--json', ...flags], { env });
    const document = JSON.parse(stdout) as LakeDocument & { error?: { code: string } };
    return { code, error: document.error?.code ?? '', tables: document.tables };
  };
  const metadata = (version: number): string => `/money/pre/public/t/metadata/v${version}.metadata.json`;
  expect((await publish()).code).toBe(0);
  const before = [...s3.objects.keys()].sort();
  for (const [index, way] of thorough([[]], [[], ['--without-file', '--rebuild']]).entries()) {
    await sql('UPDATE t SET amount = amount + 1 WHERE id = 7; CHECKPOINT');
    // Another one commits just before us.
    s3.trouble = ({ method, url }) => {
      const other = metadata(2 + index);
      if (method === 'PUT' && url === other) {
        const first = JSON.parse((s3.objects.get(metadata(1 + index)) as Buffer).toString()) as { properties: object };
        const theirs = { ...first, properties: { ...first.properties, 'finance-db.run': 'theirs' } };
        s3.objects.set(other, Buffer.from(JSON.stringify(theirs)));
      }
      return undefined;
    };
    expect(await publish(...way)).toMatchObject({ code: 4, error: 'LAKE_CONFLICT' });
    before.push(metadata(2 + index));
    expect([...s3.objects.keys()].sort()).toEqual(before.sort());
  }
  s3.trouble = ({ method, url }) => (method === 'PUT' && /parquet$/.test(url ?? '') ? '403' : undefined);
  expect(await publish()).toMatchObject({ code: 4, error: 'LAKE_STORE' });
  s3.trouble = () => undefined;
  expect(await publish()).toMatchObject({ code: 0, tables: [{ version: thorough(3, 4), units: { changed: 1 } }] });
  const proof = await runCli(['lake', '--verify', '--json'], { env });
  expect(JSON.parse(proof.stdout)).toMatchObject({ status: 'equal' });
  // Engines are told where the store is.
  const { stdout: question } = await runCli(['lake', '--engine-sql', 'clickhouse'], { env });
  expect(question).toContain(`FROM icebergS3(lake, url = '${s3.env['AWS_ENDPOINT_URL']}/money/pre/public/t');`);
  // Files that are cut short in the store.
  for (const [key, content] of s3.objects) if (key.endsWith('.parquet')) s3.objects.set(key, content.subarray(0, -1));
  expect(await runCli(['lake', '--verify', '--json'], { env })).toMatchObject({ code: 5 });
});

test('--engine-sql: what it prints answers alike for the file and for the lake', async () => {
  await sql("UPDATE t SET note = NULL WHERE id = 7; UPDATE t SET note = 'Ünï | ~' WHERE id = 8");
  await lake.publish('t');
  const env = { ...source.env('t'), FINANCE_DB_LAKE: lake.folder };
  const printed = async (engine: string): Promise<string> =>
    (await runCli(['lake', '--engine-sql', engine], { env })).stdout;
  const text = await printed('duckdb');
  await withDuckdb(async (duckdb) => {
    await duckdb.run(`ATTACH '${source.duckdbPath}' AS file (READ_ONLY)`);
    const fromLake = await duckdb.all(text);
    expect(fromLake).toEqual(await duckdb.all(text.replace(/read_parquet\(.*\)/, 'file.t')));
    expect(fromLake).toEqual([expect.objectContaining({ rows: expect.anything(), md5: expect.anything() })]);
  });
  for (const [engine, from] of [
    ['spark', 'FROM lake.`public`.`t`;'],
    ['trino', 'FROM lake."public"."t";'],
    ['clickhouse', `FROM icebergLocal('${lake.folder}/public/t');`],
  ] as const)
    expect(await printed(engine)).toContain(from);
});

test('killed with SIGKILL between two steps, and two writers at once: nothing is lost and nothing left over', async () => {
  const folder = path.join(source.folder, 'kills');
  fs.mkdirSync(folder);
  const { session, database } = source;
  // All steps: npm run crash -- --lake; at random instants, too: npm run stress -- --lake --kills 200
  const result = await killLakes({
    ...{ session, url: database.url, folder, kills: 2, byTime: 0, seed: 18, rows: 3000 },
  });
  expect(result).toMatchObject({ killed: 2, pairs: 1 });
});

test('every report through --lake is that of the file, and so is a query', async () => {
  const env = { ...source.env('transactions'), FINANCE_DB_LAKE: lake.folder, FINANCE_DB_TODAY: '2026-01-31' };
  const run = async (...args: string[]): Promise<string> => {
    const result = await runCli(args, { env });
    if (result.code !== 0) throw new Error(`${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  };
  await run('init', '--sample', '1200');
  await lake.publish('transactions');
  const config = loadConfig({}, env, '/');
  const signal = new AbortController().signal;
  // What takes least, where one report is as good as another.
  const some = REPORT_NAMES.filter((name) => ['categories', 'cashflow', 'health'].includes(name));
  const read = async ({ duckdbPath, readable }: typeof config, names: readonly ReportName[]): Promise<unknown[]> => {
    const reader = await openReader(duckdbPath, { readable });
    const input = parseStatsFlags({ config, io: { now: () => new Date(), cwd: '/' } } as never, {});
    const results: unknown[] = [];
    for (const report of names) {
      const { table, sections, scope } = await runStats(reader, report, input, null);
      results.push({ report, table, sections, scope });
    }
    reader.close();
    return results;
  };
  const file = await read(config, REPORT_NAMES);
  expect(file).toHaveLength(REPORT_NAMES.length);
  const through = (place: string, names: readonly ReportName[] = some): Promise<unknown[]> =>
    overLake({ config, place, env: { ...env, ...s3.env }, signal }, 'reports', (over) => read(over, names));
  const start = file.filter((_, index) => some.includes(REPORT_NAMES[index] as ReportName));
  expect(await through(lake.folder, REPORT_NAMES)).toEqual(file);
  // The views of before are taken, unless they are damaged.
  const views = path.join(source.folder, 'lake-cache/views');
  const [kept] = fs.readdirSync(views).filter((name) => name.endsWith('.duckdb'));
  const made = fs.statSync(path.join(views, kept ?? '')).mtimeMs;
  expect(await through(lake.folder)).toEqual(start);
  expect(fs.statSync(path.join(views, kept ?? '')).mtimeMs).toBe(made);
  fs.truncateSync(path.join(views, kept ?? ''), 5000);
  expect(await through(lake.folder)).toEqual(start);
  // From a store the same; what was fetched once is not fetched again, and a newer snapshot is seen.
  const publishToStore = async (): Promise<void> => {
    const done = await runCli(['lake', '--to', 's3://money/pre'], { env: { ...env, ...s3.env } });
    if (done.code !== 0) throw new Error(done.stderr + done.stdout);
  };
  await publishToStore();
  expect(await through('s3://money/pre', REPORT_NAMES)).toEqual(file);
  const [requests, asked] = [s3.requests, [] as string[]];
  s3.trouble = ({ method = '', url = '' }) => void asked.push(`${method} ${url.replace(/^.*\//, '')}`);
  expect(await through('s3://money/pre')).toEqual(start);
  expect(s3.requests - requests).toBe(asked.length);
  expect(asked.filter((one) => /avro|parquet/.test(one))).toEqual([]);
  s3.trouble = () => undefined;
  await sql("UPDATE transactions SET category = 'Moved', timestamp = timestamp - interval '3 days' WHERE amount < -50");
  await publishToStore();
  const moved = await read(config, some);
  expect(moved).not.toEqual(start);
  expect(await through('s3://money/pre')).toEqual(moved);
  await lake.publish('transactions');
  expect(await run('stats', 'cashflow', '--lake', '--format', 'csv')).toBe(
    await run('stats', 'cashflow', '--format', 'csv'),
  );
  const question = ['query', 'SELECT * FROM transactions ORDER BY tx_id; FROM monthly_spending', '--format', 'json'];
  expect(await run(...question, '--lake')).toBe(await run(...question));
  // The currency is that of the table that reports read; it follows a setting though no row changed.
  await sql(
    "CREATE TABLE aaa (id integer PRIMARY KEY); UPDATE transactions SET currency = 'CZK', amount = normalized_amount",
  );
  const leaves = { ...env, FINANCE_DB_TABLES: 'aaa,transactions', FINANCE_DB_LAKE: `${lake.folder}-leaves` };
  const setting = { FINANCE_DB_BASE_CURRENCY: 'CHF' };
  for (const [way, given, currency] of [
    [['--without-file'], leaves, 'CZK'],
    [['--without-file'], { ...leaves, ...setting }, 'CHF'],
    [[], { ...env, ...setting }, 'CHF'],
  ] as const) {
    for (const published of [true, false]) {
      // Nothing else flushes what reading tidied up, and a publication waits ten seconds for it.
      await sql('CHECKPOINT');
      const result = await runCli(['lake', '--json', ...way], { env: given });
      expect((JSON.parse(result.stdout) as LakeDocument).tables.at(-1)).toMatchObject({ published });
    }
    const report = await runCli(['stats', 'cashflow', '--lake', '--json'], { env: given });
    expect(JSON.parse(report.stdout)).toMatchObject({ base_currency: currency });
  }
  // No other file is within reach.
  const other = await runCli(['query', "FROM read_text('/etc/hostname')", '--lake'], { env });
  expect(other.code).toBe(7);
});
