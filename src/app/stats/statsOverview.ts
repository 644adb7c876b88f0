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
  const top = (name: keyof OverviewSections) => readTable(reader, request, (asked) => overviewTops(asked)[name]);
  return {
    categories: await top('categories'),
    merchants: await top('merchants'),
    recurring: await top('recurring'),
  };
}
