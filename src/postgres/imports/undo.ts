import { beside, IMPORT_ROWS, IMPORTS } from '../../model/importTables.ts';
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

/** Columns whose values an import gives; a row with other ones was changed by somebody. */
const GIVEN = [
  'amount',
  'currency',
  'account_id',
  'merchant',
  'mcc',
  'city',
  'state',
  'channel',
  'category',
  'subcategory',
];

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
  const same = GIVEN.map((name) => `r.${name} IS NOT DISTINCT FROM t.${name}`).join(' AND ');
  await session.query(`
DROP TABLE IF EXISTS pg_temp.finance_db_undo;
CREATE TEMP TABLE finance_db_undo ON COMMIT DROP AS
WITH mine AS (SELECT DISTINCT tx_id FROM ${rows} WHERE import_id = ${importId} AND NOT undone)
SELECT m.tx_id, t.tx_id IS NOT NULL AS present,
  -- A row that no import has made was there before any, and is not ours to delete.
  m.tx_id IN (SELECT tx_id FROM ${rows} WHERE import_id <> ${importId} AND NOT undone)
    OR m.tx_id NOT IN (SELECT tx_id FROM ${rows} WHERE outcome = 'new') AS elsewhere,
  t.tx_id IS NOT NULL AND m.tx_id NOT IN (
    SELECT r.tx_id FROM ${rows} r JOIN ${target} t USING (tx_id) WHERE r.booked = t."timestamp" AND ${same}
  ) AS edited
FROM mine m LEFT JOIN ${target} t USING (tx_id);
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
UPDATE ${postgresTable(beside(table, IMPORTS))} SET undone_at = pg_catalog.now() WHERE import_id = ${importId}`);
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

/**
 * Brings the rows of an import back that are not in `transactions` any more, whether the user deleted them or the import was
 * undone, as they were imported.
 * @returns how many
 */
export async function restoreImport(session: PgSession, table: TableName, importId: string): Promise<number> {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const [row] = await session.query<{ restored: string }>(`
WITH restored AS (
  INSERT INTO ${postgresTable(table)} (tx_id, "timestamp", is_recurring, normalized_amount, ${GIVEN.join(', ')})
  SELECT DISTINCT ON (tx_id) tx_id, booked, is_recurring, normalized_amount, ${GIVEN.join(', ')}
  FROM ${rows}
  WHERE import_id = ${importId}
  ORDER BY tx_id, record
  ON CONFLICT DO NOTHING
  RETURNING 1
), standing AS (
  UPDATE ${rows} SET undone = false WHERE import_id = ${importId} AND undone
), again AS (
  UPDATE ${postgresTable(beside(table, IMPORTS))} SET undone_at = NULL WHERE import_id = ${importId}
)
SELECT pg_catalog.count(*) AS restored FROM restored`);
  return Number(row?.restored ?? 0);
}
