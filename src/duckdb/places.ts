import { quoteIdentifier } from '../model/identifier.ts';
import { plainColumn } from '../model/stagingColumn.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';
import type { ColumnMapping } from '../model/typeMapping.ts';
import { keyHash } from './keyHash.ts';
import type { WorkingCopy } from './workingCopy.ts';

/*
 * In which block of which file of PostgreSQL each row of a table lay, as of one snapshot, and which of DuckDB's rows it is: beside the
 * data, one small row for each. `place` is the file's number and the block's. `row` is the number of the row in DuckDB, or FROM_HERE
 * and a number at or behind which it lies. It is a hint: DuckDB may number its rows anew, and what is found by it is compared by key.
 */

const PREFIX = 'placed_';
/** What they were called when they held hashes of keys. */
const FORMER_PREFIX = 'places_';

/** Added to a number from which on a row lies, where its own is not known. */
export const FROM_HERE = 2n ** 31n;

/** The table of the places of a table of the source. */
export function placesTable(tableOid: string): string {
  return `${STATE_SCHEMA}.${quoteIdentifier(PREFIX + tableOid)}`;
}

const COLUMNS = '(place UBIGINT NOT NULL, "row" UINTEGER NOT NULL)';

/** SQL that makes it where there is none. */
export function createPlacesSql(tableOid: string): string {
  return `CREATE TABLE IF NOT EXISTS ${placesTable(tableOid)} ${COLUMNS}`;
}

/** Rows of DuckDB in one vector: of each in which one is deleted it keeps 16 kB in memory until the transaction is written out. */
const VECTOR_ROWS = 2048;
/** In more vectors than these (32 MB) places are not deleted: those that stay are written anew. */
const MOST_VECTORS = 2048;

/**
 * Takes some places out of those of a table.
 * @param numbers SQL of the numbers of their rows, as `number`
 * @param most vectors in which rows may be deleted
 */
export async function deletePlaces(
  copy: WorkingCopy,
  tableOid: string,
  numbers: string,
  most = MOST_VECTORS,
): Promise<void> {
  const places = placesTable(tableOid);
  const [spread] = await copy.all<{ vectors: string }>(
    `SELECT count(DISTINCT number // ${VECTOR_ROWS})::VARCHAR AS vectors FROM (${numbers})`,
  );
  const vectors = Number(spread?.vectors ?? 0);
  if (vectors === 0) return;
  if (vectors <= most) {
    await copy.run(`DELETE FROM ${places} WHERE rowid IN (${numbers})`);
    return;
  }
  const anew = placesTable(`${tableOid}_anew`);
  await copy.run(`CREATE TABLE ${anew} ${COLUMNS}`);
  await copy.run(`INSERT INTO ${anew} SELECT place, "row" FROM ${places} WHERE rowid NOT IN (${numbers})`);
  await copy.run(`DROP TABLE ${places}; ALTER TABLE ${anew} RENAME TO ${quoteIdentifier(PREFIX + tableOid)}`);
}

/** Drops the places of all tables but these. */
export async function dropOtherPlaces(copy: WorkingCopy, tableOids: readonly string[]): Promise<void> {
  const found = await copy.all<{ name: string }>(
    `SELECT table_name AS name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = '${STATE_SCHEMA}' AND (starts_with(table_name, '${PREFIX}') OR starts_with(table_name, '${FORMER_PREFIX}'))`,
  );
  const kept = new Set(tableOids.map((oid) => PREFIX + oid));
  for (const { name } of found)
    if (!kept.has(name)) await copy.run(`DROP TABLE ${STATE_SCHEMA}.${quoteIdentifier(name)}`);
}

/** The two columns that PostgreSQL sends with a row of the file `filenode` to tell its place. */
export function placeColumns(filenode: string): ColumnMapping[] {
  return [
    { ...plainColumn('finance_db_file', 'integer', 'UBIGINT'), copyExpression: filenode },
    {
      ...plainColumn('finance_db_block', 'integer', 'UBIGINT'),
      copyExpression: 'ctid',
      // `(block,number)`
      fromText: (text) => `CAST(split_part(substr(${text}, 2), ',', 1) AS UBIGINT)`,
    },
  ];
}

/** SQL of a row's place, from the values of `placeColumns`. */
export function placeOf([file, block]: readonly string[]): string {
  return `((${file} << 32) | ${block})`;
}

/** The rows that are in the blocks that were read: a place, the hash of the key, whether it is new, and how many came with it. */
export const LIVING = 'temp.main.finance_db_living';
/** What LIVING has of each block: its place, how many rows, how many new ones, and how many are said to have come together at least. */
export const LIVING_BLOCKS = 'temp.main.finance_db_living_blocks';
/** What was taken out: places that lay in some blocks, and the hints to their rows. */
export const TAKEN = 'temp.main.finance_db_taken';
/** The rows of the target that may have lain in the blocks: their numbers, the hashes of their keys, and these as k0, k1 … */
export const HELD = 'temp.main.finance_db_held';

/** Rows in one group of DuckDB's. */
export const GROUP_ROWS = 122_880n;

/**
 * The number that the next new row of a table will have, at the least.
 * @param near about what it will be, so that not all rows are looked at
 */
export async function nextRow(copy: WorkingCopy, target: string, near = 0n): Promise<bigint> {
  const from = near > 2n * GROUP_ROWS ? near - 2n * GROUP_ROWS : 0n;
  const [row] = await copy.all<{ next: string | null }>(
    `SELECT (max(rowid) + 1)::VARCHAR AS next FROM ${target} WHERE rowid >= ${from}`,
  );
  if (row?.next != null) return BigInt(row.next);
  return from === 0n ? 0n : nextRow(copy, target);
}

