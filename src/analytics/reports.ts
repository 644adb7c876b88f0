import { accountsReport } from './accounts.ts';
import { cashflowReport } from './cashflow.ts';
import { categoriesReport } from './categories.ts';
import { channelsReport } from './channels.ts';
import type { ReportQuery } from './columns.ts';
import { currenciesReport } from './currencies.ts';
import { merchantsReport } from './merchants.ts';
import { overviewReport } from './overview.ts';
import { placesReport } from './places.ts';
import type { StatsRequest } from './request.ts';

interface Report {
  /** One line for help and for a wrong name. */
  readonly summary: string;
  readonly query: (request: StatsRequest) => ReportQuery;
  /** Looks at all rows, transfers between own accounts included. */
  readonly everyRow?: boolean;
}

/** Every report by name. */
export const REPORTS = {
  overview: { summary: 'income, spending, net and savings rate beside the periods before', query: overviewReport },
  categories: { summary: 'each category over the months', query: categoriesReport },
  cashflow: { summary: 'income, spending, net and running net per month', query: cashflowReport },
  merchants: { summary: 'where the money goes, by merchant', query: merchantsReport },
  accounts: { summary: 'by account', query: accountsReport },
  channels: { summary: 'by channel: card, online, transfer …', query: channelsReport },
  places: { summary: 'by city and state', query: placesReport },
  currencies: { summary: 'original amounts beside normalized ones', query: currenciesReport, everyRow: true },
} as const satisfies Record<string, Report>;

export type ReportName = keyof typeof REPORTS;

export const REPORT_NAMES = Object.keys(REPORTS) as readonly ReportName[];

export function reportOf(name: ReportName): Report {
  return REPORTS[name];
}
