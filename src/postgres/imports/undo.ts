import { beside, GIVEN_COLUMNS, givenValue, IMPORT_ROWS, IMPORTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/** What taking an import back did. */
export interface Undone {
  /** Rows that went from `transactions`. */
  readonly deleted: number;
  /** Rows that stay since another import has seen them too. */
  readonly seenElsewhere: number;
  /** Rows that somebody has changed since; they stay, unless forced. */
  readonly edited: readonly EditedRow[];
  readonly editedCount: number;
}

export interface EditedRow {
  readonly txId: string;
  readonly day: string;
  readonly amount: string;
  readonly merchant: string | null;
}

/** Edited rows that are named; their count is always whole. */
const MOST_NAMED = 20;

/**
 * Takes an import back: deletes its rows, but for those that another import that stands has seen too, and those that were edited.
 * What was deleted may come again with a later import of the same file.
 * @param force deletes edited rows too
 */
export async function undoImport(
  session: PgSession,
  table: TableName,
  importId: string,
  force: boolean,
): Promise<Undone> {
  const target = postgresTable(table);
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const same = GIVEN_COLUMNS.map((name) => `${givenValue('r', name)} IS NOT DISTINCT FROM t.${name}`).join(' AND ');
  await session.query(`
DROP TABLE IF EXISTS pg_temp.finance_db_undo;
CREATE TEMP TABLE finance_db_undo ON COMMIT DROP AS
WITH mine AS (
  SELECT DISTINCT tx_id FROM ${rows} WHERE import_id = ${importId} AND NOT undone
), seen AS (
  SELECT r.tx_id, pg_catalog.bool_or(t.tx_id IS NOT NULL) AS present,
    pg_catalog.bool_or(r.import_id <> ${importId} AND NOT r.undone) AS by_others,
    pg_catalog.bool_or(r.outcome = 'new') AS imported,
    pg_catalog.bool_or(t.tx_id IS NOT NULL AND r.booked = t."timestamp" AND ${same}
      -- Exchange rates may have come since, without any record where the row was in the base currency.
      AND (r.normalized_amount IS NULL OR r.normalized_amount IS NOT DISTINCT FROM t.normalized_amount)) AS unchanged
  FROM mine m JOIN ${rows} r USING (tx_id) LEFT JOIN ${target} t USING (tx_id)
  GROUP BY r.tx_id
)
-- A row that no import has made was there before any, and is not ours to delete.
SELECT tx_id, present, by_others OR NOT imported AS elsewhere, present AND NOT unchanged AS edited FROM seen;
ANALYZE pg_temp.finance_db_undo`);
  const edited = await session.query<Record<string, string | null>>(`
SELECT t.tx_id, t."timestamp"::date AS day, t.amount, t.merchant, pg_catalog.count(*) OVER () AS count
FROM pg_temp.finance_db_undo u JOIN ${target} t USING (tx_id)
WHERE u.edited AND NOT u.elsewhere
ORDER BY t."timestamp", t.tx_id LIMIT ${MOST_NAMED}`);
  const going = `NOT u.elsewhere AND ${force ? 'true' : 'NOT u.edited'}`;
  const [counts] = await session.query<Record<string, string>>(`
WITH deleted AS (
  DELETE FROM ${target} t USING pg_temp.finance_db_undo u WHERE t.tx_id = u.tx_id AND ${going} RETURNING t.tx_id
), alone AS (
  -- The other leg of a transfer is none any more.
  UPDATE ${rows} r SET transfer_of = NULL, category = NULL, category_by = NULL
  WHERE r.category_by = 'transfer' AND r.transfer_of IN (SELECT tx_id FROM deleted) AND r.tx_id NOT IN (SELECT tx_id FROM deleted)
  RETURNING r.tx_id
), unfiled AS (
  UPDATE ${target} t SET category = NULL WHERE t.tx_id IN (SELECT tx_id FROM alone) AND t.category = 'Transfer'
)
SELECT (SELECT pg_catalog.count(*) FROM deleted) AS deleted,
  (SELECT pg_catalog.count(*) FROM pg_temp.finance_db_undo WHERE present AND elsewhere) AS elsewhere`);
  await session.query(`
UPDATE ${rows} r SET undone = true
FROM pg_temp.finance_db_undo u
WHERE r.import_id = ${importId} AND r.tx_id = u.tx_id AND (u.elsewhere OR ${going});
UPDATE ${postgresTable(beside(table, IMPORTS))} SET undone_at = coalesce(undone_at, pg_catalog.now())
WHERE import_id = ${importId}`);
  return {
    deleted: Number(counts?.deleted ?? 0),
    seenElsewhere: Number(counts?.elsewhere ?? 0),
    editedCount: Number(edited[0]?.count ?? 0),
    edited: edited.map((row) => ({
      txId: row.tx_id ?? '',
      day: row.day ?? '',
      amount: row.amount ?? '',
      merchant: row.merchant ?? null,
    })),
  };
}
