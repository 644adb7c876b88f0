import { cadenceTable } from './cadences.ts';
import type { ReportQuery } from './columns.ts';
import { filterConditions, periodConditions, whereClause } from './filters.ts';
import { withClause } from './ledger.ts';
import type { StatsRequest } from './request.ts';
import { exactSum, indented, limitClause } from './sql.ts';
import { mayHoldTransfers, transferExpressions } from './transfers.ts';

export type RecurringState = 'active' | 'new' | 'price changed' | 'late' | 'stopped';

export type RecurringRow = {
  readonly merchant: string;
  readonly account_id: string | null;
  readonly cadence: string;
  /** `income`, `fixed` (the same amount each time) or `varying`. */
  readonly type: string;
  /** The last amount where it is fixed, the median of the last six where it varies. */
  readonly amount: string;
  readonly next_date: string;
  readonly per_year: string;
  readonly state: RecurringState;
  /** What it cost before the last change of price. */
  readonly price_before: string | null;
  readonly changed_on: string | null;
  readonly hits: string;
  readonly first_date: string;
  readonly last_date: string;
};

/** Added to the total row: what is not stopped, per year. */
export type RecurringTotal = { readonly going: string; readonly out_per_year: string; readonly in_per_year: string };

const DEFAULT_LIMIT = 30;
/** Who is paid: where no merchant is named, what for. */
export const PAYEE = `coalesce(nullif(merchant, ''), subcategory, category, '')`;

/** What comes back: subscriptions, bills, salary, found from dates and amounts alone (not from is_recurring). */
export function recurringReport(request: StatsRequest): ReportQuery {
  const order = {
    amount: 'per_year',
    count: 'hits DESC',
    average: 'amount',
    name: 'merchant',
    last: 'last_date DESC',
  }[request.sort ?? 'amount'];
  const sql = `${withClause(recurringExpressions(request))}(
  SELECT merchant, account_id, cadence, type, amount, next_date, per_year, state, price_before, changed_on, hits,
    first_date, last_date, false AS is_total, NULL AS row_count, NULL AS going, NULL AS out_per_year, NULL AS in_per_year
  FROM recurring
  ORDER BY state = 'stopped', ${order}, merchant, account_id, amount${indented(limitClause(request.limit ?? DEFAULT_LIMIT))}
)
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, sum(hits)::BIGINT, NULL, NULL, true, count(*),
  count(*) FILTER (WHERE state <> 'stopped'),
  ${exactSum('per_year', request.source.scale, "state <> 'stopped' AND per_year < 0")},
  ${exactSum('per_year', request.source.scale, "state <> 'stopped' AND per_year > 0")}
FROM recurring`;
  return {
    sql,
    noun: 'recurring payment',
    columns: [
      { key: 'merchant', title: 'Merchant', kind: 'text' },
      { key: 'account_id', title: 'Account', kind: 'text', spare: 4 },
      { key: 'cadence', title: 'Cadence', kind: 'text', whole: true },
      { key: 'type', title: 'Type', kind: 'text', whole: true, spare: 5 },
      { key: 'amount', title: 'Usually', kind: 'money' },
      { key: 'next_date', title: 'Next', kind: 'date' },
      { key: 'per_year', title: 'Per year', kind: 'money' },
      { key: 'state', title: 'State', kind: 'text', whole: true },
      { key: 'price_before', title: 'Before', kind: 'money', spare: 2 },
      { key: 'changed_on', title: 'Changed', kind: 'date', spare: 3 },
      { key: 'hits', title: 'Hits', kind: 'count', spare: 1 },
      { key: 'first_date', title: 'Since', kind: 'date', spare: 6 },
      { key: 'last_date', title: 'Last', kind: 'date', spare: 7 },
    ],
  };
}

/** Table expressions that end in `recurring`, with the columns of RecurringRow. */
export function recurringExpressions(request: StatsRequest): string[] {
  const { source, calendar, file, period } = request;
  const until = [calendar.today, file?.to, period.to].filter((day) => day !== null && day !== undefined).sort()[0];
  const without = !request.withTransfers && mayHoldTransfers(request.vocabulary);
  const conditions = [
    'normalized_amount <> 0',
    ...periodConditions(period),
    ...filterConditions(request.filters, request.vocabulary),
    ...(without ? ['rowid NOT IN (SELECT row_id FROM transfer_legs)'] : []),
  ];
  return [
    ...(without ? transferExpressions(request, []) : []),
    ...seriesExpressions(
      `FROM ${source.table}${whereClause(conditions)}`,
      `DATE '${until ?? calendar.today}'`,
      source.scale,
    ),
  ];
}

/**
 * The detection itself.
 * 1. Cheap test of whole groups (account, merchant, direction; and the same split by amount): at least two hits, not more than
 *    weekly, and dates that gather on few days of the month, of half
 *    the month (15th and last) or of the week. One pass; of millions of rows few groups remain.
 * 2. The gaps between the days of what remains. Their median names the cadence; most gaps have to be on its beat.
 * 3. Amounts: fixed, or varying within bounds that are narrower for weekly things, where habits look like bills.
 * A merchant's payments are taken as one series if they are regular as a whole, else amount by amount.
 * @param rows FROM … WHERE … of the rows to look at
 * @param today SQL of the day that states refer to
 */
