import { JOINED_CURRENCIES, RATE_HOLDS_DAYS } from '../../ingest/currency/euro.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { beside, EXCHANGE_RATES, IMPORT_ROWS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { STAGED } from './stage.ts';

/** One row an entry whose amount an exchange rate puts into the base currency. */
export const NORMALIZED = 'pg_temp.finance_db_normalized';

/**
 * How many days and currencies there are is unknown to the planner, which would look through all of them for each amount; the look-ups
 * of single rates are nested loops all the same, since nothing else is possible there.
 */
const HASHED = 'SET LOCAL enable_nestloop = off;';
const PLANNED = 'SET LOCAL enable_nestloop TO DEFAULT;';

/** Puts the staged amounts that are neither in the base currency nor converted by the bank into it, where there is a rate. */
export async function normalizeStaged(session: PgSession, table: TableName, base: string): Promise<void> {
  const rows = `SELECT record AS id, amount, currency, booked::date AS day FROM ${STAGED} WHERE normalized_amount IS NULL`;
  await session.query(`
DROP TABLE IF EXISTS ${NORMALIZED};
${HASHED}
CREATE TEMP TABLE finance_db_normalized ON COMMIT DROP AS
SELECT id AS record, normalized_amount, normalized_by, rate_day FROM (${normalizedSql(table, base, rows)}) n;
${PLANNED}
ANALYZE ${NORMALIZED}`);
}

/**
 * Puts amounts of `transactions` that have no normalized amount yet into the base currency, and records how where an import knows
 * the row.
 * @returns how many got one, and how many still have none
 */
export async function normalizeStored(
  session: PgSession,
  table: TableName,
  base: string,
): Promise<{ same: number; rates: number; missing: number }> {
  const target = postgresTable(table);
  const rows = `SELECT tx_id AS id, amount, currency, "timestamp"::date AS day FROM ${target}
  WHERE normalized_amount IS NULL AND amount IS NOT NULL AND currency <> ${quoteLiteral(base)}`;
  const [row] = await session.query<Record<string, string>>(`
WITH same AS (
  UPDATE ${target} SET normalized_amount = amount
  WHERE normalized_amount IS NULL AND amount IS NOT NULL AND currency = ${quoteLiteral(base)}
  RETURNING tx_id
), found AS MATERIALIZED (
  SELECT * FROM (${normalizedSql(table, base, rows)}) n
), written AS (
  UPDATE ${target} t SET normalized_amount = f.normalized_amount FROM found f WHERE t.tx_id = f.id RETURNING 1
), recorded AS (
  UPDATE ${postgresTable(beside(table, IMPORT_ROWS))} r
  SET normalized_amount = f.normalized_amount, normalized_by = f.normalized_by, rate_day = f.rate_day
  FROM found f WHERE r.tx_id = f.id AND r.normalized_amount IS NULL RETURNING 1
)
SELECT (SELECT pg_catalog.count(*) FROM same) AS same, (SELECT pg_catalog.count(*) FROM written) AS rates,
  (SELECT pg_catalog.count(*) FROM ${target} WHERE normalized_amount IS NULL AND amount IS NOT NULL) AS before`);
  // The statement sees the table as it was.
  const [same, rates] = [Number(row?.same ?? 0), Number(row?.rates ?? 0)];
  return { same, rates, missing: Number(row?.before ?? 0) - same - rates };
}

/**
 * Amounts in the base currency: amount / rate of its currency * rate of the base, both per euro, exactly, rounded half to even to
 * cents. A rate holds for the days after it that have none, seven at most; a currency that the euro has replaced keeps its fixed
 * rate. Rows without a rate do not come out.
 * @param rows SQL of rows `id, amount, currency, day`
 * @returns SQL of rows `id, normalized_amount, normalized_by, rate_day` (the older day, where the two rates are of different days)
 */
export function normalizedSql(table: TableName, base: string, rows: string): string {
  return `
WITH amounts AS (${rows}), wanted AS (
  SELECT DISTINCT currency, day FROM amounts WHERE currency <> ${quoteLiteral(base)}
), rated AS (
  SELECT w.currency, w.day, c.rate, b.rate AS base_rate, least(c.day, b.day) AS rate_day
  FROM wanted w
  CROSS JOIN LATERAL (${rateSql(table, 'w.currency', 'w.day')}) c
  CROSS JOIN LATERAL (${rateSql(table, quoteLiteral(base), 'w.day')}) b
), scaled AS (
  SELECT a.id, pg_catalog.sign(a.amount) AS sign, r.rate, r.rate_day, 100 * pg_catalog.abs(a.amount) * r.base_rate AS whole,
    pg_catalog.div(100 * pg_catalog.abs(a.amount) * r.base_rate, r.rate) AS cents
  FROM amounts a JOIN rated r USING (currency, day)
), rounded AS (
  SELECT id, rate_day, sign, cents + CASE
      WHEN 2 * (whole - cents * rate) > rate OR (2 * (whole - cents * rate) = rate AND pg_catalog.mod(cents, 2) = 1) THEN 1 ELSE 0
    END AS cents
  FROM scaled
)
-- Cents have at most two decimals, so that nothing is lost by this division.
SELECT id, pg_catalog.round(sign * cents / 100, 2)::numeric(15,2) AS normalized_amount, 'rates'::text AS normalized_by, rate_day
FROM rounded
WHERE cents < 1e15`;
}

/** The rate of one currency on one day: none, or one row `rate, day`. */
function rateSql(table: TableName, currency: string, day: string): string {
  const joined = JOINED_CURRENCIES.map(
    ({ currency: code, rate, since }) => `('${code}', ${rate}, DATE '${since}')`,
  ).join(', ');
  return `
    SELECT rate, day FROM (
      SELECT 1::numeric AS rate, ${day} AS day WHERE ${currency} = 'EUR'
      UNION ALL
      SELECT j.rate, ${day} FROM (VALUES ${joined}) j(currency, rate, since) WHERE j.currency = ${currency} AND ${day} >= j.since
      UNION ALL
      SELECT e.rate, e.day FROM ${postgresTable(beside(table, EXCHANGE_RATES))} e
      WHERE e.currency = ${currency} AND e.day <= ${day} AND e.day >= ${day} - ${RATE_HOLDS_DAYS}
    ) quoted
    ORDER BY day DESC
    LIMIT 1`;
}
