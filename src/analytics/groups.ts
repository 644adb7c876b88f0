import type { ReportColumn, ReportQuery } from './columns.ts';
import { ledgerExpressions, withClause } from './ledger.ts';
import type { SortKey, StatsRequest } from './request.ts';
import { exactAverage, exactSum, indented, limitClause, shareOfSign } from './sql.ts';

/** One group: a merchant, an account, a place … */
export type GroupRow = {
  readonly amount: string;
  readonly count: string;
  readonly average: string | null;
  readonly share: number | null;
  readonly last_seen: string | null;
};

export interface Grouping {
  readonly noun: string;
  /** The columns that make a group, with what they are called. */
  readonly keys: readonly ReportColumn[];
  readonly limit: number | null;
}

const ORDERS: Record<SortKey, string> = {
  amount: 'amount',
  count: 'count DESC',
  average: 'average',
  name: '',
  last: 'last_seen DESC NULLS LAST',
};

/** Amount, count, average, share and last use per group, the largest spending first. */
export function groupReport(request: StatsRequest, grouping: Grouping): ReportQuery {
  const { scale } = request.source;
  const keys = grouping.keys.map(({ key }) => key);
  const order = [ORDERS[request.sort ?? 'amount'], ...keys.map((key) => `${key} NULLS LAST`)]
    .filter(Boolean)
    .join(', ');
  const groups = `SELECT ${keys.join(', ')}, ${exactSum('normalized_amount', scale)} AS amount, count(*) AS count,
  max("timestamp") AS last_seen
FROM ledger
GROUP BY ${keys.join(', ')}`;
  const sql = `${withClause([...ledgerExpressions(request, keys), `groups AS MATERIALIZED (\n${indented(groups)}\n)`])}(
  SELECT ${keys.join(', ')}, amount, count, ${exactAverage('amount', 'count', scale)} AS average,
    ${shareOfSign('amount')} AS share, last_seen::DATE AS last_seen, false AS is_total, NULL AS row_count
  FROM groups
  ORDER BY ${order}${indented(limitClause(request.limit ?? grouping.limit))}
)
UNION ALL
SELECT ${keys.map(() => 'NULL').join(', ')}, ${exactSum('amount', scale)}, coalesce(sum(count), 0)::BIGINT,
  ${exactAverage(exactSum('amount', scale), 'sum(count)', scale)}, NULL, max(last_seen)::DATE, true, count(*)
FROM groups`;
  return {
    sql,
    noun: grouping.noun,
    columns: [
      ...grouping.keys,
      { key: 'amount', title: 'Amount', kind: 'money', bar: true },
      { key: 'share', title: 'Share', kind: 'share', spare: 1 },
      { key: 'count', title: 'Count', kind: 'count' },
      { key: 'average', title: 'Average', kind: 'money', spare: 2 },
      { key: 'last_seen', title: 'Last seen', kind: 'date', spare: 3 },
    ],
  };
}
