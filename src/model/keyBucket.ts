import { quoteIdentifier } from './identifier.ts';
import type { ColumnMapping } from './typeMapping.ts';

/**
 * SQL for both databases alike: a bucket number from 0 to `buckets` - 1 of a key, or null when no column of the key is a whole
 * number. One column is enough, since buckets need not tell keys apart. For texts there is no number that both databases
 * compute alike and that costs PostgreSQL less than sending the keys (docs/performance.md).
 * @param buckets a power of two
 */
export function keyBucket(key: readonly ColumnMapping[], buckets: number): string | null {
  const column = key.find((candidate) => candidate.family === 'integer');
  // Negative numbers too: both databases keep them in two's complement.
  return column === undefined ? null : `(CAST(${quoteIdentifier(column.name)} AS BIGINT) & ${buckets - 1})`;
}

const LEAST_BUCKETS = 256;
const MOST_BUCKETS = 65_536;

/**
 * How many buckets to count so that fetching the keys of the unequal ones costs little: each deleted row spoils one bucket,
 * and with 32 times as many about three keys in a hundred are fetched. Null: so much is gone, or the table is so small,
 * that it is cheaper to fetch all keys.
 */
export function bucketsFor(deleted: bigint, rows: bigint): number | null {
  if (rows < 10_000n) return null;
  let buckets = LEAST_BUCKETS;
  while (BigInt(buckets) < deleted * 32n && buckets < MOST_BUCKETS) buckets *= 2;
  return BigInt(buckets) < deleted * 4n ? null : buckets;
}

/** One bucket's count, as a database answers it. */
export interface BucketCount {
  readonly bucket: string;
  readonly rows: string;
}

/** The buckets that the two sides count differently. */
export function unequalCounts(left: readonly BucketCount[], right: readonly BucketCount[]): string[] {
  const counts = new Map(left.map(({ bucket, rows }) => [bucket, rows]));
  const unequal: string[] = [];
  for (const { bucket, rows } of right) {
    if (counts.get(bucket) !== rows) unequal.push(bucket);
    counts.delete(bucket);
  }
  return [...unequal, ...counts.keys()];
}
