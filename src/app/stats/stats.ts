import type { ReportRow } from '../../analytics/columns.ts';
import { overviewTops } from '../../analytics/overview.ts';
import { reportOf } from '../../analytics/reports.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import { type ApartRow, apartSql, type ScopeRow, scopeSql } from '../../analytics/scope.ts';
import { type DataAge, readDataAge } from '../../duckdb/dataAge.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { addDaysIso, intervalAround, LAST_DAY } from '../../model/period.ts';
import type { ReportName } from '../../model/reportNames.ts';
import { type BaseCurrencyLabel, readBaseCurrency } from './baseCurrency.ts';
import type { BalancesView } from './readBalances.ts';
import type { ForecastView } from './readForecast.ts';
import { type ReportTable, readTable } from './reportTable.ts';
import { type OverviewSections, readOverview } from './statsOverview.ts';
import { prepareRequest, type StatsInput } from './statsRequest.ts';
import { readUnknownNames, type UnknownName } from './unknownNames.ts';

/** A report that has run: all that any output format needs. */
export interface StatsResult {
  readonly report: ReportName;
  readonly baseCurrency: BaseCurrencyLabel;
  readonly request: StatsRequest;
  readonly scope: ScopeRow;
  readonly table: ReportTable;
  /** Rows of transfers between own accounts that were left out; null where the report does not say. */
  readonly transferRows: number | null;
  readonly sections: OverviewSections | null;
  /** What stands beneath a forecast, or beneath balances; null for other reports. */
  readonly forecast: ForecastView | null;
  readonly balances: BalancesView | null;
  /** How this month is expected to end, for the overview; null where that cannot be said or another period was asked for. */
  readonly monthEnd: ReportRow | null;
  /** Rows left out for their day; null where there are none or every row is looked at. */
  readonly apart: ApartRow | null;
  /** Names in the filters that no row of the file has. */
  readonly unknownNames: readonly UnknownName[];
  readonly age: DataAge;
  /** The zone whose days and times these are, where the rows' moments are instants (timestamptz); null where they are not. */
  readonly timeZone: string | null;
}

/**
 * Runs a report.
 * @param currencySetting FINANCE_DB_BASE_CURRENCY where it is set
 * @throws FinanceDbError CONFIG when the file has no table that reports can read or is in another currency, USAGE when DuckDB refuses a filter,
 * QUERY_TOO_LARGE when a sum has more digits than its type
 */
export async function runStats(
  reader: DuckDbReader,
  report: ReportName,
  input: StatsInput,
  currencySetting: string | null,
): Promise<StatsResult> {
  const { request, until, undated, stored } = await prepareRequest(reader, report, input);
  const baseCurrency = await readBaseCurrency(reader, currencySetting, stored.table, stored.columns);
  try {
    const special = await readSpecial(reader, report, request);
    const table = special?.table ?? (await readTable(reader, request, reportOf(report).query));
    const [scope] = await reader.all<ScopeRow>(scopeSql(request));
    if (scope === undefined) throw new FinanceDbError('INTERNAL', 'the scope has no row');
    const apart = until === null && !undated ? null : await readApart(reader, report, request, until);
    const counted = table.total?.count ?? (report === 'overview' ? table.rows[0]?.count : undefined);
    return {
      report,
      baseCurrency,
      request,
      scope,
      table,
      transferRows: counted === undefined || reportOf(report).everyRow ? null : Number(scope.rows) - Number(counted),
      forecast: special?.forecast ?? null,
      balances: special?.balances ?? null,
      monthEnd: report === 'overview' ? await readMonthEnd(reader, request) : null,
      sections: report === 'overview' ? await readOverview(reader, request) : null,
      apart,
      unknownNames: await readUnknownNames(reader, request),
      age: await readDataAge(reader),
      timeZone: holdsInstants(stored.columns) ? reader.timeZone : null,
    };
  } catch (error) {
    throw filterError(error, input) ?? overflowError(error) ?? error;
  }
}

