import { accountsReport } from './accounts.ts';
import { anomaliesReport } from './anomalies.ts';
import { cashflowReport } from './cashflow.ts';
import { categoriesReport } from './categories.ts';
import { channelsReport } from './channels.ts';
import type { ReportQuery } from './columns.ts';
import { currenciesReport } from './currencies.ts';
import { healthReport } from './health.ts';
import { merchantsReport } from './merchants.ts';
import { overviewReport } from './overview.ts';
import { placesReport } from './places.ts';
import { recurringReport } from './recurring.ts';
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
  recurring: { summary: 'subscriptions, bills and salary: cadence, next date, cost per year', query: recurringReport },
  currencies: { summary: 'original amounts beside normalized ones', query: currenciesReport, everyRow: true },
  anomalies: { summary: 'unusual transactions, each with its reason', query: anomaliesReport },
  health: { summary: 'gaps, duplicates, NULLs, uncategorised', query: healthReport, everyRow: true },
} as const satisfies Record<string, Report>;

export type ReportName = keyof typeof REPORTS;

export const REPORT_NAMES = Object.keys(REPORTS) as readonly ReportName[];

export function reportOf(name: ReportName): Report {
  return REPORTS[name];
}
