import { quoteLiteral } from '../model/identifier.ts';
import { filterConditions, periodConditions, whereClause } from './filters.ts';
import { withoutTransfers } from './knownTransfers.ts';
import { withClause } from './ledger.ts';
import { indented } from './sql.ts';
import { listConditions, type TransactionQuery } from './transactions.ts';

export const TRANSACTION_SORTS = ['-date', 'date', 'amount', '-amount', 'merchant'] as const;
export type TransactionSort = (typeof TRANSACTION_SORTS)[number];

/** Where a page of a list ends: what it is ordered by. */
export interface TransactionPlace {
  /** As text; null among the rows without one, which come last in every order. */
  readonly value: string | null;
  readonly id: string | null;
  readonly row: string;
  /** Where rows that share a value come newest first: its moment as text, null without one. */
  readonly time?: string | null;
}

/** A list in order: the rows that have what it is ordered by, then those that have not. */
export type ListPart = 'valued' | 'without';

/** The values that the rows of a page have at most, in the order of the list; null where that is open. */
export interface ValueSpan {
  readonly from: string | null;
  readonly to: string | null;
}

/** How many rows of a list have a value. */
export interface ValueCount {
  readonly value: string;
  readonly rows: string;
}

interface Order {
  readonly column: string;
  readonly descending: boolean;
  /** The value of a place in SQL, of the type of the column: a cast of the column would read all of it. */
  readonly literal: (text: string) => string;
  /** Whether such a text is a value. */
  readonly isValue: (text: string) => boolean;
  /** Tables are filled in the order of time, more or less, so that little of them is read for a page of days. */
  readonly scattered: boolean;
  /**
   * Many rows share a value, and values are few: to count the rows of each pays. They come newest first: by their ids, which
   * are in no order, DuckDB would read those of all of them for a page.
   */
  readonly shared: boolean;
}

const DATE = {
  column: '"timestamp"',
  literal: (text: string) => `TIMESTAMP ${quoteLiteral(text)}`,
  isValue: isMoment,
  scattered: false,
  shared: false,
};
const AMOUNT = {
  column: 'normalized_amount',
  literal: (text: string) => text,
  isValue: (text: string) => /^-?\d{1,38}(\.\d{1,38})?$/.test(text),
  scattered: true,
  shared: false,
};
const MERCHANT = { column: 'merchant', literal: quoteLiteral, isValue: () => true, scattered: true, shared: true };

const ORDERS: Record<TransactionSort, Order> = {
  '-date': { ...DATE, descending: true },
  date: { ...DATE, descending: false },
  amount: { ...AMOUNT, descending: false },
  '-amount': { ...AMOUNT, descending: true },
  merchant: { ...MERCHANT, descending: false },
};

const TEXTS = ['tx_id', 'merchant', 'category', 'subcategory', 'account_id', 'channel', 'city', 'state', 'mcc'];

/** Whether this can be where a page of a list in this order ends. */
export function isPlaceIn(sort: TransactionSort, { value, time }: Pick<TransactionPlace, 'value' | 'time'>): boolean {
  const { isValue, shared } = ORDERS[sort];
  return (value === null || isValue(value)) && (shared ? time === null || isMoment(time ?? '') : time === undefined);
}

/** The place of a row: the texts of what it is ordered by, its moment and its id. */
export function placeIn(sort: TransactionSort, { time, ...place }: Required<TransactionPlace>): TransactionPlace {
  return ORDERS[sort].shared ? { ...place, time } : place;
}

/**
 * One page, as rows of TransactionRow with `sort_value` and `row_id` beside. Every branch is a table ordered by columns of
 * its own and cut off, which DuckDB reads late: the ordered columns first, all others for the rows of the page alone.
 * @param after in the same part
 * @param within the values that its rows have at most: see valueCountsSql and pageEndSql
 * @param limit rows of the page; one more tells the caller that there is another page
 */
