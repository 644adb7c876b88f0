import { type DailyRow, dailySql } from '../../analytics/daily.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { type BaseCurrencyLabel, readBaseCurrency } from '../stats/baseCurrency.ts';
import { withKnownTransfers } from '../stats/knownTransfers.ts';
import { prepareRequest, type StatsInput } from '../stats/statsRequest.ts';
import { readNotNormalized } from './notNormalized.ts';

export interface CalendarView {
  readonly request: StatsRequest;
  readonly baseCurrency: BaseCurrencyLabel;
  readonly days: readonly DailyRow[];
  /** Rows that have no amount in the base currency. */
  readonly notNormalized: string;
}

/** What was spent on each day. */
export async function readCalendar(
  reader: DuckDbReader,
  input: StatsInput,
  setting: string | null,
): Promise<CalendarView> {
  const { request, stored } = await prepareRequest(reader, 'cashflow', input);
  return {
    request,
    baseCurrency: await readBaseCurrency(reader, setting, stored.table, stored.columns),
    days: await reader.all<DailyRow>(await withKnownTransfers(reader, request, dailySql)),
    notNormalized: await readNotNormalized(reader, request),
  };
}
