import type { ReportQuery } from './columns.ts';
import { lastKnownDay } from './lastKnown.ts';
import { ledgerExpressions, withClause } from './ledger.ts';
import type { StatsRequest } from './request.ts';
import { PAYEE, SERIES_COLUMNS, seriesExpressions } from './series.ts';
import { exactSum, indented, limitClause } from './sql.ts';

export type RecurringState = 'active' | 'new' | 'price changed' | 'late' | 'stopped';

export type RecurringRow = {
  readonly merchant: string;
  readonly account_id: string | null;
  readonly cadence: string;
  /** `income`, `fixed` (the same amount each time) or `varying`. */
  readonly type: string;
  /** The last amount where it is fixed, the median of the last six where it varies. */
  readonly amount: string;
  /** After the last day that is known; null where it stopped. What is overdue within its slack is expected any day. */
  readonly next_date: string | null;
  /** When it should have come; null where it did. */
  readonly overdue_since: string | null;
  /** The days of the month that it comes on, `15,31`, the one it came on last at the end; null where it counts in days. */
  readonly month_days: string | null;
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
    first_date, last_date, overdue_since, month_days, false AS is_total, NULL AS row_count, NULL AS going, NULL AS out_per_year, NULL AS in_per_year
  FROM recurring
  ORDER BY state = 'stopped', ${order}, merchant, account_id, amount${indented(limitClause(request.limit ?? DEFAULT_LIMIT))}
)
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, sum(hits)::BIGINT, NULL, NULL, NULL, NULL, true, count(*),
  count(*) FILTER (WHERE state <> 'stopped'),
  ${exactSum('per_year', request.source.scale, { filter: "state <> 'stopped' AND per_year < 0" })},
  ${exactSum('per_year', request.source.scale, { filter: "state <> 'stopped' AND per_year > 0" })}
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
      { key: 'overdue_since', title: 'Overdue since', kind: 'date', spare: 8 },
      { key: 'month_days', title: 'Days of month', kind: 'text', spare: 9 },
    ],
  };
}

/** Table expressions that end in `recurring`, with the columns of RecurringRow. */
function recurringExpressions(request: StatsRequest): string[] {
  return [
    ...ledgerExpressions(request, SERIES_COLUMNS, { conditions: ['normalized_amount <> 0'], computed: [PAYEE] }),
    ...seriesExpressions(judgementDay(request), request.source.scale),
  ];
}

/** SQL of the day that states refer to. */
export function judgementDay(request: StatsRequest): string {
  return `DATE '${lastKnownDay(request)}'`;
}
