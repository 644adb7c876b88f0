import { addDaysIso, comparisonPeriods, intervalAround, type Period } from '../model/period.ts';
import { categoriesReport } from './categories.ts';
import type { ReportQuery } from './columns.ts';
import { ledgerExpressions, withClause } from './ledger.ts';
import { merchantsReport } from './merchants.ts';
import { recurringReport } from './recurring.ts';
import type { StatsRequest } from './request.ts';
import { exactSum, indented } from './sql.ts';
import { incomeCondition } from './vocabulary.ts';

/** One column of the overview: a span of days and what it adds up to. */
export type OverviewRow = {
  readonly span: SpanName;
  readonly from: string | null;
  readonly to: string | null;
  readonly count: string;
  readonly income: string;
  readonly spending: string;
  readonly net: string;
  /** Net over income; null without income. */
  readonly savings_rate: number | null;
};

export type SpanName = 'period' | 'latest' | 'previous' | 'last_year';

export interface NamedSpan {
  readonly name: SpanName;
  readonly period: Period;
}

/**
 * The spans that the overview sets side by side: the period, the one before and the same a year earlier. Without a
 * period, everything stands beside the latest month that is over and its two companions.
 */
export function overviewSpans(request: StatsRequest): NamedSpan[] {
  const { period, span, calendar } = request;
  const bounded = period.from !== null && period.to !== null;
  const main = bounded || span === null ? period : latestMonth(span.to, request);
  const { previous, lastYear } = comparisonPeriods(main, calendar);
  const spans: NamedSpan[] = [{ name: 'period', period }];
  if (main !== period) spans.push({ name: 'latest', period: main });
  if (previous !== null) spans.push({ name: 'previous', period: previous });
  if (lastYear !== null) spans.push({ name: 'last_year', period: lastYear });
  return spans;
}

/** After so many days nothing more of a month is waited for. */
const LATE = 31;

/** The latest month that is over, by the clock and by the data: where it is over for a month, what has not come does not come. */
function latestMonth(lastDay: string, request: StatsRequest): Period {
  const { calendar } = request;
  const month = intervalAround(lastDay, 'month', calendar);
  if (month.to === null || month.from === null) return month;
  const complete = lastDay.slice(8) >= '25' || addDaysIso(month.to, LATE) < calendar.today;
  if (month.to === lastDay || (month.to < calendar.today && complete)) return month;
  const before = comparisonPeriods(month, { ...calendar, today: month.to }).previous;
  return before !== null && request.span !== null && (before.to ?? '') >= request.span.from ? before : month;
}

/** Income, spending, net and savings rate of each span, in one pass over the rows of all of them. */
export function overviewReport(request: StatsRequest): ReportQuery {
  const { scale } = request.source;
  const spans = overviewSpans(request);
  const income = incomeCondition(request.vocabulary, 'normalized_amount > 0');
  const by_day = `SELECT "timestamp"::DATE AS day, ${exactSum(`CASE WHEN ${income} THEN normalized_amount END`, scale)} AS income,
  ${exactSum('normalized_amount', scale)} - income AS spending, count(*) AS rows
FROM ledger
GROUP BY day`;
  const expressions = [
    ...ledgerExpressions(request, ['category'], { period: hull(spans) }),
    `by_day AS MATERIALIZED (\n${indented(by_day)}\n)`,
  ];
  const parts = spans.map(({ name, period }, index) => {
    const inside = daysCondition(period);
    const [gained, spent] = [exactSum('income', scale), exactSum('spending', scale)];
    return `SELECT ${index} AS place, '${name}' AS span, ${dateOr(period.from, 'min(day)')} AS "from",
  ${dateOr(period.to, 'max(day)')} AS "to", coalesce(sum(rows), 0)::BIGINT AS count,
  ${gained} AS income, ${spent} AS spending, ${gained} + ${spent} AS net,
  round((${gained} + ${spent})::DOUBLE / nullif(greatest(${gained}, 0), 0)::DOUBLE, 4) AS savings_rate
FROM by_day${inside === '' ? '' : `\nWHERE ${inside}`}`;
  });
  return {
    sql: `${withClause(expressions)}${parts.join('\nUNION ALL\n')}\nORDER BY place`,
    noun: 'span',
    columns: [
      { key: 'span', title: 'Span', kind: 'text' },
      { key: 'from', title: 'From', kind: 'date' },
      { key: 'to', title: 'To', kind: 'date' },
      { key: 'count', title: 'Transactions', kind: 'count' },
      { key: 'income', title: 'Income', kind: 'money' },
      { key: 'spending', title: 'Spending', kind: 'money' },
      { key: 'net', title: 'Net', kind: 'money' },
      { key: 'savings_rate', title: 'Savings rate', kind: 'share' },
    ],
  };
}

/** The five categories and merchants most was spent on, and the five dearest things that come back. */
export function overviewTops(request: StatsRequest): Record<'categories' | 'merchants' | 'recurring', ReportQuery> {
  const spending: StatsRequest = {
    ...request,
    limit: 5,
    sort: 'amount',
    depth: 1,
    filters: { ...request.filters, flow: request.filters.flow ?? 'spending' },
  };
  return {
    categories: categoriesReport(spending),
    merchants: merchantsReport(spending),
    // A series needs its history: the period only sets the day that it is judged on.
    recurring: recurringReport({ ...request, limit: 5, sort: 'amount', period: { ...request.period, from: null } }),
  };
}

/** The days from the first to the last of all spans: within these a row counts as a transfer or not. */
export function hull(spans: readonly NamedSpan[]): Period {
  const froms = spans.map(({ period }) => period.from);
  const tos = spans.map(({ period }) => period.to);
  return {
    from: froms.includes(null) ? null : (froms.reduce((a, b) => ((a ?? '') < (b ?? '') ? a : b)) ?? null),
    to: tos.includes(null) ? null : (tos.reduce((a, b) => ((a ?? '') > (b ?? '') ? a : b)) ?? null),
    label: 'all spans',
  };
}

function daysCondition({ from, to }: Period): string {
  return [...(from === null ? [] : [`day >= DATE '${from}'`]), ...(to === null ? [] : [`day <= DATE '${to}'`])].join(
    ' AND ',
  );
}

function dateOr(day: string | null, otherwise: string): string {
  return day === null ? otherwise : `DATE '${day}'`;
}
