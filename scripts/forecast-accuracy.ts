/**
 * Measures `stats forecast` a month ahead, account by account, on a CSV file in our own columns, and without a file on the sample household
 * as a whole, or on so many households of the generator:
 *   npx tsx scripts/forecast-accuracy.ts transactions-berka.csv
 *   npx tsx scripts/forecast-accuracy.ts [--households N]
 * Rolling origin: at each past month what was known before it is forecast from, and the error is divided by the mean absolute step from month to
 * month within what was known (MASE as Hyndman and Koehler defined it in 2006: the scale is the in-sample error of "no change"). Of an account
 * the mean of these is taken, then the mean over accounts. Which months are judged is a choice, so several are printed.
 * "A seer" is what would be missed by one who knows beforehand all income and each bill that comes back, to the cent, and what all other spending
 * comes to in a mean month: what is missed then is chance, and nothing that learns can be expected to miss less.
 */
import { CADENCES } from '../src/analytics/cadences.ts';
import { forecastDaysSql, forecastHitsSql } from '../src/analytics/forecast.ts';
import { beatsOf, flowsOf, groupsOf } from '../src/app/stats/forecastInput.ts';
import { dayNumber, monthOf, monthStart } from '../src/learn/forecast/days.ts';
import { type Accuracy, type FlowName, forecastFlows, type KnownFlows } from '../src/learn/forecast/forecast.ts';
import { seriesUpTo } from '../src/learn/forecast/recurring.ts';
import { DailySums, FEWEST_MONTHS, firstWholeMonth } from '../src/learn/forecast/series.ts';
import { loadRows, wholeRequest } from './support/measuredRows.ts';

interface Choice {
  readonly name: string;
  /** Months that are known before the first that is judged. */
  readonly known: number;
  /** Whether the month in which the account begins counts as one, though the file may have only part of it. */
  readonly partOfMonth: boolean;
}

const CHOICES: readonly Choice[] = [
  { name: 'with twelve calendar months known', known: 12, partOfMonth: true },
  { name: 'with twelve whole months known', known: 12, partOfMonth: false },
  { name: 'with six whole months known', known: 6, partOfMonth: false },
  { name: 'from the first forecast on', known: FEWEST_MONTHS, partOfMonth: false },
];

/** One account, or one household. */
interface Measured {
  readonly flows: KnownFlows;
  readonly origin: number;
  readonly accuracy: readonly Accuracy[];
}

async function measure(file: string | null, seed: number): Promise<Measured[]> {
  const rows = await loadRows(file, 'transactions', seed);
  const request = await wholeRequest(rows, { groupBy: file === null ? null : 'account', backtest: true });
  const origin = dayNumber(request.calendar.today);
  const days = await rows.all<Parameters<typeof flowsOf>[0][number]>(forecastDaysSql(request));
  const groups = groupsOf(await rows.all<Parameters<typeof groupsOf>[0][number]>(forecastHitsSql(request, null)), 0);
  rows.close();
  const groupsByAccount = byKey(groups, ({ account }) => account);
  return [...byKey(days, ({ key }) => key)].flatMap(([key, list]) => {
    const flows = flowsOf(list, file === null ? groups : (groupsByAccount.get(key) ?? []), origin, 0);
    const forecast = flows && forecastFlows(flows, { origin, months: 1, beats: beatsOf(CADENCES, 0) });
    return flows && forecast ? [{ flows, origin, accuracy: forecast.accuracy }] : [];
  });
}

interface Tally {
  readonly ratios: number[];
  /** The same of the seer. */
  readonly seen: number[];
  missed: number;
  naiveMissed: number;
  held: number;
  judged: number;
}

/** Adds up what one flow of one account missed; nothing where too little is known of it. */
function add(tally: Tally, { flows, origin, accuracy }: Measured, flow: FlowName, choice: Choice): void {
  const found = accuracy.find((one) => one.flow === flow);
  if (found === undefined) return;
  const first = choice.partOfMonth ? monthOf(flows.first) : firstWholeMonth(flows.first);
  const months = monthsOf(flows, flow, first, origin);
  const before = months.length - found.errors.length;
  const seer = flow === 'income' ? [] : seerErrors(flows, first, origin);
  const ratios: number[] = [];
  const seen: number[] = [];
  found.errors.forEach((error, index) => {
    const known = before + index;
    const scale = known < choice.known ? 0 : meanStep(months.slice(0, known));
    // An account that never moved by a cent has no scale.
    if (scale < 0.005) return;
    ratios.push(Math.abs(error) / scale);
    seen.push((seer[known] ?? 0) / scale);
    tally.missed += Math.abs(error);
    tally.naiveMissed += Math.abs((months[known] ?? 0) - (months[known - 1] ?? 0));
  });
  if (ratios.length === 0) return;
  tally.ratios.push(mean(ratios));
  tally.seen.push(mean(seen));
  tally.held += found.held;
  tally.judged += found.judged;
}

const [flag, count] = process.argv.slice(2);
const households = flag === '--households' ? Number(count) : 1;
const measured =
  flag !== undefined && flag !== '--households'
    ? await measure(flag, 1)
    : (await Promise.all(Array.from({ length: households }, (_, index) => measure(null, index + 1)))).flat();
for (const choice of CHOICES) {
  console.log(`${choice.name}:`);
  for (const flow of ['income', 'spending', 'net'] as const) {
    const tally: Tally = { ratios: [], seen: [], missed: 0, naiveMissed: 0, held: 0, judged: 0 };
    for (const one of measured) add(tally, one, flow, choice);
    const { ratios, seen, missed, naiveMissed, held, judged } = tally;
    const sorted = [...ratios].sort((a, b) => a - b);
    console.log(
      `  ${flow}: MASE ${mean(ratios).toFixed(2)} (median ${(sorted[sorted.length >> 1] ?? 0).toFixed(2)}, worst ${(sorted.at(-1) ?? 0).toFixed(1)}) over ${ratios.length} series; ` +
        `of "no change" on the same months ${(missed / naiveMissed).toFixed(2)}; 80 % intervals held ${((100 * held) / judged).toFixed(1)} % (${held} of ${judged})${flow === 'income' ? '' : `; MASE of a seer ${mean(seen).toFixed(2)}`}`,
    );
  }
}

function byKey<T>(list: readonly T[], keyOf: (item: T) => string | null): Map<string | null, T[]> {
  const groups = new Map<string | null, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function monthsOf(flows: KnownFlows, flow: FlowName, first: number, origin: number): number[] {
  const income = new DailySums(flows.first, flows.income);
  const spending = new DailySums(flows.first, flows.spending);
  return Array.from({ length: monthOf(origin + 1) - first }, (_, index) => {
    const [from, to] = [monthStart(first + index), monthStart(first + index + 1) - 1];
    return (flow === 'spending' ? 0 : income.between(from, to)) + (flow === 'income' ? 0 : spending.between(from, to));
  });
}

/** What a seer misses in each month. */
function seerErrors(flows: KnownFlows, first: number, origin: number): number[] {
  const rest = monthsOf(flows, 'spending', first, origin);
  for (const { group, hits } of seriesUpTo(flows.groups, origin, beatsOf(CADENCES, 0))) {
    if (group.flow === 'income') continue;
    for (const { day, value } of hits) {
      const place = monthOf(day) - first;
      if (place >= 0 && place < rest.length) rest[place] = (rest[place] as number) - value;
    }
  }
  const usual = mean(rest);
  return rest.map((value) => Math.abs(value - usual));
}

function meanStep(values: readonly number[]): number {
  return mean(values.slice(1).map((value, index) => Math.abs(value - (values[index] as number))));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
