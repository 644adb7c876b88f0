import { FinanceDbError } from '../errors/financeDbError.ts';

/** How often something runs: what both cron and systemd can say. */
export interface Interval {
  /** As it was understood: `5m`, `1h`, `1d`, `1w`. */
  readonly text: string;
  /** The five time fields of a crontab line. */
  readonly cron: string;
  /** The same moments as systemd's OnCalendar. */
  readonly calendar: string;
}

const MINUTES = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const HOURS = [1, 2, 3, 4, 6, 8, 12];

/**
 * Reads `5m`, `2 hours`, `1d`, `1w`. cron knows clock times, not distances: it can say "every 7 minutes" only with a jump
 * at the full hour, so intervals have to divide an hour or a day.
 * @throws FinanceDbError USAGE naming what is possible
 */
export function parseInterval(text: string): Interval {
  const [, digits = '', unit = ''] = /^\s*(\d{1,4})\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const count = Number(digits);
  const minutes = count * minutesOf(unit.toLowerCase());
  const found = digits === '' || count === 0 ? undefined : intervalOf(minutes);
  if (found === undefined)
    throw new FinanceDbError('USAGE', `--every: expected an interval like 5m, found ${JSON.stringify(text)}`, {
      remedy: `possible are ${MINUTES.join(', ')} minutes (5m), ${HOURS.join(', ')} hours (2h), 1d and 1w`,
    });
  return found;
}

function minutesOf(unit: string): number {
  if (['m', 'min', 'mins', 'minute', 'minutes'].includes(unit)) return 1;
  if (['h', 'hr', 'hour', 'hours'].includes(unit)) return 60;
  if (['d', 'day', 'days'].includes(unit)) return 1440;
  if (['w', 'week', 'weeks'].includes(unit)) return 10_080;
  return Number.NaN;
}

function intervalOf(minutes: number): Interval | undefined {
  if (minutes === 1) return { text: '1m', cron: '* * * * *', calendar: '*:*' };
  if (MINUTES.includes(minutes))
    return { text: `${minutes}m`, cron: `*/${minutes} * * * *`, calendar: `*:0/${minutes}` };
  const hours = minutes / 60;
  if (hours === 1) return { text: '1h', cron: '0 * * * *', calendar: '*:00' };
  if (HOURS.includes(hours)) return { text: `${hours}h`, cron: `0 */${hours} * * *`, calendar: `0/${hours}:00` };
  // At four: an hour that no clock change leaves out or repeats.
  if (minutes === 1440) return { text: '1d', cron: '0 4 * * *', calendar: '04:00' };
  if (minutes === 10_080) return { text: '1w', cron: '0 4 * * 1', calendar: 'Mon 04:00' };
  return undefined;
}
