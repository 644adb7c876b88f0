import type { Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { deletesOf } from '../../model/sourceTable.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import type { LoadContext, PartRows } from './fullLoad.ts';
import { packedColumn, wantedOf } from './keyHashes.ts';
import type { KeysRead, KeysWanted } from './packs.ts';
import { boundsOf, deleteVanished, lookAmong } from './vanishedRows.ts';

/**
 * The keys that will be needed to find deleted rows, as far as the server's counts of deletes tell: those of the parts of which it has
 * counted more since the state; where DuckDB cannot tell by their bounds which rows lie in which part, those of all. The counts may be
 * late, and hold deletes that were rolled back: they decide what is read beforehand, and nothing else.
 * @param parts those that are read
 */
export async function foreseenKeys(
  context: LoadContext,
  source: SourceTable,
  parts: readonly Part[],
  state: TableState,
  key: readonly ColumnMapping[],
): Promise<KeysWanted | null> {
  const now = deletesOf(source);
  const differs = (oid: string): boolean => state.deletes.has(oid) && state.deletes.get(oid) !== now.get(oid);
  // A file of an older version knows the count of the whole table only; what is new to it has lost nothing that it holds.
  const losing = parts.filter(({ oid }) =>
    state.deletes.has(oid) ? differs(oid) : state.leaves.includes(oid) && differs(source.oid),
  );
  if (losing.length === 0) return null;
  const column = await packedColumn(context, source, key);
  if (column === null) return null;
  return wantedOf(column, parts.every((part) => boundsOf(source, part) !== null) ? losing : parts);
}

/** What is known when rows are found to be gone. */
export interface Gone {
  /** How many rows the target has too many. */
  readonly surplus: bigint;
  /** How many rows each part has. */
  readonly counts: PartRows;
  readonly all: readonly Part[];
  /** Those of which rows may be gone. */
  readonly parts: readonly Part[];
  /** The keys that came with the survey. */
  readonly wanted: KeysWanted | null;
  readonly keys: KeysRead;
}

/**
 * Deletes the rows of the target that the source no longer has, of which it must hold all: by the keys that came with the survey, and
 * of parts of which they did not, with a pass of their own over those of which more rows are in the target than there are.
 */
export async function deleteGone(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  { surplus, counts, all, parts, wanted, keys }: Gone,
): Promise<void> {
  const rowsIn = (some: readonly Part[]): PartRows => new Map(some.map(({ oid }) => [oid, counts.get(oid) ?? 0n]));
  const hashed = keys === 'hashed' && wanted !== null ? parts.filter(({ oid }) => wanted.parts.has(oid)) : [];
  const by = wanted !== null && key.length > 1 ? wanted.column : undefined;
  const without: KeysRead = keys === 'unpackable' ? keys : 'none';
  const losses = await lossesOf(context, source, parts, counts);
  const total = (some: readonly Part[]): bigint => some.reduce((sum, { oid }) => sum + (losses?.get(oid) ?? 0n), 0n);
  if (losses === null || total(parts) !== surplus) {
    const among = lookAmong(source, all, parts);
    const known = among.parts.every((part) => hashed.includes(part)) ? 'hashed' : without;
    await deleteVanished(context, source, key, surplus, { rows: rowsIn(among.parts), keys: known, by }, among);
    return;
  }
  const others = parts.filter((part) => !hashed.includes(part) && total([part]) > 0n);
  if (total(hashed) > 0n)
    await deleteVanished(
      context,
      source,
      key,
      total(hashed),
      { rows: rowsIn(hashed), keys: 'hashed', by },
      lookAmong(source, all, hashed),
    );
  if (others.length > 0)
    await deleteVanished(
      context,
      source,
      key,
      total(others),
      { rows: rowsIn(others), keys: without },
      lookAmong(source, all, others),
    );
}

/** So many parts are counted by one query. */
const MOST_TOGETHER = 100;

/**
 * How many rows of each part the target has too many, by the bounds of the parts: since it holds all rows of the source, one that has
 * as many as the source lost none. Null where DuckDB cannot tell what lies in which part.
 */
async function lossesOf(
  { copy }: LoadContext,
  source: SourceTable,
  parts: readonly Part[],
  counts: PartRows,
): Promise<ReadonlyMap<string, bigint> | null> {
  const queries = parts.flatMap((part) => {
    const bounds = boundsOf(source, part);
    return bounds === null
      ? []
      : [`SELECT '${part.oid}' AS part, count(*)::VARCHAR AS rows FROM ${duckdbTable(source.table)} WHERE ${bounds}`];
  });
  if (queries.length < parts.length) return null;
  const losses = new Map<string, bigint>();
  for (let from = 0; from < queries.length; from += MOST_TOGETHER) {
    const counted = await copy.all<{ part: string; rows: string }>(
      queries.slice(from, from + MOST_TOGETHER).join(' UNION ALL '),
    );
    for (const { part, rows } of counted) losses.set(part, BigInt(rows) - (counts.get(part) ?? 0n));
  }
  return losses;
}
