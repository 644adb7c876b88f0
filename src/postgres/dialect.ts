import type { PostgresDialect } from '../model/canonical.ts';
import type { PgSession } from './session.ts';
import type { SourceSnapshot } from './snapshot.ts';

/** Every function that the hash of a row may ask for; all of them are in PostgreSQL 14 and later. */
const FUNCTIONS = [
  'hash_numeric_extended(numeric,bigint)',
  'hash_record_extended(record,bigint)',
  'hashfloat4extended(real,bigint)',
  'hashfloat8extended(double precision,bigint)',
  'hashint2extended(smallint,bigint)',
  'hashint4extended(integer,bigint)',
  'hashint8extended(bigint,bigint)',
  'hashtextextended(text,bigint)',
  'uuid_hash_extended(uuid,bigint)',
  'daterange_subdiff(date,date)',
  'tsrange_subdiff(timestamp without time zone,timestamp without time zone)',
  'tstzrange_subdiff(timestamp with time zone,timestamp with time zone)',
];

/** Values and their hashes with the seed 42: another order of octets, or a fork's other hash, gives others. */
const KNOWN_HASHES: readonly (readonly [sql: string, hash: string])[] = [
  [`hashtextextended('a text of more than twelve octets' COLLATE "C", 42)`, '-8796439912442289376'],
  ['hash_numeric_extended(-1234567.89, 42)', '8317516227539441369'],
  ['hashint8extended(-1234567890123, 42)', '-4043614395248317293'],
  ["hashfloat8extended(tsrange_subdiff('2024-02-29 12:34:56.789', '2000-01-01'), 42)", '844307682390973094'],
  ["uuid_hash_extended('00112233-4455-6677-8899-aabbccddeeff', 42)", '-1629170038376903409'],
];

/** What the server can do, as far as rendering and hashing go. */
export async function readDialect(snapshot: SourceSnapshot): Promise<PostgresDialect> {
  const [row] = await snapshot.session.query<{ encoding: string; absent: string | null }>(
    `SELECT current_setting('server_encoding') AS encoding, (SELECT string_agg(f, ', ') FROM unnest(ARRAY[${FUNCTIONS.map((name) => `'${name}'`).join(', ')}]) AS f WHERE to_regprocedure('pg_catalog.' || f) IS NULL) AS absent`,
  );
  return {
    version: snapshot.serverVersionNumber,
    encoding: row?.encoding ?? 'UTF8',
    hashObjection:
      row?.absent === null ? await otherHashes(snapshot.session) : `it does not have ${row?.absent ?? 'the functions'}`,
  };
}

async function otherHashes(session: PgSession): Promise<string | null> {
  const [row] = await session.query<{ hashes: string }>(
    `SELECT concat_ws(' ', ${KNOWN_HASHES.map(([sql]) => sql).join(', ')}) AS hashes`,
  );
  if (row?.hashes === KNOWN_HASHES.map(([, hash]) => hash).join(' ')) return null;
  return 'its hash functions are not those of PostgreSQL on machines that put the lowest octet first';
}
