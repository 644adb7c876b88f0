import {
  addDays,
  addMonths,
  addQuarters,
  addWeeks,
  addYears,
  differenceInCalendarDays,
  differenceInCalendarISOWeeks,
  differenceInCalendarMonths,
  differenceInCalendarQuarters,
  differenceInCalendarYears,
  format,
  isValid,
  parse,
  startOfISOWeek,
  startOfMonth,
  startOfQuarter,
  startOfYear,
} from 'date-fns';
import { FinanceDbError } from '../errors/financeDbError.ts';

/** A span of whole days, both ends included; null is open. Dates are ISO text. */
export interface Period {
  readonly from: string | null;
  readonly to: string | null;
  /** As the user said it: `last month`, or as parts: `from 2024-01-15 to 2024-03`. */
  readonly label: string;
}

/** What "today" and "month" mean. */
export interface Calendar {
  /** ISO date. */
  readonly today: string;
  /** The day of the month on which months (and quarters and years) begin, 1 to 28. */
  readonly monthStart: number;
}

export const INTERVALS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type Interval = (typeof INTERVALS)[number];

export const ALL_TIME: Period = { from: null, to: null, label: 'all' };

/** The days that a period can name. */
export const FIRST_DAY = '0001-01-01';
export const LAST_DAY = '9999-12-31';

const EXAMPLES =
  'try 2024, 2024q3, 2024-03, 2024-03-15, "last month", "this year", "last 90 days", "march 2024", ' +
  '"from 2024-01-15 to 2024-03", "since 2024-06"';

const ISO = 'yyyy-MM-dd';
const UNIT = '(day|week|month|quarter|year)';
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * Reads a period expression: `2024`, `2024q3`, `2024-03`, `2024-03-15`, `march 2024`, `today`, `yesterday`,
 * `this|last|next week|month|quarter|year`, `last 90 days`, `previous 3 months`, `year to date`, `all`, and two of these
 * joined: `from A to B`, `A to B`, `A..B`, `since A`, `until B`. Ends are included: `to 2024-03` ends on the 31st.
 * @throws FinanceDbError USAGE with examples when the text means nothing.
 */
export function parsePeriod(text: string, calendar: Calendar): Period {
  const label = text.trim().replace(/\s+/g, ' ');
  const words = label.toLowerCase();
  const joined = readJoined(words, calendar) ?? readSimple(words, calendar);
  if (joined === null)
    throw new FinanceDbError('USAGE', `not a period: ${JSON.stringify(text)}`, {
      remedy: EXAMPLES,
      details: { period: text },
    });
  if (joined.from !== null && joined.to !== null && joined.from > joined.to)
    throw new FinanceDbError(
      'USAGE',
      `the period ${JSON.stringify(label)} ends (${joined.to}) before it begins (${joined.from})`,
      {
        remedy: 'exchange the two dates',
        details: { period: text, from: joined.from, to: joined.to },
      },
    );
  requireNamedDays(joined, text);
  return { ...joined, label };
}

/** A year before the first, or of five digits, has no name that could be compared or printed beside the others. */
function requireNamedDays({ from, to }: Period, text: string): void {
  for (const day of [from, to])
    if (day !== null && (day.length !== FIRST_DAY.length || day < FIRST_DAY))
      throw new FinanceDbError('USAGE', `the period ${JSON.stringify(text)} reaches beyond the years 1 to 9999`, {
        remedy: EXAMPLES,
        details: { period: text },
      });
}

/**
 * Puts `-p`, `--from` and `--to` together: the ends given by `--from` and `--to` replace those of the period.
 * @throws FinanceDbError USAGE when one of them means nothing or the result is empty.
 */
export function combinePeriod(
  given: { readonly period?: string; readonly from?: string; readonly to?: string },
  calendar: Calendar,
): Period {
  const base = given.period === undefined ? ALL_TIME : parsePeriod(given.period, calendar);
  if (given.from === undefined && given.to === undefined) return base;
  const from = given.from === undefined ? base.from : parsePeriod(given.from, calendar).from;
  const to = given.to === undefined ? base.to : parsePeriod(given.to, calendar).to;
  if (from !== null && to !== null && from > to)
    throw new FinanceDbError('USAGE', `the period ends (${to}) before it begins (${from})`, {
      remedy: 'exchange --from and --to',
      details: { from, to },
    });
  return { from, to, label: describeSpan(from, to) };
}

