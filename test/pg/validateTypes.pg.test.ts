import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { chooseDigest } from '../../src/app/validate/chooseDigest.ts';
import { digestBuckets } from '../../src/duckdb/digest.ts';
import { openStored } from '../../src/duckdb/storedFile.ts';
import { mapColumns } from '../../src/model/typeMapping.ts';
import { describeTables } from '../../src/postgres/catalogue.ts';
import { digestTable } from '../../src/postgres/digest.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { isFrom } from '../support/fromServer.ts';
import { DEFINITIONS, KEPT } from '../support/keptValues.ts';
import { plant } from '../support/plant.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(() => source.reset());

interface Document {
  status: string;
  tables: {
    table: string;
    status: string;
    damage: { different: number };
    examples: { column: string; postgres: string | null; duckdb: string | null }[];
  }[];
}

async function validate(tables: string, ...flags: string[]): Promise<Document> {
  const result = await runCli(['validate', '--json', ...flags], { env: source.env(tables) });
  if (result.code !== 0 && result.code !== 5) throw new Error(`exit ${result.code}: ${result.stderr}`);
  return JSON.parse(result.stdout) as Document;
}

/** Values that DuckDB holds in another column's place: swaps and near misses that a careless rendering confuses. */
async function makeAllTypes(): Promise<{ type: string; name: string }[]> {
  await source.session.query(DEFINITIONS);
  const tables: { type: string; name: string }[] = [];
  for (const [type, values] of KEPT) {
    if (type === 'citext') continue;
    const name = `t${tables.length}`;
    const rows = [...values.filter((value) => value !== 'NULL'), 'NULL'].map(
      (value, id) => `(${id}, (${value})::${type})`,
    );
    await source.session.query(
      `CREATE TABLE ${name} (id int PRIMARY KEY, v ${type}); INSERT INTO ${name} VALUES ${rows.join(', ')}`,
    );
    tables.push({ type, name });
  }
  return tables;
}

test('every type at its edges renders alike on both sides, and NULL is no value', async () => {
  const tables = await makeAllTypes();
  const list = tables.map(({ name }) => name).join(',');
  await source.sync(list);
  const equal = await validate(list);
  expect(
    equal.tables
      .filter(({ status }) => status !== 'equal')
      .map(({ table }) => tables.find(({ name }) => name === table)),
  ).toEqual([]);
  const quick = await validate(list, '--quick');
  expect(
    quick.tables
      .filter(({ status }) => status !== 'equal')
      .map(({ table }) => tables.find(({ name }) => name === table)),
  ).toEqual([]);
  // The first value becomes NULL, or NULL becomes the first value.
  for (const [index, { name }] of tables.entries())
    await plant(
      source.duckdbPath,
      index % 2 === 0
        ? `UPDATE ${name} SET v = NULL WHERE id = 0`
        : `UPDATE ${name} SET v = (SELECT v FROM ${name} WHERE id = 0) WHERE v IS NULL`,
    );
  const damaged = await validate(list);
  const missed = damaged.tables.filter(({ damage }) => damage.different !== 1);
  expect(missed.map(({ table }) => tables.find(({ name }) => name === table))).toEqual([]);
  expect(damaged.tables.every(({ examples }) => examples.length === 1 && examples[0]?.column === 'v')).toBe(true);
  expect((await validate(list, '--repair')).status).toBe('equal');
});

