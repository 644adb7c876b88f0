import { checkMerchant, type Filters, parseAmount } from '../../analytics/filters.ts';
import { type ReportFlag, reportOf } from '../../analytics/reports.ts';
import { type Opening, SORT_KEYS, type SortKey } from '../../analytics/request.ts';
import type { Config } from '../../config/config.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { nearestName } from '../../model/nearestName.ts';
import { type Calendar, combinePeriod, INTERVALS } from '../../model/period.ts';
import { REPORT_NAMES, type ReportName } from '../../model/reportNames.ts';
import type { StatsInput } from './statsRequest.ts';

export const STATS_FORMATS = ['table', 'csv', 'json', 'markdown'] as const;
export type StatsFormat = (typeof STATS_FORMATS)[number];

/** The flags of `stats`, as commander gives them. */
export interface StatsFlags {
  readonly period?: string;
  readonly from?: string;
  readonly to?: string;
  readonly monthStart?: number;
  readonly account?: readonly string[] | string;
  readonly category?: readonly string[] | string;
  readonly merchant?: string;
  readonly channel?: string;
  readonly city?: string;
  readonly currency?: string;
  readonly min?: string;
  readonly max?: string;
  readonly income?: boolean;
  readonly spending?: boolean;
  readonly withTransfers?: boolean;
  readonly by?: string;
  readonly months?: number | string;
  readonly backtest?: boolean;
  readonly opening?: readonly string[] | string;
  readonly depth?: number | string;
  readonly sort?: string;
  readonly limit?: number;
  readonly format?: StatsFormat;
  readonly timeout?: number;
  readonly locale?: string;
  readonly sql?: boolean;
}

/** @throws FinanceDbError USAGE with the names there are */
export function parseReport(text: string | undefined): ReportName {
  const name = text ?? 'overview';
  const found = REPORT_NAMES.find((report) => report === name.toLowerCase());
  if (found !== undefined) return found;
  const meant = nearestName(name, REPORT_NAMES);
  const question = meant === null ? '' : `; did you mean ${meant}?`;
  throw new FinanceDbError('USAGE', `there is no report ${JSON.stringify(name)}${question}`, {
    remedy: `the reports are ${REPORT_NAMES.join(', ')}`,
    details: { report: name, reports: REPORT_NAMES, nearest: meant },
  });
}

const FLAG_NAMES: Record<ReportFlag, string> = {
  by: '--by',
  depth: '--depth',
  limit: '--limit',
  withTransfers: '--with-transfers',
  months: '--months',
  backtest: '--backtest',
  opening: '--opening',
};

/**
 * Refuses flags that the report would pass over in silence.
 * @throws FinanceDbError USAGE naming the flag and the reports that it is for
 */
