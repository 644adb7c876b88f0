import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openReader } from '../../src/duckdb/reader.ts';
import { connect } from '../../src/postgres/session.ts';
import { compareTable } from '../support/compare.ts';
import { urlOf } from '../support/database.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { fromServer } from '../support/fromServer.ts';
import { DEFINITIONS, KEPT } from '../support/keptValues.ts';
import { thorough } from '../support/thorough.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(() => source.reset());

async function compare(...tables: string[]): Promise<void> {
  const reader = await openReader(source.duckdbPath);
  try {
    for (const name of tables) await compareTable(source.session, reader.connection, { schema: 'public', name });
  } finally {
    reader.close();
  }
}

/** Values that DuckDB's type cannot hold: refused by table, column and key, and nothing is published. */
const REFUSED: readonly (readonly [type: string, value: string, part: string])[] = [
  ['numeric(15,2)', "'NaN'", 'NaN'],
  ['timestamp', "'294276-12-31 23:59:59.999999'", '294276'],
  ['timestamp', "'294247-12-31 00:00:00'", '294247'],
  ['timestamptz', "'294276-12-31 23:59:59.999999+00'", '294276'],
  ['int4[]', "'{{1,2},{3,4}}'", '{{1,2},{3,4}}'],
  ['text[]', "'{{a},{b}}'", '{{a},{b}}'],
  ['int4[]', "'[0:1]={7,8}'", '[0:1]={7,8}'],
  ['numeric(6,2)[]', "'{1,NaN}'", 'NaN'],
];

const REFUSED_TYPES: readonly string[] = ['regclass', 'regtype', 'aclitem', 'regproc[]'];

/** citext is an extension, which the embedded server may not bring. */
async function define(): Promise<(type: string) => boolean> {
  await source.session.query(DEFINITIONS);
  const [row] = await source.session.query("SELECT 1 FROM pg_available_extensions WHERE name = 'citext'");
  if (row !== undefined) await source.session.query('CREATE EXTENSION citext SCHEMA public');
  return (type) => type !== 'citext' || row !== undefined;
}

describe('values arrive equal', () => {
  test('in a full load, in an incremental sync, and after deletes', async () => {
    const known = await define();
    const types = KEPT.filter(([type]) => known(type));
    const names = types.map((_, index) => `t${index}`);
    for (const [index, [type, values]] of types.entries()) {
      const rows = [...values, 'NULL'].map((value, id) => `(${id}, (${value})::${type})`);
      await source.session.query(
        `CREATE TABLE t${index} (id int PRIMARY KEY, v ${type}, tail text DEFAULT '|'); INSERT INTO t${index} VALUES ${rows.join(', ')}`,
      );
    }
    const first = await source.sync(names.join(','));
    expect(first.tables.every((table) => table.mode === 'full')).toBe(true);
    await compare(...names);
    for (const name of names)
      await source.session.query(
        `INSERT INTO ${name} SELECT id + 1000, v, 'again' FROM ${name} WHERE id > 0; DELETE FROM ${name} WHERE id IN (0, 2)`,
      );
    const second = await source.sync(names.join(','));
    expect(second.tables.filter((table) => table.mode !== 'incremental')).toEqual([]);
    await compare(...names);
  });

  test('of every type that can be a key: rows are found again, changed and deleted', async () => {
    const known = await define();
    const usable: string[] = [];
    for (const [index, [type, values]] of KEPT.entries()) {
      if (!known(type)) continue;
      const rows = values.filter((value) => value !== 'NULL' && !/repeat|generate_series/.test(value));
      const made = await source.session
        .query(`CREATE TABLE k${index} (v ${type} PRIMARY KEY, n int)`)
        .catch(() => undefined);
      if (made === undefined) continue;
      for (const [n, value] of rows.entries())
        await source.session.query(`INSERT INTO k${index} VALUES ((${value})::${type}, ${n}) ON CONFLICT DO NOTHING`);
      usable.push(`k${index}`);
    }
    await source.sync(usable.join(','));
    await compare(...usable);
    for (const name of usable) await source.session.query(`DELETE FROM ${name} WHERE n = 0; UPDATE ${name} SET n = -n`);
    const second = await source.sync(usable.join(','));
    expect(second.tables.filter((table) => table.mode !== 'incremental')).toEqual([]);
    await compare(...usable);
    expect(usable.length).toBeGreaterThan(25);
  });

  test('of all types in one row, with everything NULL beside it', async () => {
    const known = await define();
    const types = KEPT.filter(([type]) => known(type));
    await source.session.query(
      `CREATE TABLE wide (id int PRIMARY KEY, ${types.map(([type], index) => `c${index} ${type}`).join(', ')});
       INSERT INTO wide VALUES (1, ${types.map(([type, values]) => `(${values[0]})::${type}`).join(', ')}), (2${', NULL'.repeat(types.length)})`,
    );
    await source.sync('wide');
    await compare('wide');
  });
});

