import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { fuzzHashes } from '../support/hashFuzz.ts';
import { plant } from '../support/plant.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(() => source.reset());

interface Document {
  status: string;
  tables: { table: string; status: string; notes: string[] }[];
}

async function validate(tables: string): Promise<Document> {
  const result = await runCli(['validate', '--json'], { env: source.env(tables) });
  if (result.code !== 0 && result.code !== 5) throw new Error(`exit ${result.code}: ${result.stderr}`);
  return JSON.parse(result.stdout) as Document;
}

test('random values of every type have the hash on both sides that PostgreSQL gives them, and each its own', async () => {
  const { wrong } = await fuzzHashes(source, 2000, 1);
  expect(wrong).toEqual([]);
});

/** Rows that PostgreSQL's own functions take for equal, or that plain sums of hashes do: `there`, and what DuckDB is made to hold. */
const FOLDED: readonly (readonly [columns: string, there: string, planted: string])[] = [
  // The halves of 64 bits are folded into one.
  ['a int8', '1', '4294967296'],
  ['a int8', '-1', '-4294967296'],
  ['a timestamp', "'1900-01-01 00:00:00'", 'make_timestamp(-2208988800000000 + 4294967297)'],
  // The sign of a number is not hashed, and its power is put over the hash.
  ['a numeric(12,2)', '12.5', '-12.5'],
  ['a numeric(12,2)', '5', '50000'],
  ['a numeric(12,2), b numeric(12,2)', '5, 7', '50000, 70000'],
  ['a numeric(12,2), b numeric(12,2)', '0.05, 7', '500, 70000'],
  ['a numeric(12,2), b numeric(12,2)', '5, 7', '7, 5'],
  // The same value in another column.
  ['a text, b text', "'x', 'y'", "'y', 'x'"],
  ['a text, b text', "'x', NULL", "NULL, 'x'"],
  ['a bool, b bool', 'true, false', 'false, true'],
  ['a bool, b bool', 'true, true', 'NULL, NULL'],
  ['a float8, b float8', '0, NULL', 'NULL, 0'],
  ['a float8', "'-0'", "'0'::DOUBLE"],
  ['a numeric(5,0), b date', "0, '2000-01-01'", 'NULL, NULL'],
  ['a float4', "'-0'", "'0'::FLOAT"],
  // NULL, and what is nearest to nothing.
  ['a int4', '0', 'NULL'],
  ['a int8', '0', 'NULL'],
  ['a bool', 'false', 'NULL'],
  ['a text', "''", 'NULL'],
  ['a timestamp', "'2000-01-01'", 'NULL'],
  ['a uuid', "'00000000-0000-0000-0000-000000000000'", 'NULL'],
  ['a text[]', "'{}'", 'NULL'],
  ['a text[]', "'{NULL}'", "['NULL']"],
  ['a text[]', "'{NULL}'", '[]'],
  ['a timetz', "'12:00+00'", "'13:00:00+01'"],
  // Equal numbers of another scale, where the scale is data.
  ['a numeric', '1.10', "'1.1'"],
  ['a jsonb', `'{"a": 1.10}'`, `'{"a": 1.1}'`],
  ['a numeric[]', "'{1.10}'", "['1.1']"],
  ['a float8[]', "'{-0}'", "['0'::DOUBLE]"],
  ['a interval', "'1 mon'", "INTERVAL '30 days'"],
  ['a interval', "'1 day'", "INTERVAL '24 hours'"],
  ['a char(5)', "'ab'", "'ab'"],
  // Texts that their collation, or their type, takes for equal.
  ['a text COLLATE nocase', "'ab'", "'aB'"],
  ['a varchar(9) COLLATE nocase', "'ab'", "'AB'"],
  ['a text[] COLLATE nocase', "'{ab}'", "['AB']"],
  ['a citext', "'ab'", "'AB'"],
];

