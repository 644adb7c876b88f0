import { withoutTransfers } from '../../analytics/knownTransfers.ts';
import {
  amountOrder,
  amountSpreadSql,
  type ListPart,
  pageEndSql,
  type TransactionPlace,
  type TransactionSort,
  transactionsSql,
  type ValueCount,
  type ValueSpan,
  valueCountsSql,
} from '../../analytics/transactionPage.ts';
import type { TransactionQuery, TransactionRow, TransactionSums } from '../../analytics/transactions.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { likelyValue, MOST_VALUES } from './likelyValue.ts';
import { pageEnds } from './pageEnds.ts';

/** Which page of a list. */
interface PageInput {
  readonly sort: TransactionSort;
  readonly after: TransactionPlace | null;
  readonly limit: number;
}

/** A row with what makes it a place in the list. */
export type FoundRow = TransactionRow & {
  readonly sort_value: string | null;
  readonly sort_time: string | null;
  readonly row_id: string;
};

type ReadRows = (
  part: ListPart,
  from: TransactionPlace | null,
  within: ValueSpan,
  most: number,
) => Promise<readonly FoundRow[]>;

/** Then the values of the list are counted after all. */
const MOST_TRIES = 3;
const ANY: ValueSpan = { from: null, to: null };

/**
 * The rows of a page and one more: those that have what the list is ordered by, then the others.
 * @param sums of the list
 */
export async function readPageRows(
  reader: DuckDbReader,
  query: TransactionQuery,
  { sort, after, limit }: PageInput,
  sums: Pick<TransactionSums, 'count' | 'not_normalized'>,
): Promise<readonly FoundRow[]> {
  const listed = Number(sums.count) - Number(sums.not_normalized);
  const read: ReadRows = (part, from, within, most) =>
    reader.all<FoundRow>(transactionsSql(query, sort, part, from, within, most));
  const wanted = limit + 1;
  if (after !== null && after.value === null) return read('without', after, ANY, wanted);
  const rows =
    (await readByValues(reader, query, { sort, after, limit: wanted }, Number(sums.count), read)) ??
    (await readBySpread(reader, query, { sort, after, limit: wanted }, listed, read)) ??
    (await read('valued', after, { from: null, to: await pageEnd(reader, query, sort, after, wanted) }, wanted));
  const missing = wanted - rows.length;
  // To look for rows that there are none of takes as long as to look for some.
  const all = after === null && rows.length === Number(sums.count);
  const valued = amountOrder(sort) !== null && sums.not_normalized === '0';
  return missing === 0 || all || valued ? rows : [...rows, ...(await read('without', null, ANY, missing))];
}

async function pageEnd(
  reader: DuckDbReader,
  query: TransactionQuery,
  sort: TransactionSort,
  after: TransactionPlace | null,
  wanted: number,
): Promise<string | null> {
  const sql = pageEndSql(query, sort, after, wanted);
  const [last] = sql === null ? [] : await reader.all<{ page_end: string | null }>(sql);
  return last?.page_end ?? null;
}

/**
 * The same rows, by the values that are known to make up the page: one that has enough rows is looked for alone.
 * @param listed how many rows the list has
 * @returns null where values are not worth counting, or too many, or the place is of another file
 */
async function readByValues(
  reader: DuckDbReader,
  query: TransactionQuery,
  { sort, after, limit }: PageInput,
  listed: number,
  read: ReadRows,
): Promise<readonly FoundRow[] | null> {
  const sql = reader.remembers === true ? valueCountsSql(query, sort, MOST_VALUES) : null;
  if (sql === null) return null;
  const rows: FoundRow[] = [];
  let place = after;
  let passed: string | null = null;
  for (let tries = 0; tries < MOST_TRIES && reader.knows?.(sql) !== true; tries++) {
    const missing = limit - rows.length;
    const likely = await likelyValue(reader, query, sort, { at: textOf(place), behind: passed }, listed, missing);
    if (likely === null) break;
    rows.push(...(await read('valued', place, { from: likely, to: likely }, missing)));
    if (rows.length === limit) return rows;
    [place, passed] = [null, likely];
  }
  const values = await reader.all<ValueCount>(sql);
  if (values.length > MOST_VALUES) return null;
  let next = nextOf(values, place, passed);
  if (next === -1) return null;
  for (; rows.length < limit && next < values.length; place = null) {
    const missing = limit - rows.length;
    const last = enough(values, next, missing, place !== null);
    rows.push(...(await read('valued', place, { from: textOf(values[next]), to: textOf(values[last]) }, missing)));
    next = last + 1;
  }
  return rows;
}
/**
 * The same rows of a list by amount, by where they are expected to end: what lies beyond is passed over by its amount alone,
 * which is read in any case, so that nothing else is looked at for a page but its own rows and some more. Where they end
 * later, because the rows of this list lie elsewhere than those of the file, more of it is read.
 * @returns null where the amounts of the file are not known
 */
async function readBySpread(
  reader: DuckDbReader,
  query: TransactionQuery,
  { sort, after, limit }: PageInput,
  listed: number,
  read: ReadRows,
): Promise<readonly FoundRow[] | null> {
  const order = amountOrder(sort);
  const sql = amountSpreadSql(query.request.source.whole);
  // Where transfers have to be found by the statement, to ask it twice is dear.
  if (order === null || reader.knows?.(sql) !== true || withoutTransfers(query.request).expressions.length > 0)
    return null;
  const [spread] = await reader.all<{ begins: string | null }>(sql);
  for (const end of pageEnds(spread?.begins ?? '', order, after?.value ?? null, limit / listed)) {
    const rows = await read('valued', after, { from: null, to: end }, limit);
    if (end === null || rows.length === limit) return rows;
  }
  return null;
}

/** The value with which so many rows are reached; of the first one some rows may be on pages before, so it counts alone or not at all. */
function enough(values: readonly ValueCount[], first: number, missing: number, begun: boolean): number {
  const rowsOf = (at: number): number => Number(values[at]?.rows ?? 0);
  if (rowsOf(first) >= missing) return first;
  let rows = begun ? 0 : rowsOf(first);
  let last = first;
  while (rows < missing && last + 1 < values.length) rows += rowsOf(++last);
  return last;
}

/** The value to go on with: that of the place, the one behind the value that was passed, or the first. -1 where there is no such place. */
function nextOf(values: readonly ValueCount[], place: TransactionPlace | null, passed: string | null): number {
  if (place !== null) return values.findIndex(({ value }) => value === place.value);
  if (passed === null) return 0;
  const next = values.findIndex(({ value }) => Buffer.compare(Buffer.from(value), Buffer.from(passed)) > 0);
  return next === -1 ? values.length : next;
}

function textOf(value: { readonly value: string | null } | null | undefined): string | null {
  return value?.value ?? null;
}
