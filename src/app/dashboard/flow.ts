import { type FlowRow, flowsSql } from '../../analytics/flows.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { type BaseCurrencyLabel, readBaseCurrency } from '../stats/baseCurrency.ts';
import { withKnownTransfers } from '../stats/knownTransfers.ts';
import { prepareRequest, type StatsInput } from '../stats/statsRequest.ts';
import { readNotNormalized } from './notNormalized.ts';

export interface FlowView {
  readonly request: StatsRequest;
  readonly baseCurrency: BaseCurrencyLabel;
  readonly flows: readonly FlowRow[];
  /** Rows that have no amount in the base currency. */
  readonly notNormalized: string;
}

/** Where money came from and where it went. */
export async function readFlow(reader: DuckDbReader, input: StatsInput, setting: string | null): Promise<FlowView> {
  const { request, stored } = await prepareRequest(reader, 'cashflow', input);
  return {
    request,
    baseCurrency: await readBaseCurrency(reader, setting, stored.table, stored.columns),
    flows: await reader.all<FlowRow>(await withKnownTransfers(reader, request, flowsSql)),
    notNormalized: await readNotNormalized(reader, request),
  };
}
