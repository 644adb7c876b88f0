import { keyHash } from '../../duckdb/keyHash.ts';
import { copyColumns } from '../../duckdb/loader.ts';
import { LIVING, LIVING_BLOCKS, placeColumns, placeOf } from '../../duckdb/places.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { cutRanges, NEAR_BLOCKS, type RangesCut } from '../../model/changedBlocks.ts';
import { rangePages } from '../../model/pageRanges.ts';
import type { PartBlocks } from '../../model/partLook.ts';
import type { Part } from '../../model/parts.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { plainColumn, textColumn } from '../../model/stagingColumn.ts';
import { displayName } from '../../model/tableName.ts';
import type { ColumnMapping } from '../../model/typeMapping.ts';
import { keysInBlocks, rowsInRanges } from '../../postgres/blockRanges.ts';
import { copyRows, type LoadContext, type PartRows } from './fullLoad.ts';
import { packedKeys, piecesOf } from './packedKeys.ts';

/** How many rows there are in the blocks of each file, and how many of all are new. */
export interface Living {
  readonly rows: PartRows;
  readonly changed: bigint;
}

const CREATE_LIVING =
  'CREATE OR REPLACE TEMP TABLE finance_db_living (place UBIGINT NOT NULL, hash UBIGINT NOT NULL, changed BOOLEAN NOT NULL, together UINTEGER NOT NULL)';

/**
 * Reads into LIVING which rows the blocks hold: those of one block come in one row, since a row for each costs the protocol, and all
 * who handle it, more than what it holds. Where a key cannot travel so, they come one by one.
 * @param condition SQL that is true for rows that are new
 */
export async function readLiving(
  context: LoadContext,
  source: SourceTable,
  key: readonly ColumnMapping[],
  parts: readonly Part[],
  cuts: readonly RangesCut[],
  condition: string,
): Promise<Living> {
  await context.copy.run(CREATE_LIVING);
  if (cuts.length === 0) return (await countLiving(context.copy)) ?? { rows: new Map(), changed: 0n };
  const quiet: LoadContext = { ...context, onProgress: (progress) => context.onProgress({ ...progress, rows: null }) };
  const into = { into: LIVING, displayName: displayName(source.table), key: source.key };
  const columns = [
    ...['file', 'block', 'same', 'together'].map((name) => plainColumn(name, 'integer', 'UBIGINT')),
    ...key.map(({ name }) => textColumn(name)),
  ];
  await copyRows(
    quiet,
    {
      ...{ ...into, columns },
      project: ([file = '', block = '', same = '', together = '', ...packed]) => {
        const pieces = key.map((column, at) => piecesOf(column, packed[at] ?? ''));
        const numbers = `unnest(range(greatest(${pieces.map((list) => `len(${list})`).join(', ')})))`;
        const values = pieces.map((list) => `unnest(${list})`);
        return `${placeOf([file, block])}, ${keyHash(key, values)}, ${numbers} >= ${same}, ${together}`;
      },
    },
    cuts.map((cut) => keysInBlocks(partOf(parts, cut), cut.ranges, key.map(packedKeys), condition)),
  );
  const living = await countLiving(context.copy);
  if (living !== null) return living;
  await context.copy.run(CREATE_LIVING);
  const single = (filenode: string): ColumnMapping[] => [
    ...placeColumns(filenode),
    { ...plainColumn('finance_db_new', 'boolean', 'BOOLEAN'), copyExpression: condition },
    ...key,
  ];
  await copyRows(
    quiet,
    {
      ...{ ...into, columns: single('0') },
      project: ([file = '', block = '', changed = '', ...values]) =>
        `${placeOf([file, block])}, ${keyHash(key, values)}, ${changed}, 0`,
    },
    cuts.map((cut) => {
      const part = partOf(parts, cut);
      return rowsInRanges(part, cut.ranges, copyColumns(single(part.filenode ?? '0')), null);
    }),
  );
  return (await countLiving(context.copy)) ?? { rows: new Map(), changed: 0n };
}

/** Null when more keys came of a block than it has rows, so that one of them cannot travel with others. */
async function countLiving(copy: WorkingCopy): Promise<Living | null> {
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_living_blocks AS SELECT place, count(*) AS rows, count(*) FILTER (WHERE changed) AS changed, min(together) AS together FROM ${LIVING} GROUP BY place`,
  );
  const counted = await copy.all<{ file: string; rows: string; changed: string; same: boolean }>(
    `SELECT (place >> 32)::VARCHAR AS file, sum(rows)::VARCHAR AS rows, sum(changed)::VARCHAR AS changed, bool_and(together IN (0, rows)) AS same FROM ${LIVING_BLOCKS} GROUP BY ALL`,
  );
  if (counted.some(({ same }) => !same)) return null;
  return {
    rows: new Map(counted.map(({ file, rows }) => [file, BigInt(rows)])),
    changed: counted.reduce((sum, row) => sum + BigInt(row.changed), 0n),
  };
}

/** The ranges of blocks in which LIVING has new rows. */
export async function newInLiving({ copy }: LoadContext, parts: readonly Part[]): Promise<RangesCut[]> {
  const found = await copy.all<{ file: string; first: string; last: string }>(
    `SELECT (min(place) >> 32)::VARCHAR AS file, (min(place) & 4294967295)::VARCHAR AS first, (max(place) & 4294967295)::VARCHAR AS last FROM (
       SELECT place, sum(begins) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING) AS stretch FROM (
         SELECT place, CASE WHEN place - lag(place) OVER (ORDER BY place) <= ${NEAR_BLOCKS} THEN 0 ELSE 1 END AS begins
         FROM ${LIVING_BLOCKS} WHERE changed > 0))
     GROUP BY stretch ORDER BY min(place)`,
  );
  const read = parts.map(({ filenode, pages }) => ({
    pages: Math.max(pages, ...found.filter(({ file }) => file === filenode).map(({ last }) => Number(last) + 1)),
    ranges: found
      .filter(({ file }) => file === filenode)
      .map(({ first, last }) => ({ from: Number(first), to: Number(last) + 1 })),
  }));
  return cutRanges(read, rangePages(0, 1));
}

/** Cuts the blocks to read of some parts for several readers. */
export function cutBlocks(
  { jobs }: LoadContext,
  parts: readonly Part[],
  blocks: ReadonlyMap<string, PartBlocks>,
): RangesCut[] {
  const read = parts.map(({ oid, pages }) => ({ pages, ranges: blocks.get(oid)?.ranges ?? [] }));
  const pages = parts.reduce((sum, part) => sum + part.pages, 0);
  return cutRanges(read, rangePages(pages, jobs));
}

/** The part of a piece. */
export function partOf(parts: readonly Part[], { part }: RangesCut): Part {
  const found = parts[part];
  if (found === undefined) throw new Error(`there is no part ${part} among ${parts.length}`);
  return found;
}
