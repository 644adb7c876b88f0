import { chooseDigest } from '../../src/app/validate/chooseDigest.ts';
import { digestBuckets } from '../../src/duckdb/digest.ts';
import { openStored } from '../../src/duckdb/storedFile.ts';
import type { WorkingCopy } from '../../src/duckdb/workingCopy.ts';
import { unequalBuckets } from '../../src/model/bucketDigests.ts';
import { duckdbTable, type TableName } from '../../src/model/tableName.ts';
import { mapColumns } from '../../src/model/typeMapping.ts';
import { describeTables } from '../../src/postgres/catalogue.ts';
import { readDialect } from '../../src/postgres/dialect.ts';
import { digestTable } from '../../src/postgres/digest.ts';
import type { PgSession } from '../../src/postgres/session.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import type { Fixture } from './fixture.ts';

const digits = (count: number): string =>
  Array.from({ length: Math.ceil(count / 9) }, () => "lpad(trunc(random() * 1e9)::text, 9, '0')").join(' || ');
const wide = (bits: number): string => `(random() - 0.5) * 2 ^ (random() * ${bits})`;
const decimal = (precision: number, scale: number): string =>
  `(ARRAY[-1, 1])[1 + trunc(random() * 2)::int] * (trunc((${digits(precision)})::numeric / 10::numeric ^ trunc(random() * ${precision + 9})::numeric) / 10::numeric ^ ${scale} % 10::numeric ^ ${precision - scale})`;
const word = "translate(md5(random()::text), '0123456789', 'äß€😀 \n\\\t''\"')";
const hex = "decode(md5(random()::text), 'hex')";
const micros = `(${wide(57)}) * interval '1 microsecond'`;

