import { copyColumns } from '../../duckdb/loader.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { type BucketCount, bucketsFor, keyBucket, unequalCounts } from '../../model/keyBucket.ts';
import { cutPages } from '../../model/pageRanges.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import { type ColumnMapping, isPlainText } from '../../model/typeMapping.ts';
import { copyRows, hasPageRanges, type LoadContext, rangesOf, whereAlso, whereRange } from './fullLoad.ts';

const KEYS = 'temp.main.finance_db_keys';

/**
 * Deletes the rows of the target whose keys the source no longer has. Where the key has a whole number, both sides first
 * count by buckets of it, and only the keys of unequal buckets are fetched; else all keys are, by all connections. They are
 * kept as hashes.
 *
 * A hash shared by a vanished key and a living one would keep a row too many; the caller counts again and would notice.
 * The target must hold all keys of the source.
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
  const hash = hashOf(key, names);
  const ours = `(SELECT ${hash} AS hash FROM ${target} AS t${whereAlso('', inUnequal)})`;
  try {
    await copy.run(`CREATE TEMP TABLE ${KEYS} (hash UBIGINT NOT NULL)`);
    const packed = inUnequal === null ? await packableKey(context, source, key) : null;
    if (packed === null) await fetchKeys(context, source, key, inUnequal);
    else await fetchPackedKeys(context, source, packed);
    const few = bucket === null && buckets !== null ? await unequalHashes(context, ours, buckets) : '';
    await copy.run(
      `DELETE FROM ${target} AS t WHERE ${hash} IN (SELECT hash FROM (FROM ${ours}${few}) ANTI JOIN (FROM ${KEYS}${few}) AS theirs USING (hash))`,
    );
  } finally {
    await copy.run(`DROP TABLE IF EXISTS ${KEYS}`).catch(() => undefined);
  }
}

/** A WHERE for the hashes of buckets that hold other numbers of keys: a join of these few costs less than one of all. */
async function unequalHashes({ copy }: LoadContext, ours: string, buckets: number): Promise<string> {
  const counting = (from: string): string =>
    `SELECT CAST(hash & ${buckets - 1} AS VARCHAR) AS bucket, CAST(count(*) AS VARCHAR) AS rows FROM (SELECT hash FROM ${from}) GROUP BY hash & ${buckets - 1}`;
  const unequal = unequalCounts(
    await copy.all<BucketCount>(counting(KEYS)),
    await copy.all<BucketCount>(counting(ours)),
  );
  return ` WHERE hash & ${buckets - 1} IN (${unequal.join(', ')})`;
}

/** Each key a row of its own. */
async function fetchKeys(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  condition: string | null,
): Promise<void> {
  await copyRows(
    context,
    {
      into: KEYS,
      displayName: displayName(source.table),
      columns: key,
      key: source.key,
      project: (values) => hashOf(key, values),
    },
    rangesOf(context, source),
    (range) => `SELECT ${copyColumns(key)} FROM ${rowsOf(source)}${whereAlso(whereRange(range), condition)}`,
  );
}

/** Between the keys of a pack: ASCII's record separator. Keys that hold it are not packed. */
const SEPARATOR = 'chr(30)';
/** A pack must stay far below what a PostgreSQL value may hold (1 GB), and what DuckDB's reader takes for one line. */
const LONGEST_KEY = 1000;
const PACK_PAGES = 1024;

/**
 * The column whose texts can travel many in one row: a row for each key costs the protocol, and all who handle it, more than
 * the key itself. The target's keys tell, since the source has no others.
 */
async function packableKey(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
): Promise<ColumnMapping | null> {
  const [column, ...more] = key;
  if (column === undefined || more.length > 0 || !isPlainText(column.postgresType)) return null;
  if (!hasPageRanges(context, source)) return null;
  const name = quoteIdentifier(column.name);
  const [odd] = await context.copy.all(
    `SELECT 1 FROM ${duckdbTable(source.table)} WHERE strlen(${name}) > ${LONGEST_KEY} OR contains(${name}, ${SEPARATOR}) LIMIT 1`,
  );
  return odd === undefined ? column : null;
}

/** The keys of many pages in one row. */
async function fetchPackedKeys(context: LoadContext, source: SourceTable, column: ColumnMapping): Promise<void> {
  const name = quoteIdentifier(column.name);
  await copyRows(
    context,
    {
      into: KEYS,
      displayName: displayName(source.table),
      columns: [column],
      key: null,
      project: ([pack]) => hashOf([column], [`unnest(string_split(${pack}, ${SEPARATOR}))`]),
    },
    cutPages(source.pages, context.jobs, PACK_PAGES),
    (range) =>
      `SELECT string_agg(${name}, ${SEPARATOR}), '' FROM ${rowsOf(source)}${whereRange(range)} HAVING count(*) > 0`,
  );
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
