import type { ReportQuery } from './columns.ts';
import { type GroupRow, groupReport } from './groups.ts';
import type { StatsRequest } from './request.ts';

export type PlaceRow = GroupRow & { readonly city: string | null; readonly state: string | null };

/** Amount, count, average, share and last use of each city. */
export function placesReport(request: StatsRequest): ReportQuery {
  return groupReport(request, {
    noun: 'place',
    keys: [
      { key: 'city', title: 'City', kind: 'text' },
      { key: 'state', title: 'State', kind: 'text' },
    ],
    limit: 20,
  });
}
