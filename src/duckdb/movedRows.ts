import { quoteLiteral } from '../model/identifier.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';
import { FROM_HERE, GROUP_ROWS, nextRow, placesTable } from './places.ts';
import type { PartsDocument } from './syncState.ts';
import { ATTACHED, type WorkingCopy } from './workingCopy.ts';

/** A table of which the file knows where its rows lay, and that a sync has just changed. */
export interface PlacedTable {
  readonly tableOid: string;
  /** As SQL. */
  readonly target: string;
  /** About the number that its next new row will have. */
  readonly near: bigint;
}

/** So many groups at the end are looked after: those that a sync appends to, and those that are written together with them, as DuckDB does where they are not full. */
const GROUPS = 4n;

const BEFORE = 'temp.main.finance_db_rows_before';
const MOVED = 'temp.main.finance_db_rows_moved';

/**
 * Writes out what was committed, and mends the hints to rows that get other numbers by that: when DuckDB writes the last groups of a
 * table as one, it leaves out rows that were deleted in them, so that those behind move up, in the same order.
 */
export async function writeAndFollow(copy: WorkingCopy, tables: readonly PlacedTable[]): Promise<void> {
  const before = new Map<PlacedTable, bigint>();
  for (const [at, table] of tables.entries()) before.set(table, await noteRows(copy, at, table));
  await copy.run(`CHECKPOINT ${ATTACHED}`);
  for (const [at, table] of tables.entries()) {
    if ((await nextRow(copy, table.target, table.near)) !== before.get(table)) await follow(copy, at, table);
    await copy.run(`DROP TABLE ${BEFORE}_${at}`);
  }
}

/** Notes the numbers of the last rows. @returns the number behind the last one */
async function noteRows(copy: WorkingCopy, at: number, { target, near }: PlacedTable): Promise<bigint> {
  const next = await nextRow(copy, target, near);
  const from = next > GROUPS * GROUP_ROWS ? next - GROUPS * GROUP_ROWS : 0n;
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_rows_before_${at} AS SELECT rowid AS "row" FROM ${target} WHERE rowid >= ${from}`,
  );
  return next;
}

async function follow(copy: WorkingCopy, at: number, { tableOid, target }: PlacedTable): Promise<void> {
  const before = `${BEFORE}_${at}`;
  await copy.run(
    `CREATE OR REPLACE TEMP TABLE finance_db_rows_moved AS SELECT old, new FROM
     (SELECT "row" AS old, row_number() OVER (ORDER BY "row") AS n FROM ${before})
     JOIN (SELECT rowid AS new, row_number() OVER (ORDER BY rowid) AS n FROM ${target} WHERE rowid >= (SELECT min("row") FROM ${before})) USING (n)`,
  );
  // If rows before these had moved as well, some of these would lie before the first of them now.
  const [found] = await copy.all<{ same: boolean }>(
    `SELECT (SELECT count(*) FROM ${MOVED}) = (SELECT count(*) FROM ${before}) AS same`,
  );
  if (found?.same === true) {
    const places = placesTable(tableOid);
    await copy.run('BEGIN TRANSACTION');
    await copy.run(
      `UPDATE ${places} AS p SET "row" = m.new FROM ${MOVED} AS m WHERE p."row" = m.old AND m.old <> m.new AND m.old < ${FROM_HERE}`,
    );
    const stretches = await copy.all<{ from: string }>(
      `SELECT ("row" - ${FROM_HERE})::VARCHAR AS "from" FROM ${places} WHERE "row" > ${FROM_HERE} GROUP BY ALL`,
    );
    for (const { from } of stretches.sort((a, b) => Number(a.from) - Number(b.from))) {
      const now = await nowAt(copy, target, BigInt(from));
      if (now !== BigInt(from))
        await copy.run(`UPDATE ${places} SET "row" = ${FROM_HERE + now} WHERE "row" = ${FROM_HERE + BigInt(from)}`);
    }
    await moveTail(copy, tableOid, target);
    await copy.run('COMMIT');
  }
  await copy.run(`DROP TABLE ${MOVED}`);
}

/** Where a stretch begins now that began at a row of this number. */
async function nowAt(copy: WorkingCopy, target: string, from: bigint): Promise<bigint> {
  const [row] = await copy.all<{ now: string | null; isBefore: boolean }>(
    `SELECT min(new) FILTER (WHERE old >= ${from})::VARCHAR AS now, min(old) > ${from} AS "isBefore" FROM ${MOVED}`,
  );
  if (row?.isBefore === true) return from;
  return row?.now == null ? nextRow(copy, target) : BigInt(row.now);
}

/** The number behind which rows lie that come from now on stands in the state. */
async function moveTail(copy: WorkingCopy, tableOid: string, target: string): Promise<void> {
  const [about] = await copy.all<{ value: string }>(`SELECT value FROM ${STATE_SCHEMA}.about WHERE name = 'placed'`);
  const placed = JSON.parse(about?.value ?? '{}') as PartsDocument;
  const own = placed[tableOid];
  if (own?.[2] === undefined) return;
  placed[tableOid] = [own[0], own[1], String(await nowAt(copy, target, BigInt(own[2])))];
  await copy.run(
    `UPDATE ${STATE_SCHEMA}.about SET value = ${quoteLiteral(JSON.stringify(placed))} WHERE name = 'placed'`,
  );
}
