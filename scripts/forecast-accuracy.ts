/**
 * Measures `stats forecast` a month ahead, account by account, on a CSV file in our own columns:
 *   npx tsx scripts/forecast-accuracy.ts transactions-berka.csv
 * and without a file on the sample household as a whole. At each past month what was known before it is forecast from; errors are divided
 * by those of "no change" over the months known before it (MASE), and counted from the thirteenth month on; accounts with fewer are left out.
 */
import { CADENCES } from '../src/analytics/cadences.ts';
import { forecastDaysSql, forecastHitsSql } from '../src/analytics/forecast.ts';
import { beatsOf, flowsOf, groupsOf } from '../src/app/stats/forecastInput.ts';
import { dayNumber, monthOf, monthStart } from '../src/learn/forecast/days.ts';
import { type FlowName, forecastFlows } from '../src/learn/forecast/forecast.ts';
import { DailySums, firstWholeMonth } from '../src/learn/forecast/series.ts';
import { loadRows, wholeRequest } from './support/measuredRows.ts';

const KNOWN_BEFORE = 12;

const [file] = process.argv.slice(2);
const measured = await loadRows(file ?? null, 'transactions');
const { all } = measured;
const request = await wholeRequest(measured, { groupBy: file === undefined ? null : 'account', backtest: true });
const origin = dayNumber(request.calendar.today);
const days = await all<Parameters<typeof flowsOf>[0][number]>(forecastDaysSql(request));
const groups = groupsOf(await all<Parameters<typeof groupsOf>[0][number]>(forecastHitsSql(request, null)), 0);
const groupsByAccount = byKey(groups, ({ account }) => account);
const keys = byKey(days, ({ key }) => key);

interface Tally {
  readonly ratios: number[];
  missed: number;
  naiveMissed: number;
  held: number;
  judged: number;
}
const tallies: Record<FlowName, Tally> = {
  income: { ratios: [], missed: 0, naiveMissed: 0, held: 0, judged: 0 },
  spending: { ratios: [], missed: 0, naiveMissed: 0, held: 0, judged: 0 },
  net: { ratios: [], missed: 0, naiveMissed: 0, held: 0, judged: 0 },
};
let accounts = 0;
for (const [key, rows] of keys) {
  const flows = flowsOf(rows, file === undefined ? groups : (groupsByAccount.get(key) ?? []), origin, 0);
  const forecast = flows === null ? null : forecastFlows(flows, { origin, months: 1, beats: beatsOf(CADENCES, 0) });
  if (flows === null || forecast === null || forecast.history <= KNOWN_BEFORE) continue;
  accounts++;
  const income = monthsOf(new DailySums(flows.first, flows.income), flows.first);
  const spending = monthsOf(new DailySums(flows.first, flows.spending), flows.first);
  const months: Record<FlowName, number[]> = {
    income,
    spending,
    net: income.map((value, index) => value + (spending[index] ?? 0)),
  };
  for (const { flow, errors, held, judged } of forecast.accuracy) {
    const tally = tallies[flow];
    tally.held += held;
    tally.judged += judged;
    const missing = months[flow].length - errors.length;
    const ratios: number[] = [];
    errors.forEach((error, index) => {
      const known = missing + index;
      if (known < KNOWN_BEFORE) return;
      const scale = meanStep(months[flow].slice(0, known));
      if (scale > 0) ratios.push(Math.abs(error) / scale);
      tally.missed += Math.abs(error);
      tally.naiveMissed += Math.abs((months[flow][known] ?? 0) - (months[flow][known - 1] ?? 0));
    });
    if (ratios.length > 0) tally.ratios.push(mean(ratios));
  }
}
for (const [flow, { ratios, missed, naiveMissed, held, judged }] of Object.entries(tallies)) {
  const sorted = [...ratios].sort((a, b) => a - b);
  console.log(
    `${flow}: MASE ${mean(ratios).toFixed(2)} (median ${(sorted[sorted.length >> 1] ?? 0).toFixed(2)}, worst ${(sorted.at(-1) ?? 0).toFixed(1)}) over ${accounts} series; ` +
      `of "no change" on the same months ${(missed / naiveMissed).toFixed(2)}; 80 % intervals held ${((100 * held) / judged).toFixed(1)} % of ${judged}`,
  );
}
measured.close();

function byKey<T>(list: readonly T[], keyOf: (item: T) => string | null): Map<string | null, T[]> {
  const groups = new Map<string | null, T[]>();
  for (const item of list) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function monthsOf(sums: DailySums, first: number): number[] {
  const list: number[] = [];
  for (let month = firstWholeMonth(first); monthStart(month + 1) - 1 <= origin; month++)
    list.push(sums.between(monthStart(month), monthStart(month + 1) - 1));
  return list.slice(0, monthOf(origin + 1) - firstWholeMonth(first));
}

function meanStep(values: readonly number[]): number {
  return mean(values.slice(1).map((value, index) => Math.abs(value - (values[index] as number))));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