/** A column of each mapped type with SQL for random values, many near the edges; a tenth of all values are NULL. */
const FUZZED: readonly (readonly [type: string, value: string])[] = [
  ['bool', 'random() < 0.5'],
  ['int2', wide(16)],
  ['int4', wide(32)],
  ['int8', `(${wide(64)})::int8 # (random() * 2 ^ 31)::int8`],
  ['int8', '((random() * 2 ^ 31)::int8 << 32) + (random() * 8)::int8'],
  ['numeric(4,1)', decimal(4, 1)],
  ['numeric(15,2)', decimal(15, 2)],
  ['numeric(9,0)', decimal(9, 0)],
  ['numeric(18,9)', decimal(18, 9)],
  ['numeric(38,10)', decimal(38, 10)],
  ['numeric(38,38)', decimal(38, 38)],
  ['numeric(12,4)', '((ARRAY[1, 10, 100, 1000, 10000, 100000])[1 + trunc(random() * 6)::int])::numeric / 10'],
  ['numeric', `round(${decimal(24, 6)}, trunc(random() * 9)::int)`],
  [
    'float4',
    "(ARRAY['NaN', '0', '-0', 'inf', '-inf', ((random() - 0.5) * 10 ^ (random() * 70 - 35))::float4::text])[1 + trunc(random() * 12)::int % 6]::float4",
  ],
  [
    'float8',
    "(ARRAY['NaN', '0', '-0', 'inf', '-inf', ((random() - 0.5) * 10 ^ (random() * 600 - 300))::text])[1 + trunc(random() * 12)::int % 6]::float8",
  ],
  ['text', `substr(${word} || ${word}, 1, trunc(random() * 60)::int)`],
  ['text', `repeat(md5(random()::text), trunc(random() * 40)::int)`],
  ['varchar(12)', `substr(md5(random()::text), 1, trunc(random() * 13)::int)`],
  ['char(7)', `substr(${word}, 1, trunc(random() * 8)::int)`],
  ['date', `date '2000-01-01' + (${wide(21)})::int`],
  [
    'date',
    "(ARRAY['infinity', '-infinity', '2000-01-01', '1999-12-31', '1970-01-01', '0001-01-01 BC'])[1 + trunc(random() * 6)::int]::date",
  ],
  ['timestamp', `timestamp '2000-01-01' + ${micros}`],
  ['timestamptz', `timestamptz '2000-01-01 00:00:00+00' + ${micros}`],
  ['timestamp', "timestamp '2024-01-01' + random() * interval '2 years'"],
  [
    'timestamptz',
    "(ARRAY['infinity', '-infinity', '2000-01-01+00', '1900-01-01+00', '2100-01-01+00', '1899-12-31 23:59:59.999999+00'])[1 + trunc(random() * 6)::int]::timestamptz",
  ],
  ['time', "time '00:00' + random() * interval '24 hours'"],
  [
    'timetz',
    "(time '00:00' + random() * interval '24 hours') AT TIME ZONE make_interval(hours => trunc(random() * 24 - 12)::int)",
  ],
  [
    'interval',
    'make_interval(months => trunc(random() * 3)::int, days => trunc(random() * 62)::int, hours => trunc(random() * 48)::int)',
  ],
  ['uuid', 'md5(random()::text)::uuid'],
  ['bytea', `substring(${hex} || ${hex}, 1, trunc(random() * 33)::int)`],
  ['json', `json_build_object('a', ${word}, 'b', random())`],
  ['jsonb', `jsonb_build_object('a', ${word}, 'b', round(random()::numeric, 3))`],
  ['int4[]', '(ARRAY[trunc(random() * 3)::int, NULL, trunc(random() * 1e9)::int])[1:trunc(random() * 4)::int]'],
  ['text[]', `(ARRAY[${word}, NULL, ${word}])[1:trunc(random() * 4)::int]`],
  ['inet', "('10.0.' || trunc(random() * 256) || '.0/' || 24 + trunc(random() * 9))::inet"],
  ['text COLLATE nocase', `(ARRAY['a', 'A', 'ä', 'Ä', 'aB'])[1 + trunc(random() * 5)::int] || substr(${word}, 1, 3)`],
  ['int2', '(ARRAY[-32768, -1, 0, 1, 32767])[1 + trunc(random() * 5)::int]'],
  ['int4', '(ARRAY[-2147483648, -1, 0, 1, 2147483647])[1 + trunc(random() * 5)::int]'],
  ['int8', '(ARRAY[-9223372036854775808, -1, 0, 1, 9223372036854775807, 2147483648])[1 + trunc(random() * 6)::int]'],
  ['oid', '(random() * 4294967295)::int8'],
  ['"char"', "(ARRAY['a', '', '\\', 'z'])[1 + trunc(random() * 4)::int]::\"char\""],
  ['name', 'md5(random()::text)'],
  ['mood', "(ARRAY['sad', 'Sad', '😀'])[1 + trunc(random() * 3)::int]::mood"],
  ['pair', `ROW(trunc(random() * 9)::int, ${word})::pair`],
  ['time', "(ARRAY['00:00', '24:00', '23:59:59.999999'])[1 + trunc(random() * 3)::int]::time"],
  ['interval', `${micros} + make_interval(months => trunc((random() - 0.5) * 1e6)::int)`],
  ['money', `(${wide(50)})::numeric::money`],
  ['point', 'point(random(), (random() - 0.5) * 1e9)'],
  ['cidr', "('10.' || trunc(random() * 256) || '.0.0/16')::cidr"],
  ['macaddr', 'substr(md5(random()::text), 1, 12)::macaddr'],
  ['bit(12)', 'trunc(random() * 4096)::int::bit(12)'],
  ['varbit', '(trunc(random() * 4096)::int::bit(12)::varbit)'],
  ['xml', "('<a>' || trunc(random() * 1e9) || '</a>')::xml"],
  ['int4range', 'int4range(trunc(random() * 100)::int, 100 + trunc(random() * 100)::int)'],
  ['tsvector', `array_to_tsvector(ARRAY[md5(random()::text), 'a'])`],
  ['pg_lsn', "('0/' || upper(to_hex(trunc(random() * 2147483647)::int)))::pg_lsn"],
  ['numeric[]', '(ARRAY[1.0, 1.00, NULL, random()::numeric])[1 + trunc(random() * 2)::int:trunc(random() * 5)::int]'],
  [
    'float8[]',
    "(ARRAY['-0', '0', 'NaN', random()::text]::float8[])[1 + trunc(random() * 2)::int:trunc(random() * 5)::int]",
  ],
  ['numeric(9,2)[]', `ARRAY[${decimal(9, 2)}, ${decimal(9, 2)}]`],
  ['timestamptz[]', `ARRAY[timestamptz '2000-01-01 00:00:00+00' + ${micros}, NULL]`],
  ['interval[]', 'ARRAY[make_interval(months => trunc(random() * 3)::int, days => trunc(random() * 62)::int)]'],
  ['bytea[]', `ARRAY[${hex}, NULL]`],
  ['bool[]', 'ARRAY[random() < 0.5, NULL, random() < 0.5]'],
  ['uuid[]', 'ARRAY[md5(random()::text)::uuid]'],
];

