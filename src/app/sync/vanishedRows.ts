import { KEY_HASHES, keyHash } from '../../duckdb/keyHash.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { type BucketCount, bucketsFor, keyBucket, unequalCounts } from '../../model/keyBucket.ts';
import { leafBounds } from '../../model/leafBounds.ts';
import type { Part } from '../../model/parts.ts';
import { hidesRowid, type SourceTable } from '../../model/sourceTable.ts';
import { duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { LoadContext } from './fullLoad.ts';
import { fetchKeyHashes } from './keyHashes.ts';
import { sumOf } from './packs.ts';
import type { Survey } from './survey.ts';

/** Where rows are looked for that are gone. */
export interface Among {
  readonly parts: readonly Part[];
  /** SQL that is true for all rows of the target but those of other parts, where nothing is gone; null when these are all parts. */
  readonly condition: string | null;
}

/** Rows are gone from parts that were read only; their bounds tell which rows of the target these were, where DuckDB can read them. */
export function lookAmong(source: SourceTable, all: readonly Part[], parts: readonly Part[]): Among {
  if (parts.length === all.length) return { parts, condition: null };
  const bounds = parts.map(({ constraint }) => (constraint === null ? null : leafBounds(constraint, source)));
  if (parts.length === 0 || bounds.includes(null)) return { parts: all, condition: null };
  return { parts, condition: `(${bounds.join(' OR ')})` };
}

/**
 * Deletes the rows of the target whose keys the source no longer has. If the survey did not bring the keys, and the key has a
 * whole number, both sides first count by buckets of it, and only the keys of unequal buckets are fetched; else all keys are.
 * The target must hold all keys of the source.
 *
 * A hash shared by a vanished key and a living one would keep a row too many; the caller counts again and would notice.
 * @param surplus how many rows the target has too many
 */
export async function deleteVanished(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  surplus: bigint,
  { rows: counted, keys }: Pick<Survey, 'rows' | 'keys'>,
  { parts, condition }: Among,
): Promise<void> {
  const rows = sumOf(counted);
  const { copy } = context;
  const target = duckdbTable(source.table);
  if (rows === 0n) {
    await copy.run(`DELETE FROM ${target}${where(condition)}`);
    return;
  }
  const buckets = bucketsFor(surplus, rows);
  const bucket = buckets === null || keys === 'hashed' ? null : keyBucket(key, buckets);
  const inUnequal = bucket === null ? null : await inUnequalBuckets(context, source, { parts, condition }, key, bucket);
  if (keys !== 'hashed') await fetchKeyHashes(context, source, parts, key, inUnequal, keys === 'none');
  // Qualified, for a column may be called like an alias.
  const names = key.map((column) => `t.${quoteIdentifier(column.name)}`);
  // To find rows by their number saves hashing all keys once more.
  const row = hidesRowid(source) ? keyHash(key, names) : 't.rowid';
  const ours = `(SELECT ${keyHash(key, names)} AS hash, ${row} AS row FROM ${target} AS t${where(inUnequal, condition)})`;
  // A join of the hashes of unequal buckets costs less than one of all.
  const few = bucket === null && buckets !== null ? await inUnequalHashes(copy, ours, buckets) : '';
  await copy.run(
    `DELETE FROM ${target} AS t WHERE ${row} IN (SELECT row FROM (FROM ${ours}${few}) ANTI JOIN (FROM ${KEY_HASHES}${few}) AS theirs USING (hash))`,
  );
  await copy.run(`DROP TABLE IF EXISTS ${UNEQUAL}`);
}

/** Numbers of the buckets that differ: a table, since DuckDB would misjudge a subquery, and hash all keys for the join. */
const UNEQUAL = 'temp.main.finance_db_unequal';

/** The target holds all of the source's keys, so a bucket of equal counts has lost nothing. */
async function inUnequalBuckets(
  context: LoadContext,
  source: SourceTable,
  { parts, condition }: Among,
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

function where(...conditions: (string | null)[]): string {
  const given = conditions.filter((condition) => condition !== null);
  return given.length === 0 ? '' : ` WHERE ${given.join(' AND ')}`;
}

/** A WHERE for the hashes of buckets that hold other numbers of keys. */
async function inUnequalHashes(copy: WorkingCopy, ours: string, buckets: number): Promise<string> {
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
