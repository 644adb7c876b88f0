import { countIntervals } from '../model/period.ts';
import type { ReportQuery, SeriesPoint } from './columns.ts';
import { intervalLabelSql } from './intervals.ts';
import { ledgerExpressions, withClause } from './ledger.ts';
import type { SortKey, StatsRequest } from './request.ts';
import { exactAverage, exactSum, indented, limitClause, shareOfSign } from './sql.ts';

export type CategoryRow = {
  readonly category: string | null;
  readonly subcategory?: string | null;
  readonly amount: string;
  readonly share: number | null;
  /** Per interval of the period that the file covers, with or without rows. */
  readonly average: string;
  readonly count: string;
  readonly periods: readonly SeriesPoint[];
};

const ORDERS: Record<SortKey, string> = {
  amount: 'amount',
  count: 'count DESC',
  average: 'amount',
  name: '',
  last: 'last_seen DESC',
};

/** Each category (with depth 2, subcategory) over the intervals of the period, the largest spending first. */
export function categoriesReport(request: StatsRequest): ReportQuery {
  const { scale } = request.source;
  const keys = request.depth === 2 ? ['category', 'subcategory'] : ['category'];
  const list = keys.join(', ');
  const span = request.span;
  const intervals =
    span === null ? 1 : Math.max(1, countIntervals(span.from, span.to, request.interval, request.calendar));
  const order = [ORDERS[request.sort ?? 'amount'], ...keys.map((key) => `${key} NULLS LAST`)]
    .filter(Boolean)
    .join(', ');
  const sum = exactSum('amount', scale);
  const expressions = [
    ...ledgerExpressions(request, keys),
    // Grouping by day first: labels are then made for thousands of groups and not for millions of rows.
    `by_day AS (
  SELECT ${list}, "timestamp"::DATE AS day, sum(normalized_amount) AS amount, count(*) AS rows
  FROM ledger
  GROUP BY ${list}, day
)`,
    `by_interval AS MATERIALIZED (
  SELECT ${list}, ${intervalLabelSql(request, 'day')} AS period, ${sum} AS amount,
    sum(rows)::BIGINT AS count, max(day) AS last_seen
  FROM by_day
  GROUP BY ${list}, period
)`,
    `groups AS MATERIALIZED (
  SELECT ${list}, ${sum} AS amount, sum(count)::BIGINT AS count, max(last_seen) AS last_seen,
    list({'period': period, 'amount': amount} ORDER BY period) AS periods
  FROM by_interval
  GROUP BY ${list}
)`,
    `interval_totals AS (SELECT period, ${sum} AS amount, sum(count) AS count FROM by_interval GROUP BY period)`,
  ];
  const sql = `${withClause(expressions)}(
  SELECT ${list}, amount, ${shareOfSign('amount')} AS share, ${exactAverage('amount', String(intervals), scale)} AS average,
    count, periods, false AS is_total, NULL AS row_count
  FROM groups
  ORDER BY ${order}${indented(limitClause(request.limit))}
)
UNION ALL
SELECT ${keys.map(() => 'NULL').join(', ')}, ${sum}, NULL, ${exactAverage(sum, String(intervals), scale)},
  coalesce(sum(count), 0)::BIGINT, list({'period': period, 'amount': amount} ORDER BY period), true,
  (SELECT count(*) FROM groups)
FROM interval_totals`;
  return {
    sql,
    noun: 'category',
    columns: [
      { key: 'category', title: 'Category', kind: 'text' },
      ...(request.depth === 2 ? [{ key: 'subcategory', title: 'Subcategory', kind: 'text' } as const] : []),
      { key: 'periods', title: 'Trend', kind: 'series' },
      { key: 'amount', title: 'Total', kind: 'money', bar: true },
      { key: 'share', title: 'Share', kind: 'share' },
      { key: 'average', title: `Avg/${request.interval}`, kind: 'money' },
      { key: 'count', title: 'Count', kind: 'count', spare: 1 },
    ],
  };
}
