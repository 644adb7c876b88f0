/** One bucket of rows: how many, and the sum modulo 2^64 of their digests. */
export interface BucketDigest {
  readonly rows: bigint;
  readonly sum: bigint;
}

export interface BucketDigests {
  readonly buckets: ReadonlyMap<number, BucketDigest>;
  readonly rows: bigint;
  /** 16 hexadecimal digits over the whole table: the sum of all buckets. */
  readonly digest: string;
}

/** One line of a database's answer: numbers as decimal text. */
export interface BucketRow {
  readonly bucket: string;
  readonly rows: string;
  readonly sum: string;
}

/**
 * Adds up what the databases answer, in as many parts as they give it. Sums may be those of signed or of unsigned
 * numbers: they are equal modulo 2^64.
 */
export class BucketSums {
  private readonly buckets = new Map<number, BucketDigest>();

  add(rows: readonly BucketRow[]): void {
    for (const row of rows) {
      const known = this.buckets.get(Number(row.bucket));
      this.buckets.set(Number(row.bucket), {
        rows: (known?.rows ?? 0n) + BigInt(row.rows),
        sum: BigInt.asUintN(64, (known?.sum ?? 0n) + BigInt(row.sum)),
      });
    }
  }

  total(): BucketDigests {
    let rows = 0n;
    let sum = 0n;
    for (const bucket of this.buckets.values()) {
      rows += bucket.rows;
      sum += bucket.sum;
    }
    return { buckets: this.buckets, rows, digest: BigInt.asUintN(64, sum).toString(16).padStart(16, '0') };
  }
}

/** Buckets whose rows are not the same on both sides. */
export function unequalBuckets(left: BucketDigests, right: BucketDigests): number[] {
  const numbers = new Set([...left.buckets.keys(), ...right.buckets.keys()]);
  return [...numbers]
    .filter((number) => {
      const [a, b] = [left.buckets.get(number), right.buckets.get(number)];
      return a === undefined || b === undefined || a.rows !== b.rows || a.sum !== b.sum;
    })
    .sort((a, b) => a - b);
}

const LEAST_BUCKETS = 64;
const USUAL_BUCKETS = 1024;
/** Beyond it the buckets themselves would be much to send and to keep. */
const MOST_BUCKETS = 32_768;

/**
 * How many buckets to use: about a thousand (PostgreSQL's grouping is slower with more), and so many that the rows known to
 * have changed spoil few of them. When they spoil them all anyway, more would be of no use.
 */
export function bucketCount(rows: bigint, changed: bigint): number {
  let buckets = LEAST_BUCKETS;
  while (buckets < USUAL_BUCKETS && BigInt(buckets) * 1024n < rows) buckets *= 2;
  if (changed * 2n > BigInt(MOST_BUCKETS)) return buckets;
  while (buckets < MOST_BUCKETS && BigInt(buckets) < changed * 16n) buckets *= 2;
  return buckets;
}
