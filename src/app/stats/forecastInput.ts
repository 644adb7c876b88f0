import type { Cadence } from '../../analytics/cadences.ts';
import type { ForecastDayRow, ForecastHitRow } from '../../analytics/forecast.ts';
import { dayNumber } from '../../learn/forecast/days.ts';
import type { KnownFlows } from '../../learn/forecast/forecast.ts';
import type { Beat, HitGroup } from '../../learn/forecast/recurring.ts';

/**
 * The cadences of the report `recurring`, as forecasts reckon with them.
 * @param shift days that months begin after the first
 */
export function beatsOf(cadences: readonly Cadence[], shift: number): Beat[] {
  return cadences.map(({ name, from, to, step, slack, days, months }) => ({
    name,
    from,
    to,
    step,
    slack,
    days,
    months,
    shift,
  }));
}

/** Groups of payments from their rows, which come in order. */
export function groupsOf(hits: readonly ForecastHitRow[], shift: number): HitGroup[] {
  const groups = new Map<string, HitGroup & { hits: { day: number; amount: string; value: number }[] }>();
  for (const row of hits) {
    let group = groups.get(row.series);
    if (group === undefined) {
      group = {
        account: row.account_id,
        payee: row.payee,
        category: row.category,
        flow: row.income ? 'income' : 'spending',
        family: row.family,
        oneAmount: row.one_amount,
        hits: [],
      };
      groups.set(row.series, group);
    }
    group.hits.push({ day: dayNumber(row.day) - shift, amount: row.amount, value: Number(row.amount) });
  }
  return [...groups.values()];
}

/**
 * Sums day by day up to the origin; null where there are none.
 * @param shift days that months begin after the first
 */
export function flowsOf(
  rows: readonly ForecastDayRow[],
  groups: readonly HitGroup[],
  origin: number,
  shift: number,
): KnownFlows | null {
  const days = rows.map(({ day }) => dayNumber(day) - shift);
  const first = days.reduce(
    (least, day) => (origin - day > MOST_DAYS ? least : Math.min(least, day)),
    Number.POSITIVE_INFINITY,
  );
  if (first > origin) return null;
  const income = new Float64Array(origin - first + 1);
  const spending = new Float64Array(origin - first + 1);
  rows.forEach((row, index) => {
    const place = (days[index] as number) - first;
    if (place < 0 || place >= income.length) return;
    income[place] = (income[place] as number) + Number(row.income);
    spending[place] = (spending[place] as number) + Number(row.spending);
  });
  return { first, income, spending, groups };
}

/** A century: a row dated before it is a typing error, which must neither take all memory nor the forecast. */
export const MOST_DAYS = 36_600;
