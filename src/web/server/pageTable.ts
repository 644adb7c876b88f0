import { Type } from '@sinclair/typebox';
import { TRANSACTION_SORTS } from '../../analytics/transactionPage.ts';
import { readCalendar } from '../../app/dashboard/calendar.ts';
import { readCashflowPage } from '../../app/dashboard/cashflow.ts';
import { readFlow } from '../../app/dashboard/flow.ts';
import { readOverviewPage } from '../../app/dashboard/overview.ts';
import { readSqlPage } from '../../app/dashboard/sqlPage.ts';
import { readStatusPage } from '../../app/dashboard/statusPage.ts';
import { readTransaction } from '../../app/dashboard/transaction.ts';
import { parseTransactionsInput, readTransactions, transactionsFileSql } from '../../app/dashboard/transactions.ts';
import { runStats, type StatsResult, statsSql } from '../../app/stats/stats.ts';
import { parseReport, parseStatsFlags } from '../../app/stats/statsFlags.ts';
import type { StatsInput } from '../../app/stats/statsRequest.ts';
import type { Config } from '../../config/config.ts';
import type { ReportName } from '../../model/reportNames.ts';
import { NARROWING_PARAMS, PAGE_PARAMS } from '../api/listParams.ts';
import { oneOf, optional, readParams, switchParam } from '../api/params.ts';
import { FILTER_PARAMS, flagsOf, LOCALE_PARAM, REPORT_PARAMS } from '../api/statsParams.ts';
import { accountsPage } from '../pages/accounts.ts';
import { anomaliesPage } from '../pages/anomalies.ts';
import { balancesPage } from '../pages/balances.ts';
import { calendarPage } from '../pages/calendar.ts';
import { cashflowPage } from '../pages/cashflow.ts';
import { categoriesPage } from '../pages/categories.ts';
import { channelsPage } from '../pages/channels.ts';
import { currenciesPage } from '../pages/currencies.ts';
import { flowPage } from '../pages/flow.ts';
import { forecastPage } from '../pages/forecast.ts';
import type { Frame } from '../pages/frame.ts';
import { healthPage } from '../pages/health.ts';
import type { Html } from '../pages/html.ts';
import { merchantsPage } from '../pages/merchants.ts';
import { overviewPage } from '../pages/overview.ts';
import type { PageName } from '../pages/pageNames.ts';
import { placesPage } from '../pages/places.ts';
import { recurringPage } from '../pages/recurring.ts';
import { sqlPage } from '../pages/sql.ts';
import { statusPage } from '../pages/status.ts';
import { type TransactionsView, transactionsPage } from '../pages/transactions.ts';
import type { Lease } from './snapshots.ts';

/** What a page's view is read from: one snapshot for all that is on the page. */
export interface PageRequest extends Pick<Lease, 'reader' | 'connect'> {
  readonly query: URLSearchParams;
  readonly config: Config;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** From so many rows on what takes seconds is not waited for. */
  readonly lateRows: number;
}

/**
 * A page: address → request (`read` parses it, as `stats` parses its flags) → view (an app function over one reader) →
 * markup (`render`, pure). A page that needs no data yet is made by `withoutData`.
 */
export interface Page {
  readonly read: (request: PageRequest) => Promise<(frame: Frame) => Html>;
}

function page<View>(read: (request: PageRequest) => Promise<View>, render: (view: View, frame: Frame) => Html): Page {
  return {
    async read(request) {
      const view = await read(request);
      return (frame) => render(view, frame);
    },
  };
}

/** The page of a report that `stats` has, by the same parameters. */
function reportPage(report: ReportName, render: (view: StatsResult, frame: Frame) => Html): Page {
  return page((request) => runStats(request.reader, report, inputOf(request), settingOf(request)), render);
}

