import { quoteLiteral } from '../model/identifier.ts';
import { periodConditions } from './filters.ts';
import { ledgerExpressions, withClause } from './ledger.ts';
import { type Narrowing, narrowingColumns, narrowingConditions } from './narrowing.ts';
import type { Span, StatsRequest } from './request.ts';
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

export interface TransactionQuery {
  /** For a list of every row its source is the whole table and transfers are kept. */
  readonly request: StatsRequest;
  readonly only: readonly Narrowing[];
  /** Part of a merchant, category, city, account or channel, in any case; a whole id; or an amount. */
  readonly search: string | null;
  /** What is known of the file, so that less of it is read for the same rows. */
  readonly known?: KnownRows;
}

/** What was looked up in a file before. */
export interface KnownRows {
  /** By id: the row id of the one row that has it, null where there is none; left out where that is not known, or several have it. */
  readonly rowOfId: ReadonlyMap<string, string | null>;
  /** Which columns hold what is searched for in any row at all, or may. */
  readonly searched: readonly string[];
}

/** A block of DuckDB's tables, of which it reads one alone. */
const FIRST_ROWS = 122_880;

/** The columns of words that a search looks at. */
export const SEARCHED = ['merchant', 'category', 'subcategory', 'account_id', 'city', 'channel'];

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

/** Some days of a list, both ends included; null: the rows without a day. */
export type DaySlice = Span | null;

/** All of the list, or some days of it, oldest first, with the types that the columns have: for files. */
export function wholeTransactionsSql(query: TransactionQuery, slice?: DaySlice): string {
  const columns = TRANSACTION_COLUMNS.map((name) => (name === 'timestamp' ? '"timestamp"' : name));
  const days =
    slice === undefined ? [] : slice === null ? ['"timestamp" IS NULL'] : periodConditions({ ...slice, label: '' });
  return `${withClause(listExpressions(query, columns, days))}SELECT ${columns.join(', ')}
FROM ledger
ORDER BY "timestamp", tx_id`;
}

/** How many rows each day of the list has, as rows of DayRows, in order. */
export function listDaysSql(query: TransactionQuery): string {
  return `${withClause(listExpressions(query, []))}SELECT "timestamp"::DATE AS day, count(*) AS rows
FROM ledger
GROUP BY day
ORDER BY day NULLS LAST`;
}

export type DayRows = { readonly day: string | null; readonly rows: string };

/**
 * The currency of a list: the only one that its file has; perhaps this one, which is to be seen; null where it has several;
 * undefined where nothing is known.
 */
export type ListCurrency = { readonly only: string } | { readonly perhaps: string } | null | undefined;

/**
 * One row of TransactionSums.
 * @param currency what is known of it: to compare the texts of all rows with each other takes longer than the sums
 */
export function transactionSumsSql(query: TransactionQuery, currency?: ListCurrency): string {
  const { scale, amountScale } = query.request.source;
  const total = exactSum('normalized_amount', scale);
  const moneyIn = exactSum('normalized_amount', scale, { filter: 'normalized_amount > 0' });
  const sum = amountScale === null ? 'NULL' : `sum(amount)::${sumType(amountScale)}`;
  const { columns, same, label } = currencyOf(currency);
  const [named, original] =
    same === null ? ['NULL', 'NULL'] : [`CASE WHEN ${same} THEN ${label} END`, `CASE WHEN ${same} THEN ${sum} END`];
  return `${withClause(listExpressions(query, columns))}SELECT count(*) AS count, ${total} AS amount,
  ${moneyIn} AS money_in, ${total} - ${moneyIn} AS money_out, count(*) - count(normalized_amount) AS not_normalized,
  ${named} AS currency, ${original} AS original
FROM ledger`;
}