/** Pairs of values that are near each other. */
const NEAR: readonly (readonly [type: string, there: string, planted: string])[] = [
  ['float8', "'0.1'", 'nextafter(0.1, 1)'],
  ['float8', "'-0'", "'0'::DOUBLE"],
  ['float8', "'NaN'", "'inf'::DOUBLE"],
  ['float4', "'0.1'", 'nextafter(0.1::FLOAT, 1::FLOAT)'],
  ['numeric(38,0)', '99999999999999999999999999999999999999', '99999999999999999999999999999999999998'],
  ['numeric(15,2)', '0.01', '-0.01'],
  ['int8', '9007199254740993', '9007199254740992'],
  ['timestamp', "'infinity'", "'-infinity'::TIMESTAMP"],
  ['timestamp', "'2024-01-01 00:00:00'", "TIMESTAMP '2024-01-01 00:00:00.000001'"],
  ['timestamptz', "'0001-12-31 23:59:59.999999+00 BC'", "TIMESTAMPTZ '0001-12-31 23:59:59.999999+00'"],
  ['date', "'0044-03-15 BC'", "DATE '0044-03-15'"],
  ['time', "'24:00:00'", "TIME '00:00:00'"],
  ['timetz', "'12:00+00'", "TIMETZ '14:00:00+02'"],
  ['interval', "'1 mon'", 'INTERVAL 30 day'],
  ['interval', "'24 hours'", 'INTERVAL 1 day'],
  ['interval', "'1 year'", "INTERVAL '11 months'"],
  ['bytea', "'\\x00'", "''::BLOB"],
  ['bytea', "'\\x6162'", "'6162'::BLOB"],
  ['json', `'{"a":1}'`, `'{"a": 1}'`],
  ['text', "''", 'NULL'],
  ['text', "'a'", "'\ufeffa'"],
  ['text', "'a'", "'a' || chr(0)"],
  ['char(3)', "'a'", "'a'"],
  ['varchar(2)', "'ab'", "repeat('ab', 40)"],
  ['text[]', "'{a,b}'", "['a,b']"],
  ['text[]', "'{NULL}'", "['NULL']"],
  ['text[]', "'{}'", "['']"],
  ['text[]', "'{1:a}'", "['1:', 'a']"],
  ['text[]', "'{-}'", '[NULL]'],
  ['int4[]', "'{1,2}'", '[2, 1]'],
  ['uuid', "'00000000-0000-0000-0000-000000000001'", "'80000000-0000-0000-0000-000000000001'::UUID"],
  ['bool', 'true', 'NULL'],
];

test('values near each other are told apart', async () => {
  for (const [index, [type, value]] of NEAR.entries())
    await source.session.query(
      `CREATE TABLE n${index} (id int PRIMARY KEY, v ${type}); INSERT INTO n${index} VALUES (1, (${value})::${type})`,
    );
  const list = NEAR.map((_, index) => `n${index}`).join(',');
  await source.sync(list);
  expect((await validate(list)).status).toBe('equal');
  // Not by UPDATE, which leaves a value alone that DuckDB takes for equal, such as 0 and -0.
  await plant(
    source.duckdbPath,
    ...NEAR.map(([, , planted], index) => `DELETE FROM n${index}; INSERT INTO n${index} VALUES (1, ${planted})`),
  );
  const { tables } = await validate(list);
  expect(tables.flatMap(({ damage }, index) => (damage.different === 1 ? [] : [NEAR[index]]))).toEqual([]);
});

describe('renderings that try to be taken for each other', () => {
  /** Rows of four texts and numbers between them: all different, with the same characters in them. */
  const ROWS = [
    ["'a'", "'b'", 'NULL', '1.00'],
    ["'ab'", "''", 'NULL', '1.00'],
    ["''", "'ab'", 'NULL', '1.00'],
    ["'ab'", 'NULL', 'NULL', '1.00'],
    ['NULL', "'ab'", 'NULL', '1.00'],
    ["'a'", 'NULL', "'b'", '1.00'],
    ["'a;1.00;'", "'b'", 'NULL', 'NULL'],
    ["'a'", "';1.00;b'", 'NULL', 'NULL'],
    ["'a1.00;b'", 'NULL', 'NULL', 'NULL'],
    ['NULL', 'NULL', 'NULL', 'NULL'],
    ["''", "''", "''", 'NULL'],
    ["''", "''", 'NULL', '0.00'],
  ];

  test("as PostgreSQL's hashes tell them apart", () => allDiffer(null));

  test('as md5 does, where a server has other hashes', () => allDiffer('it has others'));

  async function allDiffer(hashObjection: string | null): Promise<void> {
    await source.session.query(
      `CREATE TABLE f (id int PRIMARY KEY, a varchar(9), b text, c text, n numeric(6,2)); INSERT INTO f VALUES ${ROWS.map((row, id) => `(${id}, ${row.join(', ')})`).join(', ')}`,
    );
    await source.sync('f');
    const [table] = await describeTables(source.session, [{ schema: 'public', name: 'f' }]);
    if (table === undefined) throw new Error('no table');
    // Without the key, which would tell the rows apart.
    const columns = mapColumns(table).filter(({ name }) => name !== 'id');
    const stored = await openStored(source.duckdbPath, { memory: '100MB', threads: 1, temporaryFolder: source.folder });
    const dialect = { version: 140000, encoding: 'UTF8', hashObjection };
    const { digest } = chooseDigest({ copy: stored, dialect }, columns);
    const found = await source.session.query<{ n: string }>(
      `SELECT count(DISTINCT d) AS n FROM (${digest.postgres('public.f', [])}) AS d`,
    );
    expect(Number(found[0]?.n)).toBe(ROWS.length);
    const ours = await digestBuckets(stored, 'main.f', digest, 64);
    stored.abandon();
    const server = {
      place: '',
      database: '',
      address: {
        host: '',
        port: 0,
        user: '',
        database: '',
        password: undefined,
        sslmode: 'disable',
        sslrootcert: undefined,
      },
      kind: 'external',
      where: '',
      connect: () => source.database.session(),
    } as const;
    const snapshot = await openSnapshot(server, source.session, [table.table], true);
    const theirs = await digestTable(snapshot, table, digest, {
      buckets: 64,
      jobs: 2,
      where: null,
      onRange: () => undefined,
    });
    await source.session.query('COMMIT');
    expect(theirs).toEqual(ours);
    expect(ours.rows).toBe(BigInt(ROWS.length));
  }
});