/** `2024-01-15 to 2024-03-31`, `since …`, `until …` or `all`. */
export function describeSpan(from: string | null, to: string | null): string {
  if (from === null && to === null) return 'all';
  if (from === null) return `until ${to}`;
  if (to === null) return `since ${from}`;
  return from === to ? from : `${from} to ${to}`;
}

/** The week, month, quarter or year (as the calendar begins them) that holds a day. */
export function intervalAround(day: string, interval: Interval, calendar: Calendar): Period {
  return unitAt(interval, fromIso(day), calendar, 0, interval);
}

/** A period moved by whole intervals, its length in months kept where it is made of whole months. */
export interface Comparison {
  readonly previous: Period | null;
  readonly lastYear: Period | null;
}

/**
 * The period before and the same period a year earlier. A period that still runs is compared up to the same day:
 * on 22 November, "this month" stands beside 1 to 22 October. Null where an end is open.
 */
export function comparisonPeriods(period: Period, calendar: Calendar): Comparison {
  if (period.from === null || period.to === null) return { previous: null, lastYear: null };
  const from = fromIso(period.from);
  const end = fromIso(period.to);
  const running = period.from <= calendar.today && calendar.today < period.to;
  const to = running ? fromIso(calendar.today) : end;
  const months = wholeMonths(from, end, calendar);
  const days = differenceInCalendarDays(end, from) + 1;
  const back = (date: Date): Date => (months === null ? addDays(date, -days) : addMonths(date, -months));
  // The last day of a whole month answers to the last day of another: the day before the next one begins.
  const backEnd = running ? back(to) : addDays(back(addDays(end, 1)), -1);
  const yearEnd = running ? addYears(to, -1) : addDays(addYears(addDays(end, 1), -1), -1);
  return { previous: namedSpan(back(from), backEnd), lastYear: namedSpan(addYears(from, -1), yearEnd) };
}

/** Null where it begins before the first day. */
function namedSpan(from: Date, to: Date): Period | null {
  return from.getFullYear() < 1 ? null : span(from, to);
}

/** A day moved by days, and kept within those that have a name of ten characters: 0001-01-01 to 9999-12-31. */
export function addDaysIso(day: string, days: number): string {
  return clampedIso(addDays(fromIso(day), days));
}

/** How many intervals a span of days touches: the length of `listIntervals`, without making the list. */
export function countIntervals(from: string, to: string, interval: Interval, calendar: Calendar): number {
  const shift = interval === 'day' || interval === 'week' ? 0 : 1 - calendar.monthStart;
  const [first, last] = [addDays(fromIso(from), shift), addDays(fromIso(to), shift)];
  switch (interval) {
    case 'day':
      return differenceInCalendarDays(last, first) + 1;
    case 'week':
      return differenceInCalendarISOWeeks(last, first) + 1;
    case 'month':
      return differenceInCalendarMonths(last, first) + 1;
    case 'quarter':
      return differenceInCalendarQuarters(last, first) + 1;
    case 'year':
      return differenceInCalendarYears(last, first) + 1;
  }
}

/** The intervals that a span of days touches, in order, by the labels that `intervalLabel` gives their days. */
export function listIntervals(from: string, to: string, interval: Interval, calendar: Calendar): string[] {
  const labels: string[] = [];
  let day = fromIso(from);
  const end = fromIso(to);
  while (day <= end) {
    labels.push(intervalLabel(day, interval, calendar));
    day = addDays(fromIso(unitAt(interval, day, calendar, 0, '').to ?? to), 1);
  }
  return labels;
}