/** When all rows have the same currency, which that is, and the columns that tell. */
function currencyOf(currency: ListCurrency): {
  readonly columns: readonly string[];
  readonly same: string | null;
  readonly label: string;
} {
  if (currency === null) return { columns: [], same: null, label: 'NULL' };
  if (currency === undefined)
    return {
      columns: ['amount', 'currency'],
      same: 'min(currency) = max(currency) AND count(currency) = count(*)',
      label: 'min(currency)',
    };
  if ('only' in currency) return { columns: ['amount'], same: 'count(*) > 0', label: quoteLiteral(currency.only) };
  const label = quoteLiteral(currency.perhaps);
  return {
    columns: ['amount', 'currency'],
    same: `count(*) > 0 AND count(*) = count(*) FILTER (WHERE currency = ${label})`,
    label,
  };
}

/** At most one row: the currency of any row of a table. */
export function anyCurrencySql(table: string): string {
  return `SELECT currency FROM ${table} LIMIT 1`;
}

/** A row, if any row of a table has another currency or none. */
export function otherCurrencySql(table: string, currency: string): string {
  return `SELECT 1 FROM ${table} WHERE currency <> ${quoteLiteral(currency)} OR currency IS NULL LIMIT 1`;
}

/** The currencies, and none, of those of a list that are among the first rows of the table: two rows at most. */
export function firstCurrenciesSql(query: TransactionQuery): string {
  return `${withClause(listExpressions(query, ['currency'], [`rowid < ${FIRST_ROWS}`]))}SELECT DISTINCT currency FROM ledger LIMIT 2`;
}

/** The texts that a column of words has, in lower case, as rows with `folded`: so many and one at most. */
export function wordsSql(table: string, column: string, most: number): string {
  return `SELECT lower(word) AS folded
FROM (SELECT DISTINCT ${column} AS word FROM ${table} WHERE ${column} IS NOT NULL)
LIMIT ${most + 1}`;
}

function listExpressions(query: TransactionQuery, columns: readonly string[], more: readonly string[] = []): string[] {
  const { request, only, search } = query;
  const searched = search === null ? [] : [...SEARCHED, 'tx_id'];
  const needed = [...new Set([...columns, ...narrowingColumns(only), ...searched])];
  return ledgerExpressions(
    request,
    needed.filter((name) => name !== '"timestamp"' && name !== 'normalized_amount'),
    { conditions: [...more, ...listConditions(query)] },
  );
}

/** The conditions of a list beside the period and the filters, on rows of the table. */
export function listConditions({ request, only, search, known }: TransactionQuery): string[] {
  return [
    ...only.flatMap((narrowing) => {
      const row = narrowing.by === 'id' && narrowing.value !== null ? known?.rowOfId.get(narrowing.value) : undefined;
      return row === undefined ? narrowingConditions([narrowing], request) : [isRow(row)];
    }),
    ...searchConditions(search, known),
  ];
}

/** Each column that is not looked at spares DuckDB reading it; ids take longest. */
function searchConditions(search: string | null, known: KnownRows | undefined): string[] {
  if (search === null) return [];
  const part = quoteLiteral(search.toLowerCase());
  const texts = (known?.searched ?? SEARCHED).map((name) => `contains(lower(${name}), ${part})`);
  const row = known?.rowOfId.get(search);
  const ids = row === undefined ? [`tx_id = ${quoteLiteral(search)}`] : row === null ? [] : [isRow(row)];
  const size = amountIn(search);
  const any = [...texts, ...ids, ...(size === undefined ? [] : [`abs(normalized_amount) = ${size}`])];
  return any.length === 0 ? ['false'] : [`(${any.join(' OR ')})`];
}

/** The column and the part of its texts that a search comes down to, where no id and no amount can be meant; else null. */
export function onlySearched({
  search,
  known,
}: Pick<TransactionQuery, 'search' | 'known'>): { readonly column: string; readonly part: string } | null {
  const [column, ...others] = known?.searched ?? [];
  if (search === null || column === undefined || others.length > 0) return null;
  if (known?.rowOfId.get(search) !== null || amountIn(search) !== undefined) return null;
  return { column, part: search.toLowerCase() };
}

/** The numeral of an amount that is searched for, without its sign. */
function amountIn(search: string): string | undefined {
  return /^[-+\u2212]?(\d{1,13}(\.\d{1,9})?)$/.exec(search.trim())?.[1];
}

function isRow(row: string | null): string {
  return row === null ? 'false' : `rowid = ${row}`;
}
