import { quoteIdentifier } from '../model/identifier.ts';
import type { PageRange } from '../model/pageRanges.ts';
import { plainColumn } from '../model/stagingColumn.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';
import type { ColumnMapping } from '../model/typeMapping.ts';
import { keyHash } from './keyHash.ts';
import type { WorkingCopy } from './workingCopy.ts';

/*
 * In which block of which file of PostgreSQL each row of a table lay, as of one snapshot: beside the data, one small row for each
 * (3.5 bytes), in no relation to the numbers that DuckDB gives its rows. `place` is the file's number and the block's, `mark` 24 bits
 * of the key's hash: enough to find a few rows that may be gone, which PostgreSQL is then asked for by their keys.
 */

const PREFIX = 'places_';

/** The table of the places of a table of the source. */
export function placesTable(tableOid: string): string {
  return `${STATE_SCHEMA}.${quoteIdentifier(PREFIX + tableOid)}`;
}

/** SQL that makes it, or empties it. */
export function createPlacesSql(tableOid: string): string {
  return `CREATE OR REPLACE TABLE ${placesTable(tableOid)} (place UBIGINT NOT NULL, mark UINTEGER NOT NULL)`;
}

/** Drops the places of all tables but these. */
export async function dropOtherPlaces(copy: WorkingCopy, tableOids: readonly string[]): Promise<void> {
  const found = await copy.all<{ name: string }>(
    `SELECT table_name AS name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = '${STATE_SCHEMA}' AND starts_with(table_name, '${PREFIX}')`,
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

/** SQL of the 24 bits of a key's hash. */
export function markOf(hash: string): string {
  return `CAST(${hash} & 16777215 AS UINTEGER)`;
}

/** SQL of both columns of the table, from the values of a row's key and of `placeColumns`. */
export function placeRow(
  key: readonly ColumnMapping[],
  keyValues: readonly string[],
  place: readonly string[],
): string {
  return `${placeOf(place)}, ${markOf(keyHash(key, keyValues))}`;
}

/** Blocks of one file. */
export interface FileBlocks {
  readonly filenode: string;
  readonly ranges: readonly PageRange[];
}

/** The rows that are in the blocks that were read: a place, the hash of the key, whether it is new since the table's snapshot. */
export const LIVING = 'temp.main.finance_db_living';
/** What was taken out: the places that lay in some blocks. */
export const TAKEN = 'temp.main.finance_db_taken';
const CHANGED = 'temp.main.finance_db_changed_blocks';

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
  // Two ways, since a list of blocks is looked up by a join, which skips all stretches of the table that hold none of them.
  const listed = `SELECT place, mark FROM ${places} WHERE place IN (SELECT place FROM ${CHANGED})`;
  const cut = behind.length === 0 ? '' : ` UNION ALL SELECT place, mark FROM ${places} WHERE ${behind.join(' OR ')}`;
  await copy.run(`CREATE OR REPLACE TEMP TABLE finance_db_taken AS ${listed}${cut}`);
  const taken = await copy.all<{ file: string; rows: string }>(
    `SELECT (place >> 32)::VARCHAR AS file, count(*)::VARCHAR AS rows FROM ${TAKEN} GROUP BY ALL`,
  );
  if (taken.length > 0) await copy.run(`DELETE FROM ${places} WHERE place IN (SELECT place FROM ${TAKEN})`);
  await copy.run(`DROP TABLE ${CHANGED}`);
  return new Map(taken.map(({ file, rows }) => [file, BigInt(rows)]));
}

const MOST_TOGETHER = 1000;

/** Leaves the places of these files only: those of others are of partitions that are gone, or of before a rewrite. */
export async function keepFiles(copy: WorkingCopy, tableOid: string, filenodes: readonly string[]): Promise<void> {
  await copy.run(`DELETE FROM ${placesTable(tableOid)} WHERE place >> 32 NOT IN (${filenodes.join(', ')})`);
}
