import { copyColumns } from '../../duckdb/loader.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { cutPages, inPages } from '../../model/pageRanges.ts';
import { hidesRowid, rowsOf, type SourceTable } from '../../model/sourceTable.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import { type ColumnMapping, isPlainText } from '../../model/typeMapping.ts';
import { copyRows, hasPageRanges, type LoadContext, rangeQueries } from './fullLoad.ts';

/** Hashes of the source's keys, one column `hash`; see `fetchKeyHashes`. */
export const THEIR_KEYS = 'temp.main.finance_db_their_keys';
/** The target's keys: `place`, which `placeOf` explains, `hash`, and whether one is `odd`; see `listOurKeys`. */
export const OUR_KEYS = 'temp.main.finance_db_our_keys';

/** SQL that drops both. */
export const FORGET_KEYS = `DROP TABLE IF EXISTS ${THEIR_KEYS}; DROP TABLE IF EXISTS ${OUR_KEYS}`;

/** Between the keys of a pack: ASCII's record separator. Keys that hold it are not packed. */
const SEPARATOR = 'chr(30)';
/** A pack must stay far below what a PostgreSQL value may hold (1 GB). */
const LONGEST_KEY = 1000;
/** Packs of usual keys stay below the length from which DuckDB's reader needs one thread for a file. */
const PACK_PAGES = 512;

/**
 * Lists the keys of the target `t` in OUR_KEYS, by one pass: their texts are compressed, and reading them again costs more
 * than to remember the hashes.
 * @param condition SQL that is true for the rows wanted; null for all
 */
export async function listOurKeys(
  { copy }: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  condition: string | null,
): Promise<void> {
  const [first, ...more] = key;
  const name = `t.${quoteIdentifier(first?.name ?? '')}`;
  const packs = first !== undefined && more.length === 0 && isPlainText(first.postgresType);
  const odd = packs ? `strlen(${name}) > ${LONGEST_KEY} OR contains(${name}, ${SEPARATOR})` : 'true';
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE ${OUR_KEYS} AS SELECT ${placeOf(source, key)} AS place, ${ourHash(key)} AS hash, ${odd} AS odd FROM ${duckdbTable(source.table)} AS t${condition === null ? '' : ` WHERE ${condition}`}`,
  );
}

/** SQL that names a row of the target `t`: its rowid, or its key's hash where a column of the user's hides that. */
export function placeOf(source: SourceTable, key: readonly ColumnMapping[]): string {
  return hidesRowid(source) ? ourHash(key) : 't.rowid';
}

/**
 * Fetches the source's keys, by all connections, into THEIR_KEYS; as hashes, since strings would not fit the memory. Call
 * `listOurKeys` before: of keys that are not listed there, wrong hashes may come or none.
 * @param condition SQL that is true for the rows wanted; null for all
 */
export async function fetchKeyHashes(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  condition: string | null,
): Promise<void> {
  await context.copy.run(`CREATE OR REPLACE TEMP TABLE ${THEIR_KEYS} (hash UBIGINT NOT NULL)`);
  const [column] = key;
  if (column !== undefined && condition === null && (await canPack(context, source)))
    return fetchPacked(context, source, column);
  await copyRows(
    context,
    {
      into: THEIR_KEYS,
      displayName: displayName(source.table),
      columns: key,
      key: source.key,
      project: (values) => keyHash(key, values),
    },
    rangeQueries(context, source, `SELECT ${copyColumns(key)} FROM ${rowsOf(source)}`, condition ?? undefined),
  );
}

/**
 * Whether keys can travel many in one row: a row for each costs the protocol, and all who handle it, more than the key
 * itself.
 */
async function canPack(context: LoadContext, source: SourceTable): Promise<boolean> {
  if (!hasPageRanges(context, source)) return false;
  const odd = await context.copy.all(`SELECT 1 FROM ${OUR_KEYS} WHERE odd LIMIT 1`);
  return odd.length === 0;
}

/** The keys of many pages in one row. */
async function fetchPacked(context: LoadContext, source: SourceTable, column: ColumnMapping): Promise<void> {
  const name = quoteIdentifier(column.name);
  await copyRows(
    context,
    {
      into: THEIR_KEYS,
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

/** SQL of the hash of a key of the target `t`; qualified, for a column may be called like an alias. */
function ourHash(key: readonly ColumnMapping[]): string {
  return keyHash(
    key,
    key.map((column) => `t.${quoteIdentifier(column.name)}`),
  );
}

/**
 * SQL of one number for the values of a key. Lists go by their text: DuckDB's hash of a list is not the same in every
 * vector.
 */
function keyHash(key: readonly ColumnMapping[], values: readonly string[]): string {
  const parts = key.map(({ duckdbType, element }, index) => {
    const value = `CAST(${values[index]} AS ${duckdbType})`;
    return element === null ? value : `CAST(${value} AS VARCHAR)`;
  });
  return `hash(${parts.join(', ')})`;
}
