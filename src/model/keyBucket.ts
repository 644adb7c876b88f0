import { quoteIdentifier } from './identifier.ts';
import type { ColumnMapping } from './typeMapping.ts';

/** The same bucket number of a row's key, as SQL for each side. */
export interface KeyBucket {
  readonly postgres: string;
  readonly duckdb: string;
}

/**
 * A cheap number from 0 to `buckets` - 1 that both databases compute alike from the key, or null when no column of the key
 * has a type for which they can. One column is enough: it need not tell keys apart, only spread them.
 * @param buckets a power of two
 */
export function keyBucket(key: readonly ColumnMapping[], buckets: number): KeyBucket | null {
  const mask = buckets - 1;
  for (const column of key) {
    const name = quoteIdentifier(column.name);
    if (column.family === 'integer')
      return { postgres: `(${name}::int8 & ${mask})`, duckdb: `(${name}::BIGINT & ${mask})` };
    if (column.family === 'text' || column.family === 'uuid') {
      // The bytes that were copied: the type's output (a cast strips char(n), adds a netmask to inet) in UTF-8.
      const output = PLAIN_TEXT.test(column.postgresType) ? `${name}::text` : `format('%s', ${name})`;
      return {
        postgres: `(('x' || substr(md5(convert_to(${output}, 'UTF8')), 1, 8))::bit(32)::int8 & ${mask})`,
        duckdb: `(('0x' || md5(${name}::VARCHAR)[1:8])::BIGINT & ${mask})`,
      };
    }
  }
  return null;
}

/** Types whose cast to text is their output, and cheaper than asking for it. */
const PLAIN_TEXT = /^(text|character varying(\(\d+\))?|uuid)$/;

const LEAST_BUCKETS = 256;
const MOST_BUCKETS = 131_072;

/**
 * How many buckets to count so that fetching the keys of the unequal ones costs little: each deleted row spoils one bucket,
 * and with 32 times as many buckets about three in a hundred keys are fetched. Null: so many rows are gone that it is
 * cheaper to fetch all keys.
 */
export function bucketsFor(deleted: bigint, rows: bigint): number | null {
  if (rows < 10_000n || deleted * 20n > rows) return null;
  let buckets = LEAST_BUCKETS;
  while (BigInt(buckets) < deleted * 32n && buckets < MOST_BUCKETS) buckets *= 2;
  return BigInt(buckets) < deleted * 4n ? null : buckets;
}
