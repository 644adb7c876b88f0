import { FinanceDbError } from '../errors/financeDbError.ts';
import { quoteLiteral } from '../model/identifier.ts';
import { parsePeriod } from '../model/period.ts';
import { filterConditions, periodConditions } from './filters.ts';
import { checkCondition, HEALTH_CHECKS, type HealthCheck } from './healthChecks.ts';
import type { StatsRequest } from './request.ts';
import { PAYEE_SQL } from './series.ts';
import { incomeCondition } from './vocabulary.ts';

/**
 * What a figure was made of, beside the period and the filters of its report: the exact value that a row was grouped by.
 * Filters are for people (any case, part of a name); only these lead from a figure to its very rows. The period stays
 * that of the report, because it decides which rows count as transfers.
 */
export type Narrowing =
  | { readonly by: GroupKey; readonly value: string | null }
  | { readonly by: 'day'; readonly from: string | null; readonly to: string | null }
  /** Who is paid, as recurring payments are grouped: the merchant, else what for. */
  | { readonly by: 'payee'; readonly value: string }
  | { readonly by: 'flow'; readonly value: 'income' | 'spending' }
  | { readonly by: 'sign' | 'original'; readonly value: 'in' | 'out' }
  | { readonly by: 'normalized'; readonly value: 'no' }
  /** What a check of the data counts, among all rows. */
  | { readonly by: 'check'; readonly value: HealthCheck };

/** Names in an address, with the columns that they are. */
const COLUMNS = {
  category: 'category',
  subcategory: 'subcategory',
  merchant: 'merchant',
  account: 'account_id',
  channel: 'channel',
  city: 'city',
  state: 'state',
  currency: 'currency',
  mcc: 'mcc',
  id: 'tx_id',
} as const;

export type GroupKey = keyof typeof COLUMNS;

/** Names in an address and the columns that they are. */
export const GROUP_COLUMNS = Object.entries(COLUMNS) as readonly (readonly [GroupKey, string])[];

export const GROUP_KEYS = Object.keys(COLUMNS) as readonly GroupKey[];

const WORDS = {
  flow: ['income', 'spending'],
  sign: ['in', 'out'],
  original: ['in', 'out'],
  normalized: ['no'],
  check: HEALTH_CHECKS,
} as const;

/**
 * As it stands in an address: `merchant:Corner Shop`; `merchant` alone for rows without one; `day:2024-03-05..2024-03-31`,
 * `day:2024-03-05`, and `day:2024-03` for all of a month.
 */
export function narrowingText(narrowing: Narrowing): string {
  if (narrowing.by === 'day') {
    const { from, to } = narrowing;
    if (from !== null && from === to) return `day:${from}`;
    const month = from?.endsWith('-01') === true && to !== null ? from.slice(0, 7) : null;
    return month !== null && to === lastDayOf(month) ? `day:${month}` : `day:${from ?? ''}..${to ?? ''}`;
  }
  return narrowing.value === null ? narrowing.by : `${narrowing.by}:${narrowing.value}`;
}

/**
 * Reads what `narrowingText` writes.
 * @throws FinanceDbError USAGE
 */
export function parseNarrowing(text: string): Narrowing {
  const colon = text.indexOf(':');
  const by = colon === -1 ? text : text.slice(0, colon);
  const value = colon === -1 ? null : text.slice(colon + 1);
  if (Object.hasOwn(COLUMNS, by)) return { by: by as GroupKey, value };
  if (by === 'payee' && value !== null) return { by, value };
  if (by === 'day' && value !== null) return parseDays(value, text);
  const words: readonly string[] = Object.hasOwn(WORDS, by) ? WORDS[by as keyof typeof WORDS] : [];
  if (value !== null && words.includes(value)) return { by, value } as Narrowing;
  throw misread(text);
}

/** Of a month such as 2024-03. A page has hundreds of such links, so that it is counted and not looked up. */
function lastDayOf(month: string): string {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(5))];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = number === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(number) ? 30 : 31;
  return `${month}-${days}`;
}

const CALENDAR = { today: '2000-01-01', monthStart: 1 } as const;

function parseDays(value: string, text: string): Narrowing {
  if (/^\d{4}-\d\d(-\d\d)?$/.test(value)) {
    const { from, to } = parsePeriod(value, CALENDAR);
    return { by: 'day', from, to };
  }
  const [from, to] = value.split('..');
  const day = (part: string | undefined): string | null => {
    if (part === undefined || part === '') return null;
    if (!/^\d{4}-\d\d-\d\d$/.test(part)) throw misread(text);
    return parsePeriod(part, CALENDAR).from;
  };
  if (to === undefined || value.split('..').length !== 2) throw misread(text);
  return { by: 'day', from: day(from), to: day(to) };
}

function misread(text: string): FinanceDbError {
  return new FinanceDbError('USAGE', `only: this means nothing: ${JSON.stringify(text.slice(0, 80))}`, {
    remedy: `give something like only=merchant:Corner Shop, only=day:2024-03-01..2024-03-31 or only=flow:income; by ${[...GROUP_KEYS, 'payee', 'day', ...Object.keys(WORDS)].join(', ')}`,
  });
}

/**
 * The conditions on rows; all of them have to be true.
 * @param request that of the list: a check looks at all rows of its period and filters
 */
export function narrowingConditions(narrowings: readonly Narrowing[], request: StatsRequest): string[] {
  const { vocabulary } = request;
  return narrowings.flatMap((narrowing): string[] => {
    switch (narrowing.by) {
      case 'day':
        return periodConditions({ from: narrowing.from, to: narrowing.to, label: '' });
      case 'flow': {
        const income = incomeCondition(vocabulary, 'normalized_amount > 0');
        return [narrowing.value === 'income' ? `(${income})` : `(${income}) IS NOT TRUE`];
      }
      case 'payee':
        return [`${PAYEE_SQL} = ${quoteLiteral(narrowing.value)}`];
      case 'sign':
        return [`normalized_amount ${narrowing.value === 'in' ? '>' : '<'} 0`];
      case 'original':
        return [`amount ${narrowing.value === 'in' ? '>' : '<'} 0`];
      case 'normalized':
        return ['normalized_amount IS NULL'];
      case 'check':
        return [
          checkCondition(narrowing.value, request, [
            ...periodConditions(request.period),
            ...filterConditions(request.filters, vocabulary),
          ]),
        ];
      default: {
        const column = COLUMNS[narrowing.by];
        return [narrowing.value === null ? `${column} IS NULL` : `${column} = ${quoteLiteral(narrowing.value)}`];
      }
    }
  });
}

/** The columns that the conditions look at, beside the moment and the normalized amount. */
export function narrowingColumns(narrowings: readonly Narrowing[]): string[] {
  return narrowings.flatMap(({ by }): string[] => {
    if (by === 'flow') return ['category'];
    if (by === 'payee') return ['merchant', 'subcategory', 'category'];
    if (by === 'original') return ['amount'];
    if (by === 'check') return ['amount', 'account_id', 'merchant', 'category'];
    return Object.hasOwn(COLUMNS, by) ? [COLUMNS[by as GroupKey]] : [];
  });
}
