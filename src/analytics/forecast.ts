import type { ReportColumn, ReportQuery } from './columns.ts';
import { ledgerExpressions, withClause } from './ledger.ts';
import type { StatsRequest } from './request.ts';
import { PAYEE, SERIES_COLUMNS, seriesExpressions } from './series.ts';
import { exactSum, sumType } from './sql.ts';
import { incomeCondition } from './vocabulary.ts';

/** What came in and went out on one day, of all or of one account or category. */
export type ForecastDayRow = {
  readonly key: string | null;
  readonly day: string;
  readonly income: string;
  readonly spending: string;
};

/** One payment of a group that may come back. */
export type ForecastHitRow = {
  readonly series: string;
  readonly family: string;
  readonly account_id: string | null;
  readonly payee: string;
  readonly category: string | null;
  readonly income: boolean;
  readonly one_amount: boolean;
  readonly day: string;
  readonly amount: string;
};

/** The largest; what else recurs counts among the rest. */
const MOST_SERIES = 2000;

/**
 * Sums a day, which all estimates are made of; `key` is the account or category where the forecast is by one.
 * @param days other days than those up to the end of the period
 */
export function forecastDaysSql(
  request: StatsRequest,
  days: { readonly from: string; readonly to: string } | null = null,
): string {
  const { scale } = request.source;
  const income = incomeCondition(request.vocabulary, 'normalized_amount > 0');
  const key = keySql(request);
  return `${withClause(ledgerExpressions(request, ['account_id', 'category'], days === null ? history(request) : { period: { ...request.period, ...days } }))}SELECT ${key} AS key, "timestamp"::DATE AS day,
  ${exactSum(`CASE WHEN ${income} THEN normalized_amount END`, scale)} AS income,
  ${exactSum('normalized_amount', scale)} - income AS spending
FROM ledger
GROUP BY ALL
ORDER BY key NULLS FIRST, day`;
}

/**
 * The payments of all groups whose dates gather as those of `recurring` do: few, however many rows there are. Which of them came back
 * as of a day is judged by src/learn/forecast, so that many past days cost one question.
 */
export function forecastHitsSql(request: StatsRequest, most: number | null = MOST_SERIES): string {
  const { scale } = request.source;
  const income = incomeCondition(request.vocabulary, 'groups.income');
  const expressions = [
    ...ledgerExpressions(request, SERIES_COLUMNS, {
      ...history(request),
      conditions: ['normalized_amount <> 0'],
      computed: [PAYEE],
    }),
    // States are not asked for: any day will do.
    ...seriesExpressions(`DATE '${request.calendar.today}'`, scale, { filed: true }).filter((sql) =>
      /^(cadences|repeated|repeated_rows|groups|hits)\b/.test(sql),
    ),
    // What a series is mostly filed under; of equals the last of the alphabet, so that it is the same each time.
    `labels AS (
  SELECT series, max_by(category, (days, category)) AS category
  FROM (SELECT series, category, count(*) AS days FROM hits WHERE category IS NOT NULL GROUP BY series, category)
  GROUP BY series
)`,
  ];
  return `${withClause(expressions)}SELECT series::VARCHAR AS series, hash(account_id, payee, groups.income)::VARCHAR AS family, account_id, payee,
  category, coalesce(${income}, false) AS income, only_amount IS NOT NULL AS one_amount, day, amount::${sumType(scale)} AS amount
FROM groups JOIN (SELECT series, day, amount FROM hits) USING (series) LEFT JOIN labels USING (series)
WHERE series IN (SELECT series FROM hits GROUP BY series ORDER BY abs(sum(amount)) DESC, series${most === null ? '' : ` LIMIT ${most}`})
ORDER BY account_id, payee, series, day`;
}

function keySql({ groupBy }: StatsRequest): string {
  return groupBy === 'account' ? 'account_id' : groupBy === 'category' ? 'category' : 'NULL::VARCHAR';
}

/** All that is known up to the end of the period: what is forecast lies behind it. */
function history({ period }: StatsRequest): { readonly period: StatsRequest['period'] } {
  return { period: { ...period, from: null } };
}

/** Columns of a forecast; every sum is an estimate, rounded. */
export function forecastColumns(request: StatsRequest): readonly ReportColumn[] {
  const group: ReportColumn[] =
    request.groupBy === null ? [] : [{ key: 'name', title: capital(request.groupBy), kind: 'text' }];
  return [
    ...group,
    { key: 'month', title: 'Month', kind: 'text', whole: true },
    { key: 'income', title: 'Income', kind: 'money' },
    { key: 'income_low', title: 'Income low', kind: 'money', spare: 3 },
    { key: 'income_high', title: 'Income high', kind: 'money', spare: 3 },
    { key: 'spending', title: 'Spending', kind: 'money' },
    { key: 'spending_low', title: 'Spending low', kind: 'money', spare: 2 },
    { key: 'spending_high', title: 'Spending high', kind: 'money', spare: 2 },
    { key: 'net', title: 'Net', kind: 'money' },
    { key: 'net_low', title: 'Net low', kind: 'money', spare: 1 },
    { key: 'net_high', title: 'Net high', kind: 'money', spare: 1 },
  ];
}

/** Columns of `--backtest`. */
export const BACKTEST_COLUMNS: readonly ReportColumn[] = [
  { key: 'flow', title: 'Flow', kind: 'text', whole: true },
  { key: 'way', title: 'Way', kind: 'text', whole: true },
  { key: 'mean_error', title: 'Mean error', kind: 'money' },
  { key: 'against_no_change', title: 'Of no change', kind: 'share' },
  { key: 'months', title: 'Months', kind: 'count', spare: 2 },
  { key: 'held', title: '80 % held', kind: 'share', spare: 1 },
];

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What a forecast is made of, as `--sql` prints it: sums by day. What is estimated from them is no SQL. */
export function forecastReport(request: StatsRequest): ReportQuery {
  return { sql: forecastDaysSql(request), noun: 'month', columns: forecastColumns(request) };
}
