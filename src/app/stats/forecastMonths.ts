import { type ForecastDayRow, forecastDaysSql } from '../../analytics/forecast.ts';
import { lastKnownDay } from '../../analytics/lastKnown.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { dayNumber, isoDay, monthOf, monthStart, monthText } from '../../learn/forecast/days.ts';
import type { Forecast } from '../../learn/forecast/forecast.ts';
import { exactSum } from '../../model/exactSum.ts';
import { MOST_DAYS } from './forecastInput.ts';

/** A month as it was: its days, and exactly what they add up to. */
export interface PastMonth {
  readonly month: string;
  readonly from: string;
  readonly to: string;
  readonly net: string;
}

/** What came in a month that was forecast from what was known before it: exact sums. */
export interface CameMonth {
  readonly month: string;
  readonly income: string;
  readonly spending: string;
  readonly net: string;
}

const MONTHS_DRAWN = 12;

/** The latest whole months before the origin. */
export function pastMonths(days: readonly ForecastDayRow[], origin: number, shift: number): PastMonth[] {
  const running = monthOf(origin + 1);
  const sums = new Map<number, string[]>();
  for (const { day, income, spending } of days) {
    const number = dayNumber(day) - shift;
    const month = monthOf(number);
    if (number > origin || month >= running || origin - number > MOST_DAYS) continue;
    const own = sums.get(month) ?? [];
    own.push(income, spending);
    sums.set(month, own);
  }
  const first = Math.max(Math.min(...sums.keys()), running - MONTHS_DRAWN);
  return Array.from({ length: Math.max(0, running - first) }, (_, index) => {
    const month = first + index;
    return {
      month: monthText(month),
      from: isoDay(monthStart(month) + shift),
      to: isoDay(monthStart(month + 1) - 1 + shift),
      net: exactSum(sums.get(month) ?? ['0.00']),
    };
  });
}

/** Months of a forecast that lies in the past: nothing of this is looked at by the forecast itself. */
export async function cameMonths(
  reader: DuckDbReader,
  request: StatsRequest,
  { months }: Forecast,
  shift: number,
): Promise<CameMonth[]> {
  if (request.period.to === null) return [];
  const known = dayNumber(lastKnownDay({ ...request, period: { ...request.period, to: null } })) - shift;
  const over = months.map(({ month }) => month).filter((month) => monthStart(monthNumber(month) + 1) <= known + 1);
  const [first, last] = [over[0], over.at(-1)];
  if (first === undefined || last === undefined) return [];
  const days = await reader.all<ForecastDayRow>(
    forecastDaysSql(request, {
      from: isoDay(monthStart(monthNumber(first)) + shift),
      to: isoDay(monthStart(monthNumber(last) + 1) - 1 + shift),
    }),
  );
  return over.map((month) => {
    const own = days.filter(({ day }) => monthText(monthOf(dayNumber(day) - shift)) === month);
    const income = exactSum(['0.00', ...own.map((day) => day.income)]);
    const spending = exactSum(['0.00', ...own.map((day) => day.spending)]);
    return { month, income, spending, net: exactSum([income, spending]) };
  });
}

function monthNumber(month: string): number {
  return monthOf(dayNumber(`${month}-01`));
}
