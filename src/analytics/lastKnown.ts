import { addDaysIso, intervalAround } from '../model/period.ts';
import type { StatsRequest } from './request.ts';

/**
 * The last day that is known, which states and dates refer to and forecasts look ahead from: the last of the file, of the period, or today,
 * whichever is earliest; the month's last day where the month is over and the file reaches near its end.
 */
export function lastKnownDay({ calendar, file, period }: Pick<StatsRequest, 'calendar' | 'file' | 'period'>): string {
  const known = [file?.to, period.to, calendar.today].filter((day) => day !== null && day !== undefined).sort();
  const last = known[0] ?? calendar.today;
  const end = [period.to, calendar.today].filter((day) => day !== null).sort()[0] ?? calendar.today;
  const month = intervalAround(last, 'month', { ...calendar, monthStart: 1 });
  return month.to !== null && month.to <= end && last.slice(8) >= '25' ? month.to : last;
}

/** Data that ends so many days ago or more recently is of today. */
const RECENT_DAYS = 62;

/**
 * The day from which what comes back is told: today; the last that is known where the data ends long ago, as nothing that was due
 * since then is known to have come.
 */
export function dayToExpectFrom(request: Pick<StatsRequest, 'calendar' | 'file' | 'period'>): string {
  const { today } = request.calendar;
  const known = lastKnownDay(request);
  return known < addDaysIso(today, -RECENT_DAYS) ? known : today;
}
