import { beside, IMPORT_ROWS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/** Fewer new rows than this mislead no plan. */
const FEW = 1000;

/**
 * Lets PostgreSQL look at the tables again after an import that made a good part of them: until autovacuum does, it plans as if
 * they were empty, and the next file of the same run would be compared row by row. A role that does not own the tables may not;
 * then autovacuum's turn is waited for, as ever.
 */
export async function refreshStatistics(session: PgSession, table: TableName, newRows: number): Promise<void> {
  if (newRows < FEW) return;
  const [row] = await session.query<{ due: string }>(
    `SELECT ${newRows} > 0.2 * reltuples AND pg_catalog.pg_has_role(relowner, 'USAGE') AS due FROM pg_catalog.pg_class
     WHERE oid = pg_catalog.to_regclass($1)`,
    [postgresTable(table)],
  );
  if (row?.due !== 't') return;
  await session.query(
    `ANALYZE ${postgresTable(table)} (tx_id, "timestamp", account_id, amount, currency, merchant, category);
     ANALYZE ${postgresTable(beside(table, IMPORT_ROWS))} (import_id, tx_id, account_id, booked, outcome, undone)`,
  );
}
