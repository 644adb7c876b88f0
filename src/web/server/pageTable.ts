import { runStats, type StatsResult } from '../../app/stats/stats.ts';
import { parseStatsFlags } from '../../app/stats/statsFlags.ts';
import type { StatsInput } from '../../app/stats/statsRequest.ts';
import type { Config } from '../../config/config.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import type { ReportName } from '../../model/reportNames.ts';
import { optional, readParams } from '../api/params.ts';
import { FILTER_PARAMS, flagsOf, LOCALE_PARAM, REPORT_PARAMS } from '../api/statsParams.ts';
import { accountsPage } from '../pages/accounts.ts';
import { anomaliesPage } from '../pages/anomalies.ts';
import { calendarPage } from '../pages/calendar.ts';
import { cashflowPage } from '../pages/cashflow.ts';
import { categoriesPage } from '../pages/categories.ts';
import { channelsPage } from '../pages/channels.ts';
import { currenciesPage } from '../pages/currencies.ts';
import { flowPage } from '../pages/flow.ts';
import { forecastPage } from '../pages/forecast.ts';
import type { Frame } from '../pages/frame.ts';
import type { Html } from '../pages/html.ts';
import { merchantsPage } from '../pages/merchants.ts';
import { overviewPage } from '../pages/overview.ts';
import type { PageName } from '../pages/pageNames.ts';
import { placesPage } from '../pages/places.ts';
import { recurringPage } from '../pages/recurring.ts';
import { sqlPage } from '../pages/sql.ts';
import { statusPage } from '../pages/status.ts';
import { transactionsPage } from '../pages/transactions.ts';

/** What a page's view is read from. */
export interface PageRequest {
  /** One snapshot for all that is on the page. */
  readonly reader: DuckDbReader;
  readonly query: URLSearchParams;
  readonly config: Config;
  readonly now: () => Date;
  readonly signal: AbortSignal;
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
  return page(({ reader, config, ...request }) => {
    const setting = config.baseCurrencyIsSet ? config.baseCurrency : null;
    return runStats(reader, report, inputOf({ config, ...request }), setting);
  }, render);
}

/** What the address of a report's page may hold. */
const REPORT_PAGE = optional({ ...FILTER_PARAMS, ...REPORT_PARAMS, ...LOCALE_PARAM });

/** The period and filters in a page's address. */
function inputOf({ query, config, now }: Omit<PageRequest, 'reader'>): StatsInput {
  return parseStatsFlags({ config, io: { now } }, flagsOf(readParams(REPORT_PAGE, query)));
}

const nothing = async (): Promise<null> => null;

/** Every page of the dashboard. */
export const PAGE_TABLE: Readonly<Record<PageName, Page>> = {
  overview: reportPage('overview', overviewPage),
  cashflow: reportPage('cashflow', cashflowPage),
  categories: reportPage('categories', categoriesPage),
  flow: page(nothing, flowPage),
  calendar: page(nothing, calendarPage),
  merchants: reportPage('merchants', merchantsPage),
  accounts: reportPage('accounts', accountsPage),
  channels: reportPage('channels', channelsPage),
  places: reportPage('places', placesPage),
  recurring: reportPage('recurring', recurringPage),
  anomalies: reportPage('anomalies', anomaliesPage),
  forecast: page(nothing, forecastPage),
  currencies: reportPage('currencies', currenciesPage),
  transactions: page(nothing, transactionsPage),
  sql: page(nothing, sqlPage),
  status: page(nothing, statusPage),
};
