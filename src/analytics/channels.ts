import type { ReportQuery } from './columns.ts';
import { type GroupRow, groupReport } from './groups.ts';
import type { StatsRequest } from './request.ts';

export type ChannelRow = GroupRow & { readonly channel: string | null };

/** Amount, count, average, share and last use of each channel. */
export function channelsReport(request: StatsRequest): ReportQuery {
  return groupReport(request, {
    noun: 'channel',
    keys: [{ key: 'channel', title: 'Channel', kind: 'text' }],
    limit: null,
  });
}
