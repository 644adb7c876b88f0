interface PageEntry {
  readonly path: string;
  readonly title: string;
  readonly key: string;
  readonly more?: boolean;
}

/**
 * Every page of the dashboard, in the order of the navigation. `key` follows `g` on the keyboard; `more` are those that the
 * navigation has no room for beside the others.
 */
export const PAGES = {
  overview: { path: '/', title: 'Overview', key: 'o' },
  cashflow: { path: '/cashflow', title: 'Cash flow', key: 'c' },
  categories: { path: '/categories', title: 'Categories', key: 'k' },
  flow: { path: '/flow', title: 'Flow', key: 'f' },
  calendar: { path: '/calendar', title: 'Calendar', key: 'd' },
  merchants: { path: '/merchants', title: 'Merchants', key: 'm' },
  accounts: { path: '/accounts', title: 'Accounts', key: 'a' },
  balances: { path: '/balances', title: 'Balances', key: 'b' },
  recurring: { path: '/recurring', title: 'Recurring', key: 'r' },
  forecast: { path: '/forecast', title: 'Forecast', key: 'n' },
  transactions: { path: '/transactions', title: 'Transactions', key: 't' },
  sql: { path: '/sql', title: 'SQL', key: 'q' },
  status: { path: '/status', title: 'Status', key: 's' },
  channels: { path: '/channels', title: 'Channels', key: 'h', more: true },
  places: { path: '/places', title: 'Places', key: 'p', more: true },
  anomalies: { path: '/anomalies', title: 'Anomalies', key: 'u', more: true },
  currencies: { path: '/currencies', title: 'Currencies', key: 'y', more: true },
  health: { path: '/health', title: 'Health', key: 'e', more: true },
} as const satisfies Record<string, PageEntry>;

export type PageName = keyof typeof PAGES;

export const PAGE_NAMES = Object.keys(PAGES) as readonly PageName[];

/** Whether a page stands in the part of the navigation that is opened. */
export function isInMore(name: PageName): boolean {
  const entry: PageEntry = PAGES[name];
  return entry.more === true;
}
