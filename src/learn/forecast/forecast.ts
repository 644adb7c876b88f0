import { coverageOf, halfWidthOf, type Outlook, outlookFor, type Trial } from './backtest.ts';
import { monthOf, monthStart, monthText } from './days.ts';
import { NO_CHANGE } from './methods.ts';
import { type Beat, type Expected, type HitGroup, seriesUpTo } from './recurring.ts';
import { DailySums, FEWEST_MONTHS, firstWholeMonth, guessFrom, knownOf, pastOrigins, WAYS } from './series.ts';

/** What is known of one account, one category, or all of it. */
export interface KnownFlows {
  /** First day of the sums. */
  readonly first: number;
  readonly income: ArrayLike<number>;
  readonly spending: ArrayLike<number>;
  readonly groups: readonly HitGroup[];
}

export interface ForecastOptions {
  /** The last day that is known. */
  readonly origin: number;
  /** Whole months to forecast after the one that runs. */
  readonly months: number;
  readonly beats: readonly Beat[];
}

/** An estimate: a number, and to be written as one. */
export interface Estimate {
  readonly value: number;
  /** Bounds made to hold eight of ten months, by errors of the past; null where there are too few. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface MonthForecast {
  /** `2026-11`. */
  readonly month: string;
  /** Whether part of it is known already. */
  readonly running: boolean;
  readonly income: Estimate;
  readonly spending: Estimate;
  readonly net: Estimate;
  /** What of net is known already, in the month that runs. */
  readonly soFar: number;
}

export type FlowName = 'income' | 'spending' | 'net';
const FLOWS = ['income', 'spending'] as const;

/** How the procedure did on the user's own past, a month ahead. */
export interface Accuracy {
  readonly flow: FlowName;
  /** Past months that were forecast from what was known before. */
  readonly months: number;
  readonly meanError: number;
  /** Of each of these months, the earliest first. */
  readonly errors: readonly number[];
  /** Mean error over that of "the same as the month before"; null where that never erred. */
  readonly againstNoChange: number | null;
  /** Of the plain ways, each used throughout. */
  readonly rivals: readonly { readonly name: string; readonly meanError: number }[];
  /** How often the 80 % interval held, each made of earlier errors. */
  readonly held: number;
  readonly judged: number;
}

export interface Forecast {
  readonly months: readonly MonthForecast[];
  /** What is expected, dated, in order of time. */
  readonly expected: readonly Expected[];
  /** The way that was chosen for the first month, for income and spending. */
  readonly ways: Readonly<Record<'income' | 'spending', string>>;
  readonly accuracy: readonly Accuracy[];
  /** Whole months of history; fewer than three are too few. */
  readonly history: number;
}

/** More of the past says little, and takes long. */
const MOST_TRIALS = 36;

