import { dayNumber, isoDay } from '../learn/forecast/days.ts';
import { dueDay } from '../learn/forecast/rhythm.ts';

/** How often something comes back. Days are those between two hits. */
export interface Cadence {
  readonly name: string;
  /** The median gap must lie within. */
  readonly from: number;
  readonly to: number;
  /** A gap is on the beat when it is `step` days, give or take `slack`. */
  readonly step: number;
  readonly slack: number;
  readonly perYear: number;
  /** From one to the next: so many days, or so many months. */
  readonly days: number;
  readonly months: number;
}

export const CADENCES: readonly Cadence[] = [
  { name: 'weekly', from: 6, to: 8, step: 7, slack: 2, perYear: 52, days: 7, months: 0 },
  { name: 'fortnightly', from: 13, to: 14, step: 14, slack: 3, perYear: 26, days: 14, months: 0 },
  { name: '2 a month', from: 15, to: 16, step: 15, slack: 4, perYear: 24, days: 15, months: 0 },
  { name: 'monthly', from: 27, to: 34, step: 30, slack: 5, perYear: 12, days: 0, months: 1 },
  { name: 'two-monthly', from: 57, to: 65, step: 61, slack: 7, perYear: 6, days: 0, months: 2 },
  { name: 'quarterly', from: 84, to: 98, step: 91, slack: 10, perYear: 4, days: 0, months: 3 },
  { name: 'half-yearly', from: 174, to: 192, step: 182, slack: 13, perYear: 2, days: 0, months: 6 },
  { name: 'yearly', from: 350, to: 380, step: 365, slack: 15, perYear: 1, days: 0, months: 12 },
];

/** The cadences as a table expression to join a median gap with. */
export function cadenceTable(): string {
  const rows = CADENCES.map(
    ({ name, from, to, step, slack, perYear, days, months }) =>
      `('${name}', ${from}, ${to}, ${step}, ${slack}, ${perYear}, ${days}, ${months})`,
  );
  return `cadences(cadence, shortest, longest, step, slack, times, pace_days, pace_months) AS (
  VALUES ${rows.join(',\n    ')}
)`;
}

/** What a row of the report `recurring` says of when it comes: as RecurringRow has it. */
export interface Due {
  readonly next_date: string | null;
  readonly last_date: string;
  readonly cadence: string;
  readonly month_days: string | null;
}

/**
 * The days on which something is expected that comes back, from its next date on.
 * @param until the last day that is asked for
 */
export function expectedDays({ next_date: next, last_date, cadence, month_days }: Due, until: string): string[] {
  const known = CADENCES.find(({ name }) => name === cadence);
  if (next === null || next > until) return [];
  const expected = [next];
  if (known === undefined) return expected;
  const monthDays = month_days === null ? [] : month_days.split(',').map(Number);
  const rhythm = { last: dayNumber(last_date), days: known.days, months: known.months, monthDays };
  for (let count = 1; ; count++) {
    const day = isoDay(dueDay(rhythm, count));
    if (day > until) return expected;
    if (day > next) expected.push(day);
  }
}
