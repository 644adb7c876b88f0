import type { ReportQuery } from './columns.ts';
import { type GroupRow, groupReport } from './groups.ts';
import type { StatsRequest } from './request.ts';

export type MerchantRow = GroupRow & { readonly merchant: string | null };

/** Amount, count, average, share and last use of each merchant. */
export function merchantsReport(request: StatsRequest): ReportQuery {
  return groupReport(request, {
    noun: 'merchant',
    keys: [{ key: 'merchant', title: 'Merchant', kind: 'text' }],
    limit: 20,
  });
}