describe('values that cannot be kept', () => {
  async function isRefused(type: string, value: string, part: string): Promise<void> {
    await source.session.query(
      `CREATE TABLE t (id int PRIMARY KEY, ok text, v ${type}); INSERT INTO t VALUES (1, 'x', NULL), (41, 'y', (${value})::${type})`,
    );
    const result = await source.trySync('t');
    expect(result.code).toBe(6);
    const { error } = JSON.parse(result.stdout) as { error: { code: string; details: Record<string, unknown> } };
    expect(error).toMatchObject({ code: 'VALUE_REFUSED', details: { table: 't', column: 'v', key: ['41'] } });
    expect(result.stderr).toContain(part);
    await expect(source.rows('SELECT 1')).rejects.toMatchObject({ code: 'DUCKDB_MISSING' });
  }

  test.each(REFUSED)('%s %s is refused by table, column and key', isRefused);

  fromServer(17).each(["'infinity'", "'-infinity'"])(
    'interval %s is refused by table, column and key [from 17]',
    (value) => isRefused('interval', value, 'infinity'),
  );

  test('leave what was published before as it is', async () => {
    await source.session.query('CREATE TABLE t (id int PRIMARY KEY, v numeric(10,2)); INSERT INTO t VALUES (1, 1.5)');
    await source.sync('t');
    await source.session.query("INSERT INTO t VALUES (2, 'NaN')");
    expect((await source.trySync('t')).code).toBe(6);
    expect(await source.rows('SELECT id, v::VARCHAR AS v FROM t')).toEqual([{ id: 1, v: '1.50' }]);
    await source.session.query('UPDATE t SET v = 0 WHERE id = 2');
    expect((await source.sync('t')).tables).toMatchObject([{ mode: 'incremental', upserted: 1 }]);
  });

  test('bytes that are no text are refused, and other encodings arrive as UTF-8', async () => {
    for (const encoding of ['LATIN1', 'SQL_ASCII']) {
      const name = `${source.database.address.database}_${encoding.toLowerCase()}`;
      await source.session.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C'`);
      const address = { ...source.database.address, database: name };
      const session = await connect(address, { retryMs: 0 });
      try {
        await session.query(
          "CREATE TABLE t (id text PRIMARY KEY, v text); INSERT INTO t SELECT 'k' || i, i FROM generate_series(1, 9) i",
        );
        const bytes =
          encoding === 'LATIN1' ? "convert_from('\\xe9', 'LATIN1')" : "convert_from('\\xe92b', 'SQL_ASCII')";
        await session.query(`UPDATE t SET v = ${bytes} WHERE id = 'k7'`);
        const result = await source.trySync('t', ['--new-source', '--database-url', urlOf(address)]);
        if (encoding === 'LATIN1') {
          expect(result.code).toBe(0);
          expect(await source.rows("SELECT v FROM t WHERE id = 'k7'")).toEqual([{ v: 'é' }]);
        } else {
          expect(result.code).toBe(6);
          expect(result.stderr).toMatch(/VALUE_REFUSED.*t\.v, key id=k7: "\ufffd\+" is not UTF-8/);
        }
      } finally {
        await session.close();
        await source.session.query(`DROP DATABASE ${name} WITH (FORCE)`);
      }
    }
  });

  test.each(REFUSED_TYPES)('the type %s is refused before anything is read', async (type) => {
    await source.session.query(`CREATE TABLE t (id int PRIMARY KEY, v ${type})`);
    const result = await source.trySync('t');
    expect(result.code).toBe(6);
    expect(result.stderr).toMatch(/TYPE_REFUSED.*t\.v/s);
  });
});

/** Microseconds as `-12:34:56.789012`: servers before 15 read no more than 32 bits of a bare number. */
function clockTime(micros: bigint): string {
  const size = micros < 0n ? -micros : micros;
  const [hours, minutes, seconds] = [size / 3_600_000_000n, (size / 60_000_000n) % 60n, (size / 1_000_000n) % 60n];
  return `${micros < 0n ? '-' : ''}${hours}:${minutes}:${seconds}.${String(size % 1_000_000n).padStart(6, '0')}`;
}

/** A generator of values for a type, as parameters in PostgreSQL's text form. */
const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('\\', 'N', 'n', '\t', '\n', '\r', '"', "'", '\ufeff', '{', ','),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 12,
  })
  .map((value) => value.replaceAll('\0', ''));
const decimal = (digits: number, scale: number): fc.Arbitrary<string> =>
  fc.tuple(fc.boolean(), fc.bigInt(0n, 10n ** BigInt(digits) - 1n)).map(([negative, value]) => {
    const padded = String(value).padStart(scale + 1, '0');
    return `${negative ? '-' : ''}${padded.slice(0, padded.length - scale)}.${padded.slice(padded.length - scale)}`;
  });
