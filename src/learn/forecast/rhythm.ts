import { monthOf, monthStart } from './days.ts';

/** The days on which something is due that comes back, as far as its last times tell. Days are those of the calendar. */
export interface Rhythm {
  /** The day on which it came last. */
  readonly last: number;
  /** To the next: so many days, */
  readonly days: number;
  /** or so many months, on a day of the month; what is twice a month has none, but two days. */
  readonly months: number;
  /** Days of the month, in the order in which they came; a month that has no such day takes its last. Empty: it counts in days. */
  readonly monthDays: readonly number[];
}

/**
 * The day of the n-th time after the last. Twice a month means two days of the month: fifteen days on end would wander through it.
 * The report `recurring` dates by the same rules in SQL (`dueDay` of src/analytics/series.ts), and a test compares the two.
 */
export function dueDay({ last, days, months, monthDays }: Rhythm, count: number): number {
  const [first, second] = monthDays;
  if (first === undefined) return last + days * count;
  const month = monthOf(last);
  if (second === undefined) return onDay(month + months * count, first);
  // The time before the last lies in its month, or in the month before where it was later in it.
  return count % 2 === 1
    ? onDay((first < second ? month : month - 1) + (count + 1) / 2, first)
    : onDay(month + count / 2, second);
}

/**
 * The day of the month that a payment comes on. One on the last day of a short month may be meant for a later day, as the times before it
 * say: 31 January, 28 February, 31 March.
 * @param latest the latest days it came on
 */
export function monthDayOf(day: number, latest: readonly number[]): number {
  const month = monthOf(day);
  if (monthStart(month + 1) - 1 !== day) return dayOfMonth(day);
  return Math.max(...latest.map(dayOfMonth));
}

function dayOfMonth(day: number): number {
  return day - monthStart(monthOf(day)) + 1;
}

function onDay(month: number, day: number): number {
  return Math.min(monthStart(month) + day, monthStart(month + 1)) - 1;
}
