/** Every report, with the line that `stats --help` has for it. Kept apart from the reports: help loads none of them. */
export const REPORT_SUMMARIES = {
  overview: 'income, spending, net and savings rate beside the periods before',
  categories: 'each category over the months',
  cashflow: 'income, spending, net and running net per month',
  merchants: 'where the money goes, by merchant',
  accounts: 'what came in and went out of each account',
  channels: 'by channel: card, online, transfer …',
  places: 'by city and state',
  recurring: 'subscriptions, bills, salary: cadence, next date, cost per year',
  forecast: 'the next months, with 80 % intervals and what is due',
  balances: 'what each account held, and all of them together',
  currencies: 'original amounts beside normalized ones',
  anomalies: 'unusual transactions, each with its reason',
  health: 'gaps, duplicates, NULLs, uncategorised',
} as const;

export type ReportName = keyof typeof REPORT_SUMMARIES;

export const REPORT_NAMES = Object.keys(REPORT_SUMMARIES) as readonly ReportName[];
