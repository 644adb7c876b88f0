import { CREATE_KEY_HASHES, KEY_HASHES, keyHash } from '../../duckdb/keyHash.ts';
import { copyColumns } from '../../duckdb/loader.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { cutParts, type Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
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
  const distinct = columns.map(({ name }, at) => `approx_count_distinct(${quoteIdentifier(name)})::VARCHAR AS n${at}`);
  const [row] = await copy.all<Record<string, string>>(
    `SELECT count(*)::VARCHAR AS rows, ${distinct.join(', ')} FROM ${duckdbTable(source.table)}`,
  );
  const most = Number(row?.['rows'] ?? 0);
  return columns.find((_, at) => Number(row?.[`n${at}`] ?? 0) * MOST_ROWS_OF_VALUE >= most) ?? null;
}

/** What it costs PostgreSQL to write a value as text, by order. */
function costOf({ family }: ColumnMapping): number {
  return ['text', 'integer', 'uuid'].includes(family) ? 0 : 1;
}
