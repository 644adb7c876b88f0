import { JOINED_CURRENCIES, RATE_HOLDS_DAYS } from '../../ingest/currency/euro.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { beside, EXCHANGE_RATES, IMPORT_ROWS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { holds } from './answers.ts';

/** Rates of the days and currencies of a file whose amounts need one: `currency, day, rate, base_rate, rate_day`. */
export const RATED = 'pg_temp.finance_db_rated';

/**
 * Looks up the rates of the staged amounts that are neither in the base currency nor converted by the bank.
 * @param wanted their days and currencies (`2024-01-31 EUR`)
 * @returns whether there is any; RATED is made only then
 */
export async function readRates(
  session: PgSession,
  table: TableName,
  base: string,
  wanted: ReadonlySet<string>,
): Promise<boolean> {
  if (wanted.size === 0) return false;
  const asked = `
  SELECT pg_catalog.substr(w, pg_catalog.strpos(w, ' ') + 1) COLLATE "C" AS currency, pg_catalog.split_part(w, ' ', 1)::date AS day
  FROM pg_catalog.json_array_elements_text(${quoteLiteral(JSON.stringify([...wanted]))}::json) w`;
  await session.query(`
DROP TABLE IF EXISTS ${RATED};
CREATE TEMP TABLE finance_db_rated ON COMMIT DROP AS ${ratedSql(table, base, asked)};
ANALYZE ${RATED}`);
  return holds(session, `SELECT FROM ${RATED}`);
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
  const records = postgresTable(beside(table, IMPORT_ROWS));
  await session.query(`
WITH converted AS (
  UPDATE ${target} t SET normalized_amount = r.original_amount FROM ${records} r
  WHERE r.tx_id = t.tx_id AND r.original_currency = ${quoteLiteral(base)} AND r.original_amount IS NOT NULL
    AND r.normalized_amount IS NULL AND t.normalized_amount IS NULL AND t.currency <> ${quoteLiteral(base)}
  RETURNING t.tx_id
)
UPDATE ${records} r SET normalized_amount = r.original_amount, normalized_by = 'bank'
FROM converted c WHERE r.tx_id = c.tx_id AND r.original_currency = ${quoteLiteral(base)}`);
  const [row] = await session.query<Record<string, string>>(`
WITH same AS (
  UPDATE ${target} SET normalized_amount = amount
  WHERE normalized_amount IS NULL AND amount IS NOT NULL AND currency = ${quoteLiteral(base)}
  RETURNING tx_id, normalized_amount
), same_recorded AS (
  UPDATE ${records} r SET normalized_amount = s.normalized_amount, normalized_by = 'same'
  FROM same s WHERE r.tx_id = s.tx_id AND r.normalized_amount IS NULL
), found AS MATERIALIZED (
  ${normalizedSql(table, base, rows)}
), written AS (
  UPDATE ${target} t SET normalized_amount = f.normalized_amount FROM found f WHERE t.tx_id = f.id RETURNING 1
), recorded AS (
  UPDATE ${records} r
  SET normalized_amount = f.normalized_amount, normalized_by = 'rates', rate_day = f.rate_day
  FROM found f WHERE r.tx_id = f.id AND r.normalized_amount IS NULL RETURNING 1
)
SELECT (SELECT pg_catalog.count(*) FROM same) AS same, (SELECT pg_catalog.count(*) FROM written) AS rates,
  (SELECT pg_catalog.count(*) FROM ${target} WHERE normalized_amount IS NULL AND amount IS NOT NULL) AS before`);
  // The statement sees the table as it was.
  const [same, rates] = [Number(row?.same ?? 0), Number(row?.rates ?? 0)];
  return { same, rates, missing: Number(row?.before ?? 0) - same - rates };
}

/**
 * Amounts in the base currency, by exchange rates; those without a rate do not come out.
 * @param rows SQL of rows `id, amount, currency, day`
 * @returns SQL of rows `id, normalized_amount, rate_day`
 */
export function normalizedSql(table: TableName, base: string, rows: string): string {
  return `
WITH amounts AS (${rows}), rated AS MATERIALIZED (
  ${ratedSql(table, base, 'SELECT DISTINCT currency, day FROM amounts')}
), converted AS (
  SELECT a.id, ${inBaseSql('a.amount', 'r')} AS normalized_amount, r.rate_day FROM amounts a JOIN rated r USING (currency, day)
)
SELECT id, normalized_amount, rate_day FROM converted WHERE normalized_amount IS NOT NULL`;
}

/**
 * What an amount is in the base currency: amount / rate of its currency * rate of the base, both per euro, exactly, rounded half to
 * even to cents; NULL where there is no rate, or where it would not fit.
 * @param amount SQL of the amount
 * @param rated what a row of `ratedSql` is called
 */
export function inBaseSql(amount: string, rated: string): string {
  const rate = `${rated}.rate`;
  const whole = `(100 * pg_catalog.abs(${amount}) * ${rated}.base_rate)`;
  const cents = `pg_catalog.div(${whole}, ${rate})`;
  const twice = `2 * pg_catalog.mod(${whole}, ${rate})`;
  const rounded = `(${cents} + CASE WHEN ${twice} > ${rate} OR (${twice} = ${rate} AND pg_catalog.mod(${cents}, 2) = 1) THEN 1 ELSE 0 END)`;
  // Cents have at most two decimals, so that nothing is lost by the last division.
  return `CASE WHEN ${rate} IS NOT NULL AND ${rounded} < 1e15
    THEN pg_catalog.round(pg_catalog.sign(${amount}) * ${rounded} / 100, 2)::numeric(15,2) END`;
}

/**
 * The rates that put amounts into the base currency. A rate holds for the days after it that have none, seven at most; a currency
 * that the euro has replaced keeps its fixed rate. What has no rate does not come out.
 * @param wanted SQL of distinct rows `currency, day`
 * @returns SQL of rows `currency, day, rate, base_rate, rate_day` (the older day, where the two rates are of different days)
 */
function ratedSql(table: TableName, base: string, wanted: string): string {
  // MATERIALIZED: joined to the amounts before the rates were looked up, they would be looked up for each amount.
  return `
WITH wanted AS MATERIALIZED (${wanted})
SELECT w.currency, w.day, c.rate, b.rate AS base_rate, least(c.day, b.day) AS rate_day
FROM wanted w
CROSS JOIN LATERAL (${rateSql(table, 'w.currency', 'w.day')}) c
CROSS JOIN LATERAL (${rateSql(table, quoteLiteral(base), 'w.day')}) b
WHERE w.currency <> ${quoteLiteral(base)}`;
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
