import { quoteLiteral } from '../../model/identifier.ts';
import { beside, IMPORTS, STATEMENTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/** A statement that does not begin with what the account held at the end of the one before. */
export interface Gap {
  readonly account: string;
  readonly currency: string;
  /** What this statement opens with, and on which day. */
  readonly opening: string;
  readonly openingDay: string | null;
  /** What the one before closed with, on which day, in which import and file. */
  readonly closing: string;
  readonly closingDay: string;
  readonly importId: string;
  readonly file: string;
}

/**
 * Compares each statement of an import with the nearest one before it of the same account and currency, of whatever import:
 * between two statements that follow each other nothing may be missing. Statements whose days overlap say nothing here; their
 * rows were compared one by one.
 */
export async function findGaps(session: PgSession, table: TableName, importId: string): Promise<Gap[]> {
  const statements = postgresTable(beside(table, STATEMENTS));
  const rows = await session.query<Record<string, string>>(`
WITH standing AS (
  SELECT s.*, i.file, coalesce(s.opening_day, s.first_day) AS begins, coalesce(s.closing_day, s.last_day) AS ends
  FROM ${statements} s JOIN ${postgresTable(beside(table, IMPORTS))} i USING (import_id)
  WHERE i.undone_at IS NULL
), mine AS (SELECT * FROM standing WHERE import_id = ${quoteLiteral(importId)} AND opening IS NOT NULL)
SELECT m.account_id, m.currency, m.opening, m.opening_day, b.closing, b.ends AS closing_day, b.import_id, b.file
FROM mine m
JOIN LATERAL (
  SELECT * FROM standing b
  WHERE b.account_id = m.account_id AND b.currency IS NOT DISTINCT FROM m.currency AND b.closing IS NOT NULL
    AND (b.import_id, b.number) <> (m.import_id, m.number)
    AND b.ends <= m.begins AND (b.ends < coalesce(m.closing_day, m.last_day, m.begins) OR b.import_id < m.import_id OR b.number < m.number)
  ORDER BY b.ends DESC, (b.closing = m.opening) DESC, b.import_id DESC, b.number DESC
  LIMIT 1
) b ON b.closing <> m.opening
ORDER BY m.number`);
  return rows.map((row) => ({
    account: row.account_id ?? '',
    currency: row.currency ?? '',
    opening: row.opening ?? '',
    openingDay: row.opening_day ?? null,
    closing: row.closing ?? '',
    closingDay: row.closing_day ?? '',
    importId: row.import_id ?? '',
    file: row.file ?? '',
  }));
}
