import { quoteIdentifier } from '../../model/identifier.ts';
import { type BucketCount, bucketsFor, keyBucket, unequalCounts } from '../../model/keyBucket.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { LoadContext } from './fullLoad.ts';
import { fetchKeyHashes, KEY_HASHES, keyHash } from './keyHashes.ts';

/**
 * Deletes the rows of the target whose keys the source no longer has. Where the key has a whole number, both sides first
 * count by buckets of it, and only the keys of unequal buckets are fetched; else all keys are. The target must hold all keys
 * of the source.
 *
 * A hash shared by a vanished key and a living one would keep a row too many; the caller counts again and would notice.
 * @param surplus how many rows the target has too many
 */
export async function deleteVanished(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  surplus: bigint,
  sourceRows: bigint,
): Promise<void> {
  const { copy } = context;
  const target = duckdbTable(source.table);
  if (sourceRows === 0n) {
    await copy.run(`DELETE FROM ${target}`);
    return;
  }
  const buckets = bucketsFor(surplus, sourceRows);
  const bucket = buckets === null ? null : keyBucket(key, buckets);
  const unequal = bucket === null ? null : await unequalBuckets(context, source, bucket);
  const inUnequal = unequal === null ? null : `${bucket} IN (${unequal.join(', ')})`;
  // Qualified, for a column may be called like an alias.
  const names = key.map((column) => `t.${quoteIdentifier(column.name)}`);
  const hash = keyHash(key, names);
  const ours = `(SELECT ${hash} AS hash FROM ${target} AS t${inUnequal === null ? '' : ` WHERE ${inUnequal}`})`;
  try {
    await fetchKeyHashes(context, source, key, inUnequal);
    const few = bucket === null && buckets !== null ? await unequalHashes(context, ours, buckets) : '';
    await copy.run(
      `DELETE FROM ${target} AS t WHERE ${hash} IN (SELECT hash FROM (FROM ${ours}${few}) ANTI JOIN (FROM ${KEY_HASHES}${few}) AS theirs USING (hash))`,
    );
  } finally {
    await copy.run(`DROP TABLE IF EXISTS ${KEY_HASHES}`).catch(() => undefined);
  }
}

/** The target holds all of the source's keys, so a bucket of equal counts has lost nothing. */
async function unequalBuckets(context: LoadContext, source: SourceTable, bucket: string): Promise<string[]> {
  const theirs = await context.snapshot.session.query<BucketCount>(countBy(bucket, rowsOf(source)));
  return unequalCounts(theirs, await context.copy.all<BucketCount>(countBy(bucket, duckdbTable(source.table))));
}

/** A WHERE for the hashes of buckets that hold other numbers of keys: a join of these few costs less than one of all. */
async function unequalHashes({ copy }: LoadContext, ours: string, buckets: number): Promise<string> {
  const bucket = `(hash & ${buckets - 1})`;
  const theirs = await copy.all<BucketCount>(countBy(bucket, KEY_HASHES));
  const unequal = unequalCounts(theirs, await copy.all<BucketCount>(countBy(bucket, ours)));
  return ` WHERE ${bucket} IN (${unequal.join(', ')})`;
}

function countBy(bucket: string, from: string): string {
  return `SELECT CAST(${bucket} AS VARCHAR) AS bucket, CAST(count(*) AS VARCHAR) AS rows FROM ${from} GROUP BY ${bucket}`;
}
