import type { DataFile } from '../../lake/iceberg/manifest.ts';
import type { IcebergSchema } from '../../lake/iceberg/schema.ts';

/** What became of one table. */
export interface TableOutcome {
  readonly table: string;
  readonly location: string;
  /** Of `vN.metadata.json`. */
  readonly version: number;
  readonly snapshotId: number | null;
  readonly rows: bigint;
  /** Of all files of the table now. */
  readonly bytes: bigint;
  /** Changes of the schema, in words. */
  readonly changes: readonly string[];
  /** Whether a column was replaced in a way that Iceberg does not evolve. */
  readonly newVersion: boolean;
  /** Months (or leaves): all of them, and those that were written anew. */
  readonly units: { readonly all: number; readonly changed: number };
  readonly files: { readonly added: number; readonly removed: number; readonly all: number };
  /** Snapshots that went. */
  readonly expired: number;
  readonly warnings: readonly string[];
  /** False: nothing had changed, and nothing was written. */
  readonly published: boolean;
}

export interface LakeResult {
  readonly location: string;
  readonly tables: readonly TableOutcome[];
  readonly seconds: number;
  readonly warnings: readonly string[];
}

const DAY = 86_400_000_000n;
/** 1900-01-01 and 2299-12-31, beyond which ClickHouse reads no date. */
const FIRST = -25_567n;
const LAST = 120_529n;

/** Dates that ClickHouse does not take: it refuses the file, and others read it. */
export function warnOfOldDates(table: string, schema: IcebergSchema, files: readonly DataFile[]): string[] {
  return schema.fields.flatMap(({ id, name, type }) => {
    if (type !== 'date' && type !== 'timestamp' && type !== 'timestamptz') return [];
    const days = (bound: Buffer): bigint =>
      type === 'date' ? BigInt(bound.readInt32LE()) : bound.readBigInt64LE() / DAY;
    const outside = files.some(
      ({ lowerBounds, upperBounds }) =>
        (lowerBounds.has(id) && days(lowerBounds.get(id) as Buffer) < FIRST) ||
        (upperBounds.has(id) && days(upperBounds.get(id) as Buffer) > LAST),
    );
    return outside ? [`${table}.${name} has dates before 1900 or after 2299, which ClickHouse does not read`] : [];
  });
}
