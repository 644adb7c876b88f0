import { copyColumns } from '../../duckdb/loader.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { type BucketCount, bucketsFor, keyBucket, unequalCounts } from '../../model/keyBucket.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { copyRows, type LoadContext, rangesOf, whereRange } from './fullLoad.ts';

const KEYS = 'finance_db_keys';

/**
 * Deletes the rows of the target whose keys the source no longer has. Where the key has a whole number, both sides first
 * count by buckets of it, and only the keys of unequal buckets are fetched; else all keys are, by all connections. They are
 * kept as hashes.
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
  try {
    await copy.run(`CREATE TEMP TABLE ${KEYS} (hash UBIGINT NOT NULL)`);
    await copyRows(
      context,
      {
        into: `temp.main.${KEYS}`,
        displayName: displayName(source.table),
        columns: key,
        key: source.key,
        project: (values) => hashOf(key, values),
      },
      rangesOf(context, source),
      (range) => `SELECT ${copyColumns(key)} FROM ${rowsOf(source)}${whereAlso(whereRange(range), inUnequal)}`,
    );
    const hash = hashOf(key, names);
    const candidates = `(SELECT * FROM ${target}${whereAlso('', inUnequal)})`;
    // Not by NOT EXISTS, which DuckDB plans as a correlated subquery when it compares an expression: several times as slow.
    await copy.run(
      `DELETE FROM ${target} AS t WHERE ${hash} IN (SELECT ${hash} FROM ${candidates} AS t ANTI JOIN temp.main.${KEYS} AS k ON k.hash = ${hash})`,
    );
  } finally {
    await copy.run(`DROP TABLE IF EXISTS temp.main.${KEYS}`).catch(() => undefined);
  }
}

/** One number for the values of a key. Lists go by their text: DuckDB's hash of a list is not the same in every vector. */
function hashOf(key: readonly ColumnMapping[], values: readonly string[]): string {
  const parts = key.map(({ duckdbType, element }, index) => {
    const value = `CAST(${values[index]} AS ${duckdbType})`;
    return element === null ? value : `CAST(${value} AS VARCHAR)`;
  });
  return `hash(${parts.join(', ')})`;
}

/** The target holds all of the source's keys, so a bucket of equal counts has lost nothing. */
async function unequalBuckets(context: LoadContext, source: SourceTable, bucket: string): Promise<string[]> {
  const counting = (from: string): string =>
    `SELECT CAST(${bucket} AS VARCHAR) AS bucket, CAST(count(*) AS VARCHAR) AS rows FROM ${from} GROUP BY 1`;
  const theirs = await context.snapshot.session.query<BucketCount>(counting(rowsOf(source)));
  const ours = await context.copy.all<BucketCount>(counting(duckdbTable(source.table)));
  return unequalCounts(theirs, ours);
}

function whereAlso(where: string, condition: string | null): string {
  if (condition === null) return where;
  return where === '' ? ` WHERE ${condition}` : `${where} AND ${condition}`;
}
