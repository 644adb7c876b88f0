import { keyHash } from '../../duckdb/keyHash.ts';
import { copyColumns } from '../../duckdb/loader.ts';
import {
  keepFiles,
  LIVING,
  markOf,
  placeColumns,
  placeOf,
  placesTable,
  TAKEN,
  takePlaces,
} from '../../duckdb/places.ts';
import { cutRanges, type RangesCut } from '../../model/changedBlocks.ts';
import { rangePages } from '../../model/pageRanges.ts';
import type { Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { plainColumn } from '../../model/stagingColumn.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName, duckdbTable } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { rowsInRanges } from '../../postgres/blockRanges.ts';
import { changedSince } from '../../postgres/snapshot.ts';
import { type IncrementalOutcome, keyColumns, mostChanged, putChanged, targetCount } from './changedRows.ts';
import { copyRows, type LoadContext, type PartRows, partsIn } from './fullLoad.ts';
import { deleteMissing } from './missingRows.ts';
import { sumOf } from './packs.ts';
import type { PartBlocks, UnreadParts } from './unread.ts';
import { deleteVanished, lookAmong } from './vanishedRows.ts';

/**
 * Applies what changed since the state's snapshot by reading nothing but the blocks that changed (docs/sync.md argues why this is exact):
 * 1. which rows are in them now, and which of these are new; the new ones are put in the place of those with the same keys;
 * 2. how many rows each part has: as many as it had, without those that lay in these blocks, and with those that lie there now;
 * 3. if the file has more, those are looked for that lay in these blocks and lie in none of them now, and PostgreSQL is asked for
 *    them by their keys. Whatever is not found in this way shows in the count, and is found as it is by a scan.
 */
export async function applyByBlocks(
  context: LoadContext,
  source: SourceTable,
  columns: readonly ColumnMapping[],
  state: TableState,
  look: {
    readonly newLeaves: readonly string[];
    readonly unread: UnreadParts;
    readonly blocks: ReadonlyMap<string, PartBlocks>;
  },
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
    const queries = cuts.map((cut) => rowsInRanges(partOf(parts, cut), cut.ranges, copyColumns(columns), condition));
    await putChanged(context, source, columns, queries, changed);
  }
  const counts = await movePlaces(context, source, state, all, look, living);
  const expected = sumOf(counts);
  const surplus = (await targetCount(copy, target)) - expected;
  if (surplus < 0n)
    return { kind: 'full', reason: 'rows became visible that no transaction since the last sync wrote' };
  if (surplus > 0n) {
    const among = lookAmong(source, all, parts);
    await deleteMissing(context, source, key, surplus, among.condition);
    const left = (await targetCount(copy, target)) - expected;
    const rows = new Map(among.parts.map(({ oid }) => [oid, counts.get(oid) ?? 0n]));
    if (left > 0n) await deleteVanished(context, source, key, left, { rows, keys: 'none' }, among);
  }
  await copy.run(`DROP TABLE ${LIVING}; DROP TABLE ${TAKEN}`);
  if ((await targetCount(copy, target)) !== expected)
    return { kind: 'full', reason: 'the counts of both sides did not agree after applying the changes' };
  return { kind: 'applied', rows: counts, upserted: changed, deleted: surplus };
}

function partOf(parts: readonly Part[], { part }: RangesCut): Part {
  const found = parts[part];
  if (found === undefined) throw new Error(`there is no part ${part} among ${parts.length}`);
  return found;
}

function cutBlocks(
  { jobs }: LoadContext,
  parts: readonly Part[],
  blocks: ReadonlyMap<string, PartBlocks>,
): RangesCut[] {
  const read = parts.map(({ oid, pages }) => ({ pages, ranges: blocks.get(oid)?.ranges ?? [] }));
  const pages = parts.reduce((sum, part) => sum + part.pages, 0);
  return cutRanges(read, rangePages(pages, jobs));
}

