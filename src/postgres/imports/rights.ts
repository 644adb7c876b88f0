import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import { beside, EXCHANGE_RATES, IMPORT_ROWS, IMPORTS, LEARNT, STATEMENTS } from '../../model/importTables.ts';
import { displayName, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/** A table and what will be done to it. */
export interface Need {
  readonly table: TableName;
  readonly rights: readonly string[];
  /** Whether it is made where it is missing; else a missing one needs nothing. */
  readonly made: boolean;
}

/** What an import does: it adds rows, and files the other legs of transfers that are there. */
export function importNeeds(transactions: TableName): Need[] {
  return [
    { table: transactions, rights: ['SELECT', 'INSERT', 'UPDATE'], made: true },
    { table: beside(transactions, IMPORTS), rights: ['SELECT', 'INSERT'], made: true },
    { table: beside(transactions, STATEMENTS), rights: ['SELECT', 'INSERT'], made: true },
    { table: beside(transactions, IMPORT_ROWS), rights: ['SELECT', 'INSERT', 'UPDATE'], made: true },
    { table: beside(transactions, EXCHANGE_RATES), rights: ['SELECT'], made: true },
  ];
}

/** What `rates` does. */
export function ratesNeeds(transactions: TableName): Need[] {
  return [
    { table: transactions, rights: ['SELECT', 'UPDATE'], made: true },
    { table: beside(transactions, IMPORT_ROWS), rights: ['SELECT', 'UPDATE'], made: true },
    { table: beside(transactions, EXCHANGE_RATES), rights: ['SELECT', 'INSERT', 'UPDATE'], made: true },
  ];
}

/** What filing rows anew does. */
export function categorizeNeeds(transactions: TableName): Need[] {
  return [
    { table: transactions, rights: ['SELECT', 'UPDATE'], made: true },
    { table: beside(transactions, IMPORT_ROWS), rights: ['SELECT', 'UPDATE'], made: false },
  ];
}

/** What suggesting categories does: it reads, and files when asked to. */
export function learnNeeds(transactions: TableName, writes: boolean): Need[] {
  const rights = writes ? ['SELECT', 'UPDATE'] : ['SELECT'];
  return [
    { table: transactions, rights, made: false },
    { table: beside(transactions, IMPORT_ROWS), rights, made: false },
    { table: beside(transactions, LEARNT), rights: writes ? [...rights, 'INSERT'] : rights, made: writes },
  ];
}

/** What taking an import back, or bringing it back, does. */
export function manageNeeds(transactions: TableName, change: 'DELETE' | 'INSERT'): Need[] {
  return [
    { table: transactions, rights: ['SELECT', 'UPDATE', change], made: false },
    { table: beside(transactions, IMPORTS), rights: ['SELECT', 'UPDATE'], made: false },
    { table: beside(transactions, STATEMENTS), rights: ['SELECT'], made: false },
    { table: beside(transactions, IMPORT_ROWS), rights: ['SELECT', 'UPDATE'], made: false },
  ];
}

/**
 * Sees to it that the role may do all that is about to be done, before a file is read for minutes. The catalogue is open to
 * every role.
 * @throws FinanceDbError PG_PERMISSION naming all that is missing, with the GRANTs that give it
 */
export async function requireRights(session: PgSession, needs: readonly Need[]): Promise<void> {
  const [who] = await session.query<{ role: string; database: string; temp: string; standby: string }>(
    `SELECT current_user AS role, pg_catalog.current_database() AS database,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY') AS temp,
       pg_catalog.pg_is_in_recovery() AS standby`,
  );
  if (who?.standby === 't')
    throw new FinanceDbError('PG_PERMISSION', `${session.where} is a standby server, which takes no rows`, {
      remedy: 'name the primary server in DATABASE_URL',
    });
  const missing = new Set<string>();
  if (who?.temp !== 't') missing.add(`TEMPORARY ON DATABASE ${quoteIdentifier(who?.database ?? '')}`);
  for (const need of needs) for (const right of await missingRights(session, need)) missing.add(right);
  if (missing.size === 0) return;
  const role = quoteIdentifier(who?.role ?? '');
  const grants = [...missing].map((right) => `GRANT ${right} TO ${role}`);
  throw new FinanceDbError(
    'PG_PERMISSION',
    `the role ${who?.role} lacks rights in ${session.where}: ${[...missing].join('; ')}`,
    { remedy: `their owner can give them: ${grants.join('; ')}`, details: { role: who?.role, grants } },
  );
}

async function missingRights(session: PgSession, { table, rights, made }: Need): Promise<string[]> {
  const tests = rights.map(
    (right) => `pg_catalog.has_table_privilege(c.oid, ${quoteLiteral(right)}) AS ${quoteIdentifier(right)}`,
  );
  const [row] = await session.query<Record<string, string | null>>(`
SELECT n.oid AS schema, c.oid AS "table", pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usage,
  pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS creates,
  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS schemas,
  pg_catalog.current_database() AS database, ${tests.join(', ')}
FROM (VALUES (${quoteLiteral(table.schema)}, ${quoteLiteral(table.name)})) AS wanted (schema, name)
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name`);
  const missing: string[] = [];
  const schema = `SCHEMA ${quoteIdentifier(table.schema)}`;
  if (row?.table == null) {
    if (!made) return [];
    // A table that is still to be made will be the role's own.
    if (row?.schema == null)
      return row?.schemas === 't' ? [] : [`CREATE ON DATABASE ${quoteIdentifier(row?.database ?? '')}`];
    if (row.usage !== 't') missing.push(`USAGE ON ${schema}`);
    if (row.creates !== 't') missing.push(`CREATE ON ${schema}`);
    return missing;
  }
  if (row.usage !== 't') missing.push(`USAGE ON ${schema}`);
  const denied = rights.filter((right) => row[right] !== 't');
  if (denied.length > 0) missing.push(`${denied.join(', ')} ON ${displayName(table)}`);
  return missing;
}