/** Forecasts income, spending and net by month. Null where there is too little history. */
export function forecastFlows(known: KnownFlows, options: ForecastOptions): Forecast | null {
  const { origin, beats } = options;
  const atEnd = monthOf(origin + 1) !== monthOf(origin);
  const running = monthOf(origin + 1);
  const history = running - firstWholeMonth(known.first);
  if (history < FEWEST_MONTHS) return null;
  const ahead = atEnd ? options.months - 1 : options.months;
  const sums = {
    income: new DailySums(known.first, known.income),
    spending: new DailySums(known.first, known.spending),
  };
  const series = seriesUpTo(known.groups, origin, beats);
  const until = monthStart(running + ahead + 1) - 1;
  const of = (flow: 'income' | 'spending', list: typeof series): typeof series =>
    list.filter(({ group }) => group.flow === flow);
  const trials: Record<'income' | 'spending', Trial[]> = { income: [], spending: [] };
  for (const past of pastOrigins(origin, known.first, MOST_TRIALS).reverse()) {
    const then = seriesUpTo(known.groups, past, beats);
    const month = monthOf(past + 1);
    const end = monthStart(month + ahead + 1) - 1;
    for (const flow of FLOWS) {
      const { byWay } = guessFrom(sums[flow], knownOf(of(flow, then), past, end), past, ahead);
      const actual = Array.from({ length: ahead + 1 }, (_, place) =>
        monthStart(month + place + 1) - 1 > origin
          ? null
          : sums[flow].between(monthStart(month + place), monthStart(month + place + 1) - 1),
      );
      trials[flow].push({ byWay, actual });
    }
  }
  const nowKnown = {
    income: knownOf(of('income', series), origin, until),
    spending: knownOf(of('spending', series), origin, until),
  };
  const guesses = {
    income: guessFrom(sums.income, nowKnown.income, origin, ahead),
    spending: guessFrom(sums.spending, nowKnown.spending, origin, ahead),
  };
  const outlooks = Array.from({ length: ahead + 1 }, (_, place) => ({
    income: outlookFor(trials.income, place),
    spending: outlookFor(trials.spending, place),
  }));
  const months = outlooks.map((outlook, place): MonthForecast => {
    const income = estimate(guesses.income.byWay[outlook.income.way]?.[place] ?? 0, outlook.income.halfWidth);
    const spending = estimate(guesses.spending.byWay[outlook.spending.way]?.[place] ?? 0, outlook.spending.halfWidth);
    return {
      month: monthText(running + place),
      running: place === 0 && !atEnd,
      income,
      spending,
      soFar:
        place === 0
          ? sums.income.between(monthStart(running), origin) + sums.spending.between(monthStart(running), origin)
          : 0,
      net: estimate(income.value + spending.value, halfWidthOf(netErrors(outlook), netSizes(outlook))),
    };
  });
  return {
    months,
    expected: [...nowKnown.income.expected, ...nowKnown.spending.expected].sort((a, b) => a.day - b.day),
    ways: {
      income: WAYS[outlooks[0]?.income.way ?? 0]?.name ?? '',
      spending: WAYS[outlooks[0]?.spending.way ?? 0]?.name ?? '',
    },
    accuracy: accuracyOf(outlooks[0], trials),
    history,
  };
}

interface Outlooks {
  readonly income: Outlook;
  readonly spending: Outlook;
}

/** What income and spending missed by together. */
function netErrors({ income, spending }: Outlooks): number[] {
  return sumsOf(income.errors, spending.errors);
}

/** What went through: net itself may be next to nothing. */
function netSizes({ income, spending }: Outlooks): number[] {
  return sumsOf(income.sizes, spending.sizes);
}

function estimate(value: number, half: number | null): Estimate {
  return { value, low: half === null ? null : value - half, high: half === null ? null : value + half };
}

interface Judged {
  readonly actual: readonly number[];
  readonly errors: readonly number[];
  readonly sizes: readonly number[];
  readonly byWay: (way: number) => number[];
}

function accuracyOf(outlooks: Outlooks | undefined, trials: Record<'income' | 'spending', Trial[]>): Accuracy[] {
  if (outlooks === undefined || trials.income.length === 0) return [];
  const actualOf = (flow: 'income' | 'spending'): number[] => trials[flow].flatMap(({ actual }) => actual[0] ?? []);
  const guessed = (flow: 'income' | 'spending', way: number): number[] =>
    trials[flow].flatMap(({ byWay, actual }) => (actual[0] == null ? [] : (byWay[way]?.[0] ?? 0)));
  const flows: Record<FlowName, Judged> = {
    income: {
      actual: actualOf('income'),
      ...outlooks.income,
      byWay: (way) => guessed('income', way),
    },
    spending: {
      actual: actualOf('spending'),
      ...outlooks.spending,
      byWay: (way) => guessed('spending', way),
    },
    net: {
      actual: sumsOf(actualOf('income'), actualOf('spending')),
      errors: netErrors(outlooks),
      sizes: netSizes(outlooks),
      byWay: (way) => sumsOf(guessed('income', way), guessed('spending', way)),
    },
  };
  return (Object.keys(flows) as FlowName[]).map((flow) => {
    const { actual, errors, sizes, byWay } = flows[flow];
    const meanError = meanSize(errors);
    const rivals = WAYS.map(({ name }, way) => ({
      name,
      meanError: meanSize(byWay(way).map((value, index) => value - (actual[index] as number))),
    }));
    const naive = rivals.find(({ name }) => name === NO_CHANGE)?.meanError ?? 0;
    return {
      flow,
      months: errors.length,
      errors,
      meanError,
      againstNoChange: naive === 0 ? null : meanError / naive,
      rivals,
      ...coverageOf(errors, sizes, 0),
    };
  });
}

function sumsOf(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, index) => value + (b[index] ?? 0));
}

function meanSize(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
}