/** 2024-03-15, 2024-W11 (ISO week), 2024-03, 2024-Q1 or 2024. */
function intervalLabel(day: Date, interval: Interval, calendar: Calendar): string {
  if (interval === 'day') return format(day, ISO);
  if (interval === 'week') return format(day, "RRRR-'W'II");
  const shifted = addDays(day, 1 - calendar.monthStart);
  if (interval === 'month') return format(shifted, 'yyyy-MM');
  return format(shifted, interval === 'quarter' ? "yyyy-'Q'Q" : 'yyyy');
}

function readJoined(words: string, calendar: Calendar): Period | null {
  const both =
    /^from (.+?) (?:to|until|till|through) (.+)$/.exec(words) ??
    /^(.+?) ?(?:\.\.|–) ?(.+)$/.exec(words) ??
    /^(?:between )?(.+?) (?:to|until|till|through|and) (?!date$)(.+)$/.exec(words);
  if (both !== null) return join(both[1], both[2], calendar);
  const since = /^(?:since|from) (.+)$/.exec(words) ?? /^(.+?) ?\.\.$/.exec(words);
  if (since !== null) return join(since[1], undefined, calendar);
  const until = /^(?:until|till|to|through) (.+)$/.exec(words) ?? /^\.\. ?(.+)$/.exec(words);
  if (until !== null) return join(undefined, until[1], calendar);
  return null;
}

function join(first: string | undefined, second: string | undefined, calendar: Calendar): Period | null {
  const from = first === undefined ? ALL_TIME : readSimple(first, calendar);
  const to = second === undefined ? ALL_TIME : readSimple(second, calendar);
  return from === null || to === null ? null : { from: from.from, to: to.to, label: '' };
}

function readSimple(words: string, calendar: Calendar): Period | null {
  return readDate(words, calendar) ?? readNamed(words, calendar) ?? readRelative(words, calendar);
}

function readDate(words: string, calendar: Calendar): Period | null {
  if (/^\d{4}-\d{1,2}-\d{1,2}$/.test(words)) {
    const day = parse(words, 'yyyy-M-d', new Date(2000, 0, 1));
    return isValid(day) ? span(day, day) : null;
  }
  const quarter = /^(\d{4})[ -]?q([1-4])$/.exec(words) ?? /^q([1-4])[ -]?(\d{4})$/.exec(words);
  if (quarter !== null) {
    const [year, number] = quarter[1]?.length === 4 ? [quarter[1], quarter[2]] : [quarter[2], quarter[1]];
    return named('quarter', Number(year), (Number(number) - 1) * 3, calendar);
  }
  const month = /^(\d{4})[-/](\d{1,2})$/.exec(words);
  if (month !== null) {
    const number = Number(month[2]);
    return number >= 1 && number <= 12 ? named('month', Number(month[1]), number - 1, calendar) : null;
  }
  if (/^\d{4}$/.test(words)) return named('year', Number(words), 0, calendar);
  return null;
}

function readNamed(words: string, calendar: Calendar): Period | null {
  const match = /^(?:in )?([a-z]{3,9})(?: (\d{4}))?$/.exec(words);
  if (match === null) return null;
  const name = match[1] ?? '';
  const month = MONTHS.findIndex((start) => name.startsWith(start) && monthName(start).startsWith(name));
  if (month === -1) return null;
  if (match[2] !== undefined) return named('month', Number(match[2]), month, calendar);
  // A bare month is the latest one that has begun.
  const year = fromIso(calendar.today).getFullYear();
  const thisYear = named('month', year, month, calendar);
  return (thisYear.from ?? '') <= calendar.today ? thisYear : named('month', year - 1, month, calendar);
}

function monthName(start: string): string {
  return format(new Date(2000, MONTHS.indexOf(start), 1), 'MMMM').toLowerCase();
}

