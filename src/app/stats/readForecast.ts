import { worthSql } from '../../analytics/balances.ts';
import { CADENCES } from '../../analytics/cadences.ts';
import type { ReportRow } from '../../analytics/columns.ts';
import {
  BACKTEST_COLUMNS,
  type ForecastDayRow,
  type ForecastHitRow,
  forecastColumns,
  forecastDaysSql,
  forecastHitsSql,
} from '../../analytics/forecast.ts';
import { lastKnownDay } from '../../analytics/lastKnown.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { dayNumber, isoDay } from '../../learn/forecast/days.ts';
import { type Accuracy, type Estimate, type Forecast, forecastFlows } from '../../learn/forecast/forecast.ts';
import { lowestAhead } from '../../learn/forecast/lowest.ts';
import { beatsOf, flowsOf, groupsOf } from './forecastInput.ts';
import { type CameMonth, cameMonths, type PastMonth, pastMonths } from './forecastMonths.ts';
import { requireOpenings } from './readBalances.ts';
import type { ReportTable } from './reportTable.ts';

/** What stands beneath the rows of a forecast. */
export interface ForecastView {
  /** The last day that is known. */
  readonly origin: string;
  /** Whether the data ends within a month, so that the next thing to forecast is the rest of it. */
  readonly withinMonth: boolean;
  /** Whole months of history. */
  readonly history: number;
  /** Null where there is too little history. */
  readonly ways: Readonly<Record<'income' | 'spending', string>> | null;
  /** What is due and when, in order of time; amounts as the file has them. */
  readonly expected: readonly ExpectedPayment[];
  readonly accuracy: readonly Accuracy[];
  /** The latest whole months as they were, for the chart. */
  readonly past: readonly PastMonth[];
  /** What came in forecast months that are over, where the period ends before what is known. */
  readonly came: readonly CameMonth[];
  /** The lowest balance that is expected; null where balances are not known. */
  readonly lowest: { readonly balance: number; readonly day: string; readonly from: number } | null;
  /** Accounts whose balance is not known. */
  readonly withoutBalance: number;
  /** Accounts or categories with too little history for a forecast of their own, or beyond the largest. */
  readonly leftOut: readonly string[];
}

export interface ExpectedPayment {
  readonly day: string;
  readonly merchant: string;
  readonly account: string | null;
  readonly amount: string;
  readonly cadence: string;
  /** When it should have come already; it is expected any day. Null where that is not over. */
  readonly overdue_since: string | null;
}

/** Accounts or categories that are forecast one by one: the largest. */
const MOST_GROUPS = 30;

/**
 * Forecasts by what the file knows up to the origin. Deterministic: the same rows give the same forecast.
 * @throws FinanceDbError as any report
 */
export async function readForecast(
  reader: DuckDbReader,
  request: StatsRequest,
): Promise<{ readonly table: ReportTable; readonly view: ForecastView }> {
  await requireOpenings(reader, request);
  const origin = lastKnownDay(request);
  const days = await reader.all<ForecastDayRow>(forecastDaysSql(request));
  const hits = await reader.all<ForecastHitRow>(forecastHitsSql(request));
  // A month that begins on another day is a calendar month of days that are shifted.
  const shift = request.calendar.monthStart - 1;
  const options = { origin: dayNumber(origin) - shift, months: request.months, beats: beatsOf(CADENCES, shift) };
  const groups = groupsOf(hits, shift);
  const total = flowsOf(days, groups, options.origin, shift);
  const forecast = total === null ? null : forecastFlows(total, options);
  const worth = await readWorth(reader, request, origin);
  const view: ForecastView = {
    origin,
    withinMonth: forecast?.months[0]?.running ?? false,
    history: forecast?.history ?? 0,
    ways: forecast?.ways ?? null,
    expected: (forecast?.expected ?? []).map(({ day, series, overdueSince }) => ({
      day: isoDay(day + shift),
      merchant: series.group.payee,
      account: series.group.account,
      amount: series.usual.amount,
      cadence: series.beat.name,
      overdue_since: overdueSince === null ? null : isoDay(overdueSince + shift),
    })),
    accuracy: forecast?.accuracy ?? [],
    past: total === null ? [] : pastMonths(days, options.origin, shift),
    came: forecast === null || request.groupBy !== null ? [] : await cameMonths(reader, request, forecast, shift),
    lowest:
      forecast === null || worth.balance === null ? null : lowestOf(forecast, worth.balance, options.origin, shift),
    withoutBalance: worth.unknown,
    leftOut: [],
  };
  if (request.backtest) return { table: backtestTable(view), view };
  if (request.groupBy === null)
    return { table: tableOf(request, forecast === null ? [] : rowsOf(forecast, null)), view };
  const parts = byKey(days);
  const rows: ReportRow[] = [];
  const leftOut: string[] = [];
  for (const [index, [key, own]] of parts.entries()) {
    const flows = flowsOf(
      own,
      groups.filter((group) => key === (request.groupBy === 'account' ? group.account : group.category)),
      options.origin,
      shift,
    );
    const one = index >= MOST_GROUPS || flows === null ? null : forecastFlows(flows, options);
    if (one === null) leftOut.push(key ?? `(no ${request.groupBy})`);
    else rows.push(...rowsOf(one, key));
  }
  return { table: tableOf(request, rows), view: { ...view, leftOut } };
}

