/** A plain way to guess a month from whole months before, the latest last. Every one is in numbers: an estimate. */
export interface Method {
  readonly name: string;
  /** @param ahead 0 for the month that follows the last one */
  readonly guess: (months: readonly number[], ahead: number) => number;
}

const lastOf = (months: readonly number[], count: number): readonly number[] => months.slice(-count);

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Simple exponential smoothing. */
function smoothed(months: readonly number[], share: number): number {
  return months.reduce((level, value, index) => (index === 0 ? value : level + share * (value - level)), 0);
}

/** What stands out is so many times as far from the median as the middle of the others is, and this share of it. */
const STANDS_OUT = { deviations: 6, share: 0.1 };
/** A first month is often an opening deposit, and no custom. */
const FEWEST_BEFORE = 13;

/** The median of a year, and what stood out in the same month a year before: a bonus, an annual bill. */
function medianAndStandout(months: readonly number[], ahead: number): number {
  const year = lastOf(months, 12);
  const usual = median(year);
  if (months.length < FEWEST_BEFORE) return usual;
  const before = months.at((ahead % 12) - 12) as number;
  const deviation = median(year.map((value) => Math.abs(value - usual)));
  const distance = before - usual;
  const outer = Math.max(STANDS_OUT.deviations * deviation, STANDS_OUT.share * Math.abs(usual));
  return Math.abs(distance) > outer && before * distance > 0 ? before : usual;
}

/** What every forecast has to beat: the same as the month before. */
export const NO_CHANGE = 'no change';

export const METHODS: readonly Method[] = [
  { name: 'median, peaks of last year', guess: medianAndStandout },
  { name: 'median of 12 months', guess: (months) => median(lastOf(months, 12)) },
  { name: 'mean of 12 months', guess: (months) => mean(lastOf(months, 12)) },
  { name: 'mean of 6 months', guess: (months) => mean(lastOf(months, 6)) },
  { name: 'mean of 3 months', guess: (months) => mean(lastOf(months, 3)) },
  { name: 'smoothing', guess: (months) => smoothed(months, 0.3) },
  { name: NO_CHANGE, guess: (months) => months.at(-1) ?? 0 },
  {
    name: 'same month a year before',
    guess: (months, ahead) => (months.length >= 12 ? (months.at((ahead % 12) - 12) as number) : mean(months)),
  },
];
