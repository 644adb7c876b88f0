import { DROP_KEY_HASHES } from '../../duckdb/keyHash.ts';
import { copyColumns } from '../../duckdb/loader.ts';
import { placesOf } from '../../model/packs.ts';
import type { Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { changedSince } from '../../postgres/snapshot.ts';
import { applyByBlocks } from './changedBlocks.ts';
import { type IncrementalOutcome, keyColumns, mostChanged, putChanged, targetCount } from './changedRows.ts';
import { type LoadContext, partsIn } from './fullLoad.ts';
import { deleteGone, foreseenKeys } from './goneRows.ts';
import { sumOf } from './packs.ts';
import { type Survey, survey } from './survey.ts';
import type { UnreadParts, WalLook } from './unread.ts';

/**
 * Applies what changed since the state's snapshot (docs/sync.md argues why this is exact):
 * 1. one pass over the source counts its rows and finds those whose xmin is not older than the watermark; they are read
 *    and put in the place of those with the same keys;
 * 2. now every source key is in the target, so that the difference of the counts is the number of deleted rows;
 * 3. if it is not zero, the source's keys are fetched (by whole-number keys only those of buckets whose counts differ)
 *    and all others deleted from the target. PostgreSQL's statistics tell whether rows were deleted, not reliably, but
 *    mostly beforehand: then the pass of the first step fetches the keys, too.
 * Where the server's log tells which blocks changed, they are read instead: see changedBlocks.ts.
 * @param look what the log tells
 */
export async function applyChanges(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  state: TableState,
  newLeaves: readonly string[],
  { unread, blocks }: WalLook,
): Promise<IncrementalOutcome> {
  try {
    if (blocks !== null) return await applyByBlocks(context, source, columns, state, { newLeaves, unread, blocks });
    return await applyBySurvey(context, source, columns, state, newLeaves, unread);
  } finally {
    // A failed statement may have ended the transaction, and with it all that could be dropped.
    await context.copy.run(DROP_KEY_HASHES).catch(() => undefined);
  }
}

async function applyBySurvey(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  state: TableState,
  newLeaves: readonly string[],
  unread: UnreadParts,
): Promise<IncrementalOutcome> {
  const { copy } = context;
  const target = duckdbTable(source.table);
  const key = keyColumns(source, columns);
  const limit = mostChanged(state);
  const condition = changedSince(state.snapshot, newLeaves);
  const all = partsIn(context, source);
  const parts = all.filter(({ oid }) => !unread.has(oid));
  const wanted = await foreseenKeys(context, source, parts, state, key);
  const found = await survey(context, source, parts, condition, wanted);
  if (found.changed > limit) return { kind: 'full', reason: `more than a quarter of the rows changed (over ${limit})` };
  const queries = placesIn(parts, found, condition, columns);
  const arrived = found.changed === 0n ? new Map() : await putChanged(context, source, columns, queries, found.changed);
  const counts = new Map(all.map(({ oid }) => [oid, unread.get(oid) ?? found.rows.get(oid) ?? 0n]));
  const expected = sumOf(counts);
  const surplus = (await targetCount(copy, target)) - expected;
  if (surplus < 0n)
    return { kind: 'full', reason: 'rows became visible that no transaction since the last sync wrote' };
  if (surplus > 0n) await deleteGone(context, source, key, { surplus, counts, all, parts, wanted, keys: found.keys });
  if ((await targetCount(copy, target)) !== expected)
    return { kind: 'full', reason: 'the counts of both sides did not agree after applying the changes' };
  return { kind: 'applied', rows: counts, upserted: found.changed, deleted: surplus, arrived, tail: null };
}

/** Queries that fetch the changed rows from where the survey found them. */
function placesIn(
  parts: readonly Part[],
  { packs }: Survey,
  condition: string,
  columns: readonly ColumnMapping[],
): string[] {
  return parts.flatMap((part, index) => {
    const own = packs?.filter((pack) => Number(pack.part) === index) ?? null;
    const places = own === null ? [condition] : placesOf(own, condition);
    return places.map((place) => `SELECT ${copyColumns(columns)} FROM ${part.from} WHERE ${place}`);
  });
}
