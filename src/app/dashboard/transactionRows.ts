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
import type { TransactionQuery, TransactionRow } from '../../analytics/transactions.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { pageEnds } from './pageEnds.ts';

/** Which page of a list. */
interface PageInput {
  readonly sort: TransactionSort;
  readonly after: TransactionPlace | null;
  readonly limit: number;
}

/** A row with what makes it a place in the list. */
export type FoundRow = TransactionRow & { readonly sort_value: string | null; readonly row_id: string };

type ReadRows = (
  part: ListPart,
  from: TransactionPlace | null,
  within: ValueSpan,
  most: number,
) => Promise<readonly FoundRow[]>;

const ANY: ValueSpan = { from: null, to: null };
/** More values than that are no longer read at one go. */
const MOST_VALUES = 10_000;

/**
 * The rows of a page and one more: those that have what the list is ordered by, then the others.
 * @param listed how many rows of the list have an amount
 */
export async function readPageRows(
  reader: DuckDbReader,
  query: TransactionQuery,
  { sort, after, limit }: PageInput,
  listed: number,
): Promise<readonly FoundRow[]> {
  const read: ReadRows = (part, from, within, most) =>
    reader.all<FoundRow>(transactionsSql(query, sort, part, from, within, most));
  const wanted = limit + 1;
  if (after !== null && after.value === null) return read('without', after, ANY, wanted);
  const rows =
    (await readByValues(reader, query, { sort, after, limit: wanted }, read)) ??
    (await readBySpread(reader, query, { sort, after, limit: wanted }, listed, read)) ??
    (await read('valued', after, { from: null, to: await pageEnd(reader, query, sort, after, wanted) }, wanted));
  const missing = wanted - rows.length;
  return missing === 0 ? rows : [...rows, ...(await read('without', null, ANY, missing))];
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
 * @returns null where values are not worth counting, or too many, or the place is of another file
 */
async function readByValues(
  reader: DuckDbReader,
  query: TransactionQuery,
  { sort, after, limit }: PageInput,
  read: ReadRows,
): Promise<readonly FoundRow[] | null> {
  const sql = reader.remembers === true ? valueCountsSql(query, sort, MOST_VALUES) : null;
  if (sql === null) return null;
  const values = await reader.all<ValueCount>(sql);
  if (values.length > MOST_VALUES) return null;
  let next = after === null ? 0 : values.findIndex(({ value }) => value === after.value);
  if (next === -1) return null;
  const rows: FoundRow[] = [];
  for (let place = after; rows.length < limit && next < values.length; place = null) {
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

function textOf(value: ValueCount | undefined): string | null {
  return value?.value ?? null;
}
