import { missingExpressions, monthExpressions, rateExpressions, signExpressions } from './anomalyKinds.ts';
import type { ReportQuery } from './columns.ts';
import { periodConditions, whereClause } from './filters.ts';
import { ledgerExpressions, withClause } from './ledger.ts';
import { judgementDay } from './recurring.ts';
import type { StatsRequest } from './request.ts';
import { PAYEE, SERIES_COLUMNS, seriesExpressions } from './series.ts';
import { indented, limitClause, sumType } from './sql.ts';

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
/** A robust z-score beyond this is unusual. */
const UNUSUAL = 4;
const LARGE = 2;
/** Payments of one account to one merchant beside which one may stand out. */
const FEWEST_BESIDE = 4;

/**
 * Transactions that deserve a look, newest first, each with its reason:
 * - unusual amount: far from the merchant's usual ones, by the robust z-score of the logarithm (quartiles in the place of
 *   deviation, so that outliers do not hide themselves);
 * - charged twice: the same amount at the same merchant and account within 48 hours, where that is not the habit;
 * - first time, large: the first payment ever to a merchant, large for its category;
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
    }),
    ...seriesExpressions(judgementDay(request), source.scale, { least: 2 }),
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

/** The deviation of logarithms; half a percent is the least. */
const DEVIATION = 'greatest((quartiles[3] - quartiles[1]) / 1.349, 0.05)';

/**
 * Quartiles of the logarithm, per merchant with ten payments or more. Rows are looked at once more only where the largest
 * payment of all is unusual.
 */
function unusualExpressions(): string[] {
  const unusual = (size: string): string =>
    `${size} > exp(middle + ${UNUSUAL} * deviation) AND ${size} > 2 * exp(middle)`;
  // Far beyond the next largest is unusual however widely the others spread, and however few they are.
  const alone = (size: string): string => `${size} > 3 * next_largest AND ${size} > 5 * exp(middle)`;
  return [
    `merchants AS MATERIALIZED (
  SELECT merchant, quantile_disc(-normalized_amount, [0.25, 0.5, 0.75]) AS cash, count(*) AS payments,
    max(-normalized_amount)::DOUBLE AS largest, min("timestamp") AS first_seen,
    min("timestamp") FILTER (WHERE category IS NOT NULL) AS first_categorised
  FROM ledger
  WHERE normalized_amount < 0
  GROUP BY merchant
)`,
    `merchant_usual AS (
  SELECT merchant, quartiles[2] AS middle, ${DEVIATION} AS deviation
  FROM (SELECT *, list_transform(cash, lambda x: ln(x::DOUBLE)) AS quartiles FROM merchants WHERE payments >= 10)
  WHERE ${unusual('largest')}
)`,
    // Where merchants are kinds of payments ("Cash withdrawal") what is usual is the account's own.
    `account_merchants AS MATERIALIZED (
  SELECT account_id, merchant, quantile_disc(-normalized_amount, [0.25, 0.5, 0.75]) AS cash, count(*) AS payments,
    max(-normalized_amount, 2) AS largest_two
  FROM ledger
  WHERE normalized_amount < 0
  GROUP BY account_id, merchant
  HAVING count(*) >= ${FEWEST_BESIDE}
)`,
    `account_usual AS (
  SELECT account_id, merchant, middle, deviation, next_largest, payments
  FROM (
    SELECT account_id, merchant, payments, quartiles[2] AS middle, ${DEVIATION} AS deviation, largest_two[1]::DOUBLE AS largest,
      largest_two[2]::DOUBLE AS next_largest
    FROM (SELECT *, list_transform(cash, lambda x: ln(x::DOUBLE)) AS quartiles FROM account_merchants)
  )
  WHERE payments >= 10 AND ${unusual('largest')} OR ${alone('largest')}
)`,
    `unusual AS (
  SELECT row_id, any_value(format('{:.1f} times the usual {:.2f}', size / usual, usual)) AS reason
  FROM (
    SELECT row_id, size, exp(middle) AS usual
    FROM (SELECT row_id, merchant, -normalized_amount::DOUBLE AS size FROM ledger WHERE normalized_amount < 0)
      JOIN merchant_usual USING (merchant)
    WHERE ${unusual('size')}
    UNION ALL
    SELECT row_id, size, exp(middle)
    FROM (SELECT row_id, account_id, merchant, -normalized_amount::DOUBLE AS size FROM ledger WHERE normalized_amount < 0) l
      JOIN account_usual a ON a.merchant = l.merchant AND a.account_id IS NOT DISTINCT FROM l.account_id
    WHERE payments >= 10 AND ${unusual('size')} OR ${alone('size')}
  )
  GROUP BY row_id
)`,
  ];
}

