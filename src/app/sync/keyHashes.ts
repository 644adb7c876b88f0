import { CREATE_KEY_HASHES, KEY_HASHES, keyHash } from '../../duckdb/keyHash.ts';
import { copyColumns } from '../../duckdb/loader.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { cutParts, type Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { targetCount } from './changedRows.ts';
import { copyRows, cutRows, type LoadContext } from './fullLoad.ts';
import { isPackable, type KeysWanted, readPacks } from './packs.ts';

/**
 * Fetches the keys of some parts of a table, by all connections, into KEY_HASHES; as hashes, since strings would not fit the memory.
 * @param condition SQL that is true for the rows wanted; null for all
 * @param packs whether to try it by packs first
 */
export async function fetchKeyHashes(
  context: LoadContext,
  source: SourceTable,
  parts: readonly Part[],
  key: readonly ColumnMapping[],
  condition: string | null,
  packs: boolean,
): Promise<void> {
  const [column] = key;
  const isPacked = packs && condition === null && key.length === 1 && column !== undefined && isPackable(column);
  if (isPacked && (await fetchPacked(context, source, wantedOf(column, parts), parts))) return;
  await context.copy.run(CREATE_KEY_HASHES);
  await copyRows(
    context,
    {
      into: KEY_HASHES,
      displayName: displayName(source.table),
      columns: key,
      key: source.key,
      project: (values) => keyHash(key, values),
    },
    cutParts(parts, context.jobs, true).map((cuts) =>
      cuts.map((cut) => `SELECT ${copyColumns(key)} FROM ${cutRows(parts, cut, condition)}`).join(' UNION ALL '),
    ),
  );
}

/** Fetches the hashes of one column of all rows of some parts in packs. @returns whether they could come so */
export async function fetchPacked(
  context: LoadContext,
  source: SourceTable,
  wanted: KeysWanted,
  parts: readonly Part[],
): Promise<boolean> {
  return (await readPacks(context, source, parts, null, wanted))?.keys === 'hashed';
}

/** The keys of some parts, by one column. */
export function wantedOf(column: ColumnMapping, parts: readonly Part[]): KeysWanted {
  return { column, parts: new Set(parts.map(({ oid }) => oid)) };
}

/** With more rows to a value, a column does not stand for a key. */
const MOST_ROWS_OF_VALUE = 4;

/**
 * The column of a key whose values are to travel for it: the whole key, if it is one column that can travel so. Of several columns one
 * by which nearly all rows differ, such as the tx_id of (tx_id, timestamp); null when there is none.
 */
export async function packedColumn(
  { copy }: Pick<LoadContext, 'copy'>,
  source: SourceTable,
  key: readonly ColumnMapping[],
): Promise<ColumnMapping | null> {
  const columns = key.filter(isPackable).sort((a, b) => costOf(a) - costOf(b));
  if (key.length === 1 || columns.length === 0) return columns[0] ?? null;
  const target = duckdbTable(source.table);
  const rows = Number(await targetCount(copy, target));
  const values = await distinctValues(copy, target, columns);
  return columns.find((_, at) => (values[at] ?? 0) * MOST_ROWS_OF_VALUE >= rows) ?? null;
}

/** About how many values columns have: as DuckDB's statistics of the table tell, or where they tell nothing by a look at all rows. */
async function distinctValues(copy: WorkingCopy, target: string, columns: readonly ColumnMapping[]): Promise<number[]> {
  const ask = async (sql: (name: string) => string, rows: string): Promise<(string | undefined)[]> => {
    const list = columns.map(({ name }, at) => `${sql(quoteIdentifier(name))} AS n${at}`).join(', ');
    const [row] = await copy.all<Record<string, string>>(`SELECT ${list} FROM ${rows}`);
    return columns.map((_, at) => row?.[`n${at}`]);
  };
  const told = (await ask((name) => `stats(${name})`, `${target} LIMIT 1`)).map((text) =>
    Number(/\[Approx Unique: (\d+)\]/.exec(text ?? '')?.[1]),
  );
  if (told.every((count) => count > 0)) return told;
  return (await ask((name) => `approx_count_distinct(${name})::VARCHAR`, target)).map(Number);
}

/** What it costs PostgreSQL to write a value as text, by order. */
function costOf({ family }: ColumnMapping): number {
  return ['text', 'integer', 'uuid'].includes(family) ? 0 : 1;
}
