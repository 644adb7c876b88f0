import type { ReportQuery } from './columns.ts';
import { fillsIntervals, intervalLabelSql } from './intervals.ts';
import { ledgerExpressions, withClause } from './ledger.ts';
import type { StatsRequest } from './request.ts';
import { exactSum, indented, limitClause } from './sql.ts';
import { incomeCondition } from './vocabulary.ts';

export type CashflowRow = {
  readonly period: string;
  readonly income: string;
  readonly spending: string;
  readonly net: string;
  /** The sum of all nets up to this interval. */
  readonly running_net: string;
  readonly count: string;
};

/** Income, spending, net and running net per interval; intervals without rows are there with zeros, unless they are too many. */
export function cashflowReport(request: StatsRequest): ReportQuery {
  const { scale } = request.source;
  const income = incomeCondition(request.vocabulary, 'normalized_amount > 0');
  const span = request.span;
  const days =
    span === null || !fillsIntervals(request)
      ? 'range(0)'
      : `range(DATE '${span.from}', DATE '${span.to}' + INTERVAL 1 DAY, INTERVAL 1 DAY)`;
  const expressions = [
    ...ledgerExpressions(request, ['category']),
    // By day first: labels are then made for thousands of groups and not for millions of rows.
    `by_day AS (
  SELECT "timestamp"::DATE AS day, sum(CASE WHEN ${income} THEN normalized_amount END) AS income,
    sum(normalized_amount) AS net, count(*) AS rows
  FROM ledger
  GROUP BY day
)`,
    `flows AS (
  SELECT ${intervalLabelSql(request, 'day')} AS period,
    ${exactSum('income', scale)} AS income,
    ${exactSum('net', scale)} - ${exactSum('income', scale)} AS spending,
    ${exactSum('net', scale)} AS net,
    sum(rows)::BIGINT AS count
  FROM by_day
  GROUP BY period
)`,
    `intervals AS (SELECT DISTINCT ${intervalLabelSql(request, 'day::DATE')} AS period FROM ${days} AS days(day))`,
    `filled AS (
  SELECT period, coalesce(income, 0) AS income, coalesce(spending, 0) AS spending, coalesce(net, 0) AS net,
    coalesce(count, 0) AS count
  FROM intervals FULL JOIN flows USING (period)
)`,
  ];
  const total = (column: string) => exactSum(column, scale);
  const sql = `${withClause(expressions)}(
  SELECT period, income, spending, net, ${exactSum('net', scale, { over: 'ORDER BY period' })} AS running_net,
    count, false AS is_total, NULL AS row_count
  FROM filled
  ORDER BY period DESC${indented(limitClause(request.limit))}
)
UNION ALL
SELECT NULL, ${total('income')}, ${total('spending')}, ${total('net')}, ${total('net')}, coalesce(sum(count), 0)::BIGINT,
  true, count(*)
FROM filled
ORDER BY is_total, period`;
  return {
    sql,
    noun: request.interval,
    columns: [
      { key: 'period', title: titleOf(request.interval), kind: 'text', whole: true },
      { key: 'income', title: 'Income', kind: 'money' },
      { key: 'spending', title: 'Spending', kind: 'money' },
      { key: 'net', title: 'Net', kind: 'money', bar: true },
      { key: 'running_net', title: 'Running net', kind: 'money' },
      { key: 'count', title: 'Count', kind: 'count', spare: 1 },
    ],
  };
}

function titleOf(interval: string): string {
  return interval.charAt(0).toUpperCase() + interval.slice(1);
}