/** Habits, such as two bus tickets a day, are told by how often the same happens: more than a quarter of the time. */
function twiceExpressions(): string[] {
  return [
    `same_charges AS MATERIALIZED (
  SELECT hash(account_id, merchant, normalized_amount) AS charge, row_id, "timestamp"
  FROM repeated_rows
  WHERE normalized_amount < 0
)`,
    // Most of what comes twice comes weeks apart: sorting the rest takes a tenth of the time.
    // Two midnights are two dates without a time.
    `spaced AS MATERIALIZED (
  SELECT charge, row_id, "timestamp" - lag("timestamp") OVER (PARTITION BY charge ORDER BY "timestamp", row_id) AS gap,
    "timestamp" = "timestamp"::DATE AND epoch(gap) % 86400 = 0 AS whole_days
  FROM same_charges
  WHERE charge IN (
    SELECT charge FROM same_charges GROUP BY charge
    HAVING count(*) > 2 OR max("timestamp") - min("timestamp") <= INTERVAL 48 HOUR)
)`,
    `twice AS (
  SELECT row_id, CASE
    WHEN whole_days AND gap < INTERVAL 1 HOUR THEN 'charged again on the same day'
    WHEN whole_days THEN 'charged again ' || CASE WHEN gap < INTERVAL 47 HOUR THEN 'the next day' ELSE 'two days later' END
    WHEN gap < INTERVAL 1 HOUR THEN 'charged again within the hour'
    ELSE 'charged again after ' || round(epoch(gap) / 3600)::INTEGER || ' h' END AS reason
  FROM spaced JOIN (
    SELECT charge, count(*) AS charges, count(*) FILTER (WHERE gap <= INTERVAL 48 HOUR) AS close
    FROM spaced
    GROUP BY charge
  ) USING (charge)
  WHERE gap <= INTERVAL 48 HOUR AND (close = 1 OR close * 4 <= charges)
)`,
  ];
}

/**
 * Only where the file reaches back 90 days: at its beginning everything is new. A payment without a category is compared
 * with the first category that the merchant has.
 */
function firstExpressions(): string[] {
  return [
    `newcomers AS MATERIALIZED (
  SELECT merchant, first_seen, first_categorised
  FROM merchants
  WHERE first_seen > (SELECT min(first_seen) FROM merchants) + INTERVAL 90 DAY
)`,
    // min_by passes over NULL.
    `first_rows AS MATERIALIZED (
  SELECT min_by(row_id, ("timestamp", row_id)) AS row_id, min_by(category, ("timestamp", row_id)) AS category,
    min_by(-normalized_amount, ("timestamp", row_id))::DOUBLE AS size
  FROM ledger JOIN newcomers ON ledger.merchant IS NOT DISTINCT FROM newcomers.merchant
  WHERE normalized_amount < 0 AND ("timestamp" = first_seen OR "timestamp" = first_categorised)
  GROUP BY newcomers.merchant
)`,
    `category_usual AS (
  SELECT category, quartiles[2] AS middle, ${DEVIATION} AS deviation
  FROM (
    SELECT category, quantile_disc(-normalized_amount, [0.25, 0.5, 0.75]) AS cash,
      list_transform(cash, lambda x: ln(x::DOUBLE)) AS quartiles
    FROM ledger
    WHERE normalized_amount < 0 AND category IN (SELECT category FROM first_rows)
    GROUP BY category
    HAVING count(*) >= 20
  )
)`,
    `first_large AS (
  SELECT row_id, format('first time, {:.1f} times usual in {}', size / exp(middle), category) AS reason
  FROM first_rows JOIN category_usual USING (category)
  WHERE size > exp(middle + ${LARGE} * deviation) AND size > 3 * exp(middle)
)`,
  ];
}
