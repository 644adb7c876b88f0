import { overviewTops } from '../../analytics/overview.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { type ReportTable, readTable } from './reportTable.ts';

/** What the overview shows beneath its figures. */
export interface OverviewSections {
  readonly categories: ReportTable;
  readonly merchants: ReportTable;
  readonly recurring: ReportTable;
}

export async function readOverview(reader: DuckDbReader, request: StatsRequest): Promise<OverviewSections> {
  const tops = overviewTops(request);
  return {
    categories: await readTable(reader, tops.categories),
    merchants: await readTable(reader, tops.merchants),
    recurring: await readTable(reader, tops.recurring),
  };
}
