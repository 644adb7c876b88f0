import type { Narrowing } from '../../analytics/narrowing.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import { intervalDays } from '../../model/neighbourPeriods.ts';

type Days = Narrowing & { readonly by: 'day' };
type Intervals = Pick<StatsRequest, 'interval' | 'calendar'>;

/** Of the requests of pages that are being made: a table and a chart ask for the same intervals, column by column. */
const found = new WeakMap<Intervals, Map<string, Days>>();

/** The days of an interval of a report. The period of the report stays beside them, so the first and last may reach beyond it. */
export function daysOf(label: string, request: Intervals): Days {
  const known = found.get(request) ?? new Map<string, Days>();
  if (known.size === 0) found.set(request, known);
  const days = known.get(label) ?? { by: 'day', ...bounds(label, request) };
  known.set(label, days);
  return days;
}

function bounds(label: string, { interval, calendar }: Intervals): { from: string | null; to: string | null } {
  const { from, to } = intervalDays(label, interval, calendar);
  return { from, to };
}
