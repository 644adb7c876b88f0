import { quoteLiteral } from '../model/identifier.ts';
import { ledgerExpressions, withClause } from './ledger.ts';
import { type Narrowing, narrowingColumns, narrowingConditions } from './narrowing.ts';
import type { StatsRequest } from './request.ts';
import { exactSum, sumType } from './sql.ts';

/** One transaction of a list. */
export type TransactionRow = {
  readonly tx_id: string | null;
  /** `2024-03-15 09:30:00`; null where the row has no day that can be named. */
  readonly timestamp: string | null;
  readonly merchant: string | null;
  readonly category: string | null;
  readonly subcategory: string | null;
  readonly account_id: string | null;
  readonly channel: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly mcc: string | null;
  /** In the currency of the row. */
  readonly amount: string | null;
  readonly currency: string | null;
  /** In the base currency. */
  readonly normalized_amount: string | null;
};

/** What a list adds up to, all of its pages. */
export type TransactionSums = {
  readonly count: string;
  readonly amount: string;
  readonly money_in: string;
  readonly money_out: string;
  readonly not_normalized: string;
  /** The currency of all rows, and their original amounts; null where they have several or none. */
  readonly currency: string | null;
  readonly original: string | null;
};

export const TRANSACTION_SORTS = ['-date', 'date', 'amount', '-amount', 'merchant'] as const;
export type TransactionSort = (typeof TRANSACTION_SORTS)[number];

/** Where a page of a list ends: the values that it is ordered by, as text. */
export interface TransactionPlace {
  readonly value: string;
  readonly id: string;
  readonly row: string;
}

export interface TransactionQuery {
  /** For a list of every row its source is the whole table and transfers are kept. */
  readonly request: StatsRequest;
  readonly only: readonly Narrowing[];
  /** Part of a merchant, category, city, account or id, in any case; or an amount. */
  readonly search: string | null;
}

interface Order {
  /** Never NULL, so that places can be compared. */
  readonly key: string;
  readonly column: string;
  readonly descending: boolean;
  readonly literal: (text: string) => string;
}

const MOMENT = `coalesce("timestamp", TIMESTAMP '0001-01-01')`;
const moment = (text: string): string => `TIMESTAMP ${quoteLiteral(text)}`;
const amount = (text: string): string => `${quoteLiteral(text)}::DECIMAL(38, 9)`;

const ORDERS: Record<TransactionSort, Order> = {
  '-date': { key: MOMENT, column: '"timestamp"', descending: true, literal: moment },
  date: { key: MOMENT, column: '"timestamp"', descending: false, literal: moment },
  amount: { key: 'coalesce(normalized_amount, 0)', column: 'normalized_amount', descending: false, literal: amount },
  '-amount': { key: 'coalesce(normalized_amount, 0)', column: 'normalized_amount', descending: true, literal: amount },
  merchant: { key: `coalesce(merchant, '')`, column: 'merchant', descending: false, literal: quoteLiteral },
};

const SEARCHED = ['merchant', 'category', 'subcategory', 'account_id', 'city', 'channel', 'tx_id'];
const SHOWN = ['tx_id', 'merchant', 'category', 'subcategory', 'account_id', 'channel', 'city', 'state', 'mcc'];

/**
 * One page, as rows of TransactionRow with `sort_value` and `row_id` beside. The rows are found by the columns that are
 * filtered and ordered by alone; the others are looked up for those of the page.
 * @param limit rows of the page; one more tells the caller that there is another page
 */
export function transactionsSql(
  query: TransactionQuery,
  sort: TransactionSort,
  after: TransactionPlace | null,
  limit: number,
): string {
  const { key, column, descending, literal } = ORDERS[sort];
  const [sign, direction] = descending ? ['<', ' DESC'] : ['>', ''];
  const beyond =
    after === null
      ? ''
      : `\n  WHERE (sort_value ${sign} ${literal(after.value)} OR (sort_value = ${literal(after.value)}
    AND (id, row_id) > (${quoteLiteral(after.id)}, ${quoteLiteral(after.row)}::BIGINT)))`;
  const found = `found AS (
  SELECT ${key} AS sort_value, coalesce(tx_id, '') AS id, row_id FROM ledger
),
page AS MATERIALIZED (
  SELECT sort_value, id, row_id FROM found${beyond}
  ORDER BY sort_value${direction}, id, row_id
  LIMIT ${limit}
)`;
  const { table } = query.request.source;
  const shown = SHOWN.map((name) => `t.${name}`).join(', ');
  return `${withClause([...expressions(query, [column, 'tx_id']), found])}SELECT ${shown}, strftime(t."timestamp", '%Y-%m-%d %H:%M:%S') AS "timestamp",
  t.amount::VARCHAR AS amount, t.currency, t.normalized_amount, page.sort_value::VARCHAR AS sort_value, page.row_id
FROM page JOIN ${table} AS t ON t.rowid = page.row_id
ORDER BY page.sort_value${direction}, page.id, page.row_id`;
}

/** The columns of files, in their order. */
export const TRANSACTION_COLUMNS = [
  'tx_id',
  'timestamp',
  'account_id',
  'merchant',
  'category',
  'subcategory',
  'amount',
  'currency',
  'normalized_amount',
  'channel',
  'city',
  'state',
  'mcc',
] as const satisfies readonly (keyof TransactionRow)[];

/** All of the list, oldest first, with the types that the columns have: for files. */
export function wholeTransactionsSql(query: TransactionQuery): string {
  const columns = TRANSACTION_COLUMNS.map((name) => (name === 'timestamp' ? '"timestamp"' : name));
  return `${withClause(expressions(query, columns))}SELECT ${columns.join(', ')}
FROM ledger
ORDER BY "timestamp", tx_id`;
}

/** One row of TransactionSums. */
export function transactionSumsSql(query: TransactionQuery): string {
  const { scale, amountScale } = query.request.source;
  const original =
    amountScale === null
      ? 'NULL'
      : `CASE WHEN min(currency) = max(currency) AND count(currency) = count(*) THEN sum(amount)::${sumType(amountScale)} END`;
  return `${withClause(expressions(query, ['amount', 'currency']))}SELECT count(*) AS count, ${exactSum('normalized_amount', scale)} AS amount,
  ${exactSum('normalized_amount', scale, { filter: 'normalized_amount > 0' })} AS money_in,
  ${exactSum('normalized_amount', scale, { filter: 'normalized_amount < 0' })} AS money_out,
  count(*) - count(normalized_amount) AS not_normalized,
  CASE WHEN min(currency) = max(currency) AND count(currency) = count(*) THEN min(currency) END AS currency, ${original} AS original
FROM ledger`;
}

function expressions({ request, only, search }: TransactionQuery, columns: readonly string[]): string[] {
  const searched = search === null ? [] : SEARCHED;
  const needed = [...new Set([...columns, ...narrowingColumns(only), ...searched])];
  return ledgerExpressions(
    request,
    needed.filter((name) => name !== '"timestamp"' && name !== 'normalized_amount'),
    { conditions: [...narrowingConditions(only, request.vocabulary), ...searchConditions(search)] },
  );
}

function searchConditions(search: string | null): string[] {
  if (search === null) return [];
  const part = quoteLiteral(search.toLowerCase());
  const texts = SEARCHED.map((name) => `contains(lower(${name}), ${part})`);
  const size = /^[-+\u2212]?(\d{1,13}(\.\d{1,9})?)$/.exec(search.trim())?.[1];
  return [`(${[...texts, ...(size === undefined ? [] : [`abs(normalized_amount) = ${size}`])].join(' OR ')})`];
}
