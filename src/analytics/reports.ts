import type { ReportName } from '../model/reportNames.ts';
import { accountsReport } from './accounts.ts';
import { anomaliesReport } from './anomalies.ts';
import { balancesReport } from './balances.ts';
import { cashflowReport } from './cashflow.ts';
import { categoriesReport } from './categories.ts';
import { channelsReport } from './channels.ts';
import type { ReportQuery } from './columns.ts';
import { currenciesReport } from './currencies.ts';
import { forecastReport } from './forecast.ts';
import { healthReport } from './health.ts';
import { merchantsReport } from './merchants.ts';
import { overviewReport } from './overview.ts';
import { placesReport } from './places.ts';
import { recurringReport } from './recurring.ts';
import { SORT_KEYS, type SortKey, type StatsRequest } from './request.ts';

interface Report {
  readonly query: (request: StatsRequest) => ReportQuery;
  /** Looks at all rows, transfers between own accounts included. */
  readonly everyRow?: boolean;
  /** The flags that it obeys beside the period and the filters. */
  readonly obeys: readonly ReportFlag[];
  /** What `--by` may be; intervals where it is left out. */
  readonly groupings?: readonly string[];
  /** What it can be ordered by. */
  readonly sorts: readonly SortKey[];
}

/** Flags that mean something for some reports only. */
export type ReportFlag = 'by' | 'depth' | 'limit' | 'withTransfers' | 'months' | 'backtest' | 'opening';

/** A list of groups: any order, any length. */
const LIST = { obeys: ['limit', 'withTransfers'], sorts: SORT_KEYS } as const;

/** Every report by name. */
const REPORTS: Record<ReportName, Report> = {
  overview: { query: overviewReport, obeys: ['withTransfers'], sorts: [] },
  categories: { query: categoriesReport, obeys: ['by', 'depth', 'limit', 'withTransfers'], sorts: SORT_KEYS },
  cashflow: { query: cashflowReport, obeys: ['by', 'limit', 'withTransfers'], sorts: [] },
  merchants: { query: merchantsReport, ...LIST },
  accounts: { query: accountsReport, ...LIST },
  channels: { query: channelsReport, ...LIST },
  places: { query: placesReport, ...LIST },
  recurring: { query: recurringReport, ...LIST },
  forecast: {
    query: forecastReport,
    obeys: ['by', 'withTransfers', 'months', 'backtest', 'opening'],
    groupings: ['account', 'category'],
    sorts: [],
  },
  balances: {
    query: balancesReport,
    obeys: ['by', 'limit', 'opening'],
    groupings: ['day', 'month'],
    sorts: [],
  },
  currencies: { query: currenciesReport, everyRow: true, obeys: [], sorts: [] },
  anomalies: { query: anomaliesReport, obeys: ['limit', 'withTransfers'], sorts: ['amount', 'last'] },
  health: { query: healthReport, everyRow: true, obeys: [], sorts: [] },
};

export function reportOf(name: ReportName): Report {
  return REPORTS[name];
}