test('a table of 1,200 columns', async () => {
  const types = ['int', 'text', 'numeric(5,2)', 'bool'];
  const columns = Array.from({ length: 1200 }, (_, index) => `c${index} ${types[index % 4]}`);
  await source.session.query(
    `CREATE TABLE w (id int PRIMARY KEY, ${columns.join(', ')}); INSERT INTO w (id, c0, c1, c1197) VALUES (1, 5, 'a', NULL), (2, NULL, '', 'a')`,
  );
  await source.sync('w');
  expect((await validate('w')).status).toBe('equal');
  await plant(source.duckdbPath, "UPDATE w SET c1 = NULL, c1197 = 'a' WHERE id = 1");
  const { tables } = await validate('w');
  expect(tables[0]?.examples.map((example) => example.column)).toEqual(['c1', 'c1197']);
});

test('a database in another encoding', async () => {
  await source.session.query(`DROP DATABASE IF EXISTS latin`);
  await source.session.query(
    `CREATE DATABASE latin ENCODING 'LATIN1' ${isFrom(15) ? 'LOCALE_PROVIDER libc' : ''} LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
  );
  const url = new URL(source.database.url.replace('@/', '@host/'));
  url.pathname = '/latin';
  const address = url.href.replace('@host/', '@/');
  const env = { ...source.env('t'), DATABASE_URL: address };
  const { connect } = await import('../../src/postgres/session.ts');
  const session = await connect({ ...source.database.address, database: 'latin' }, { retryMs: 0 });
  await session.query(
    "CREATE TABLE t (name varchar(9) PRIMARY KEY, v text, l text[]); INSERT INTO t VALUES ('é', 'Café ÿ', '{é,ü}'), ('e', NULL, NULL)",
  );
  await session.close();
  const synced = await runCli(['sync', '--json', '--validate'], { env });
  // What stderr says besides, that the server is slow to write to its disk, is of a busy machine.
  if (synced.code !== 0) throw new Error(`exit ${synced.code}: ${synced.stderr}`);
  const quick = await runCli(['validate', '--quick', '--json'], { env });
  expect(JSON.parse(quick.stdout)).toMatchObject({ status: 'equal' });
  await plant(path.join(source.folder, 'finance.duckdb'), "UPDATE t SET v = 'Café y' WHERE v IS NOT NULL");
  const result = await runCli(['validate', '--json'], { env });
  expect(result.code).toBe(5);
  expect(JSON.parse(result.stdout)).toMatchObject({
    tables: [{ examples: [{ key: 'é', column: 'v', postgres: 'Café ÿ', duckdb: 'Café y' }] }],
  });
  expect(fs.existsSync(source.duckdbPath)).toBe(true);
});
