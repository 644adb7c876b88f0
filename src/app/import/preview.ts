import { beside, IMPORT_ROWS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../../postgres/session.ts';
import type { LookalikeRow, ShownRow } from './result.ts';

const SHOWN = 'r.booked::date AS day, r.account_id AS account, r.amount, r.currency, r.merchant, r.category';
const MOST_LARGE = 10;
const MOST_PAYEES = 10;

/** The largest new rows of an import, of either sign. */
export async function largestNew(session: PgSession, table: TableName, importId: string): Promise<ShownRow[]> {
  const rows = await session.query<Record<string, string | null>>(`
SELECT ${SHOWN} FROM ${postgresTable(beside(table, IMPORT_ROWS))} r
WHERE r.import_id = ${importId} AND r.outcome = 'new'
ORDER BY pg_catalog.abs(r.amount) DESC, r.record LIMIT ${MOST_LARGE}`);
  return rows.map(shown);
}

/** New rows that look like earlier ones, in the order of the file. */
export async function lookalikes(
  session: PgSession,
  table: TableName,
  importId: string,
  most: number,
): Promise<LookalikeRow[]> {
  const rows = await session.query<Record<string, string | null>>(`
SELECT ${SHOWN}, t.tx_id AS of, t."timestamp"::date AS of_day, t.merchant AS of_merchant
FROM ${postgresTable(beside(table, IMPORT_ROWS))} r JOIN ${postgresTable(table)} t ON t.tx_id = r.possible_duplicate_of
WHERE r.import_id = ${importId}
ORDER BY r.record LIMIT ${most}`);
  return rows.map((row) => ({
    ...shown(row),
    of: row.of ?? '',
    ofDay: row.of_day ?? '',
    ofMerchant: row.of_merchant ?? null,
  }));
}

/** Payees of new rows without a category, those with the most rows first. */
export async function uncategorised(
  session: PgSession,
  table: TableName,
  importId: string,
): Promise<{ merchant: string | null; rows: string; sum: string }[]> {
  const rows = await session.query<Record<string, string | null>>(`
SELECT r.merchant, pg_catalog.count(*) AS rows, pg_catalog.sum(r.amount) AS sum
FROM ${postgresTable(beside(table, IMPORT_ROWS))} r
WHERE r.import_id = ${importId} AND r.outcome = 'new' AND r.category IS NULL
GROUP BY r.merchant ORDER BY pg_catalog.count(*) DESC, r.merchant LIMIT ${MOST_PAYEES}`);
  return rows.map((row) => ({ merchant: row.merchant ?? null, rows: row.rows ?? '0', sum: row.sum ?? '0' }));
}

function shown(row: Record<string, string | null>): ShownRow {
  return {
    day: row.day ?? '',
    account: row.account ?? '',
    amount: row.amount ?? '',
    currency: row.currency ?? '',
    merchant: row.merchant ?? null,
    category: row.category ?? null,
  };
}