test('rows that the types themselves take for equal are told apart', async () => {
  await source.session.query(
    "CREATE EXTENSION citext; CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  );
  for (const [index, [columns, there]] of FOLDED.entries())
    await source.session.query(
      `CREATE TABLE f${index} (id int, ${columns}); INSERT INTO f${index} VALUES (1, ${there})`,
    );
  const list = FOLDED.map((_, index) => `f${index}`).join(',');
  await source.sync(list);
  expect((await validate(list)).status).toBe('equal');
  await plant(
    source.duckdbPath,
    ...FOLDED.map(([, , planted], index) => `DELETE FROM f${index}; INSERT INTO f${index} VALUES (1, ${planted})`),
  );
  const { tables } = await validate(list);
  expect(tables.flatMap(({ status }, index) => (status === 'damaged' ? [] : [FOLDED[index]]))).toEqual([]);
});

test('columns are told apart by their places after some were dropped and others added', async () => {
  await source.session.query(
    `CREATE TABLE t (id int PRIMARY KEY, gone1 text, a text, gone2 int, b text);
     INSERT INTO t VALUES (1, 'g', 'x', 7, 'y'), (2, NULL, 'y', 8, 'x');
     ALTER TABLE t DROP COLUMN gone1, DROP COLUMN gone2, ADD COLUMN c int DEFAULT 5; INSERT INTO t VALUES (3, 'x', NULL, 6)`,
  );
  await source.sync('t');
  expect((await validate('t')).status).toBe('equal');
  await plant(source.duckdbPath, 'UPDATE t SET a = b, b = a');
  expect(await validate('t')).toMatchObject({ status: 'damaged', tables: [{ damage: { different: 3 } }] });
});

test('each run draws seeds of its own', async () => {
  await source.session.query("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')");
  await source.sync('t');
  await validate('t');
  await validate('t');
  const digests = await source.rows<{ theirs: string; ours: string }>(
    'SELECT postgres_digest AS theirs, duckdb_digest AS ours FROM finance_db.validations',
  );
  expect(digests).toHaveLength(2);
  expect(digests.every(({ theirs, ours }) => theirs === ours)).toBe(true);
  expect(digests[0]?.theirs).not.toBe(digests[1]?.theirs);
});

test('a server whose functions give other hashes, as one with the octets the other way around, is asked for md5', async () => {
  const { session } = source;
  await session.query("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')");
  await source.sync('t');
  await session.query(`SET allow_system_table_mods = on;
    ALTER FUNCTION pg_catalog.uuid_hash_extended(uuid, bigint) RENAME TO uuid_hash_kept;
    CREATE FUNCTION pg_catalog.uuid_hash_extended(uuid, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1::bigint'`);
  try {
    expect(await validate('t')).toMatchObject({
      status: 'equal',
      tables: [{ notes: [expect.stringMatching(/by md5.*lowest octet first/)] }],
    });
  } finally {
    await session.query(`DROP FUNCTION pg_catalog.uuid_hash_extended(uuid, bigint);
      ALTER FUNCTION pg_catalog.uuid_hash_kept(uuid, bigint) RENAME TO uuid_hash_extended; RESET allow_system_table_mods`);
  }
});

test('a server without the hash functions is asked for md5, and the report says so', async () => {
  const { session } = source;
  await session.query(
    "CREATE TABLE t (id int PRIMARY KEY, v text, n numeric(9,2)); INSERT INTO t SELECT g, 'v' || g, g FROM generate_series(1, 500) AS g",
  );
  await source.sync('t');
  const rename = (from: string, to: string): Promise<unknown> =>
    session.query(`ALTER FUNCTION pg_catalog.${from}(record, bigint) RENAME TO ${to}`);
  await rename('hash_record_extended', 'hash_record_no_more');
  try {
    const equal = await validate('t');
    expect(equal).toMatchObject({
      status: 'equal',
      tables: [{ notes: [expect.stringMatching(/by md5.*does not have hash_record_extended/)] }],
    });
    await plant(source.duckdbPath, 'UPDATE t SET n = n + 1 WHERE id = 7');
    expect(await validate('t')).toMatchObject({ status: 'damaged', tables: [{ damage: { different: 1 } }] });
  } finally {
    await rename('hash_record_no_more', 'hash_record_extended');
  }
});
