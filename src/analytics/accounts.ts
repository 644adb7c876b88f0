import type { ReportQuery } from './columns.ts';
import { type GroupRow, groupReport } from './groups.ts';
import type { StatsRequest } from './request.ts';

export type AccountRow = GroupRow & { readonly account_id: string | null };

/** Amount, count, average, share and last use of each account. */
export function accountsReport(request: StatsRequest): ReportQuery {
  return groupReport(request, {
    noun: 'account',
    keys: [{ key: 'account_id', title: 'Account', kind: 'text' }],
    limit: null,
  });
}
