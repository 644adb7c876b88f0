import type { StatsRequest } from './request.ts';

/** Payments on one side that it takes to tell the other side's from usual ones. */
const ONE_SIDED = 8;
/** Money that comes back within so many days of an equal charge is a refund. */
const REFUND_DAYS = 120;

/**
 * Table expressions of `wrong_sign`: money in from a merchant that otherwise only takes, or money out to one that otherwise only pays,
 * where no equal charge was before it (that would be a refund).
 */
export function signExpressions(): string[] {
  return [
    `sides AS MATERIALIZED (
  SELECT merchant, count(*) FILTER (WHERE normalized_amount < 0) AS outs, count(*) FILTER (WHERE normalized_amount > 0) AS ins
  FROM ledger
  WHERE merchant <> ''
  GROUP BY merchant
  HAVING least(ins, outs) BETWEEN 1 AND greatest(1, greatest(ins, outs) * 0.05) AND greatest(ins, outs) >= ${ONE_SIDED}
)`,
    `against AS MATERIALIZED (
  SELECT row_id, l.account_id, l.merchant, "timestamp", normalized_amount, outs, ins
  FROM ledger l JOIN sides USING (merchant)
  WHERE (normalized_amount > 0) = (outs > ins)
)`,
    `wrong_sign AS (
  SELECT row_id, CASE WHEN outs > ins THEN 'money in, where ' || outs || ' of ' || (outs + ins) || ' payments went out'
    ELSE 'money out, where ' || ins || ' of ' || (outs + ins) || ' payments came in' END AS reason
  FROM against a
  WHERE NOT EXISTS (
    SELECT 1 FROM ledger b
    WHERE b.merchant = a.merchant AND b.merchant IN (SELECT merchant FROM sides) AND b.normalized_amount = -a.normalized_amount
      AND b.account_id IS NOT DISTINCT FROM a.account_id AND b."timestamp" <= a."timestamp"
      AND b."timestamp" > a."timestamp" - INTERVAL ${REFUND_DAYS} DAY)
)`,
  ];
}

/**
 * Table expressions of `odd_rate`: an amount whose normalized one is far from what its currency is usually worth, as when it was taken over
 * unconverted. Only where amounts are exact numbers.
 */
export function rateExpressions({ source }: StatsRequest): string[] {
  if (source.amountScale === null)
    return ['odd_rate AS (SELECT NULL::BIGINT AS row_id, NULL::VARCHAR AS reason WHERE false)'];
  return [
    // Extremes cost little, and where they are near each other no median is needed: in the base currency, which most rows are in.
    `wide_rates AS (
  SELECT currency
  FROM ledger
  WHERE amount <> 0
  GROUP BY currency
  HAVING max(normalized_amount::DOUBLE / amount::DOUBLE) > 1.6 * min(normalized_amount::DOUBLE / amount::DOUBLE)
    OR min(normalized_amount::DOUBLE / amount::DOUBLE) <= 0
)`,
    `rates AS MATERIALIZED (
  SELECT currency, median(normalized_amount::DOUBLE / amount::DOUBLE) AS usual, min(normalized_amount::DOUBLE / amount::DOUBLE) AS least,
    max(normalized_amount::DOUBLE / amount::DOUBLE) AS most
  FROM ledger
  WHERE amount <> 0 AND currency IN (SELECT currency FROM wide_rates)
  GROUP BY currency
  HAVING count(*) >= 5 AND (most > 1.6 * usual OR least < usual / 1.6)
)`,
    `odd_rate AS (
  SELECT row_id, format('{:.4g} a {}, where {:.4g} is usual', normalized_amount::DOUBLE / amount::DOUBLE, currency, usual) AS reason
  FROM ledger JOIN rates USING (currency)
  WHERE amount <> 0 AND NOT normalized_amount::DOUBLE / amount::DOUBLE BETWEEN usual / 1.6 AND usual * 1.6
)`,
  ];
}

/** What `missing` names has to have come so often, and so regularly. */
const FEWEST_HITS = 5;
const ON_BEAT = 0.8;

/**
 * Table expressions of `missing`: something that comes back monthly or less often and did not come once, or is overdue. To stand behind those
 * of `recurring`.
 * @param today SQL of the day that states refer to
 */