export function requireOwnFlags(report: ReportName, flags: StatsFlags): void {
  const refuse = (flag: string, obeys: (name: ReportName) => boolean): never => {
    throw new FinanceDbError('USAGE', `${flag} means nothing to the report ${report}`, {
      remedy: `leave it out; it is for ${REPORT_NAMES.filter(obeys).join(', ')}`,
      details: { flag, report },
    });
  };
  for (const flag of Object.keys(FLAG_NAMES) as ReportFlag[])
    if (isGiven(flags[flag]) && !reportOf(report).obeys.includes(flag))
      refuse(FLAG_NAMES[flag], (name) => reportOf(name).obeys.includes(flag));
  const by = flags.by?.toLowerCase();
  const grouping = FORECAST_GROUPS.some((name) => name === by);
  const own = (name: ReportName): boolean => reportOf(name).groupings?.some((one) => one === by) ?? !grouping;
  const known = grouping || INTERVALS.some((name) => name === by);
  if (by !== undefined && known && !own(report))
    refuse(`--by ${by}`, (name) => reportOf(name).obeys.includes('by') && own(name));
  const sort = SORT_KEYS.find((key) => key === flags.sort?.toLowerCase());
  if (sort !== undefined && !reportOf(report).sorts.includes(sort))
    refuse(`--sort ${sort}`, (name) => reportOf(name).sorts.includes(sort));
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

/** What flags mean beside what they say. */
export interface FlagsContext {
  readonly config: Pick<Config, 'today' | 'tables'>;
  readonly io: { readonly now: () => Date };
}

/**
 * Checks the flags and makes a request of them.
 * @throws FinanceDbError USAGE naming the flag and what it may be
 */
export function parseStatsFlags({ config, io }: FlagsContext, flags: StatsFlags): StatsInput {
  const calendar: Calendar = { today: config.today ?? localDay(io.now()), monthStart: monthStart(flags.monthStart) };
  return {
    // The table of transactions, wherever it is; the first of the configured ones when none has that name.
    table: config.tables.find(({ name }) => name === 'transactions') ??
      config.tables[0] ?? { schema: 'public', name: 'transactions' },
    calendar,
    period: combinePeriod(
      {
        ...(flags.period === undefined ? {} : { period: flags.period }),
        ...(flags.from === undefined ? {} : { from: flags.from }),
        ...(flags.to === undefined ? {} : { to: flags.to }),
      },
      calendar,
    ),
    filters: parseFilters(flags),
    withTransfers: flags.withTransfers === true,
    ...byOf(flags.by),
    months: monthsOf(flags.months),
    backtest: flags.backtest === true,
    openings: list(flags.opening).map(openingOf),
    depth:
      Number(oneOf('--depth', flags.depth === undefined ? undefined : String(flags.depth), ['1', '2'])) === 2 ? 2 : 1,
    sort: oneOf<SortKey>('--sort', flags.sort, SORT_KEYS) ?? null,
    limit: flags.limit ?? null,
  };
}

/** What `--by` may be beside intervals: what a forecast is made for. */
export const FORECAST_GROUPS = ['account', 'category'] as const;

function byOf(text: string | undefined): Pick<StatsInput, 'interval' | 'groupBy'> {
  const by = oneOf('--by', text, [...INTERVALS, ...FORECAST_GROUPS]);
  if (by === 'account' || by === 'category') return { interval: 'month', groupBy: by };
  return { interval: by ?? 'month', groupBy: null };
}

const MOST_MONTHS = 24;

function monthsOf(months: number | string | undefined): number {
  const count = Number(months ?? 3);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_MONTHS) return count;
  throw new FinanceDbError('USAGE', `--months: expected a number from 1 to ${MOST_MONTHS}, found ${months}`);
}

/** `checking-001=1200.50`. */
function openingOf(text: string): Opening {
  const at = text.lastIndexOf('=');
  const account = text.slice(0, Math.max(0, at)).trim();
  const amount = text.slice(at + 1).trim();
  if (account !== '' && /^-?\d{1,18}(\.\d{1,6})?$/.test(amount)) return { account, amount };
  throw new FinanceDbError('USAGE', `--opening: expected ACCOUNT=AMOUNT, found ${JSON.stringify(text)}`, {
    remedy: 'such as checking-001=1200.50: what it held before its first row',
  });
}

function parseFilters(flags: StatsFlags): Filters {
  if (flags.income && flags.spending)
    throw new FinanceDbError('USAGE', '--income and --spending exclude each other', { remedy: 'give one, or neither' });
  return {
    accounts: list(flags.account),
    categories: list(flags.category),
    merchant: flags.merchant === undefined ? null : checkMerchant(flags.merchant),
    channel: flags.channel ?? null,
    city: flags.city ?? null,
    currency: flags.currency ?? null,
    min: flags.min === undefined ? null : parseAmount(flags.min, '--min'),
    max: flags.max === undefined ? null : parseAmount(flags.max, '--max'),
    flow: flags.income ? 'income' : flags.spending ? 'spending' : null,
  };
}

function list(value: readonly string[] | string | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function monthStart(day: number | undefined): number {
  if (day === undefined) return 1;
  if (Number.isInteger(day) && day >= 1 && day <= 28) return day;
  throw new FinanceDbError('USAGE', `--month-start: expected a day from 1 to 28, found ${day}`, {
    remedy: 'months of every length have a day 28; give one up to that',
  });
}

function oneOf<T extends string>(flag: string, text: string | undefined, choices: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text.toLowerCase());
  if (found !== undefined) return found;
  throw new FinanceDbError('USAGE', `${flag}: expected ${choices.join(', ')}, found ${JSON.stringify(text)}`);
}

/** The day it is in the machine's own zone. */
export function localDay(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