/**
 * Finds the rows of the target that TAKEN leads to, into HELD.
 * @param tail the number from which on rows lie that came since the places were noted
 */
export async function findHeld(
  copy: WorkingCopy,
  tableOid: string,
  target: string,
  key: readonly ColumnMapping[],
  tail: bigint,
): Promise<void> {
  const stretches = await stretchesOf(copy, tableOid, tail);
  const inside = stretches.map(({ from, to }) => `t.rowid >= ${from}${to === null ? '' : ` AND t.rowid < ${to}`}`);
  const rows = `SELECT ${heldColumns(key)} FROM ${target} AS t`;
  const single = `SELECT "row" FROM ${TAKEN} WHERE "row" < ${FROM_HERE}`;
  const [bounds] = await copy.all<{ first: string | null; last: string | null }>(
    `SELECT min("row")::VARCHAR AS first, max("row")::VARCHAR AS last FROM (${single})`,
  );
  // Of rows that lie near each other DuckDB reads the groups that have them, where it would look at all numbers for a list alone.
  const within = `t.rowid BETWEEN ${bounds?.first ?? 0} AND ${bounds?.last ?? -1}`;
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_held AS ${rows} WHERE ${within} AND t.rowid IN (${single}) AND NOT (${inside.map((one) => `(${one})`).join(' OR ')})
     ${inside.map((one) => `UNION ALL ${rows} WHERE ${one}`).join(' ')}`,
  );
}

/** A stretch of rows of DuckDB; to the end where there is no `to`. */
interface RowStretch {
  readonly from: bigint;
  readonly to: bigint | null;
}

/** More stretches than this are read as one. */
const MOST_STRETCHES = 16;

/**
 * Where rows may lie that are known by a number at or behind which they came: all that came with one sync have the same number, and
 * those of the next sync that noted any lie behind them. What came since the places were noted lies anywhere behind `tail`.
 */
async function stretchesOf(copy: WorkingCopy, tableOid: string, tail: bigint): Promise<RowStretch[]> {
  const numbers = async (table: string): Promise<bigint[]> =>
    (
      await copy.all<{ from: string }>(
        `SELECT ("row" - ${FROM_HERE})::VARCHAR AS "from" FROM ${table} WHERE "row" >= ${FROM_HERE} GROUP BY ALL`,
      )
    ).map(({ from }) => BigInt(from));
  const wanted = await numbers(TAKEN);
  // Of these it is not known at all.
  if (wanted.includes(0n)) return [{ from: 0n, to: null }];
  const all = wanted.length === 0 ? [] : await numbers(placesTable(tableOid));
  const bounds = [...new Set([...wanted, ...all, tail])].sort((a, b) => (a < b ? -1 : 1));
  const asked = new Set(wanted);
  const stretches: { from: bigint; to: bigint | null }[] = [];
  for (const [at, from] of bounds.entries()) {
    if (from < tail && !asked.has(from)) continue;
    const to = bounds[at + 1] ?? null;
    const last = stretches.at(-1);
    if (last?.to === from) last.to = to;
    else stretches.push({ from, to });
  }
  const [first] = stretches;
  return first === undefined || stretches.length <= MOST_STRETCHES ? stretches : [{ from: first.from, to: null }];
}

/** SQL of HELD's columns, of a target called t. */
function heldColumns(key: readonly ColumnMapping[]): string {
  // Qualified, for a column may be called like an alias.
  const names = key.map(({ name }) => `t.${quoteIdentifier(name)}`);
  return [`t.rowid AS "row"`, `${keyHash(key, names)} AS hash`, ...names.map((name, at) => `${name} AS k${at}`)].join(
    ', ',
  );
}

/** SQL of the number that new rows are noted by, which lie from `next` on. */
export function newNumber(next: bigint): string {
  return String(FROM_HERE + (next < FROM_HERE ? next : FROM_HERE - 1n));
}

/** SQL of the number of a row h of the target; where none was found it may be any. */
export const HINT = `CASE WHEN h."row" < ${FROM_HERE} THEN h."row" ELSE ${FROM_HERE} END`;

/**
 * Notes where the rows of LIVING lie: in which block, and, for those that were in the target before, which of its rows they are.
 * @param held SQL of what those may be: `row` and `hash`, as in HELD
 * @param next the number from which on new rows lie
 * @returns how many were noted: each once, but more often when two keys have one hash
 */
export async function noteLiving(copy: WorkingCopy, tableOid: string, held: string, next: bigint): Promise<bigint> {
  // By one equation: with a second condition, of one side, DuckDB would compare each row with each.
  const [done] = await copy.all<{ Count: string }>(
    `INSERT INTO ${placesTable(tableOid)} SELECT l.place, CASE WHEN l.changed THEN ${newNumber(next)} ELSE ${HINT} END
     FROM ${LIVING} AS l LEFT JOIN ${held} AS h ON h.hash = CASE WHEN NOT l.changed THEN l.hash END ORDER BY l.place`,
  );
  return BigInt(done?.Count ?? '-1');
}

/** Leaves the places of these files only: those of others are of partitions that are gone or of before a rewrite, or are noted anew. */
export async function keepFiles(copy: WorkingCopy, tableOid: string, filenodes: readonly string[]): Promise<void> {
  const places = placesTable(tableOid);
  if (filenodes.length === 0) await copy.run(`DROP TABLE ${places}; ${createPlacesSql(tableOid)}`);
  else
    await deletePlaces(
      copy,
      tableOid,
      `SELECT rowid AS number FROM ${places} WHERE place >> 32 NOT IN (${filenodes.join(', ')})`,
    );
}
