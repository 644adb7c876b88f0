import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import {
  beside,
  createSideTableSql,
  IMPORT_ROWS,
  IMPORTS,
  LEARNT,
  type SideTable,
  STATEMENTS,
} from '../../model/importTables.ts';
import { displayName, postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/**
 * Makes the side tables that are missing, within the caller's transaction.
 * @throws FinanceDbError PG_TABLE_SHAPE when another table has one of the names
 */
export async function ensureSideTables(
  session: PgSession,
  transactions: TableName,
  sides: readonly SideTable[],
): Promise<void> {
  for (const side of sides) {
    const table = beside(transactions, side);
    const columns = await columnsOf(session, table);
    if (columns === null) await create(session, transactions, side);
    else refuseOtherShape(table, side, columns);
  }
}

/** Whether a side table is there; nothing is made. */
export async function hasSideTable(session: PgSession, transactions: TableName, side: SideTable): Promise<boolean> {
  return (await columnsOf(session, beside(transactions, side))) !== null;
}

/**
 * Drops the records of imports, within the caller's transaction, for `init --reset`: without the rows that they tell of, all that
 * comes again would count as known. Exchange rates stay, and so does a table of somebody else's that has one of the names.
 * @returns how many imports are forgotten
 */
export async function dropImportRecords(session: PgSession, transactions: TableName): Promise<number> {
  const count = await countImports(session, transactions);
  for (const side of [LEARNT, IMPORT_ROWS, STATEMENTS, IMPORTS])
    if (await isOurs(session, transactions, side))
      await session.query(`DROP TABLE ${postgresTable(beside(transactions, side))}`);
  return count;
}

/** How many imports are recorded; 0 where none ever was. */
export async function countImports(session: PgSession, transactions: TableName): Promise<number> {
  if (!(await isOurs(session, transactions, IMPORTS))) return 0;
  const [row] = await session.query<{ count: string }>(
    `SELECT count(*) AS count FROM ${postgresTable(beside(transactions, IMPORTS))}`,
  );
  return Number(row?.count ?? 0);
}

async function isOurs(session: PgSession, transactions: TableName, side: SideTable): Promise<boolean> {
  const columns = await columnsOf(session, beside(transactions, side));
  return columns !== null && side.columns.every(({ name }) => columns.has(name));
}

async function columnsOf(session: PgSession, table: TableName): Promise<ReadonlySet<string> | null> {
  const rows = await session.query<{ attname: string | null }>(`
SELECT a.attname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = ${quoteLiteral(table.schema)} AND c.relname = ${quoteLiteral(table.name)}`);
  if (rows.length === 0) return null;
  return new Set(rows.map(({ attname }) => attname ?? ''));
}

function refuseOtherShape(table: TableName, side: SideTable, columns: ReadonlySet<string>): void {
  const missing = side.columns.map(({ name }) => name).filter((name) => !columns.has(name));
  if (missing.length === 0) return;
  throw new FinanceDbError(
    'PG_TABLE_SHAPE',
    `${displayName(table)} exists and is not the table that imports are recorded in: it has no column ${missing.join(', ')}`,
    { remedy: 'rename that table', details: { table: displayName(table), missing } },
  );
}

async function create(session: PgSession, transactions: TableName, side: SideTable): Promise<void> {
  for (const sql of createSideTableSql(transactions, side)) await session.query(sql);
}
