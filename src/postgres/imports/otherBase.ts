import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { beside, IMPORT_ROWS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/**
 * Takes back the normalized amounts that imports and rates have made in another base currency than the one that is set now, so that
 * they are made anew. Which one an amount is in was not recorded, but it shows: an amount that was taken over (`same`) in another
 * currency, one that the bank converted into another, one by a rate though it is in the base currency. Where any is so, amounts by
 * rates go too, since nothing tells which of them are right; they come again. What somebody has changed since stays, and so does what a
 * file in our own columns says.
 * @param isSet whether somebody has set the base currency; the default alone is no reason to do all anew
 * @returns how many amounts of `transactions` were taken back
 * @throws FinanceDbError CONFIG when there are such amounts and no base currency is set
 */
export async function takeBackOtherBase(
  session: PgSession,
  table: TableName,
  base: string,
  isSet: boolean,
): Promise<number> {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const target = postgresTable(table);
  const currency = quoteLiteral(base);
  const wrong = `((r.normalized_by = 'same' AND r.currency <> ${currency} AND r.normalized_amount = r.amount)
    OR (r.normalized_by = 'bank' AND r.original_currency <> ${currency} AND r.normalized_amount = r.original_amount)
    OR (r.normalized_by = 'rates' AND r.currency = ${currency}))`;
  const unchanged = '(t.tx_id IS NULL OR t.normalized_amount IS NOT DISTINCT FROM r.normalized_amount)';
  const [found] = await session.query<{ currency: string; rows: string }>(`
SELECT CASE r.normalized_by WHEN 'bank' THEN r.original_currency ELSE r.currency END AS currency, pg_catalog.count(*) AS rows
FROM ${rows} r LEFT JOIN ${target} t USING (tx_id)
WHERE ${wrong} AND ${unchanged}
GROUP BY 1 ORDER BY 2 DESC LIMIT 1`);
  if (found === undefined) return 0;
  if (!isSet) throw notSet(base, found);
  const [row] = await session.query<{ taken: string }>(`
WITH made AS MATERIALIZED (
  SELECT DISTINCT r.tx_id FROM ${rows} r LEFT JOIN ${target} t USING (tx_id)
  WHERE (${wrong} OR r.normalized_by = 'rates') AND ${unchanged}
), taken AS (
  UPDATE ${target} t SET normalized_amount = NULL FROM made m WHERE t.tx_id = m.tx_id RETURNING 1
), recorded AS (
  UPDATE ${rows} r SET normalized_amount = NULL, normalized_by = NULL, rate_day = NULL FROM made m WHERE r.tx_id = m.tx_id
)
SELECT pg_catalog.count(*) AS taken FROM taken`);
  return Number(row?.taken ?? 0);
}

function notSet(base: string, found: { currency: string; rows: string }): FinanceDbError {
  return new FinanceDbError(
    'CONFIG',
    `normalized amounts are in ${found.currency} (${found.rows} were taken over as they are), and FINANCE_DB_BASE_CURRENCY is not set, so that ${base} would be taken for the base currency`,
    {
      remedy: `set FINANCE_DB_BASE_CURRENCY=${found.currency}, or to ${base} if all of them are to be made anew in ${base}`,
      details: { base, found: found.currency },
    },
  );
}