function readRelative(words: string, calendar: Calendar): Period | null {
  const today = fromIso(calendar.today);
  if (words === 'all' || words === 'all time' || words === 'ever' || words === 'everything') return ALL_TIME;
  if (words === 'today') return span(today, today);
  if (words === 'yesterday') return span(addDays(today, -1), addDays(today, -1));
  if (words === 'tomorrow') return span(addDays(today, 1), addDays(today, 1));
  const toDate = new RegExp(`^${UNIT} to date$`).exec(words) ?? /^([myqw])td$/.exec(words);
  if (toDate !== null) {
    const unit = { m: 'month', y: 'year', q: 'quarter', w: 'week' }[toDate[1] ?? ''] ?? toDate[1];
    return { ...unitAt(unit as Interval, today, calendar, 0, words), to: calendar.today };
  }
  const one = new RegExp(`^(this|current|last|previous|prev|next) ${UNIT}$`).exec(words);
  if (one !== null) {
    const steps = { this: 0, current: 0, next: 1 }[one[1] ?? ''] ?? -1;
    return unitAt(one[2] as Interval, today, calendar, steps, words);
  }
  const many = new RegExp(`^(last|past|previous|prev) (\\d{1,4}) ${UNIT}s?$`).exec(words);
  if (many === null || Number(many[2]) === 0) return null;
  const [, how = '', number = '', unit = ''] = many;
  const count = Number(number);
  // "last 3 months" reaches up to today; "previous 3 months" are the three whole months before this one.
  if (how.startsWith('prev')) {
    const first = unitAt(unit as Interval, today, calendar, -count, words);
    return { from: first.from, to: unitAt(unit as Interval, today, calendar, -1, words).to, label: words };
  }
  return span(addDays(addUnits(today, unit as Interval, -count), 1), today);
}

/** The month, quarter or year of that name: with months that begin on the 25th, 2024-03 begins on 2024-03-25. */
function named(interval: Interval, year: number, month: number, calendar: Calendar): Period {
  const start = new Date(2000, month, 1);
  start.setFullYear(year);
  return unitAt(interval, addDays(start, calendar.monthStart - 1), calendar, 0, interval);
}

function unitAt(interval: Interval, day: Date, calendar: Calendar, steps: number, label: string): Period {
  const shift = interval === 'day' || interval === 'week' ? 0 : calendar.monthStart - 1;
  const begin = addUnits(startOfUnit(addDays(day, -shift), interval), interval, steps);
  const next = addUnits(begin, interval, 1);
  return { from: isoDay(addDays(begin, shift)), to: isoDay(addDays(next, shift - 1)), label };
}

function startOfUnit(day: Date, interval: Interval): Date {
  switch (interval) {
    case 'day':
      return day;
    case 'week':
      return startOfISOWeek(day);
    case 'month':
      return startOfMonth(day);
    case 'quarter':
      return startOfQuarter(day);
    case 'year':
      return startOfYear(day);
  }
}

function addUnits(day: Date, interval: Interval, count: number): Date {
  switch (interval) {
    case 'day':
      return addDays(day, count);
    case 'week':
      return addWeeks(day, count);
    case 'month':
      return addMonths(day, count);
    case 'quarter':
      return addQuarters(day, count);
    case 'year':
      return addYears(day, count);
  }
}

/** The number of months if the span is made of whole ones, else null. */
function wholeMonths(from: Date, to: Date, calendar: Calendar): number | null {
  const next = addDays(to, 1);
  if (from.getDate() !== calendar.monthStart || next.getDate() !== calendar.monthStart) return null;
  return (next.getFullYear() - from.getFullYear()) * 12 + next.getMonth() - from.getMonth();
}

function span(from: Date, to: Date): Period {
  const [first, last] = [isoDay(from), isoDay(to)];
  return { from: first, to: last, label: describeSpan(first, last) };
}

/** ISO text; a day before the year 1 is marked by a sign and so never taken for one after it, as its year of era would be. */
function isoDay(day: Date): string {
  return day.getFullYear() < 1 ? `-${format(day, ISO)}` : format(day, ISO);
}

function clampedIso(day: Date): string {
  if (day.getFullYear() < 1) return FIRST_DAY;
  return day.getFullYear() > 9999 ? LAST_DAY : format(day, ISO);
}

function fromIso(day: string): Date {
  return parse(day, ISO, new Date(2000, 0, 1));
}
