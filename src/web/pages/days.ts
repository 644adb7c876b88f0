import type { Narrowing } from '../../analytics/narrowing.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import { intervalDays } from '../../model/neighbourPeriods.ts';

/** The days of an interval of a report. The period of the report stays beside them, so the first and last may reach beyond it. */
export function daysOf(
  label: string,
  { interval, calendar }: Pick<StatsRequest, 'interval' | 'calendar'>,
): Narrowing & { readonly by: 'day' } {
  const { from, to } = intervalDays(label, interval, calendar);
  return { by: 'day', from, to };
}