function tableOf(request: StatsRequest, rows: readonly ReportRow[]): ReportTable {
  return { columns: forecastColumns(request), noun: 'month', rows, total: null, rowCount: rows.length };
}

function rowsOf(forecast: Forecast, key: string | null): ReportRow[] {
  return forecast.months.map(({ month, income, spending, net }) => ({
    name: key,
    month,
    ...bounds('income', income),
    ...bounds('spending', spending),
    ...bounds('net', net),
  }));
}

function bounds(name: string, { value, low, high }: Estimate): ReportRow {
  return { [name]: money(value), [`${name}_low`]: moneyOrNull(low), [`${name}_high`]: moneyOrNull(high) };
}

/** An estimate as a rounded numeral. */
export function money(value: number): string {
  const text = value.toFixed(2);
  return /[1-9]/.test(text) ? text : '0.00';
}

function moneyOrNull(value: number | null): string | null {
  return value === null ? null : money(value);
}

/** Days of each key, the largest sums first. */
function byKey(days: readonly ForecastDayRow[]): [string | null, ForecastDayRow[]][] {
  const keys = new Map<string | null, ForecastDayRow[]>();
  for (const row of days) {
    const list = keys.get(row.key);
    if (list === undefined) keys.set(row.key, [row]);
    else list.push(row);
  }
  const size = (rows: readonly ForecastDayRow[]): number =>
    rows.reduce((sum, { income, spending }) => sum + Math.abs(Number(income)) + Math.abs(Number(spending)), 0);
  return [...keys]
    .map(([key, rows]) => ({ key, rows, size: size(rows) }))
    .sort((a, b) => b.size - a.size || ((a.key ?? '') < (b.key ?? '') ? -1 : 1))
    .map(({ key, rows }) => [key, rows]);
}

async function readWorth(
  reader: DuckDbReader,
  request: StatsRequest,
  origin: string,
): Promise<{ readonly balance: number | null; readonly unknown: number }> {
  const { filters, openings, statements } = request;
  const { accounts: _, ...others } = filters;
  // A balance is that of all rows of an account.
  const filtered = Object.values(others).some(
    (value) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  if (filtered || request.source.amountScale === null || (statements === null && openings.length === 0))
    return { balance: null, unknown: 0 };
  const [row] = await reader.all<{ balance: string | null; unknown: string }>(worthSql(request, origin));
  const unknown = Number(row?.unknown ?? 0);
  return { balance: row?.balance == null || unknown > 0 ? null : Number(row.balance), unknown };
}

function lowestOf(forecast: Forecast, balance: number, origin: number, shift: number): ForecastView['lowest'] {
  const low = lowestAhead(forecast, balance, origin);
  return low === null ? null : { balance: low.balance, day: isoDay(low.day + shift), from: balance };
}

function backtestTable({ accuracy }: ForecastView): ReportTable {
  const rows = accuracy.flatMap(({ flow, months, meanError, againstNoChange, rivals, held, judged }): ReportRow[] => {
    const naive = againstNoChange === null || againstNoChange === 0 ? null : meanError / againstNoChange;
    const ratio = (error: number): number | null => (naive === null ? null : Math.round((error / naive) * 1e4) / 1e4);
    return [
      {
        flow: flow,
        way: 'THE FORECAST',
        mean_error: money(meanError),
        against_no_change: ratio(meanError),
        months: String(months),
        held: judged === 0 ? null : Math.round((held / judged) * 1e4) / 1e4,
      },
      ...rivals.map(({ name, meanError: error }) => ({
        flow: flow,
        way: name,
        mean_error: money(error),
        against_no_change: ratio(error),
        months: String(months),
        held: null,
      })),
    ];
  });
  return { columns: BACKTEST_COLUMNS, noun: 'way', rows, total: null, rowCount: rows.length };
}