export function transactionsSql(
  query: TransactionQuery,
  sort: TransactionSort,
  part: ListPart,
  after: TransactionPlace | null,
  within: ValueSpan,
  limit: number,
): string {
  const order = ORDERS[sort];
  const { column, descending, shared } = order;
  // Rows of one value are ordered by what comes next alone, so that DuckDB can leave out blocks by that.
  const single = within.from !== null && within.from === within.to;
  const ordered = (id: string, of = ''): string => {
    const by = [
      ...(part === 'valued' && !single ? [`${of}${column}${descending ? ' DESC' : ''}`] : []),
      ...(shared ? [`${of}"timestamp" DESC NULLS LAST`] : []),
    ];
    return `\nORDER BY ${[...by, 'tx_id NULLS FIRST', id].join(', ')}\nLIMIT ${limit}`;
  };
  const conditions =
    part === 'valued' ? valuedConditions(order, after, within) : [`${column} IS NULL`, ...behind(order, after)];
  const listed = ['"timestamp"', ...TEXTS, 'amount', 'currency', 'normalized_amount'].join(', ');
  const { expressions, branches } = rowsOf(query, `rowid AS row_id, ${listed}`, conditions, ordered('rowid'));
  const shown = `${TEXTS.join(', ')}, strftime(page."timestamp", '%Y-%m-%d %H:%M:%S') AS "timestamp", amount::VARCHAR AS amount,
  currency, normalized_amount, page.${column}::VARCHAR AS sort_value, page."timestamp"::VARCHAR AS sort_time, row_id`;
  return `${withClause(expressions)}SELECT ${shown}
FROM (
${indented(branches)}
) AS page${ordered('row_id', 'page.')}`;
}

/**
 * One row with the value `page_end` that a page ends with at the latest, found in the ordered column alone, so that for
 * the page itself few rows are compared by more; null where there is no more than the value of the place itself.
 * @returns null where that gains nothing
 */
export function pageEndSql(
  query: TransactionQuery,
  sort: TransactionSort,
  after: TransactionPlace | null,
  limit: number,
): string | null {
  const { column, descending, literal, scattered } = ORDERS[sort];
  if (!scattered) return null;
  const beyond =
    after === null || after.value === null
      ? `${column} IS NOT NULL`
      : `${column} ${descending ? '<' : '>'} ${literal(after.value)}`;
  const ordered = `\nORDER BY value${descending ? ' DESC' : ''}\nLIMIT ${limit}`;
  const { expressions, branches } = rowsOf(query, `${column} AS value`, [beyond], ordered);
  // Finding transfers twice would take longer than it saves.
  if (expressions.length > 0) return null;
  const farthest = descending ? 'min' : 'max';
  return `SELECT ${farthest}(value)::VARCHAR AS page_end FROM (SELECT value FROM (
${indented(branches)}
)${ordered})`;
}

/**
 * Rows of ValueCount in the order of the list, wherever a page of it begins: asked once for a file and filter, they tell for
 * each page which values it is made of, so that one value is looked for where all would be compared.
 * @param most values; one more tells the caller that there are too many
 * @returns null where rows hardly share values, or where transfers have to be found by the statement
 */
export function valueCountsSql(query: TransactionQuery, sort: TransactionSort, most: number): string | null {
  const { column, descending, shared } = ORDERS[sort];
  if (!shared) return null;
  const counted = `${column} AS value, count(*) AS n`;
  const { expressions, branches } = rowsOf(query, counted, [`${column} IS NOT NULL`], '\nGROUP BY value');
  if (expressions.length > 0) return null;
  return `SELECT value, sum(n)::VARCHAR AS rows FROM (
${indented(branches)}
) GROUP BY value ORDER BY value${descending ? ' DESC' : ''} LIMIT ${most + 1}`;
}

/** A value of the whole file, in lower case beside, for what is searched for. */
export interface FoldedCount extends ValueCount {
  readonly folded: string;
}

/**
 * Rows of FoldedCount in the order of a list, of all rows of a table: asked once for a file.
 * @returns null where rows hardly share values
 */
export function wholeCountsSql(table: string, sort: TransactionSort, most: number): string | null {
  const { column, descending, shared } = ORDERS[sort];
  if (!shared) return null;
  return `SELECT ${column} AS value, lower(${column}) AS folded, count(*)::VARCHAR AS rows
FROM ${table}
WHERE ${column} IS NOT NULL
GROUP BY ${column}
ORDER BY ${column}${descending ? ' DESC' : ''}
LIMIT ${most + 1}`;
}

