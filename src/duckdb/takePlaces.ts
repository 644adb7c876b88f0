import type { PageRange } from '../model/pageRanges.ts';
import { deletePlaces, placesTable, TAKEN } from './places.ts';
import type { WorkingCopy } from './workingCopy.ts';

/** Blocks of one file. */
export interface FileBlocks {
  readonly filenode: string;
  readonly ranges: readonly PageRange[];
}

const CHANGED = 'temp.main.finance_db_changed_blocks';
/** So many ranges go into one statement. */
const MOST_TOGETHER = 1000;

/**
 * Takes the rows of some blocks out of the places of a table, into TAKEN.
 * @returns how many lay in each file
 */
export async function takePlaces(
  copy: WorkingCopy,
  tableOid: string,
  blocks: readonly FileBlocks[],
): Promise<ReadonlyMap<string, bigint>> {
  const places = placesTable(tableOid);
  const ranges = blocks.flatMap(({ filenode, ranges: own }) => own.map((range) => ({ filenode, ...range })));
  const bounded = ranges.filter(({ to }) => to !== null);
  const open = ranges.filter(({ to }) => to === null);
  await copy.run(`CREATE OR REPLACE TEMP TABLE finance_db_changed_blocks (place UBIGINT NOT NULL)`);
  for (let from = 0; from < bounded.length; from += MOST_TOGETHER) {
    const values = bounded
      .slice(from, from + MOST_TOGETHER)
      .map((range) => `(${range.filenode}, ${range.from}, ${range.to})`);
    await copy.run(
      `INSERT INTO ${CHANGED} SELECT (file::UBIGINT << 32) | unnest(range(low, high))::UBIGINT FROM (VALUES ${values.join(', ')}) AS ranges(file, low, high)`,
    );
  }
  const behind = open.map(
    ({ filenode, from }) =>
      `place BETWEEN (${filenode}::UBIGINT << 32) + ${from} AND (${filenode}::UBIGINT << 32) + 4294967295`,
  );
  // By bounds as well as by a list: for a list alone DuckDB reads all places, while of bounds it reads the stretches of the table that have them.
  const listed = boundsOf(bounded).map(
    ({ from, to }) => `place BETWEEN ${from} AND ${to} AND place IN (SELECT place FROM ${CHANGED})`,
  );
  const cut = behind.length === 0 ? [] : [behind.join(' OR ')];
  const found = [...listed, ...cut].map(
    (where) => `SELECT rowid AS number, place, "row" FROM ${places} WHERE ${where}`,
  );
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_taken AS ${found.length === 0 ? `SELECT rowid AS number, place, "row" FROM ${places} LIMIT 0` : found.join(' UNION ALL ')}`,
  );
  const taken = await copy.all<{ file: string; rows: string }>(
    `SELECT (place >> 32)::VARCHAR AS file, count(*)::VARCHAR AS rows FROM ${TAKEN} GROUP BY ALL`,
  );
  if (taken.length > 0) await deletePlaces(copy, tableOid, `SELECT number FROM ${TAKEN}`);
  await copy.run(`DROP TABLE ${CHANGED}`);
  return new Map(taken.map(({ file, rows }) => [file, BigInt(rows)]));
}

/** Blocks farther apart lie in other stretches of the table of places. */
const APART = 8192n;
/** More stretches than this are looked through as one. */
const MOST_BOUNDS = 16;

/** Bounds that hold all places of some ranges (no two of which overlap), few and far from each other. */
function boundsOf(ranges: readonly { filenode: string; from: number; to: number | null }[]): PlaceBounds[] {
  const sorted = ranges
    .map(({ filenode, from, to }) => {
      const file = BigInt(filenode) << 32n;
      return { from: file + BigInt(from), to: file + BigInt((to ?? from + 1) - 1) };
    })
    .sort((a, b) => (a.from < b.from ? -1 : 1));
  const bounds: { from: bigint; to: bigint }[] = [];
  for (const { from, to } of sorted) {
    const last = bounds.at(-1);
    if (last !== undefined && from - last.to <= APART) last.to = to;
    else bounds.push({ from, to });
  }
  const [first, last] = [bounds[0], bounds.at(-1)];
  return first === undefined || last === undefined || bounds.length <= MOST_BOUNDS
    ? bounds
    : [{ from: first.from, to: last.to }];
}

interface PlaceBounds {
  readonly from: bigint;
  readonly to: bigint;
}
