import { copyColumns } from '../../duckdb/loader.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { cutPages, hasPageRanges, inPages } from '../../model/pageRanges.ts';
import { rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import { type ColumnMapping, isPlainText } from '../../model/typeMapping.ts';
import { copyRows, type LoadContext, rangeQueries } from './fullLoad.ts';

/** Hashes of the source's keys, one column `hash`; see `fetchKeyHashes`. */
export const KEY_HASHES = 'temp.main.finance_db_keys';

/**
 * Fetches the source's keys, by all connections, into KEY_HASHES; as hashes, since strings would not fit the memory. Of keys
 * that the target does not hold, wrong hashes may come or none.
 * @param condition SQL that is true for the rows wanted; null for all
 */
export async function fetchKeyHashes(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  condition: string | null,
): Promise<void> {
  await context.copy.run(`CREATE TEMP TABLE ${KEY_HASHES} (hash UBIGINT NOT NULL)`);
  const packed = condition === null ? await packableKey(context, source, key) : null;
  if (packed !== null) return fetchPacked(context, source, packed);
  await copyRows(
    context,
    {
      into: KEY_HASHES,
      displayName: displayName(source.table),
      columns: key,
      key: source.key,
      project: (values) => keyHash(key, values),
    },
    rangeQueries(context, source, `SELECT ${copyColumns(key)} FROM ${rowsOf(source)}`, condition ?? undefined),
  );
}

/** Between the keys of a pack: ASCII's record separator. Keys that hold it are not packed. */
const SEPARATOR = 'chr(30)';
/** A pack must stay far below what a PostgreSQL value may hold (1 GB), and what DuckDB's reader takes for one line. */
const LONGEST_KEY = 1000;
const PACK_PAGES = 512;

/**
 * The column whose texts can travel many in one row: a row for each key costs the protocol, and all who handle it, more than
 * the key itself. The target's keys tell; of others it does not matter what comes of them.
 */
async function packableKey(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
): Promise<ColumnMapping | null> {
  const [column, ...more] = key;
  if (column === undefined || more.length > 0 || !isPlainText(column.postgresType)) return null;
  if (!hasPageRanges(source, context.snapshot.serverVersionNumber)) return null;
  const name = quoteIdentifier(column.name);
  const [odd] = await context.copy.all(
    `SELECT 1 FROM ${duckdbTable(source.table)} WHERE strlen(${name}) > ${LONGEST_KEY} OR contains(${name}, ${SEPARATOR}) LIMIT 1`,
  );
  return odd === undefined ? column : null;
}

/** The keys of many pages in one row. */
async function fetchPacked(context: LoadContext, source: SourceTable, column: ColumnMapping): Promise<void> {
  const name = quoteIdentifier(column.name);
  await copyRows(
    context,
    {
      into: KEY_HASHES,
      displayName: displayName(source.table),
      columns: [column],
      key: null,
      project: ([pack]) => keyHash([column], [`unnest(string_split(${pack}, ${SEPARATOR}))`]),
    },
    cutPages(source.pages, context.jobs, PACK_PAGES).map(
      (range) =>
        `SELECT string_agg(${name}, ${SEPARATOR}), '' FROM ${rowsOf(source)} WHERE ${inPages(range)} HAVING count(*) > 0`,
    ),
  );
}

/**
 * SQL of one number for the values of a key. Lists go by their text: DuckDB's hash of a list is not the same in every
 * vector.
 */
export function keyHash(key: readonly ColumnMapping[], values: readonly string[]): string {
  const parts = key.map(({ duckdbType, element }, index) => {
    const value = `CAST(${values[index]} AS ${duckdbType})`;
    return element === null ? value : `CAST(${value} AS VARCHAR)`;
  });
  return `hash(${parts.join(', ')})`;
}
