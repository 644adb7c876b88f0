import { type BucketDigests, type BucketRow, BucketSums } from '../model/bucketDigests.ts';
import type { RowDigest } from '../model/rowDigest.ts';
import { duckdbSchema, type TableName } from '../model/tableName.ts';
import type { WorkingCopy } from './workingCopy.ts';

/** Counts and sums of the digests of a table's rows, per bucket. */
export async function digestBuckets(
  copy: Pick<WorkingCopy, 'all'>,
  table: string,
  digest: RowDigest,
  buckets: number,
  where: string | null = null,
): Promise<BucketDigests> {
  const rows = await copy.all<BucketRow>(
    `SELECT bucket::VARCHAR AS bucket, count(*)::VARCHAR AS rows, sum(d)::VARCHAR AS sum FROM (SELECT d & ${buckets - 1} AS bucket, d FROM (${digest.duckdb(where === null ? table : `${table} WHERE ${where}`, [])}) AS digests) AS rows GROUP BY ALL`,
  );
  const sums = new BucketSums();
  sums.add(rows);
  return sums.total();
}

/** The columns that a table of the file has now, with their types; null when there is no such table. */
export async function describeStored(
  copy: Pick<WorkingCopy, 'all'>,
  table: TableName,
): Promise<{ name: string; type: string }[] | null> {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const rows = await copy.all<{ name: string; type: string }>(
    `SELECT column_name AS name, data_type AS type FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = ${quote(duckdbSchema(table))} AND table_name = ${quote(table.name)} ORDER BY column_index`,
  );
  return rows.length === 0 ? null : rows;
}
