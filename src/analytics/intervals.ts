import { countIntervals, type Interval } from '../model/period.ts';
import type { StatsRequest } from './request.ts';

const FORMATS: Record<Interval, string> = { day: '%Y-%m-%d', week: '%G-W%V', month: '%Y-%m', quarter: '', year: '%Y' };

/** As many as fifty years have days: beyond that, a lone day far away would fill a report with empty lines. */
export const MOST_INTERVALS = 20_000;

/** Whether a report lists the intervals without rows too. */
export function fillsIntervals({ span, interval, calendar }: StatsRequest): boolean {
  return span !== null && countIntervals(span.from, span.to, interval, calendar) <= MOST_INTERVALS;
}

/** SQL for the label of the interval that holds a day, as `listIntervals` writes it. */
export function intervalLabelSql(request: StatsRequest, day: string): string {
  const { interval, calendar } = request;
  const byMonth = interval === 'month' || interval === 'quarter' || interval === 'year';
  const shifted = byMonth && calendar.monthStart > 1 ? `${day} - ${calendar.monthStart - 1}` : day;
  return interval === 'quarter'
    ? `year(${shifted}) || '-Q' || quarter(${shifted})`
    : `strftime(${shifted}, '${FORMATS[interval]}')`;
}