/** Reads into LIVING which rows the blocks hold. @returns how many there are in each file, and how many of all are new */
async function readLiving(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  parts: readonly Part[],
  cuts: readonly RangesCut[],
  condition: string,
): Promise<{ rows: PartRows; changed: bigint }> {
  const { copy } = context;
  await copy.run(
    'CREATE OR REPLACE TEMP TABLE finance_db_living (place UBIGINT NOT NULL, hash UBIGINT NOT NULL, changed BOOLEAN NOT NULL)',
  );
  const columnsOf = (filenode: string): ColumnMapping[] => [
    ...placeColumns(filenode),
    { ...plainColumn('finance_db_new', 'boolean', 'BOOLEAN'), copyExpression: condition },
    ...key,
  ];
  const queries = cuts.map((cut) => {
    const part = partOf(parts, cut);
    return rowsInRanges(part, cut.ranges, copyColumns(columnsOf(part.filenode ?? '0')), null);
  });
  if (queries.length > 0)
    await copyRows(
      { ...context, onProgress: (progress) => context.onProgress({ ...progress, rows: null }) },
      {
        into: LIVING,
        displayName: displayName(source.table),
        columns: columnsOf('0'),
        key: source.key,
        project: ([file = '', block = '', changed = '', ...values]) =>
          `${placeOf([file, block])}, ${keyHash(key, values)}, ${changed}`,
      },
      queries,
    );
  const counted = await copy.all<{ file: string; rows: string; changed: string }>(
    `SELECT (place >> 32)::VARCHAR AS file, count(*)::VARCHAR AS rows, count(*) FILTER (WHERE changed)::VARCHAR AS changed FROM ${LIVING} GROUP BY ALL`,
  );
  return {
    rows: new Map(counted.map(({ file, rows }) => [file, BigInt(rows)])),
    changed: counted.reduce((sum, row) => sum + BigInt(row.changed), 0n),
  };
}

/**
 * Puts the places of the rows that lie in the blocks now in the place of those that lay there.
 * @param living how many rows of each file lie there now
 * @returns how many rows each part has now
 */
async function movePlaces(
  { copy }: LoadContext,
  source: SourceTable,
  state: TableState,
  all: readonly Part[],
  { unread, blocks }: { readonly unread: UnreadParts; readonly blocks: ReadonlyMap<string, PartBlocks> },
  living: PartRows,
): Promise<PartRows> {
  await copy.run(
    `CREATE TABLE IF NOT EXISTS ${placesTable(source.oid)} (place UBIGINT NOT NULL, mark UINTEGER NOT NULL)`,
  );
  const files = all.flatMap(({ oid, filenode }) => {
    const block = blocks.get(oid);
    const before = state.places?.parts.get(oid)?.filenode;
    const gone = block === undefined || before === undefined || before === filenode ? [] : [before];
    const own = block === undefined || filenode === null ? [] : [{ filenode, ranges: block.ranges }];
    return [...own, ...gone.map((file) => ({ filenode: file, ranges: [{ from: 0, to: null }] }))];
  });
  const taken = await takePlaces(copy, source.oid, files);
  const known = new Set(all.map(({ filenode }) => filenode));
  if ([...(state.places?.parts.values() ?? [])].some(({ filenode }) => !known.has(filenode)))
    await keepFiles(
      copy,
      source.oid,
      all.flatMap(({ filenode }) => filenode ?? []),
    );
  await copy.run(
    `INSERT INTO ${placesTable(source.oid)} SELECT place, ${markOf('hash')} FROM ${LIVING} ORDER BY place`,
  );
  return new Map(
    all.map(({ oid, filenode }) => {
      const file = filenode ?? '';
      const now = living.get(file) ?? 0n;
      const before = blocks.get(oid)?.rows ?? null;
      return [oid, unread.get(oid) ?? (before === null ? now : before - (taken.get(file) ?? 0n) + now)];
    }),
  );
}
