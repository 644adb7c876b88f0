import { quoteLiteral } from '../../model/identifier.ts';
import { beside, IMPORT_ROWS, IMPORTS, STATEMENTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/** An account that came in for the first time, and whose entries another account has already. */
export interface SameAccount {
  readonly account: string;
  readonly other: string;
  /** New rows with day, amount and currency of a row of the other account. */
  readonly rows: number;
  /** New rows within the days of the other account. */
  readonly among: number;
}

/** Fewer equal rows, or fewer amounts among them, may be fees that two accounts pay. */
const LEAST_ROWS = 3;
const LEAST_SHARE = 0.8;

/**
 * One account under two names: banks write it as an IBAN in one format and as bank code and number in another, and a CSV file
 * often names none. Identity holds within an account, so that all its rows would be there twice without a word. Names prove
 * little, entries much. Looked for once, when an account is new.
 */
export async function findSameAccounts(session: PgSession, table: TableName, importId: string): Promise<SameAccount[]> {
  const id = quoteLiteral(importId);
  const [statements, imports, entries] = [STATEMENTS, IMPORTS, IMPORT_ROWS].map((side) =>
    postgresTable(beside(table, side)),
  );
  const earlier = `${statements} s JOIN ${imports} i USING (import_id) WHERE i.undone_at IS NULL AND s.import_id <> ${id}`;
  const fresh = await session.query<{ account_id: string }>(`
SELECT DISTINCT account_id FROM ${statements} WHERE import_id = ${id} AND EXISTS (SELECT FROM ${earlier})
EXCEPT SELECT s.account_id FROM ${earlier}`);
  if (fresh.length === 0) return [];
  const rows = await session.query<{ account: string; other: string; rows: string; among: string }>(`
WITH theirs AS (
  SELECT DISTINCT account_id, booked::date AS day, amount, currency
  FROM ${entries} WHERE import_id <> ${id} AND outcome = 'new' AND NOT undone
), spans AS (
  SELECT account_id, min(day) AS first, max(day) AS last FROM theirs GROUP BY account_id
), mine AS (
  SELECT account_id, booked::date AS day, amount, currency FROM ${entries}
  WHERE import_id = ${id} AND outcome = 'new'
    AND account_id IN (${fresh.map(({ account_id }) => quoteLiteral(account_id)).join(', ')})
), equal AS (
  SELECT m.account_id, t.account_id AS other, count(*) AS rows, count(DISTINCT m.amount) AS amounts
  FROM mine m JOIN theirs t ON t.day = m.day AND t.amount = m.amount AND t.currency IS NOT DISTINCT FROM m.currency
    AND t.account_id <> m.account_id
  GROUP BY 1, 2
)
SELECT e.account_id AS account, e.other, e.rows::text AS rows, w.among::text AS among
FROM equal e JOIN spans p ON p.account_id = e.other
CROSS JOIN LATERAL (
  SELECT count(*) AS among FROM mine m WHERE m.account_id = e.account_id AND m.day BETWEEN p.first AND p.last
) w
WHERE e.rows >= ${LEAST_ROWS} AND e.amounts >= ${LEAST_ROWS} AND e.rows >= ${LEAST_SHARE} * w.among
ORDER BY e.rows DESC, e.account_id, e.other`);
  return rows.map((row) => ({ ...row, rows: Number(row.rows), among: Number(row.among) }));
}