/** Into so many parts of equally many rows amounts are cut. */
export const SPREAD_PARTS = 20_000;
/** Of a larger file every second, third … row has to do. */
const SPREAD_ROWS = 1_000_000;

/**
 * Where the parts of all amounts of a file begin, as one row with `begins`: exact numerals in order, a space between. Asked
 * once for a file, they tell about where a page of amounts ends, whatever the list is narrowed by.
 * @param table whose rows have DuckDB's own numbers
 */
export function amountSpreadSql(table: string): string {
  return `SELECT string_agg(first, ' ' ORDER BY part) AS begins FROM (
  SELECT part, min(normalized_amount)::VARCHAR AS first FROM (
    SELECT normalized_amount, ntile(${SPREAD_PARTS}) OVER (ORDER BY normalized_amount) AS part
    FROM ${table}
    WHERE normalized_amount IS NOT NULL
      AND rowid % greatest(1, (SELECT count(*) FROM ${table}) // ${SPREAD_ROWS}) = 0
  ) GROUP BY part
)`;
}

/** Whether a list is in the order of amounts; and in which direction. */
export function amountOrder(sort: TransactionSort): 'rising' | 'falling' | null {
  const { column, descending } = ORDERS[sort];
  return column !== AMOUNT.column ? null : descending ? 'falling' : 'rising';
}

/** The first rows of the list with these conditions, of those that could not be a leg of a transfer and of those that are none. */
function rowsOf(
  query: TransactionQuery,
  columns: string,
  conditions: readonly string[],
  ordered: string,
): { readonly expressions: readonly string[]; readonly branches: string } {
  const { request } = query;
  const { expressions, plain, others } = withoutTransfers(request);
  const all = [
    ...conditions,
    ...periodConditions(request.period),
    ...filterConditions(request.filters, request.vocabulary),
    ...listConditions(query),
  ];
  const branch = (condition: string | null): string => `(
${indented(`SELECT ${columns}
FROM ${request.source.table}${whereClause(condition === null ? all : [...all, condition])}${ordered}`)}
)`;
  return { expressions, branches: others === null ? branch(plain) : `${branch(plain)}\nUNION ALL\n${branch(others)}` };
}

/** Rows with a value, behind the place. Comparisons of the column alone come first: DuckDB knows of each block whether it can have any. */
function valuedConditions(order: Order, after: TransactionPlace | null, { from, to }: ValueSpan): string[] {
  const { column, descending, literal } = order;
  const [beyond, before] = descending ? ['<', '>'] : ['>', '<'];
  if (from !== null && from === to) return [`${column} = ${literal(from)}`, ...behind(order, after)];
  const end = to === null ? [] : [`${column} ${before}= ${literal(to)}`];
  const first = after?.value ?? from;
  if (first === null) return [`${column} IS NOT NULL`, ...end];
  const begin = `${column} ${beyond}= ${literal(first)}`;
  if (after === null) return [begin, ...end];
  return [begin, `(${column} ${beyond} ${literal(first)} OR ${behind(order, after).join(' AND ')})`, ...end];
}

/** Behind a row, among those of the same value. */
function behind({ shared }: Order, after: TransactionPlace | null): string[] {
  if (after === null) return [];
  const { id, row, time = null } = after;
  const text = quoteLiteral(id ?? '');
  const next =
    id === null ? `(tx_id IS NOT NULL OR rowid > ${row})` : `(tx_id > ${text} OR (tx_id = ${text} AND rowid > ${row}))`;
  if (!shared) return [next];
  if (time === null) return ['"timestamp" IS NULL', next];
  const moment = DATE.literal(time);
  // The moment alone comes first, for the blocks that lie behind it.
  return [
    `("timestamp" <= ${moment} OR "timestamp" IS NULL)`,
    `("timestamp" < ${moment} OR "timestamp" IS NULL OR ${next})`,
  ];
}

function isMoment(text: string): boolean {
  const [, day = ''] = /^(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d(\.\d{1,6})?$/.exec(text) ?? [];
  const time = Date.parse(`${text.replace(' ', 'T')}Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(`${day}T`);
}