const DEFINITIONS = `DROP TYPE IF EXISTS mood, pair; DROP COLLATION IF EXISTS nocase;
  CREATE TYPE mood AS ENUM ('sad', 'Sad', '😀'); CREATE TYPE pair AS (a int, b text);
  CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`;

/**
 * Compares hashes of random values, the same for the same seed: syncs a table of them and hashes each column on both sides.
 * @returns what is wrong, a line a column
 */
export async function fuzzHashes(
  source: Fixture,
  rows: number,
  seed: number,
): Promise<{ wrong: string[]; columns: number }> {
  await fillTable(source.session, 'fuzz', rows, seed);
  await source.sync('fuzz');
  const copy = await openStored(source.duckdbPath, { memory: '200MB', threads: 2, temporaryFolder: source.folder });
  try {
    const wrong = await compareHashes(source.session, copy, { schema: 'public', name: 'fuzz' });
    return { wrong, columns: FUZZED.length };
  } finally {
    copy.abandon();
  }
}

async function fillTable(session: PgSession, table: string, rows: number, seed: number): Promise<void> {
  const columns = FUZZED.map(([type], index) => `c${index} ${type}`).join(', ');
  // A volatile expression of its own for each row: random() in a subquery without the row would be asked once.
  const values = FUZZED.map(([type, value]) => `CASE WHEN random() < 0.1 THEN NULL ELSE (${value})::${type} END`).join(
    ', ',
  );
  await session.query(
    `DROP TABLE IF EXISTS ${table}; ${DEFINITIONS}; CREATE TABLE ${table} (id int PRIMARY KEY, ${columns}); SELECT setseed(${1 / (1 + Math.abs(seed))}); INSERT INTO ${table} SELECT g, ${values} FROM generate_series(1, ${rows}) AS g; ANALYZE ${table}`,
  );
}

/**
 * Hashes each column of a table by itself on both sides.
 * @returns what is wrong, a line a column: hashes that are not equal on both sides, or values that differ and have one hash
 */
export async function compareHashes(session: PgSession, copy: WorkingCopy, name: TableName): Promise<string[]> {
  const [source] = await describeTables(session, [name]);
  if (source === undefined) throw new Error('no such table');
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
    connect: () => Promise.reject(),
  } as const;
  const snapshot = await openSnapshot(server, session, [name], true);
  const wrong: string[] = [];
  try {
    const dialect = await readDialect(snapshot);
    if (dialect.hashObjection !== null) return [dialect.hashObjection];
    for (const column of mapColumns(source)) {
      const { digest } = chooseDigest({ copy, dialect }, [column]);
      const options = { buckets: 1024, jobs: 1, where: null, onRange: () => undefined };
      const theirs = await digestTable(snapshot, source, digest, options);
      const ours = await digestBuckets(copy, duckdbTable(name), digest, 1024);
      const unequal = unequalBuckets(theirs, ours);
      if (unequal.length > 0) wrong.push(`${column.name} ${column.postgresType}: ${unequal.length} unequal buckets`);
      // The text of a value tells everything of it, a NULL apart.
      const [row] = await session.query<{ hashes: string; values: string }>(
        `SELECT count(DISTINCT d) AS hashes, count(DISTINCT concat(num_nulls(x0), x0) COLLATE "C") AS values FROM (${digest.postgres(`${source.table.schema}.${source.table.name}`, [`"${column.name}"`])}) AS r`,
      );
      if (row?.hashes !== row?.values)
        wrong.push(`${column.name} ${column.postgresType}: ${row?.values} values, ${row?.hashes} hashes`);
    }
  } finally {
    await session.query('ROLLBACK');
  }
  return wrong;
}
