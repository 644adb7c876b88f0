import { quoteLiteral } from '../../model/identifier.ts';
import { beside, IMPORT_ROWS, IMPORTS, STATEMENTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { ENTRIES } from './entries.ts';

/** One row a sighting by an earlier import that this file could meet. */
export const SEEN = 'pg_temp.finance_db_seen';
/** First and last day of each account: in this file (import_id null), and in each import that stands. */
const SPANS = 'pg_temp.finance_db_spans';

/**
 * Reads the sightings of the file's accounts on its days, with whether their day is complete in this file and in an earlier import. Those
 * that were undone are no evidence any more; they are here so that no key is given twice. `complete`, `same_source` and `has_id` (an id of this source) are of all live sightings of the row.
 * @param source whose texts and ids the file has
 */
export async function readSeen(session: PgSession, table: TableName, source: string): Promise<void> {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const imports = postgresTable(beside(table, IMPORTS));
  const statements = postgresTable(beside(table, STATEMENTS));
  // The spans come first and are few; a plan for all at once would rest on guesses, since rows imported just now are not analysed.
  await session.query(`DROP TABLE IF EXISTS ${SEEN}; DROP TABLE IF EXISTS ${SPANS};
CREATE TEMP TABLE finance_db_spans ON COMMIT DROP AS
SELECT account_id, pg_catalog.min(day) AS first_day, pg_catalog.max(day) AS last_day, NULL::bigint AS import_id
FROM ${ENTRIES} GROUP BY account_id;
INSERT INTO ${SPANS}
SELECT s.account_id, pg_catalog.min(s.first_day), pg_catalog.max(s.last_day), s.import_id
FROM ${statements} s JOIN ${imports} i USING (import_id)
WHERE i.undone_at IS NULL AND s.account_id IN (SELECT account_id FROM ${SPANS})
GROUP BY s.account_id, s.import_id;
ANALYZE ${SPANS};
CREATE TEMP TABLE finance_db_seen ON COMMIT DROP AS
SELECT *, pg_catalog.bool_or(day_complete) FILTER (WHERE live) OVER tx AS complete,
  pg_catalog.bool_or(by_source) FILTER (WHERE live) OVER tx AS same_source,
  pg_catalog.bool_or(bank_key IS NOT NULL AND by_source) FILTER (WHERE live) OVER tx AS has_id
FROM (
  -- Sorted by bytes: it is cheaper, and only equal ones are looked for.
  SELECT r.tx_id COLLATE "C" AS tx_id, r.account_id COLLATE "C" AS account_id, r.booked::date AS day, r.amount,
    r.currency COLLATE "C" AS currency, r.text_key, r.bank_key, r.merchant COLLATE "C" AS merchant, r.record, r.import_id,
    NOT r.undone AS live, i.source = ${quoteLiteral(source)} AS by_source,
    r.booked >= f.first_day + 1 AND r.booked < f.last_day
      AND EXISTS (
        SELECT FROM ${SPANS} p
        WHERE p.import_id IS NOT NULL AND p.account_id = r.account_id AND r.booked >= p.first_day + 1 AND r.booked < p.last_day
      ) AS day_complete
  FROM ${SPANS} f
  JOIN ${rows} r ON r.account_id = f.account_id AND r.booked >= f.first_day AND r.booked < f.last_day + 1
  JOIN ${imports} i ON i.import_id = r.import_id
  WHERE f.import_id IS NULL
) sightings
WINDOW tx AS (PARTITION BY tx_id);
ANALYZE ${SEEN} (tx_id, account_id, day, amount, currency, text_key, bank_key, merchant, live)`);
}
