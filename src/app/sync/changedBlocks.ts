import type { Currencies } from '../../analytics/baseCurrency.ts';
import { CREATE_KEY_HASHES, KEY_HASHES } from '../../duckdb/keyHash.ts';
import { learnPlaces } from '../../duckdb/learnPlaces.ts';
import { copyColumns } from '../../duckdb/loader.ts';
import {
  createPlacesSql,
  findHeld,
  HELD,
  keepFiles,
  LIVING,
  LIVING_BLOCKS,
  nextRow,
  noteLiving,
  TAKEN,
} from '../../duckdb/places.ts';
import { takePlaces } from '../../duckdb/takePlaces.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { wholeRange } from '../../model/changedBlocks.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import type { PartBlocks } from '../../model/partLook.ts';
import type { Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { rowsInRanges } from '../../postgres/blockRanges.ts';
import { changedSince } from '../../postgres/snapshot.ts';
import {
  DELTA,
  deleteReplaced,
  fetchChanged,
  type IncrementalOutcome,
  insertChanged,
  keyColumns,
  mostChanged,
  targetCount,
} from './changedRows.ts';
import { type LoadContext, type PartRows, partsIn } from './fullLoad.ts';
import { cutBlocks, newInLiving, partOf, readLiving } from './living.ts';
import { deleteMissing } from './missingRows.ts';
import { sumOf } from './packs.ts';
import type { UnreadParts } from './unread.ts';
import { deleteVanished, lookAmong } from './vanishedRows.ts';

/** What is to be read of a table, and what stands in for the rest. */
interface Look {
  readonly newLeaves: readonly string[];
  readonly unread: UnreadParts;
  readonly blocks: ReadonlyMap<string, PartBlocks>;
}

/**
 * Applies what changed since the state's snapshot by reading nothing but the blocks that changed (docs/sync.md argues why this is exact):
 * 1. which rows are in them now, and which of these are new;
 * 2. how many rows each part has: as many as it had, without those that lay in these blocks, and with those that lie there now;
 * 3. of the file's rows that lay in these blocks, those go that the new ones replace; if it has more than that, PostgreSQL is asked by
 *    their keys for those that lie there no more. Whatever is not found in this way shows in the count, and is looked for in the
 *    whole file, and at last as it is by a scan;
 * 4. the new rows are put in, and where each lies is noted.
 */
export async function applyByBlocks(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  state: TableState,
  look: Look,
): Promise<IncrementalOutcome> {
  const { copy } = context;
  const target = duckdbTable(source.table);
  const key = keyColumns(source, columns);
  const all = partsIn(context, source);
  const parts = all.filter(({ oid }) => look.blocks.has(oid));
  const cuts = cutBlocks(context, parts, look.blocks);
  const condition = changedSince(state.snapshot, look.newLeaves);
  const { rows: living, changed } = await readLiving(context, source, key, parts, cuts, condition);
  const limit = mostChanged(state);
  if (changed > limit) return { kind: 'full', reason: `more than a quarter of the rows changed (over ${limit})` };
  if (changed > 0n) {
    const queries = (await newInLiving(context, parts)).map((cut) =>
      rowsInRanges(partOf(parts, cut), cut.ranges, copyColumns(columns), condition),
    );
    await fetchChanged(context, source, columns, queries, changed);
  }
  const counts = await takeOld(context, source, state, all, look, living);
  const expected = sumOf(counts);
  const next = await nextRow(copy, target, state.places?.tail);
  // Where the places of a part are not known, neither are the rows that they would lead to.
  const learned = parts.filter(({ oid }) => look.blocks.get(oid)?.rows === null);
  let gone = 0n;
  /** How many rows the file has too many, those that are put in among them; null where nobody counted. */
  let left: bigint | null = null;
  if (learned.length === 0 || learned.length < parts.length) {
    await findHeld(copy, source.oid, target, key, state.places?.tail ?? 0n);
    if (changed > 0n) await deleteReplacedHeld(copy, target, key);
    left = (await targetCount(copy, target)) + changed - expected;
    if (left > 0n) gone = await deleteMissing(context, source, key, expected);
    left -= gone;
  }
  let arrived: Currencies | null = new Map();
  if (changed > 0n) {
    // A count looks at each stretch of rows in which any was deleted: what is known of it is not counted again, but at the end.
    if (left === null || left > 0n) {
      await deleteReplaced(context, source, columns);
      left = null;
    }
    arrived = await insertChanged(context, source, columns);
  }
  const surplus = left ?? (await targetCount(copy, target)) - expected;
  if (surplus < 0n)
    return { kind: 'full', reason: 'rows became visible that no transaction since the last sync wrote' };
  // Of parts whose places were known, what is gone was mostly found by these.
  const tries = learned.length === 0 || learned.length === parts.length ? [parts] : [learned, parts];
  for (const some of tries) {
    const extra = surplus === 0n ? 0n : (await targetCount(copy, target)) - expected;
    if (extra > 0n) await deleteAmong(context, source, key, extra, { all, some, counts, look });
  }
  if ((await targetCount(copy, target)) !== expected)
    return { kind: 'full', reason: 'the counts of both sides did not agree after applying the changes' };
  const table = { tableOid: source.oid, target, key, among: lookAmong(source, all, parts).condition, next };
  const noted =
    learned.length === 0
      ? (await noteLiving(copy, source.oid, HELD, next)) === sumOf(living)
      : await learnPlaces(copy, table, context.places?.rows);
  const own = [LIVING, LIVING_BLOCKS, TAKEN, HELD];
  await copy.run(own.map((table) => `DROP TABLE IF EXISTS ${table}`).join('; '));
  const tail = noted ? next : null;
  return { kind: 'applied', rows: counts, upserted: changed, deleted: gone + surplus, arrived, tail };
}

/** Deletes the rows of the target that those of DELTA replace, of those in HELD. */
async function deleteReplacedHeld(copy: WorkingCopy, target: string, key: readonly ColumnMapping[]): Promise<void> {
  const same = key.map(({ name }, at) => `h.k${at} = d.${quoteIdentifier(name)}`).join(' AND ');
  await copy.run(
    `DELETE FROM ${target} AS t WHERE t.rowid IN (SELECT h."row" FROM ${HELD} AS h JOIN ${DELTA} AS d ON ${same})`,
  );
}

/** Deletes rows that are gone from some parts, by all of their keys: those in LIVING where all of them are, or others that are fetched. */
async function deleteAmong(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  surplus: bigint,
  found: { all: readonly Part[]; some: readonly Part[]; counts: PartRows; look: Look },
): Promise<void> {
  const { all, some, counts, look } = found;
  const among = lookAmong(source, all, some);
  const rows = new Map(among.parts.map(({ oid }) => [oid, counts.get(oid) ?? 0n]));
  const isRead = among.parts.every(({ oid }) => isWhole(look.blocks.get(oid)));
  if (isRead) {
    const files = among.parts.map(({ filenode }) => filenode ?? '0').join(', ');
    await context.copy.run(
      `${CREATE_KEY_HASHES}; INSERT INTO ${KEY_HASHES} SELECT hash FROM ${LIVING} WHERE place >> 32 IN (${files})`,
    );
  }
  await deleteVanished(context, source, key, surplus, { rows, keys: isRead ? 'hashed' : 'none' }, among);
}

/** Whether all rows of a part are in LIVING, and so all of its keys. */
function isWhole(read: PartBlocks | undefined): boolean {
  return read?.ranges === wholeRange();
}

/**
 * Takes out the places of the rows that lay in the blocks, into TAKEN, and drops those of files that are gone or noted anew.
 * @param living how many rows of each file lie in the blocks now
 * @returns how many rows each part has now
 */
async function takeOld(
  { copy }: LoadContext,
  source: SourceTable,
  state: TableState,
  all: readonly Part[],
  { unread, blocks }: Look,
  living: PartRows,
): Promise<PartRows> {
  await copy.run(createPlacesSql(source.oid));
  const kept = all.flatMap(({ oid, filenode }) => (isWhole(blocks.get(oid)) ? [] : (filenode ?? [])));
  const before = [...(state.places?.parts.values() ?? [])];
  if (kept.length < all.length || before.some(({ filenode }) => !kept.includes(filenode)))
    await keepFiles(copy, source.oid, kept);
  const files = all.flatMap(({ oid, filenode }) => {
    const block = blocks.get(oid);
    return block === undefined || isWhole(block) || filenode === null ? [] : [{ filenode, ranges: block.ranges }];
  });
  const taken = await takePlaces(copy, source.oid, files);
  return new Map(
    all.map(({ oid, filenode }) => {
      const file = filenode ?? '';
      const now = living.get(file) ?? 0n;
      const rows = blocks.get(oid)?.rows ?? null;
      return [oid, unread.get(oid) ?? (rows === null ? now : rows - (taken.get(file) ?? 0n) + now)];
    }),
  );
}
