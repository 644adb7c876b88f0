import { monthOf, monthStart } from './days.ts';
import type { Forecast } from './forecast.ts';

/** The lowest balance that is expected. */
export interface LowPoint {
  readonly balance: number;
  readonly day: number;
}

/**
 * Goes through the days ahead: what recurs on its day, all else spread evenly over the days of its month.
 * @param balance what there is at the end of the origin
 * @returns the lowest day; of equals the first
 */
export function lowestAhead(forecast: Forecast, balance: number, origin: number): LowPoint | null {
  const running = monthOf(origin + 1);
  const due = new Map<number, number>();
  for (const { day, series } of forecast.expected) due.set(day, (due.get(day) ?? 0) + series.usual.value);
  let lowest: LowPoint | null = null;
  let left = balance;
  forecast.months.forEach((month, place) => {
    const start = Math.max(origin + 1, monthStart(running + place));
    const end = monthStart(running + place + 1) - 1;
    let dated = 0;
    for (let day = start; day <= end; day++) dated += due.get(day) ?? 0;
    const spread = (month.net.value - month.soFar - dated) / (end - start + 1);
    for (let day = start; day <= end; day++) {
      left += spread + (due.get(day) ?? 0);
      if (lowest === null || left < lowest.balance) lowest = { balance: left, day };
    }
  });
  return lowest;
}