export function seriesExpressions(rows: string, today: string, scale: number): string[] {
  const payee = PAYEE;
  // Sets of days as bits: much cheaper than a deviation, and blind to the turn of the month in the same way.
  const gathered = `(bit_count(bit_or(1 << day("timestamp"))) <= 7 OR bit_count(bit_or(1 << isodow("timestamp"))) <= 3
    OR bit_count(bit_or(1 << (day("timestamp") % 15))) <= 6)`;
  const sparse = `max("timestamp"::DATE) - min("timestamp"::DATE) >= 5.5 * (count(*) - 1)`;
  return [
    cadenceTable(),
    // Nearly every amount at a merchant comes once: a hash of 8 bytes finds those that come back in a fifth of the time.
    `repeated AS MATERIALIZED (
  SELECT hash(account_id, ${payee}, normalized_amount) AS key, count(*) > 2 AND ${sparse} AS spaced
${indented(rows)}
  GROUP BY key
  HAVING count(*) > 1
)`,
    `groups AS MATERIALIZED (
  SELECT *, row_number() OVER () AS series
  FROM (
  SELECT account_id, ${payee} AS payee, normalized_amount > 0 AS income, NULL::DECIMAL(28, ${scale}) AS only_amount
${indented(rows)}
  GROUP BY ALL
  HAVING count(*) > 1 AND ${sparse} AND ${gathered}
  UNION ALL
  SELECT account_id, ${payee} AS payee, normalized_amount > 0 AS income, normalized_amount AS only_amount
${indented(rows)}
  ${/\bWHERE\b/.test(rows) ? 'AND' : 'WHERE'} hash(account_id, ${payee}, normalized_amount) IN (SELECT key FROM repeated WHERE spaced)
  GROUP BY account_id, payee, income, normalized_amount
  HAVING count(*) > 2 AND ${sparse} AND ${gathered}
  )
)`,
    `hits AS (
  SELECT series, r.day, min(r.amount) AS amount
  FROM groups JOIN (
    SELECT account_id, ${payee} AS payee, normalized_amount > 0 AS income, "timestamp"::DATE AS day,
      normalized_amount AS amount
${indented(rows, 4)}
  ) AS r USING (account_id, payee, income)
  WHERE only_amount IS NULL OR only_amount = r.amount
  GROUP BY series, r.day
)`,
    `steps AS MATERIALIZED (
  SELECT *, day - lag(day) OVER w AS gap, lag(amount) OVER w AS amount_before
  FROM hits
  WINDOW w AS (PARTITION BY series ORDER BY day)
)`,
    `paced AS (
  SELECT series, cadence, step, slack, times, pace
  FROM (SELECT series, quantile_disc(gap, 0.5) AS usual_gap FROM steps GROUP BY series)
  JOIN cadences ON usual_gap BETWEEN shortest AND longest
)`,
    `regular AS MATERIALIZED (
  SELECT series, cadence, step, slack, times, pace, avg((abs(gap - step) <= slack)::INTEGER) AS on_beat
  FROM paced JOIN steps USING (series)
  GROUP BY ALL
  HAVING on_beat >= 0.6
)`,
    `series_facts AS (
  SELECT series, count(*) AS hits, min(day) AS first_date, max(day) AS last_date,
    list(amount ORDER BY day) AS amounts, list(day ORDER BY day) AS days,
    count(*) FILTER (WHERE abs(amount - amount_before) > 0.02 * abs(amount_before)) AS changes,
    max(day) FILTER (WHERE abs(amount - amount_before) > 0.02 * abs(amount_before)) AS changed_on,
    max_by(amount_before, day) FILTER (WHERE abs(amount - amount_before) > 0.02 * abs(amount_before)) AS price_before,
    quantile_cont(abs(amount)::DOUBLE, [0.25, 0.5, 0.75]) AS quartiles,
    quantile_cont(abs(amount - amount_before)::DOUBLE / abs(amount_before)::DOUBLE, 0.5) AS jump
  FROM steps
  WHERE series IN (SELECT series FROM regular)
  GROUP BY series
)`,
    `judged AS (
  SELECT *, (quartiles[3] - quartiles[1]) / quartiles[2] AS spread, changes <= greatest(1, (hits - 1) // 4) AS fixed
  FROM groups JOIN regular USING (series) JOIN series_facts USING (series)
)`,
    `accepted AS (
  SELECT *
  FROM judged
  WHERE CASE
    WHEN hits = 2 THEN cadence = 'yearly' AND spread <= 0.12
    WHEN fixed THEN true
    WHEN step < 27 THEN on_beat >= 0.75 AND hits >= 6 AND spread <= 0.15
    -- An amount that drifts (interest, seasons) makes small steps, however far it gets.
    ELSE on_beat >= 0.75 AND hits >= 5 AND (spread <= 0.5 OR jump <= 0.25)
  END
  QUALIFY only_amount IS NULL OR NOT bool_or(only_amount IS NULL) OVER (PARTITION BY account_id, payee, income)
)`,
    `recurring AS MATERIALIZED (
  SELECT payee AS merchant, account_id, cadence,
    CASE WHEN income THEN 'income' WHEN fixed THEN 'fixed' ELSE 'varying' END AS type,
    (CASE WHEN fixed THEN amounts[-1] ELSE list_sort(amounts[-6:])[(len(amounts[-6:]) + 1) // 2] END)::DECIMAL(28, ${scale}) AS amount,
    (last_date + pace)::DATE AS next_date, amount * times AS per_year,
    CASE
      WHEN ${today} > last_date + 2 * step + slack THEN 'stopped'
      WHEN ${today} > (last_date + pace)::DATE + slack THEN 'late'
      WHEN fixed AND changed_on >= days[greatest(1, len(days) - 2)] THEN 'price changed'
      WHEN hits <= 3 AND step <= 31 AND first_date >= ${today} - 4 * step THEN 'new'
      ELSE 'active'
    END AS state,
    CASE WHEN fixed THEN price_before END AS price_before, CASE WHEN fixed THEN changed_on END AS changed_on,
    hits, first_date, last_date
  FROM accepted
)`,
  ];
}
