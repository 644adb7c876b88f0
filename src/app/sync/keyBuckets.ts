import { KEY_HASHES } from '../../duckdb/keyHash.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { type BucketCount, unequalCounts } from '../../model/keyBucket.ts';
import type { Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { LoadContext } from './fullLoad.ts';

/** Numbers of the buckets that differ: a table, since DuckDB would misjudge a subquery, and hash all keys for the join. */
const UNEQUAL = 'temp.main.finance_db_unequal';

export const DROP_UNEQUAL = `DROP TABLE IF EXISTS ${UNEQUAL}`;

/**
 * SQL for both databases that is true for rows of buckets that they count differently. The target holds all of the source's keys, so a
 * bucket of equal counts has lost nothing.
 * @param condition SQL that is true for the target's rows of these parts; null for all
 */
export async function inUnequalBuckets(
  context: LoadContext,
  source: SourceTable,
  parts: readonly Part[],
  condition: string | null,
  key: readonly ColumnMapping[],
  bucket: string,
): Promise<string> {
  const names = key.map(({ name }) => quoteIdentifier(name)).join(', ');
  const rows = parts.map(({ from }) => `SELECT ${names} FROM ${from}`).join(' UNION ALL ');
  const [whole] = parts;
  const from = parts.length === 1 && whole !== undefined ? whole.from : `(${rows}) AS rows`;
  const theirs = await context.snapshot.session.query<BucketCount>(countBy(bucket, from));
  const ours = await context.copy.all<BucketCount>(countBy(bucket, duckdbTable(source.table) + where(condition)));
  return `${bucket} IN (${unequalCounts(theirs, ours).join(', ')})`;
}

/** A WHERE of those conditions that are given. */
export function where(...conditions: (string | null)[]): string {
  const given = conditions.filter((condition) => condition !== null);
  return given.length === 0 ? '' : ` WHERE ${given.join(' AND ')}`;
}

/**
 * A WHERE for the hashes of buckets of which the two sides hold other numbers. DROP_UNEQUAL when it is done with.
 * @param ours SQL of the target's hashes, in parentheses; those of the source are in KEY_HASHES
 */
export async function inUnequalHashes(copy: WorkingCopy, ours: string, buckets: number): Promise<string> {
  const bucket = `(hash & ${buckets - 1})`;
  const count = (from: string): string => `SELECT ${bucket} AS bucket, count(*) AS rows FROM ${from} GROUP BY ALL`;
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_unequal AS SELECT bucket FROM (${count(ours)} EXCEPT ${count(KEY_HASHES)})`,
  );
  return ` WHERE ${bucket} IN (FROM ${UNEQUAL})`;
}

function countBy(bucket: string, from: string): string {
  return `SELECT CAST(${bucket} AS VARCHAR) AS bucket, CAST(count(*) AS VARCHAR) AS rows FROM ${from} GROUP BY ${bucket}`;
}
