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
  /** What to add to the last date for the next. */
  readonly next: string;
}

export const CADENCES: readonly Cadence[] = [
  { name: 'weekly', from: 6, to: 8, step: 7, slack: 2, perYear: 52, next: '7 DAY' },
  { name: 'fortnightly', from: 13, to: 14, step: 14, slack: 3, perYear: 26, next: '14 DAY' },
  { name: '2 a month', from: 15, to: 16, step: 15, slack: 4, perYear: 24, next: '15 DAY' },
  { name: 'monthly', from: 27, to: 34, step: 30, slack: 5, perYear: 12, next: '1 MONTH' },
  { name: 'two-monthly', from: 57, to: 65, step: 61, slack: 7, perYear: 6, next: '2 MONTH' },
  { name: 'quarterly', from: 84, to: 98, step: 91, slack: 10, perYear: 4, next: '3 MONTH' },
  { name: 'half-yearly', from: 174, to: 192, step: 182, slack: 13, perYear: 2, next: '6 MONTH' },
  { name: 'yearly', from: 350, to: 380, step: 365, slack: 15, perYear: 1, next: '1 YEAR' },
];

/** The cadences as a table expression to join a median gap with. */
export function cadenceTable(): string {
  const rows = CADENCES.map(
    ({ name, from, to, step, slack, perYear, next }) =>
      `('${name}', ${from}, ${to}, ${step}, ${slack}, ${perYear}, INTERVAL ${next})`,
  );
  return `cadences(cadence, shortest, longest, step, slack, times, pace) AS (
  VALUES ${rows.join(',\n    ')}
)`;
}

/**
 * The days on which something is expected that comes back.
 * @param next the first of them, as ISO text; months later it is the same day, or the last of a shorter month
 * @param until the last day that is asked for
 */
export function expectedDays(next: string, cadence: string, until: string): string[] {
  const { next: pace = '' } = CADENCES.find(({ name }) => name === cadence) ?? {};
  const [count = 0, unit] = [Number(/^\d+/.exec(pace)?.[0] ?? 0), pace.split(' ')[1]];
  const [year = 0, month = 1, day = 1] = next.split('-').map(Number);
  const nth = (step: number): string => {
    if (unit === 'DAY') return isoDay(Date.UTC(year, month - 1, day + step * count));
    const first = Date.UTC(year, month - 1 + step * count * (unit === 'YEAR' ? 12 : 1), 1);
    const length = new Date(new Date(first).setUTCMonth(new Date(first).getUTCMonth() + 1, 0)).getUTCDate();
    return isoDay(first + (Math.min(day, length) - 1) * 86_400_000);
  };
  const days: string[] = [];
  for (let step = 0, at = next; at <= until; at = nth(++step)) {
    days.push(at);
    if (count === 0) break;
  }
  return days;
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
