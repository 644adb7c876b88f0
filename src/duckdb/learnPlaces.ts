import { quoteIdentifier } from '../model/identifier.ts';
import type { ColumnMapping } from '../model/typeMapping.ts';
import { keyHash } from './keyHash.ts';
import { FROM_HERE, HINT, LIVING, LIVING_BLOCKS, newNumber, noteLiving, placesTable } from './places.ts';
import type { WorkingCopy } from './workingCopy.ts';

/*
 * Which rows of the target those of LIVING are, where nothing is known of that: by the hashes of their keys. In pieces, since a join of
 * all of them does not fit the memory of a sync: rows that lie together in PostgreSQL were loaded together, so that those of some
 * blocks lie in a stretch of the target, which a sample tells. What does not lie there is looked for in the whole target at the end.
 */

/** Rows of one piece: their hashes and numbers take some 60 MB in a join. */
const MOST_AT_ONCE = 1_000_000n;
/** Rows of a piece that are in the sample. */
const IN_SAMPLE = 256n;
/** So many times the whole target is looked through; of rows beyond that it is noted that they may be any. */
const MOST_PASSES = 32n;
/** A stretch with more rows than this for each that is looked for is none. */
const WIDEST = 4n;

const SAMPLES = 'temp.main.finance_db_samples';
const PLACED = 'temp.main.finance_db_placed';
const UNFOUND = 'temp.main.finance_db_unfound';

/** A target whose rows those of LIVING are. */
export interface LearnedTable {
  readonly tableOid: string;
  /** As SQL. */
  readonly target: string;
  readonly key: readonly ColumnMapping[];
  /** SQL that is true for the rows of the target among which they are; null when it may be any. */
  readonly among: string | null;
  /** The number from which on new rows lie. */
  readonly next: bigint;
}

/**
 * Notes where the rows of LIVING lie, and which rows of the target they are. LIVING_BLOCKS has to be made of it.
 * @param most rows of one piece
 * @returns whether all were noted, each once
 */
export async function learnPlaces(copy: WorkingCopy, table: LearnedTable, most = MOST_AT_ONCE): Promise<boolean> {
  const [counted] = await copy.all<{ rows: string }>(`SELECT count(*)::VARCHAR AS rows FROM ${LIVING}`);
  const all = BigInt(counted?.rows ?? '0');
  if (all <= most) return (await noteLiving(copy, table.tableOid, `(${keysSql(table)})`, table.next)) === all;
  const every = most / IN_SAMPLE > 1n ? most / IN_SAMPLE : 1n;
  const sampled = `hash % ${every} = 0`;
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_samples AS SELECT l.place, h."row"
     FROM (SELECT place, hash FROM ${LIVING} WHERE NOT changed AND ${sampled}) AS l JOIN (FROM (${keysSql(table)}) WHERE ${sampled}) AS h USING (hash)`,
  );
  await copy.run('CREATE OR REPLACE TEMP TABLE finance_db_unfound (place UBIGINT NOT NULL, hash UBIGINT NOT NULL)');
  let noted = 0n;
  for (const piece of await piecesOf(copy, most)) noted += await notePiece(copy, table, piece, every);
  await copy.run(`DROP TABLE ${SAMPLES}`);
  noted += await noteUnfound(copy, table, most);
  await copy.run(`DROP TABLE ${UNFOUND}`);
  return noted === all;
}

/** SQL of the numbers of the target's rows, and the hashes of their keys. */
function keysSql({ target, key, among, next }: LearnedTable): string {
  const names = key.map(({ name }) => `t.${quoteIdentifier(name)}`);
  return `SELECT t.rowid AS "row", ${keyHash(key, names)} AS hash FROM ${target} AS t WHERE t.rowid < ${next}${among === null ? '' : ` AND ${among}`}`;
}

/** Rows of LIVING between two places. */
interface Piece {
  /** SQL that is true for them. */
  readonly where: string;
  readonly rows: bigint;
}

/** Stretches of LIVING, by places, that have about so many rows each. */
async function piecesOf(copy: WorkingCopy, most: bigint): Promise<Piece[]> {
  const found = await copy.all<{ first: string; last: string; rows: string }>(
    `SELECT min(place)::VARCHAR AS first, max(place)::VARCHAR AS last, sum(rows)::VARCHAR AS rows
     FROM (SELECT place, rows, sum(rows) OVER (ORDER BY place) AS upto FROM ${LIVING_BLOCKS}) GROUP BY (upto - 1) // ${most} ORDER BY min(place)`,
  );
  return found.map(({ first, last, rows }) => ({
    where: `place BETWEEN ${first} AND ${last}`,
    rows: BigInt(rows),
  }));
}

