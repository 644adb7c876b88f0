import type { KnownParts } from '../../duckdb/syncState.ts';
import type { PartState, TablePlan, TableState } from '../../model/syncPlan.ts';
import { displayName } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { type LoadContext, partsIn } from './fullLoad.ts';
import type { Synced } from './syncTable.ts';
import { wantsPlaces } from './wantsPlaces.ts';

/** What the published file knows of a table's parts, as it is written into the next one. */
export function knownParts({ tableOid, snapshotText, parts }: TableState): KnownParts[] {
  return parts === null ? [] : [{ tableOid, snapshot: snapshotText, parts }];
}

/**
 * What is known of a table's parts after its sync: as of the new snapshot, whose rows they are whether or not they were read. Only
 * for a table in which a later sync may leave out parts.
 * @param state what the published file said of it
 */
export function partsAfter(
  context: Pick<LoadContext, 'snapshot'>,
  { source }: TablePlan,
  state: TableState | null,
  { parts }: Synced,
): KnownParts[] {
  if (source.key === null || source.otherStorage !== null || source.unlogged) return [];
  const rows = (oid: string): bigint | undefined => (parts === null ? state?.parts?.get(oid)?.rows : parts.get(oid));
  const known = partsIn(context, source).flatMap(({ oid, filenode }): [string, PartState][] => {
    const count = rows(oid);
    return filenode === null || count === undefined ? [] : [[oid, { filenode, rows: count }]];
  });
  return known.length === 0
    ? []
    : [{ tableOid: source.oid, snapshot: context.snapshot.snapshotText, parts: new Map(known) }];
}

/** Where rows of the published file lay, as it is written into the next one. */
export function knownPlaces({ tableOid, places }: TableState): KnownParts[] {
  return places === null ? [] : [{ tableOid, snapshot: places.snapshotText, parts: places.parts, tail: places.tail }];
}

/** Of which parts of a table it is known where their rows lie after its sync, and as of when. */
export function placesAfter(
  context: LoadContext,
  { source }: TablePlan,
  columns: readonly ColumnMapping[],
  state: TableState | null,
  { parts, places }: Synced,
): KnownParts[] {
  if (!wantsPlaces(context, source, columns)) return [];
  if (places === null) return state === null ? [] : knownPlaces(state);
  const known = partsIn(context, source).flatMap(({ oid, filenode }): [string, PartState][] => {
    const rows = parts?.get(oid);
    return filenode === null || rows === undefined || !places.parts.has(oid) ? [] : [[oid, { filenode, rows }]];
  });
  if (known.length === 0) return [];
  const snapshot = context.snapshot.snapshotText;
  return [{ tableOid: source.oid, snapshot, parts: new Map(known), tail: places.tail }];
}

/** What somebody should know of rows in a default partition: they keep one for their own range from being attached. */
export function strayRows({ source }: TablePlan, { parts }: Synced): string[] {
  return source.leaves.flatMap((leaf) => {
    const rows = parts?.get(leaf.oid) ?? 0n;
    if (!leaf.isDefault || rows === 0n) return [];
    return [
      `${displayName(source.table)}: ${rows} ${rows === 1n ? 'row lies' : 'rows lie'} in its default partition ${displayName(leaf)}, which keeps a partition of their own from being made`,
    ];
  });
}
