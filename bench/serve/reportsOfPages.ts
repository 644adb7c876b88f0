import { dailySql } from '../../src/analytics/daily.ts';
import { flowsSql } from '../../src/analytics/flows.ts';
import { reportOf } from '../../src/analytics/reports.ts';
import { readOverviewPage } from '../../src/app/dashboard/overview.ts';
import { statsSql } from '../../src/app/stats/stats.ts';
import { parseStatsFlags } from '../../src/app/stats/statsFlags.ts';
import { prepareRequest, type StatsInput } from '../../src/app/stats/statsRequest.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { DuckDbReader } from '../../src/duckdb/reader.ts';
import type { PageName } from '../../src/web/pages/pageNames.ts';

/** What makes a question one that was never asked. */
export type NewRequest = Readonly<{ max: string } | { to: string }>;

/** The reports of a page as SQL, by themselves; null for a page that is of no report. */
export async function reportsOfPage(reader: DuckDbReader, page: PageName, request: NewRequest): Promise<string | null> {
  const config = loadConfig({ duckdb: reader.path }, {}, '/');
  const input = parseStatsFlags({ config, io: { now: () => new Date() } }, request);
  switch (page) {
    case 'transactions':
    case 'sql':
    case 'status':
      return null;
    case 'overview':
      return overviewSql(reader, input);
    case 'flow':
      return flowsSql((await prepareRequest(reader, 'cashflow', input)).request);
    case 'calendar':
      return dailySql((await prepareRequest(reader, 'cashflow', input)).request);
    default:
      return statsSql(reader, page, input);
  }
}

/** What the page shows before what takes seconds. */
async function overviewSql(reader: DuckDbReader, input: StatsInput): Promise<string> {
  const { request, cashflow, categories, merchants } = await readOverviewPage(reader, input, null, 0);
  const parts = { overview: { request }, cashflow, categories, merchants };
  return Object.entries(parts)
    .map(([name, part]) => reportOf(name as keyof typeof parts).query(part.request).sql)
    .join(';\n');
}