/** Notes the rows of one piece that lie in its stretch of the target; the others go to UNFOUND. @returns how many were noted */
async function notePiece(copy: WorkingCopy, table: LearnedTable, piece: Piece, every: bigint): Promise<bigint> {
  const stretch = await stretchOf(copy, piece, every);
  const living = `FROM ${LIVING} WHERE ${piece.where}`;
  if (stretch === null) {
    await copy.run(`INSERT INTO ${UNFOUND} SELECT place, hash ${living} AND NOT changed`);
    return insertPlaces(copy, table, `SELECT place, ${newNumber(table.next)} AS "row" ${living} AND changed`);
  }
  // By one equation: with a second condition, of one side, DuckDB would compare each row with each.
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_placed AS SELECT l.place, l.hash, CASE WHEN l.changed THEN ${newNumber(table.next)} WHEN h."row" >= ${FROM_HERE} THEN ${FROM_HERE} ELSE h."row" END AS "row"
     FROM (${living}) AS l LEFT JOIN (${keysSql(table)} AND t.rowid BETWEEN ${stretch.from} AND ${stretch.to}) AS h ON h.hash = CASE WHEN NOT l.changed THEN l.hash END`,
  );
  await copy.run(`INSERT INTO ${UNFOUND} SELECT place, hash FROM ${PLACED} WHERE "row" IS NULL`);
  const noted = await insertPlaces(copy, table, `FROM ${PLACED} SELECT place, "row" WHERE "row" IS NOT NULL`);
  await copy.run(`DROP TABLE ${PLACED}`);
  return noted;
}

/** Between which numbers most rows of a piece lie in the target; null when that is no stretch worth the name. */
async function stretchOf(
  copy: WorkingCopy,
  { where, rows }: Piece,
  every: bigint,
): Promise<{ from: bigint; to: bigint } | null> {
  // The shortest one with three quarters of the sample: rows that were changed since lie at the end.
  const [found] = await copy.all<{ from: string; to: string }>(
    `SELECT "row"::VARCHAR AS "from", upto::VARCHAR AS "to" FROM
     (SELECT "row", lead("row", (SELECT (count(*) * 3 // 4)::BIGINT FROM ${SAMPLES} WHERE ${where})) OVER (ORDER BY "row") AS upto FROM ${SAMPLES} WHERE ${where})
     WHERE upto IS NOT NULL ORDER BY upto - "row", "row" LIMIT 1`,
  );
  if (found === undefined) return null;
  const [from, to] = [BigInt(found.from), BigInt(found.to)];
  // What it leaves out of a stretch without gaps is a sixth of it on both sides, or a third on one.
  const margin = (to - from) / 2n + every * 4n;
  const wide = { from: from > margin ? from - margin : 0n, to: to + margin };
  return wide.to - wide.from > rows * WIDEST ? null : wide;
}

/** Notes what lies in no stretch, in pieces by hash, each looked for in the whole target. @returns how many were noted */
async function noteUnfound(copy: WorkingCopy, table: LearnedTable, most: bigint): Promise<bigint> {
  const [row] = await copy.all<{ rows: string }>(`SELECT count(*)::VARCHAR AS rows FROM ${UNFOUND}`);
  const pieces = (BigInt(row?.rows ?? '0') + most - 1n) / most;
  let noted = 0n;
  for (let piece = 0n; piece < pieces && piece < MOST_PASSES; piece++) {
    const own = `WHERE hash % ${pieces} = ${piece}`;
    noted += await insertPlaces(
      copy,
      table,
      `SELECT l.place, ${HINT} AS "row" FROM (FROM ${UNFOUND} ${own}) AS l LEFT JOIN (FROM (${keysSql(table)}) ${own}) AS h USING (hash)`,
    );
  }
  if (pieces <= MOST_PASSES) return noted;
  const rest = `SELECT place, ${FROM_HERE} AS "row" FROM ${UNFOUND} WHERE hash % ${pieces} >= ${MOST_PASSES}`;
  return noted + (await insertPlaces(copy, table, rest));
}

/** @param rows SQL of places and numbers */
async function insertPlaces(copy: WorkingCopy, { tableOid }: LearnedTable, rows: string): Promise<bigint> {
  const [done] = await copy.all<{ Count: string }>(
    `INSERT INTO ${placesTable(tableOid)} SELECT place, "row" FROM (${rows}) ORDER BY place`,
  );
  return BigInt(done?.Count ?? '-1');
}
