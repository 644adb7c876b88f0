import { addDays, addMonths, differenceInCalendarDays, endOfMonth, format, parse } from 'date-fns';
import { type Calendar, comparisonPeriods, type Interval, intervalAround, type Period } from './period.ts';

const ISO = 'yyyy-MM-dd';
const dayOf = (text: string): Date => parse(text, ISO, new Date(2000, 0, 1));

/** The periods beside one, as expressions that `parsePeriod` reads: `2026-09`, `2026`, `2026-09-10..2026-09-19`; null where an end is open. */
export function neighbourPeriods(
  period: Period,
  calendar: Calendar,
): { readonly previous: string | null; readonly next: string | null } {
  const { from, to } = period;
  if (from === null || to === null) return { previous: null, next: null };
  // Compared as if it were over: a step back is a whole one, even from a month that still runs.
  const { previous } = comparisonPeriods(period, { ...calendar, today: to });
  const [first, end] = [dayOf(from), dayOf(to)];
  const begin = addDays(end, 1);
  const months =
    first.getDate() === calendar.monthStart && begin.getDate() === calendar.monthStart
      ? (begin.getFullYear() - first.getFullYear()) * 12 + begin.getMonth() - first.getMonth()
      : null;
  const last =
    months === null ? addDays(begin, differenceInCalendarDays(end, first)) : addDays(addMonths(begin, months), -1);
  const beyond = last.getFullYear() > 9999;
  return {
    previous: previous?.from && previous.to ? expressionOf(previous.from, previous.to) : null,
    next: beyond ? null : expressionOf(format(begin, ISO), format(last, ISO)),
  };
}

/** The shortest expression for a span of days, whatever day months begin on. */
export function expressionOf(from: string, to: string): string {
  if (from === to) return from;
  if (from.slice(0, 4) === to.slice(0, 4) && from.endsWith('-01-01') && to.endsWith('-12-31')) return from.slice(0, 4);
  if (from.endsWith('-01') && format(endOfMonth(dayOf(from)), ISO) === to) return from.slice(0, 7);
  return `${from}..${to}`;
}

/** The days of an interval by its label in a report: `2024-03-15`, `2024-W11`, `2024-03`, `2024-Q1`, `2024`. */
export function intervalDays(label: string, interval: Interval, calendar: Calendar): Period {
  return intervalAround(firstDay(label, interval, calendar), interval, calendar);
}

function firstDay(label: string, interval: Interval, { monthStart }: Calendar): string {
  const begin = String(monthStart).padStart(2, '0');
  switch (interval) {
    case 'day':
      return label;
    case 'week':
      return format(parse(label, "RRRR-'W'II", new Date(2000, 0, 3)), ISO);
    case 'month':
      return `${label}-${begin}`;
    case 'quarter':
      return `${label.slice(0, 4)}-${String(Number(label.slice(-1)) * 3 - 2).padStart(2, '0')}-${begin}`;
    case 'year':
      return `${label}-01-${begin}`;
  }
}
