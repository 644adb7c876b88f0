/** Every page of the dashboard, in the order of the navigation. `key` follows `g` on the keyboard. */
export const PAGES = {
  overview: { path: '/', title: 'Overview', key: 'o' },
  cashflow: { path: '/cashflow', title: 'Cash flow', key: 'c' },
  categories: { path: '/categories', title: 'Categories', key: 'k' },
  flow: { path: '/flow', title: 'Flow', key: 'f' },
  calendar: { path: '/calendar', title: 'Calendar', key: 'd' },
  merchants: { path: '/merchants', title: 'Merchants', key: 'm' },
  accounts: { path: '/accounts', title: 'Accounts', key: 'a' },
  channels: { path: '/channels', title: 'Channels', key: 'h' },
  places: { path: '/places', title: 'Places', key: 'p' },
  recurring: { path: '/recurring', title: 'Recurring', key: 'r' },
  anomalies: { path: '/anomalies', title: 'Anomalies', key: 'u' },
  forecast: { path: '/forecast', title: 'Forecast', key: 'n' },
  currencies: { path: '/currencies', title: 'Currencies', key: 'y' },
  transactions: { path: '/transactions', title: 'Transactions', key: 't' },
  sql: { path: '/sql', title: 'SQL', key: 'q' },
  status: { path: '/status', title: 'Status', key: 's' },
} as const satisfies Record<string, { path: string; title: string; key: string }>;

export type PageName = keyof typeof PAGES;

export const PAGE_NAMES = Object.keys(PAGES) as readonly PageName[];