const timestamp = fc.bigInt(-210_866_803_200_000_000n, 9_223_371_331_199_999_999n - 1n).map((micros) => micros - 0n);

const GENERATED: readonly (readonly [type: string, cast: string, values: fc.Arbitrary<string | null>])[] = [
  ['bool', '$::bool', fc.constantFrom('t', 'f')],
  ['int2', '$::int2', fc.integer({ min: -32768, max: 32767 }).map(String)],
  ['int8', '$::int8', fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String)],
  ['float4', '$::float4', fc.float().map((value) => (Object.is(value, -0) ? '-0' : String(value)))],
  ['float8', '$::float8', fc.double().map((value) => (Object.is(value, -0) ? '-0' : String(value)))],
  ['numeric(15,2)', '$::numeric', decimal(15, 2)],
  ['numeric(38,10)', '$::numeric', decimal(38, 10)],
  ['numeric', '$::numeric', fc.oneof(decimal(60, 20), fc.constantFrom('NaN', 'Infinity', '1e400'))],
  ['text', '$::text', text],
  ['char(13)', '$::bpchar', text],
  ['uuid', '$::uuid', fc.uuid()],
  ['date', "'1970-01-01'::date + $::int", fc.integer({ min: -2_440_588 + 1, max: 2_145_031_948 - 1 }).map(String)],
  [
    'time',
    "'00:00'::time + make_interval(secs => $::numeric::float8 / 1000000)",
    fc.integer({ min: 0, max: 2 ** 31 - 1 }).map(String),
  ],
  [
    'timestamp',
    "'1970-01-01'::timestamp + ($::int8 / 86400000000) * '1 day'::interval + ($::int8 % 86400000000) * '1 microsecond'::interval",
    timestamp.map(String),
  ],
  [
    'timestamptz',
    "to_timestamp(0) + ($::int8 / 86400000000) * '1 day'::interval + ($::int8 % 86400000000) * '1 microsecond'::interval",
    timestamp.map(String),
  ],
  [
    'interval',
    '$::interval',
    fc
      .tuple(fc.integer({ min: -(2 ** 31) + 1 }), fc.integer(), fc.bigInt(-(2n ** 62n), 2n ** 62n))
      .map(([months, days, micros]) => `${months} months ${days} days ${clockTime(micros)}`),
  ],
  ['bytea', "decode($, 'hex')", fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'))],
  ['json', '$::json', fc.jsonValue().map((value) => JSON.stringify(value).replaceAll('\\u0000', ' '))],
  ['jsonb', '$::jsonb', fc.json().map((value) => value.replaceAll('\\u0000', ' ').replaceAll(/\\ud[89a-f]../gi, 'x'))],
  [
    'text[]',
    'ARRAY(SELECT json_array_elements_text($::json))',
    fc.array(fc.option(text), { maxLength: 4 }).map((list) => JSON.stringify(list)),
  ],
  [
    'float8[]',
    '$::float8[]',
    fc
      .array(fc.double(), { maxLength: 4 })
      .map((list) => `{${list.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join(',')}}`),
  ],
  [
    'numeric(12,3)[]',
    '$::numeric[]',
    fc
      .array(fc.option(decimal(12, 3)), { maxLength: 4 })
      .map((list) => `{${list.map((value) => value ?? 'NULL').join(',')}}`),
  ],
];

describe('generated rows', () => {
  test('are equal on both sides, whatever changes between syncs', async () => {
    const columns = GENERATED.map(([type], index) => `c${index} ${type}`).join(', ');
    const casts = GENERATED.map(([, cast], index) =>
      cast.replaceAll('$', `$${index + 2}`).replaceAll(/\$(\d+)/g, '($$$1::text)'),
    );
    await source.session.query(`CREATE TABLE g (id int PRIMARY KEY, ${columns})`);
    const row = fc.record({
      id: fc.integer({ min: 0, max: 60 }),
      values: fc.tuple(...GENERATED.map(([, , values]) => fc.option(values, { freq: 6 }))),
    });
    const insert = `INSERT INTO g VALUES ($1, ${casts.join(', ')}) ON CONFLICT (id) DO UPDATE SET ${GENERATED.map((_, index) => `c${index} = excluded.c${index}`).join(', ')}`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 6 }),
        async (rows, deleted) => {
          for (const { id, values } of rows) await source.session.query(insert, [id, ...values]);
          if (deleted.length > 0) await source.session.query(`DELETE FROM g WHERE id IN (${deleted.join(',')})`);
          await source.sync('g');
          await compare('g');
        },
      ),
      // The same rows on every run: a failure elsewhere can be repeated here.
      { numRuns: thorough(8, 25), seed: 20260101, endOnFailure: true },
    );
  });
});
