import { quoteLiteral } from '../../model/identifier.ts';
import { beside, IMPORTS, STATEMENTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/** Two statements of an account that follow each other, and the later does not begin with what the earlier ended with. */
export interface Gap {
  readonly account: string;
  readonly currency: string;
  /** What the later one opens with, on which day, in which import and file. */
  readonly opening: string;
  readonly openingDay: string | null;
  readonly importAfter: string;
  readonly fileAfter: string;
  /** What the earlier one closed with, on which day, in which import and file. */
  readonly closing: string;
  readonly closingDay: string | null;
  readonly importBefore: string;
  readonly fileBefore: string;
  /** opening - closing: what the entries between them add up to. */
  readonly missing: string;
}

/** The statements of an import's accounts, of all imports that stand, and whether another one has their first day too; gone with the transaction. */
const STANDING = 'pg_temp.finance_db_standing';

/**
 * Compares each statement of an import with its neighbours of the same account and currency, of whatever import: the nearest one
 * that ends before it begins, and the nearest that begins after its end. Between two neighbours nothing may be missing.
 *
 * Days are those of the entries (of the balances, for a statement without any). A statement whose first day another one has
 * too was compared row by row; its opening balance may lie in the middle of that day, so that it says nothing here.
 */
export async function findGaps(session: PgSession, table: TableName, importId: string): Promise<Gap[]> {
  const statements = postgresTable(beside(table, STATEMENTS));
  const mine = `FROM ${statements} WHERE import_id = ${quoteLiteral(importId)} AND (opening IS NOT NULL OR closing IS NOT NULL)`;
  const [any] = await session.query<{ any: string }>(`SELECT EXISTS (SELECT ${mine}) AS any`);
  if (any?.any !== 't') return [];
  // With an index, each statement finds its neighbours at once, however many there are (thousands in years of daily statements).
  const rows = await session.query<Record<string, string>>(`
DROP TABLE IF EXISTS ${STANDING};
CREATE TEMP TABLE finance_db_standing ON COMMIT DROP AS
SELECT *,
  -- By what lies before it in order of beginning: asked of each pair, millions of statements would never end.
  pg_catalog.max(ends) OVER (PARTITION BY account_id, unit ORDER BY begins RANGE BETWEEN UNBOUNDED PRECEDING AND '1 day' PRECEDING) >= begins IS TRUE
    OR pg_catalog.count(*) FILTER (WHERE ends >= begins) OVER (PARTITION BY account_id, unit, begins) > (CASE WHEN ends >= begins THEN 1 ELSE 0 END) AS covered
FROM (
  SELECT s.*, coalesce(s.currency, '') AS unit, i.file, coalesce(s.first_day, s.closing_day, s.opening_day) AS begins,
    coalesce(s.last_day, s.closing_day, s.opening_day) AS ends
  FROM ${statements} s JOIN ${postgresTable(beside(table, IMPORTS))} i USING (import_id)
  WHERE i.undone_at IS NULL AND s.account_id = ANY (ARRAY(SELECT account_id ${mine}))
) standing;
CREATE INDEX ON ${STANDING} (account_id, unit, begins);
CREATE INDEX ON ${STANDING} (account_id, unit, ends);
ANALYZE ${STANDING};
WITH mine AS (
  SELECT * FROM ${STANDING} WHERE import_id = ${quoteLiteral(importId)}
), beginnings AS (
  SELECT import_id, number FROM mine
  UNION
  SELECT a.import_id, a.number
  FROM (SELECT DISTINCT account_id, unit, ends FROM mine) m
  JOIN LATERAL (
    SELECT s.* FROM ${STANDING} s
    WHERE s.account_id = m.account_id AND s.unit = m.unit AND s.begins > m.ends
    ORDER BY s.begins LIMIT 1
  ) a ON true
)
SELECT l.account_id, l.currency, l.opening, l.opening_day, l.import_id AS import_after, l.file AS file_after,
  b.closing, coalesce(b.closing_day, b.ends) AS closing_day, b.import_id AS import_before, b.file AS file_before,
  l.opening - b.closing AS missing
FROM beginnings JOIN ${STANDING} l USING (import_id, number)
JOIN LATERAL (
  SELECT s.* FROM ${STANDING} s
  WHERE s.account_id = l.account_id AND s.unit = l.unit AND s.ends < l.begins
  ORDER BY s.ends DESC, (s.closing = l.opening) DESC NULLS LAST, s.import_id DESC, s.number DESC
  LIMIT 1
) b ON b.closing <> l.opening
WHERE NOT l.covered
ORDER BY l.account_id, l.begins`);
  return rows.map((row) => ({
    account: row.account_id ?? '',
    currency: row.currency ?? '',
    opening: inCents(row.opening),
    openingDay: row.opening_day ?? null,
    importAfter: row.import_after ?? '',
    fileAfter: row.file_after ?? '',
    closing: inCents(row.closing),
    closingDay: row.closing_day ?? null,
    importBefore: row.import_before ?? '',
    fileBefore: row.file_before ?? '',
    missing: inCents(row.missing),
  }));
}

/** Balances are kept with five decimals; two are shown, unless the others say something. */
function inCents(amount: string | undefined): string {
  return (amount ?? '').replace(/(\.\d\d\d*?)0+$/, '$1');
}