/** The forecast of the month that runs. */
async function readMonthEnd(reader: DuckDbReader, request: StatsRequest): Promise<ReportRow | null> {
  const { period, calendar, filters, span } = request;
  if (period.to !== null || filters.flow !== null || span === null) return null;
  const month = calendar.today.slice(0, 7);
  // What ended long ago says nothing of this month; a forecast takes a while, so that is asked first.
  if (!reaches(span.to, month)) return null;
  const { readForecast } = await import('./readForecast.ts');
  const { table } = await readForecast(reader, { ...request, groupBy: null, months: 1, backtest: false, openings: [] });
  return table.rows.find((row) => row.month === month) ?? null;
}

/** Whether a day lies in a month or near the end of the one before. */
function reaches(day: string, month: string): boolean {
  const next = intervalAround(addDaysIso(day, 7), 'month', { today: day, monthStart: 1 }).from ?? day;
  return day.slice(0, 7) === month || next.slice(0, 7) === month;
}

/** Reports that are more than one statement. */
async function readSpecial(
  reader: DuckDbReader,
  report: ReportName,
  request: StatsRequest,
): Promise<{ table: ReportTable; forecast?: ForecastView; balances?: BalancesView } | null> {
  if (report === 'forecast') {
    const { table, view } = await (await import('./readForecast.ts')).readForecast(reader, request);
    return { table, forecast: view };
  }
  if (report !== 'balances') return null;
  const { table, view } = await (await import('./readBalances.ts')).readBalances(reader, request);
  return { table, balances: view };
}

function holdsInstants(columns: readonly { readonly name: string; readonly type: string }[]): boolean {
  return columns.some(({ name, type }) => name === 'timestamp' && type === 'TIMESTAMP WITH TIME ZONE');
}

async function readApart(
  reader: DuckDbReader,
  report: ReportName,
  request: StatsRequest,
  until: string | null,
): Promise<ApartRow | null> {
  if (reportOf(report).everyRow) return null;
  const [apart] = await reader.all<ApartRow>(apartSql(request, until ?? LAST_DAY));
  if (apart === undefined) return null;
  // What has no day lies in no period, so it is missed only where none was asked for.
  const open = request.period.from === null && request.period.to === null;
  return open ? apart : { ...apart, undated: '0', undated_amount: '0' };
}

/** The SQL of a report, as `--sql` prints it: statements of their own, which run as they are. */
export async function statsSql(reader: DuckDbReader, report: ReportName, input: StatsInput): Promise<string> {
  const { request } = await prepareRequest(reader, report, input);
  const queries = [
    reportOf(report).query(request),
    ...(report === 'overview' ? Object.values(overviewTops(request)) : []),
  ];
  return queries.map(({ sql }) => `${sql};\n`).join('\n');
}

/** Sums are exact or they fail, and nobody has to know DuckDB's words for that. */
function overflowError(error: unknown): FinanceDbError | null {
  if (isFinanceDbError(error) || !/^(?:Out of Range|Conversion) Error/.test(messageOf(error))) return null;
  return new FinanceDbError('QUERY_TOO_LARGE', 'amounts of this report are too large to be added up exactly', {
    remedy: 'leave them out (--max, --period, --account …), or add them up as DOUBLE with `finance-db query`',
    cause: error,
  });
}

/** RE2 of DuckDB knows less than JavaScript: what it refuses is the user's expression. */
export function filterError(error: unknown, input: StatsInput): FinanceDbError | null {
  if (isFinanceDbError(error) || input.filters.merchant === null) return null;
  const message = messageOf(error);
  if (!/invalid|regular expression|regex|RE2|repetition|perl/i.test(message)) return null;
  return new FinanceDbError('USAGE', `--merchant ${input.filters.merchant}: ${message.split('\n')[0]}`, {
    remedy: 'regular expressions are those of RE2: no look-around and no back references',
    cause: error,
  });
}
