import { overviewTops } from '../../analytics/overview.ts';
import { type ReportName, reportOf } from '../../analytics/reports.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import { type ScopeRow, scopeSql } from '../../analytics/scope.ts';
import { type DataAge, readDataAge } from '../../duckdb/dataAge.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { type ReportTable, readTable } from './reportTable.ts';
import { type OverviewSections, readOverview } from './statsOverview.ts';
import { prepareRequest, type StatsInput } from './statsRequest.ts';

/** A report that has run: all that any output format needs. */
export interface StatsResult {
  readonly report: ReportName;
  readonly baseCurrency: string;
  readonly request: StatsRequest;
  readonly scope: ScopeRow;
  readonly table: ReportTable;
  /** Rows of transfers between own accounts that were left out; null where the report does not say. */
  readonly transferRows: number | null;
  readonly sections: OverviewSections | null;
  readonly age: DataAge;
}

/**
 * Runs a report.
 * @throws FinanceDbError CONFIG when the file has no table that reports can read, USAGE when DuckDB refuses a filter
 */
export async function runStats(
  reader: DuckDbReader,
  report: ReportName,
  input: StatsInput,
  baseCurrency: string,
): Promise<StatsResult> {
  const request = await prepareRequest(reader, input);
  try {
    const table = await readTable(reader, reportOf(report).query(request));
    const [scope] = await reader.all<ScopeRow>(scopeSql(request));
    if (scope === undefined) throw new FinanceDbError('INTERNAL', 'the scope has no row');
    const counted = table.total?.count ?? (report === 'overview' ? table.rows[0]?.count : undefined);
    return {
      report,
      baseCurrency,
      request,
      scope,
      table,
      transferRows: counted === undefined || reportOf(report).everyRow ? null : Number(scope.rows) - Number(counted),
      sections: report === 'overview' ? await readOverview(reader, request) : null,
      age: await readDataAge(reader),
    };
  } catch (error) {
    throw filterError(error, input) ?? error;
  }
}

/** The SQL of a report, as `--sql` prints it: statements of their own, which run as they are. */
export async function statsSql(reader: DuckDbReader, report: ReportName, input: StatsInput): Promise<string> {
  const request = await prepareRequest(reader, input);
  const queries = [
    reportOf(report).query(request),
    ...(report === 'overview' ? Object.values(overviewTops(request)) : []),
  ];
  return queries.map(({ sql }) => `${sql};\n`).join('\n');
}

/** RE2 of DuckDB knows less than JavaScript: what it refuses is the user's expression. */
function filterError(error: unknown, input: StatsInput): FinanceDbError | null {
  if (isFinanceDbError(error) || input.filters.merchant === null) return null;
  const message = messageOf(error);
  if (!/invalid|regular expression|regex|RE2|repetition|perl/i.test(message)) return null;
  return new FinanceDbError('USAGE', `--merchant ${input.filters.merchant}: ${message.split('\n')[0]}`, {
    remedy: 'regular expressions are those of RE2: no look-around and no back references',
    cause: error,
  });
}
