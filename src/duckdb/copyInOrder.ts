import { FinanceDbError } from '../errors/financeDbError.ts';
import { quoteIdentifier, quoteLiteral } from '../model/identifier.ts';
import { duckdbTable, STATE_SCHEMA } from '../model/tableName.ts';
import type { StateRow } from './syncState.ts';
import { ATTACHED, type WorkingCopy } from './workingCopy.ts';

/** Rows that are sorted at once: what DuckDB spills for them is about as much as the spool of a sync may take. */
const MOST_AT_ONCE = 1_000_000n;

/** A table whose rows are to lie in the order of a time, as the partitions of its source do. */
interface TimedTable {
  /** Quoted, with its schema. */
  readonly table: string;
  /** Quoted. */
  readonly column: string;
}

/**
 * Copies everything of an attached file of ours into an empty working copy, with the rows of tables that their source divides by time
 * in the order of that time, so that DuckDB skips what lies outside of one, as in a file that was loaded in full. Rows of equal times stay in their order.
 * Memory does not grow with the tables: they are sorted a stretch of time after the other.
 * @param from the name of the attached database
 * @param most rows to be sorted at once
 * @throws FinanceDbError when a row more or less came than there are, and as the copy does
 */
export async function copyInOrder(copy: WorkingCopy, from: string, most = MOST_AT_ONCE): Promise<void> {
  const timed = await timedTables(copy, from);
  if (timed.length === 0) {
    await copyAsItLies(copy, from);
    return;
  }
  await copy.run(`COPY FROM DATABASE ${from} TO ${ATTACHED} (SCHEMA)`);
  await copyOthers(copy, from, timed);
  for (const { table, column } of timed) {
    const stretches = await stretchesOf(copy, `${from}.${table}`, column, most);
    for (const inside of stretches)
      await copy.run(`INSERT INTO ${table} SELECT * FROM ${from}.${table} WHERE ${inside} ORDER BY ${column}, rowid`);
    const [counts] = await copy.all<{ before: string; after: string }>(
      `SELECT (SELECT count(*) FROM ${from}.${table})::VARCHAR AS before, (SELECT count(*) FROM ${table})::VARCHAR AS after`,
    );
    if (counts === undefined || counts.before !== counts.after)
      throw new FinanceDbError('INTERNAL', `${counts?.after} of ${counts?.before} rows of ${table} were put in order`);
  }
}

/** Copies everything of an attached file, rows in the order that they have. */
export function copyAsItLies(copy: WorkingCopy, from: string): Promise<void> {
  return copy.run(`COPY FROM DATABASE ${from} TO ${ATTACHED}`);
}

/** The tables whose state names the column that divides them. */
async function timedTables(copy: WorkingCopy, from: string): Promise<TimedTable[]> {
  const states = await copy.all<{ schema: string; name: string; columns: string }>(
    `SELECT table_schema AS schema, table_name AS name, columns FROM ${from}.${STATE_SCHEMA}.sync_state`,
  );
  return states.flatMap(({ schema, name, columns }) => {
    const divider = (JSON.parse(columns) as StateRow['columns']).find(({ divides }) => divides === true);
    if (divider === undefined) return [];
    return [{ table: duckdbTable({ schema, name }), column: quoteIdentifier(divider.name) }];
  });
}

/** Copies the rows of the other tables, as they lie. */
async function copyOthers(copy: WorkingCopy, from: string, timed: readonly TimedTable[]): Promise<void> {
  const known = new Set(timed.map(({ table }) => table.toLowerCase()));
  const tables = await copy.all<{ schema: string; name: string }>(
    `SELECT schema_name AS schema, table_name AS name FROM duckdb_tables() WHERE database_name = ${quoteLiteral(from)}`,
  );
  await copy.run('BEGIN TRANSACTION');
  for (const { schema, name } of tables) {
    const table = duckdbTable({ schema, name });
    if (!known.has(table.toLowerCase())) await copy.run(`INSERT INTO ${table} FROM ${from}.${table}`);
  }
  await copy.run('COMMIT');
}

/**
 * Cuts a table into stretches of time of about so many rows, whole days each, older first.
 * @returns conditions: each row fulfils one of them
 */
async function stretchesOf(copy: WorkingCopy, table: string, column: string, most: bigint): Promise<string[]> {
  const [all] = await copy.all<{ rows: string }>(`SELECT count(*)::VARCHAR AS rows FROM ${table}`);
  if (BigInt(all?.rows ?? '0') <= most) return ['true'];
  const begins = await copy.all<{ begin: string }>(
    `SELECT min(begin)::VARCHAR AS begin FROM (
       SELECT min(${column}) AS begin, sum(count(*)) OVER (ORDER BY min(${column})) AS upto FROM ${table} WHERE ${column} IS NOT NULL GROUP BY date_trunc('day', ${column})
     ) GROUP BY (upto - 1) // ${most} ORDER BY min(begin) OFFSET 1`,
  );
  const bounds = begins.map(({ begin }) => quoteLiteral(begin));
  const inside = [...bounds, null].map((end, at) => {
    const ends = [
      ...(at === 0 ? [] : [`${column} >= ${bounds[at - 1]}`]),
      ...(end === null ? [] : [`${column} < ${end}`]),
    ];
    return ends.length === 0 ? `${column} IS NOT NULL` : ends.join(' AND ');
  });
  return [...inside, `${column} IS NULL`];
}
