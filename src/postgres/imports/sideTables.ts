import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import { beside, createSideTableSql, type SideTable } from '../../model/importTables.ts';
import { displayName, postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/**
 * Makes the side tables that are missing, within the caller's transaction.
 * @throws FinanceDbError PG_TABLE_SHAPE when another table has one of the names; PG_PERMISSION saying what to grant
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
 * Sees to it that the role may do what an import does, before a file is read for minutes.
 * @param needed privileges on `transactions`, such as INSERT
 * @throws FinanceDbError PG_PERMISSION naming those that are missing, with the GRANT that gives them
 */
export async function requirePrivileges(
  session: PgSession,
  transactions: TableName,
  sides: readonly SideTable[],
  needed: readonly string[],
): Promise<void> {
  const missing: string[] = [];
  for (const table of [transactions, ...sides.map((side) => beside(transactions, side))]) {
    const name = postgresTable(table);
    const tests = needed.map(
      (right) => `pg_catalog.has_table_privilege(oid, ${quoteLiteral(right)}) AS ${quoteIdentifier(right)}`,
    );
    const [row] = await session.query<Record<string, string>>(
      `SELECT ${tests.join(', ')} FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(${quoteLiteral(name)})`,
    );
    // A table that is still to be made will be ours.
    if (row === undefined) continue;
    const denied = needed.filter((right) => row[right] === 'f');
    if (denied.length > 0) missing.push(`GRANT ${denied.join(', ')} ON ${displayName(table)}`);
  }
  if (missing.length === 0) return;
  const [who] = await session.query<{ role: string }>('SELECT current_user AS role');
  throw new FinanceDbError('PG_PERMISSION', `the role ${who?.role ?? ''} may not change what an import changes`, {
    remedy: `its owner can allow it: ${missing.map((grant) => `${grant} TO ${quoteIdentifier(who?.role ?? '')}`).join('; ')}`,
    details: { role: who?.role, missing },
  });
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
  const [may] = await session.query<{ may: string | null; role: string }>(
    `SELECT pg_catalog.has_schema_privilege(${quoteLiteral(transactions.schema)}, 'CREATE') AS may, current_user AS role`,
  );
  if (may?.may !== 't') {
    const schema = quoteIdentifier(transactions.schema);
    throw new FinanceDbError(
      'PG_PERMISSION',
      `the role ${may?.role} may not create ${displayName(beside(transactions, side))}, in which imports are recorded`,
      {
        remedy: `its owner can allow it: GRANT CREATE ON SCHEMA ${schema} TO ${quoteIdentifier(may?.role ?? '')}`,
        details: { role: may?.role, schema: transactions.schema },
      },
    );
  }
  for (const sql of createSideTableSql(transactions, side)) await session.query(sql);
}
