import { missingExpressions, monthExpressions, rateExpressions, signExpressions } from './anomalyKinds.ts';
import { twiceExpressions } from './chargedTwice.ts';
import type { ReportQuery } from './columns.ts';
import { periodConditions, whereClause } from './filters.ts';
import { ledgerExpressions, withClause } from './ledger.ts';
import { judgementDay } from './recurring.ts';
import type { StatsRequest } from './request.ts';
import { PAYEE, SERIES_COLUMNS, seriesExpressions } from './series.ts';
import { indented, limitClause, sumType } from './sql.ts';
import { DEVIATION, unusualExpressions } from './unusualAmounts.ts';

export type AnomalyKind =
  | 'unusual amount'
  | 'charged twice'
  | 'first time, large'
  | 'price change'
  | 'wrong sign'
  | 'odd rate'
  | 'missing payment'
  | 'unusual month'
  | 'change of habit';

export type AnomalyRow = {
  readonly date: string;
  readonly merchant: string;
  readonly amount: string;
  readonly kind: AnomalyKind;
  readonly reason: string;
  readonly account_id: string | null;
  readonly tx_id: string | null;
};

const DEFAULT_LIMIT = 20;
const LARGE = 2;

/**
 * Transactions that deserve a look, newest first, each with its reason:
 * - unusual amount: src/analytics/unusualAmounts.ts; charged twice: src/analytics/chargedTwice.ts;
 * - first time, large: the first payment ever to a merchant, large for its subcategory or category;
 * - price change: something recurring that costs more than before;
 * - wrong sign, odd rate, missing payment, unusual month, change of habit: src/analytics/anomalyKinds.ts.
 * What is usual is learnt from all rows up to the end of the period; shown are those of the period.
 */
export function anomaliesReport(request: StatsRequest): ReportQuery {
  const { source, period } = request;
  const history = { ...period, from: null };
  const shown = periodConditions(period, 0, 't."timestamp"');
  const since = (day: string): string => (period.from === null ? '' : ` WHERE ${day} >= DATE '${period.from}'`);
  const sql = `${withClause([
    ...ledgerExpressions(request, [...SERIES_COLUMNS, 'currency', ...(source.amountScale === null ? [] : ['amount'])], {
      period: history,
      conditions: ['normalized_amount <> 0'],
      computed: [PAYEE],
      often: true,
    }),
    ...seriesExpressions(judgementDay(request), source.scale, { least: 2, forWhat: true }),
    ...unusualExpressions(),
    ...twiceExpressions(),
    ...firstExpressions(),
    ...signExpressions(),
    ...rateExpressions(request),
    ...missingExpressions(judgementDay(request)),
    ...monthExpressions(`(date_trunc('month', ${judgementDay(request)} + 1))::DATE`),
    // Grouped, although nothing is found twice, so that DuckDB expects few rows and looks these up in the table and not
    // the table in these.
    `found AS (
  SELECT row_id, kind, any_value(reason) AS reason
  FROM (
    SELECT row_id, 'unusual amount' AS kind, reason FROM unusual
    UNION ALL SELECT row_id, 'charged twice', reason FROM twice
    UNION ALL SELECT row_id, 'first time, large', reason FROM first_large
    UNION ALL SELECT row_id, 'wrong sign', reason FROM wrong_sign
    UNION ALL SELECT row_id, 'odd rate', reason FROM odd_rate
  )
  GROUP BY row_id, kind
)`,
    `anomalies AS MATERIALIZED (
  SELECT t."timestamp"::DATE AS date, t.merchant, t.normalized_amount AS amount, kind, reason, t.account_id, t.tx_id
  FROM found JOIN ${source.table} AS t ON t.rowid = row_id${indented(whereClause(shown))}
  UNION ALL
  SELECT changed_on, merchant, amount, 'price change', 'up from ' || abs(price_before) || ', ' || cadence,
    account_id, NULL
  FROM recurring
  WHERE type = 'fixed' AND abs(amount) > abs(price_before)${period.from === null ? '' : ` AND changed_on >= DATE '${period.from}'`}
  UNION ALL
  SELECT date, merchant, amount, 'missing payment', reason, account_id, NULL FROM missing${since('date')}
  UNION ALL
  SELECT date, NULL, (-spent)::${sumType(source.scale)}, kind, reason, NULL, NULL FROM odd_months${since('date')}
)`,
  ])}(
  SELECT date, merchant, amount, kind, reason, account_id, tx_id, false AS is_total, NULL AS row_count
  FROM anomalies
  ORDER BY ${request.sort === 'amount' ? 'amount, ' : ''}date DESC, tx_id, merchant, kind, account_id, amount${indented(limitClause(request.limit ?? DEFAULT_LIMIT))}
)
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, count(*)
FROM anomalies`;
  return {
    sql,
    noun: 'unusual transaction',
    columns: [
      { key: 'date', title: 'Date', kind: 'date' },
      { key: 'merchant', title: 'Merchant', kind: 'text' },
      { key: 'amount', title: 'Amount', kind: 'money' },
      { key: 'kind', title: 'What', kind: 'text', whole: true, spare: 1 },
      { key: 'reason', title: 'Why', kind: 'text', wide: true },
      { key: 'account_id', title: 'Account', kind: 'text', spare: 2 },
      { key: 'tx_id', title: 'Transaction', kind: 'text', spare: 3 },
    ],
  };
}