export function missingExpressions(today: string): string[] {
  return [
    `missing AS (
  SELECT (s.day - s.gap::INTEGER + to_months(a.pace_months))::DATE AS date, a.payee AS merchant, s.amount_before AS amount,
    'expected ' || a.cadence || '; the next came on ' || s.day AS reason, a.account_id
  FROM accepted a JOIN steps s USING (series)
  WHERE a.step >= 27 AND a.step < 100 AND a.hits >= ${FEWEST_HITS} AND a.on_beat >= ${ON_BEAT}
    AND s.gap BETWEEN 2 * a.step - a.slack AND 2 * a.step + a.slack
  UNION ALL
  SELECT due, payee, latest[1], 'expected ' || cadence || ', overdue', account_id
  FROM dated
  WHERE step >= 27 AND hits >= ${FEWEST_HITS} AND on_beat >= ${ON_BEAT}
    AND ${today} > due + slack AND NOT stopped
)`,
  ];
}

/** An extra that is less than this share of what a month costs is not worth a look. */
const WORTH_A_LOOK = 0.05;

/**
 * Table expressions of `odd_months`: a month of a category far above the twelve before it, by more than its largest payment, and three in a row beyond all before them.
 * @param complete SQL of the first day of the first month that is not over: only whole months are judged
 */
export function monthExpressions(complete: string): string[] {
  return [
    `category_months AS MATERIALIZED (
  SELECT category, date_trunc('month', day)::DATE AS month, -sum(total)::DOUBLE AS spent, max(most)::DOUBLE AS largest
  FROM (
    SELECT category, "timestamp"::DATE AS day, sum(normalized_amount) AS total, max(-normalized_amount) AS most
    FROM ledger
    WHERE category IS NOT NULL
    GROUP BY category, day
  )
  WHERE day < ${complete}
  GROUP BY category, month
)`,
    `usual_month AS (
  SELECT median(spent) AS whole FROM (SELECT month, sum(spent) AS spent FROM category_months WHERE spent > 0 GROUP BY month)
)`,
    `beside AS (
  SELECT category, month, spent, largest, median(spent) OVER w AS usual, quantile_cont(spent, 0.75) OVER w - quantile_cont(spent, 0.25) OVER w AS middle_half,
    count(*) OVER w AS months, min(spent) OVER latest AS least_of_3, max(spent) OVER latest AS most_of_3,
    avg(spent) OVER latest AS mean_of_3, min(spent) OVER earlier AS least_before, max(spent) OVER earlier AS most_before,
    avg(spent) OVER earlier AS mean_before, count(*) OVER earlier AS months_before, min(month) OVER latest AS first_of_3
  FROM category_months
  WINDOW w AS (PARTITION BY category ORDER BY month ROWS BETWEEN 12 PRECEDING AND 1 PRECEDING),
    latest AS (PARTITION BY category ORDER BY month ROWS BETWEEN 2 PRECEDING AND CURRENT ROW),
    earlier AS (PARTITION BY category ORDER BY month ROWS BETWEEN 14 PRECEDING AND 3 PRECEDING)
)`,
    `odd_months AS (
  SELECT last_day(month) AS date, spent, 'unusual month' AS kind,
    format('{} in {}: {:.1f} times the usual {:.2f}', category, strftime(month, '%Y-%m'), spent / usual, usual) AS reason
  FROM beside, usual_month u
  WHERE months >= 6 AND usual > 0 AND spent > 1.8 * usual AND spent - largest > 1.4 * usual AND spent > usual + 4 * greatest(middle_half / 1.349, 0.1 * usual)
    AND spent - usual > ${WORTH_A_LOOK} * u.whole
  UNION ALL
  SELECT last_day(month), spent, 'change of habit',
    format('{}: {:.2f} a month since {}, {:.2f} before', category, mean_of_3, strftime(first_of_3, '%Y-%m'), mean_before)
  FROM beside, usual_month u
  WHERE months_before >= 6 AND mean_before > 0 AND (least_of_3 > 1.2 * most_before OR most_of_3 < least_before / 1.2)
    AND abs(mean_of_3 - mean_before) > ${WORTH_A_LOOK} * u.whole AND datediff('month', first_of_3, month) = 2
)`,
  ];
}
