import { beside, IMPORT_ROWS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { ENTRIES } from './entries.ts';
import { STAGED } from './stage.ts';

/** Days within which the same amount in the same account makes two rows look alike. */
const DAYS = 3;

/**
 * Marks new rows that look like an earlier one: the same account and amount within three days under another text, or on the
 * same day, or with the same bank id. They are imported all the same: what merely looks alike is never dropped. The same text
 * on another day is no sign (a coffee each morning), nor is a row that the file itself holds too: then both are real.
 */
export async function markLookalikes(session: PgSession, table: TableName): Promise<void> {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  await session.query(`
WITH span AS (
  SELECT pg_catalog.min(day) - ${DAYS} AS first_day, pg_catalog.max(day) + ${DAYS + 1} AS end_day FROM ${ENTRIES} WHERE outcome = 'new'
), earlier AS (
  SELECT t.tx_id, t.account_id, t.amount, t.currency, t."timestamp"::date AS day
  FROM ${postgresTable(table)} t
  WHERE t."timestamp" >= (SELECT first_day FROM span) AND t."timestamp" < (SELECT end_day FROM span)
), alike AS MATERIALIZED (
  SELECT k.record, k.day AS new_day, k.text, k.bank_id, e.*
  FROM ${ENTRIES} k
  JOIN earlier e ON e.account_id = k.account_id AND e.amount = k.amount AND e.currency = k.currency
    AND e.day BETWEEN k.day - ${DAYS} AND k.day + ${DAYS}
  WHERE k.outcome = 'new'
), nearest AS (
  SELECT DISTINCT ON (a.record) a.record, a.tx_id
  FROM alike a
  -- By account and days too, for which there is an index.
  LEFT JOIN ${rows} r ON r.tx_id = a.tx_id AND NOT r.undone AND r.account_id = a.account_id
    AND r.booked >= (SELECT first_day FROM span) AND r.booked < (SELECT end_day FROM span)
  WHERE (r.tx_id IS NULL OR a.day = a.new_day OR r.bank_id = a.bank_id OR pg_catalog.upper(r.text) <> pg_catalog.upper(a.text))
    -- Asked of the few that look alike, not of all that came earlier.
    AND NOT EXISTS (SELECT FROM ${ENTRIES} k WHERE k.tx_id = a.tx_id)
  ORDER BY a.record, pg_catalog.abs(a.day - a.new_day), a.tx_id
)
UPDATE ${STAGED} k SET possible_duplicate_of = n.tx_id FROM nearest n WHERE n.record = k.record`);
}
