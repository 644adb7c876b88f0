import { addMonths, monthOf, monthStart } from './days.ts';
import { METHODS, type Method, NO_CHANGE } from './methods.ts';
import { type Expected, expectedOf, type Series } from './recurring.ts';

/** What came of a flow day by day: numbers, since all that is made of them is an estimate. */
export class DailySums {
  readonly first: number;
  private readonly upTo: Float64Array;

  /** @param days sums from `first` on, one a day */
  constructor(first: number, days: ArrayLike<number>) {
    this.first = first;
    this.upTo = new Float64Array(days.length + 1);
    for (let index = 0; index < days.length; index++)
      this.upTo[index + 1] = (this.upTo[index] as number) + (days[index] as number);
  }

  /** The sum of the days from..to, both included. */
  between(from: number, to: number): number {
    const most = this.upTo.length - 1;
    const place = (day: number): number => Math.min(most, Math.max(0, day - this.first));
    return to < from ? 0 : (this.upTo[place(to + 1)] as number) - (this.upTo[place(from)] as number);
  }
}

/** Months ahead are told by their place: 0 is what is left of the month that runs, 1 the one after it. */
export interface OriginGuesses {
  /** By way of guessing, in the order of WAYS: what each month ahead adds up to, whole months. */
  readonly byWay: readonly (readonly number[])[];
}

/** A way to forecast: what recurs dated and a plain method for the rest, or the plain method for all of it. */
export interface Way {
  readonly name: string;
  readonly dated: boolean;
  readonly method: Method;
}

export const WAYS: readonly Way[] = [
  ...METHODS.map((method) => ({ name: `dated + ${method.name}`, dated: true, method })),
  ...METHODS.map((method) => ({ name: method.name, dated: false, method })),
];

/** What recurs in a flow, as of a day. */
export interface Known {
  readonly series: readonly Series[];
  readonly expected: readonly Expected[];
}

export function knownOf(series: readonly Series[], origin: number, until: number): Known {
  return { series, expected: series.flatMap((one) => expectedOf(one, origin, until)) };
}

/**
 * Guesses the running month (its whole sum, of what came so far and what is left) and those after it, in every way.
 * @param origin the last day that is known
 * @param ahead so many months after the one that runs
 */
export function guessFrom(sums: DailySums, known: Known, origin: number, ahead: number): OriginGuesses {
  const running = monthOf(origin + 1);
  const startOfRunning = monthStart(running);
  const length = monthStart(running + 1) - startOfRunning;
  const left = (length - (origin + 1 - startOfRunning)) / length;
  const first = firstWholeMonth(sums.first);
  const months: number[] = [];
  for (let month = first; month < running; month++)
    months.push(sums.between(monthStart(month), monthStart(month + 1) - 1));
  const recurring = months.map(() => 0);
  for (const { hits } of known.series)
    for (const { day, value } of hits) {
      const place = monthOf(day) - first;
      if (place >= 0 && place < recurring.length) recurring[place] = (recurring[place] as number) + value;
    }
  const rest = months.map((sum, index) => sum - (recurring[index] as number));
  const soFar = sums.between(startOfRunning, origin);
  const soFarDays = origin + 1 - startOfRunning;
  const restBefore = sums.between(addMonths(origin, -1) + 1, startOfRunning - 1);
  const due: number[] = new Array(ahead + 1).fill(0) as number[];
  for (const { series, day } of known.expected) {
    const place = monthOf(day) - running;
    if (place >= 0 && place <= ahead) due[place] = (due[place] as number) + series.usual.value;
  }
  const byWay = WAYS.map(({ dated, method }) =>
    due.map((expected, place) => {
      const estimate = method.guess(dated ? rest : months, place);
      // What is left of a month is no even share of it: "no change" is what came after the same day of the month before.
      const remains = method.name === NO_CHANGE && !dated && soFarDays > 0 ? restBefore : estimate * left;
      const share = place === 0 ? remains + soFar : estimate;
      return dated ? share + expected : share;
    }),
  );
  return { byWay };
}

/** The first month that the file covers from near its first day on: half a month would mislead. */
export function firstWholeMonth(day: number): number {
  const month = monthOf(day);
  return day - monthStart(month) <= 4 ? month : month + 1;
}

/** Origins of the past at the same place in their month, the latest first, so many as there are up to a limit. */
export function pastOrigins(origin: number, first: number, most: number): number[] {
  const atEnd = monthOf(origin + 1) !== monthOf(origin);
  const origins: number[] = [];
  for (let ago = 1; ago <= most; ago++) {
    const day = atEnd ? monthStart(monthOf(origin) + 1 - ago) - 1 : addMonths(origin, -ago);
    if (monthOf(day + 1) - firstWholeMonth(first) < FEWEST_MONTHS) break;
    origins.push(day);
  }
  return origins;
}

/** Whole months that a forecast needs. */
export const FEWEST_MONTHS = 3;