/**
 * Only where the file reaches back 90 days: at its beginning everything is new. What is usual is told by the subcategory where that has
 * payments enough, since a category may hold both bus fares and flights; what is
 * little for the category is not worth a look all the same. A payment without a category is compared with the first category
 * that the merchant has.
 */
function firstExpressions(): string[] {
  const usualBy = (column: string): string => `SELECT ${column}, quartiles[2] AS middle, ${DEVIATION} AS deviation
  FROM (
    SELECT ${column}, quantile_disc(-normalized_amount, [0.25, 0.5, 0.75]) AS cash,
      list_transform(cash, lambda x: ln(x::DOUBLE)) AS quartiles
    FROM ledger
    WHERE normalized_amount < 0 AND ${column} IN (SELECT ${column} FROM first_rows)
    GROUP BY ${column}
    HAVING count(*) >= 20
  )`;
  return [
    `newcomers AS MATERIALIZED (
  SELECT merchant, min("timestamp") AS first_seen, min("timestamp") FILTER (WHERE category IS NOT NULL) AS first_categorised
  FROM ledger
  WHERE normalized_amount < 0
  GROUP BY merchant
  HAVING first_seen > (SELECT min("timestamp") FROM ledger WHERE normalized_amount < 0) + INTERVAL 90 DAY
)`,
    // min_by passes over NULL.
    `first_rows AS MATERIALIZED (
  SELECT min_by(row_id, ("timestamp", row_id)) AS row_id, min_by(category, ("timestamp", row_id)) AS category,
    min_by(subcategory, ("timestamp", row_id)) AS subcategory, min_by(-normalized_amount, ("timestamp", row_id))::DOUBLE AS size
  FROM ledger JOIN newcomers ON ledger.merchant IS NOT DISTINCT FROM newcomers.merchant
  WHERE normalized_amount < 0 AND ("timestamp" = first_seen OR "timestamp" = first_categorised)
  GROUP BY newcomers.merchant
)`,
    `category_usual AS (
  ${usualBy('category')}
)`,
    `subcategory_usual AS (
  ${usualBy('subcategory')}
)`,
    `first_large AS (
  SELECT row_id, format('first time, {:.1f} times usual in {}', size / exp(middle), name) AS reason
  FROM (
    SELECT row_id, size, coalesce(s.middle, c.middle) AS middle, coalesce(s.deviation, c.deviation) AS deviation,
      CASE WHEN s.middle IS NULL THEN category ELSE subcategory END AS name, exp(c.middle + c.deviation) AS rather_much
    FROM first_rows LEFT JOIN subcategory_usual s USING (subcategory) LEFT JOIN category_usual c USING (category)
  )
  WHERE size > exp(middle + ${LARGE} * deviation) AND size > 3 * exp(middle) AND (rather_much IS NULL OR size > rather_much)
)`,
  ];
}
