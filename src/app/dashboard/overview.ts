import { addMonths, format, parse } from 'date-fns';
import type { AnomalyRow } from '../../analytics/anomalies.ts';
import { hull, type OverviewRow, overviewSpans } from '../../analytics/overview.ts';
import type { RecurringRow } from '../../analytics/recurring.ts';
import { reportOf } from '../../analytics/reports.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { ALL_TIME, intervalAround, type Period } from '../../model/period.ts';
import type { ReportName } from '../../model/reportNames.ts';
import { type BaseCurrencyLabel, readBaseCurrency } from '../stats/baseCurrency.ts';
import { type ReportTable, readKnownTable, readTable } from '../stats/reportTable.ts';
import { prepareRequest, type StatsInput } from '../stats/statsRequest.ts';
import { readNotNormalized } from './notNormalized.ts';

/** A report of the overview with the request that it was made by. */
export interface OverviewPart {
  readonly request: StatsRequest;
  readonly table: ReportTable;
}

export interface OverviewView {
  readonly request: StatsRequest;
  readonly baseCurrency: BaseCurrencyLabel;
  /** The figures at the top, and those that they are set beside. */
  readonly main: OverviewRow;
  /** Rows of those days that have no amount in the base currency. */
  readonly notNormalized: string;
  readonly previous: OverviewRow | null;
  readonly lastYear: OverviewRow | null;
  /** The days within which the figures' transfers were found. */
  readonly hull: Period;
  /** Thirteen months up to the end of the main span. */
  readonly cashflow: OverviewPart;
  /** Spending of the main span. */
  readonly categories: OverviewPart;
  readonly merchants: OverviewPart;
  /** What comes back, next first, and what is unusual in the main span; null where that takes long and was not waited for. */
  readonly recurring: readonly RecurringRow[] | null;
  readonly anomalies: { readonly rows: readonly AnomalyRow[]; readonly count: number } | null;
}

const MONTHS = 12;
const ISO = 'yyyy-MM-dd';

/**
 * All of the overview page. Without a period it is about the latest month that is over.
 * @param lateRows from so many rows on, what takes seconds (what comes back, what is unusual) is left out unless it is known
 */
export async function readOverviewPage(
  reader: DuckDbReader,
  input: StatsInput,
  setting: string | null,
  lateRows = Number.POSITIVE_INFINITY,
): Promise<OverviewView> {
  const { request, stored } = await prepareRequest(reader, 'overview', input);
  const baseCurrency = await readBaseCurrency(reader, setting, stored.table, stored.columns);
  const spans = overviewSpans(request);
  const { rows } = await readTable(reader, request, reportOf('overview').query);
  const row = (name: OverviewRow['span']): OverviewRow | null =>
    (rows.find(({ span }) => span === name) as OverviewRow | undefined) ?? null;
  const main = (row('latest') ?? row('period')) as OverviewRow;
  const period = spans.find(({ name }) => name === main.span)?.period ?? request.period;
  const part = async (name: ReportName, changes: Partial<StatsInput>): Promise<OverviewPart> => {
    const own = await prepareRequest(reader, name, { ...input, ...changes });
    return { request: own.request, table: await readTable(reader, own.request, reportOf(name).query) };
  };
  const spending = { period, filters: { ...input.filters, flow: input.filters.flow ?? ('spending' as const) } };
  const [{ n } = { n: '0' }] = await reader.all<{ n: string }>(`SELECT count(*) AS n FROM ${request.source.whole}`);
  const late = async (name: ReportName, changes: Partial<StatsInput>): Promise<ReportTable | null> => {
    const own = await prepareRequest(reader, name, { ...input, ...changes });
    const read = Number(n) >= lateRows ? readKnownTable : readTable;
    return read(reader, own.request, reportOf(name).query);
  };
  const anomalies = await late('anomalies', { period, limit: 3 });
  const recurring = await late('recurring', { period: { ...ALL_TIME, to: request.period.to }, limit: 200 });
  return {
    request,
    baseCurrency,
    main,
    notNormalized: await readNotNormalized(reader, { ...request, period }),
    previous: row('previous'),
    lastYear: row('last_year'),
    hull: hull(spans),
    cashflow: await part('cashflow', { period: months(period, request), interval: 'month' }),
    categories: await part('categories', { ...spending, depth: 1, interval: 'month', limit: 24 }),
    merchants: await part('merchants', { ...spending, limit: 8 }),
    recurring: recurring === null ? null : (recurring.rows as unknown as RecurringRow[]),
    anomalies:
      anomalies === null ? null : { rows: anomalies.rows as unknown as AnomalyRow[], count: anomalies.rowCount },
  };
}

/** The month that the period ends in and the twelve before. */
function months(period: Period, { calendar, span }: StatsRequest): Period {
  const end = period.to ?? span?.to;
  if (end === undefined) return period;
  const { from } = intervalAround(end, 'month', calendar);
  const first = format(addMonths(parse(from ?? end, ISO, new Date(2000, 0, 1)), -MONTHS), ISO);
  return { from: first, to: period.to, label: '' };
}