/** What pages have beside the parameters of the API: privacy, what to compare with, the place in a list, SQL. */
const OWN_PARAMS = {
  private: switchParam('hides every amount'),
  whole: switchParam('waits for what takes seconds'),
  vs: oneOf(['before', 'year'], 'what a cash flow stands beside'),
  order: oneOf(TRANSACTION_SORTS, 'the order of a list'),
  rows: PAGE_PARAMS.limit,
  after: PAGE_PARAMS.after,
  sql: Type.String({ maxLength: 8000, description: 'a statement' }),
  saved: Type.String({ maxLength: 200, description: 'the name of a saved query' }),
  report: Type.String({ maxLength: 40, description: 'the report whose SQL is shown, or transactions' }),
};

/** What the address of a report's page may hold. */
const REPORT_PAGE = optional({
  ...FILTER_PARAMS,
  ...REPORT_PARAMS,
  ...LOCALE_PARAM,
  ...NARROWING_PARAMS,
  ...OWN_PARAMS,
});

/** The period and filters in a page's address. */
function inputOf({ query, config, now }: Omit<PageRequest, 'reader'>): StatsInput {
  return parseStatsFlags({ config, io: { now } }, flagsOf(readParams(REPORT_PAGE, query)));
}

function settingOf({ config }: PageRequest): string | null {
  return config.baseCurrencyIsSet ? config.baseCurrency : null;
}

function comparisonOf(query: URLSearchParams): 'before' | 'year' | null {
  const beside = query.get('vs');
  return beside === 'before' || beside === 'year' ? beside : null;
}

/** The SQL of a report or of a list, to be looked at and changed. */
async function draftOf(request: PageRequest): Promise<string | null> {
  const { reader, query } = request;
  const name = query.get('report');
  if (name === null || name === '') return null;
  if (name === 'transactions') return transactionsFileSql(reader, inputOf(request), parseTransactionsInput(query));
  return statsSql(reader, parseReport(name), inputOf(request));
}

/** A list; and where it is of one row by its id, all that is known of that. */
async function readList(request: PageRequest): Promise<TransactionsView> {
  const { reader, query } = request;
  const asked = parseTransactionsInput(query);
  const list = await readTransactions(reader, inputOf(request), asked, settingOf(request));
  const single = asked.only.some(({ by }) => by === 'id') && list.rows.length === 1 ? list.rows[0]?.tx_id : null;
  return { list, detail: single == null ? null : await readTransaction(reader, inputOf(request), single) };
}

/** Every page of the dashboard. */
export const PAGE_TABLE: Readonly<Record<PageName, Page>> = {
  overview: page(
    (request) => readOverviewPage(request.reader, inputOf(request), settingOf(request), request.lateRows),
    overviewPage,
  ),
  cashflow: page(
    (request) => readCashflowPage(request.reader, inputOf(request), comparisonOf(request.query), settingOf(request)),
    cashflowPage,
  ),
  categories: reportPage('categories', categoriesPage),
  flow: page((request) => readFlow(request.reader, inputOf(request), settingOf(request)), flowPage),
  calendar: page((request) => readCalendar(request.reader, inputOf(request), settingOf(request)), calendarPage),
  merchants: reportPage('merchants', merchantsPage),
  accounts: reportPage('accounts', accountsPage),
  channels: reportPage('channels', channelsPage),
  places: reportPage('places', placesPage),
  balances: reportPage('balances', balancesPage),
  recurring: reportPage('recurring', recurringPage),
  anomalies: reportPage('anomalies', anomaliesPage),
  forecast: reportPage('forecast', forecastPage),
  currencies: reportPage('currencies', currenciesPage),
  health: reportPage('health', healthPage),
  transactions: page(readList, transactionsPage),
  sql: page(async (request) => {
    const { connect, query, config, signal } = request;
    const draft = await draftOf(request);
    return readSqlPage(await connect(), {
      sql: query.get('sql') ?? '',
      saved: query.get('saved') || null,
      draft,
      home: config.home,
      signal,
    });
  }, sqlPage),
  status: page(({ reader, config, now, signal }) => readStatusPage(reader, config, now(), signal), statusPage),
};
