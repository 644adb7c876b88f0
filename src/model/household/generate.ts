import type { TransactionsRow } from '../transactionsTable.ts';
import { dayOf, partsOf } from './calendar.ts';
import { type Household, makeHousehold, type Period } from './household.ts';
import { type Posting, toRow } from './posting.ts';
import { everydayPosting } from './purchases.ts';
import { Random } from './random.ts';
import { regularPostings } from './regular.ts';

export interface SampleOptions {
  /** Exactly so many rows. */
  readonly rows: number;
  /** Another seed makes other households. */
  readonly seed?: number;
  /** The households' home currency: `normalized_amount` is in it. */
  readonly currency?: string;
}

export const DEFAULT_SAMPLE_ROWS = 5_000;
export const LARGEST_SAMPLE = 10_000_000;

const LAST_DAY = '2026-10-31';
const DAYS = 730;
/** Fewer rows than this would leave no room for purchases in two years: such samples cover less time. */
const ROWS_OF_TWO_YEARS = 1_500;
const ROWS_PER_HOUSEHOLD = 5_000;
/** How busy the days of the week are, Sunday first. */
const WEEKDAY_WEIGHTS = [9, 8, 8, 9, 10, 12, 14] as const;

/**
 * Rows of generated households, sorted by time, the same on every machine for the same options. Larger samples have
 * more households in the same two years. Memory is that of one day's rows, so it stays small for millions of rows.
 */
export function* generateSample(options: SampleOptions): Generator<TransactionsRow, void, undefined> {
  const { rows, seed = 1, currency = 'USD' } = options;
  const period = periodFor(rows);
  const everyday = rows - countRegular(rows, seed, period, currency);
  const households = makeHouseholds(rows, seed, period, currency);
  const random = new Random(seed, -1);
  const share = shareOfDays(period, everyday);
  let sequence = 0;
  for (let day = period.firstDay; day <= period.lastDay; day++) {
    const today = partsOf(day);
    const tomorrow = partsOf(day + 1);
    const postings: Posting[] = [];
    for (const household of households) {
      for (const posting of regularPostings(household, today, period)) postings.push(posting);
    }
    for (let left = share(day); left > 0; left--) postings.push(everydayPosting(random.pick(households), today));
    postings.sort((a, b) => a.second - b.second);
    for (const posting of postings) {
      if (sequence === rows) return;
      sequence++;
      yield toRow(posting, sequence, today, tomorrow);
    }
  }
}

/** The days that a sample of so many rows covers; it always ends on the same day. */
export function periodFor(rows: number): Period {
  const lastDay = dayOf(LAST_DAY);
  const days = Math.max(1, Math.min(DAYS, Math.ceil((DAYS * rows) / ROWS_OF_TWO_YEARS)));
  const firstDay = lastDay - days + 1;
  const firstMonth = partsOf(firstDay).month;
  return { firstDay, lastDay, firstMonth, months: partsOf(lastDay).month - firstMonth + 1 };
}

function makeHouseholds(rows: number, seed: number, period: Period, currency: string): Household[] {
  const count = Math.max(1, Math.round(rows / ROWS_PER_HOUSEHOLD));
  return Array.from({ length: count }, (_, index) => makeHousehold(seed, index + 1, period, currency));
}

/** Lives through the period without purchases to learn how many rows are left for them. */
function countRegular(rows: number, seed: number, period: Period, currency: string): number {
  const households = makeHouseholds(rows, seed, period, currency);
  let count = 0;
  for (let day = period.firstDay; day <= period.lastDay; day++) {
    const today = partsOf(day);
    for (const household of households) count += regularPostings(household, today, period).length;
  }
  return count;
}

/** How many of `total` everyday postings each day has, by weekday; they add up to `total` exactly. */
function shareOfDays(period: Period, total: number): (day: number) => number {
  const before: number[] = [0];
  for (let day = period.firstDay; day <= period.lastDay; day++)
    before.push((before.at(-1) ?? 0) + (WEEKDAY_WEIGHTS[partsOf(day).weekday] ?? 0));
  const all = before.at(-1) ?? 1;
  const until = (index: number): number => Math.floor((Math.max(0, total) * (before[index] ?? 0)) / all);
  return (day) => until(day - period.firstDay + 1) - until(day - period.firstDay);
}
