import { beside, IMPORT_ROWS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import { copyIn } from '../copyIn.ts';
import type { PgSession } from '../session.ts';

/** A row whose category is nobody's own choice. */
export interface RefilableRow {
  readonly txId: string;
  readonly day: string;
  /** What the bank wrote; the merchant of a row that no import has brought. */
  readonly text: string;
  readonly merchant: string | null;
  readonly account: string;
  readonly amount: string;
  readonly category: string | null;
  readonly subcategory: string | null;
}

/** What a row gets; what is null stays. */
export interface Refiling {
  readonly txId: string;
  readonly merchant: string | null;
  readonly category: string | null;
  readonly subcategory: string | null;
}

const PAGE = 5000;
const REFILED = 'pg_temp.finance_db_refiled';

/**
 * The rows that rules may file anew, page by page: those with the category that their import gave them (a person who changed or
 * removed it has the last word), but for transfers between own accounts; of rows that no import has brought, those without one.
 * Within the caller's transaction.
 * @param recorded whether there is a side table of entries
 */
export async function* refilableRows(
  session: PgSession,
  table: TableName,
  recorded: boolean,
): AsyncGenerator<RefilableRow[]> {
  const target = postgresTable(table);
  // Of several imports that have seen a row, the one that brought it knows how it was filed.
  const origin = recorded
    ? `SELECT DISTINCT ON (tx_id) tx_id, text, outcome, category, subcategory, category_by
  FROM ${postgresTable(beside(table, IMPORT_ROWS))}
  ORDER BY tx_id, outcome = 'new' DESC, import_id DESC, record`
    : 'SELECT NULL::text AS tx_id, NULL AS text, NULL AS outcome, NULL AS category, NULL AS subcategory, NULL AS category_by WHERE false';
  await session.query(`
DECLARE finance_db_refilable NO SCROLL CURSOR FOR
SELECT t.tx_id, t."timestamp"::date AS day, coalesce(nullif(r.text, ''), t.merchant, '') AS text, t.merchant, t.account_id, t.amount,
  t.category, t.subcategory
FROM ${target} t LEFT JOIN (${origin}) r ON r.tx_id = t.tx_id
WHERE CASE WHEN r.outcome IS DISTINCT FROM 'new' THEN t.category IS NULL
  ELSE r.category_by IS DISTINCT FROM 'transfer' AND t.category IS NOT DISTINCT FROM r.category
    AND t.subcategory IS NOT DISTINCT FROM r.subcategory END
ORDER BY t."timestamp", t.tx_id`);
  for (;;) {
    const rows = await session.query<Record<string, string | null>>(`FETCH ${PAGE} FROM finance_db_refilable`);
    if (rows.length === 0) break;
    yield rows.map((row) => ({
      txId: row.tx_id ?? '',
      day: row.day ?? '',
      text: row.text ?? '',
      merchant: row.merchant ?? null,
      account: row.account_id ?? '',
      amount: row.amount ?? '',
      category: row.category ?? null,
      subcategory: row.subcategory ?? null,
    }));
  }
  await session.query('CLOSE finance_db_refilable');
}

/** Makes room for what rules decide. */
export async function createRefiled(session: PgSession): Promise<void> {
  await session.query(
    `CREATE TEMP TABLE finance_db_refiled (tx_id text, merchant text, category text, subcategory text) ON COMMIT DROP`,
  );
}

export async function stageRefiled(session: PgSession, rows: readonly Refiling[]): Promise<void> {
  const columns = ['tx_id', 'merchant', 'category', 'subcategory'];
  await copyIn(
    session,
    { schema: 'pg_temp', name: 'finance_db_refiled' },
    columns,
    rows.map(({ txId, merchant, category, subcategory }) => [txId, merchant, category, subcategory]),
  );
}

/**
 * Files the staged rows: in `transactions` those that change, in the side table all, as by a rule.
 * @returns how many rows of `transactions` changed
 */
export async function applyRefiled(session: PgSession, table: TableName, recorded: boolean): Promise<number> {
  const target = postgresTable(table);
  const subcategory = (row: string): string =>
    `CASE WHEN f.category IS NULL THEN ${row}.subcategory ELSE f.subcategory END`;
  await session.query(`ANALYZE ${REFILED}`);
  const [row] = await session.query<{ changed: string }>(`
WITH changed AS (
  UPDATE ${target} t
  SET merchant = coalesce(f.merchant, t.merchant), category = coalesce(f.category, t.category), subcategory = ${subcategory('t')}
  FROM ${REFILED} f
  WHERE f.tx_id = t.tx_id AND (t.merchant IS DISTINCT FROM coalesce(f.merchant, t.merchant)
    OR t.category IS DISTINCT FROM coalesce(f.category, t.category) OR t.subcategory IS DISTINCT FROM ${subcategory('t')})
  RETURNING 1
)
SELECT pg_catalog.count(*) AS changed FROM changed`);
  if (recorded)
    await session.query(`
UPDATE ${postgresTable(beside(table, IMPORT_ROWS))} r
SET merchant = coalesce(f.merchant, r.merchant), merchant_by = CASE WHEN f.merchant IS NULL THEN r.merchant_by ELSE 'rule' END,
  category = coalesce(f.category, r.category), subcategory = ${subcategory('r')},
  category_by = CASE WHEN f.category IS NULL THEN r.category_by ELSE 'rule' END
FROM ${REFILED} f
WHERE f.tx_id = r.tx_id`);
  return Number(row?.changed ?? 0);
}
