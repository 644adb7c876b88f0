import { beside, IMPORT_ROWS, LEARNT } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { holds } from './answers.ts';
import { ENTRIES } from './entries.ts';
import { hasSideTable } from './sideTables.ts';

/** One row a payee of the file whose category the user's own rows tell. */
export const HISTORY = 'pg_temp.finance_db_history';

/** Categories that nobody chose: nothing is learnt from them, so that a guess never proves itself. */
export const GUESSED = ['history', 'mcc', 'learnt', 'transfer'] as const;

/**
 * What the payees of the new rows were filed under before, by the user, a rule or the bank: at least two rows, more than 80 % of
 * which agree. How a row was filed is what the import that brought it has recorded; what a later one would have guessed does not count.
 * @returns whether there is any such payee
 */
export async function readHistory(session: PgSession, table: TableName): Promise<boolean> {
  const guessed = GUESSED.map((by) => `'${by}'`).join(', ');
  // Rows that no import has brought, and that `categorize` has filed.
  const learnt = (await hasSideTable(session, table, LEARNT))
    ? ` AND NOT EXISTS (
    SELECT FROM ${postgresTable(beside(table, LEARNT))} l
    WHERE l.tx_id = t.tx_id AND l.chosen_by = 'learnt' AND l.undone_at IS NULL AND l.category = t.category
  )`
    : '';
  await session.query(`
DROP TABLE IF EXISTS ${HISTORY};
CREATE TEMP TABLE finance_db_history ON COMMIT DROP AS
WITH payees AS (
  SELECT DISTINCT merchant FROM ${ENTRIES} WHERE outcome = 'new' AND category IS NULL AND merchant IS NOT NULL
), uses AS (
  SELECT t.merchant, t.category, t.subcategory
  FROM payees p
  JOIN ${postgresTable(table)} t ON t.merchant = p.merchant
  WHERE t.category IS NOT NULL AND NOT EXISTS (
    SELECT FROM ${postgresTable(beside(table, IMPORT_ROWS))} r
    WHERE r.tx_id = t.tx_id AND r.outcome = 'new' AND r.category_by IN (${guessed}) AND r.category = t.category
  )${learnt}
), counted AS (
  SELECT merchant, category, pg_catalog.count(*) AS rows,
    pg_catalog.sum(pg_catalog.count(*)) OVER (PARTITION BY merchant) AS all_rows,
    pg_catalog.mode() WITHIN GROUP (ORDER BY subcategory) AS subcategory
  FROM uses
  GROUP BY merchant, category
)
SELECT DISTINCT ON (merchant) merchant, category, subcategory
FROM counted
WHERE all_rows >= 2 AND rows > 0.8 * all_rows
ORDER BY merchant, rows DESC, category;
ANALYZE ${HISTORY}`);
  return holds(session, `SELECT FROM ${HISTORY}`);
}
