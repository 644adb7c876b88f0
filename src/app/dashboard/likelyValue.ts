import { type FoldedCount, type TransactionSort, wholeCountsSql } from '../../analytics/transactionPage.ts';
import { onlySearched, type TransactionQuery } from '../../analytics/transactions.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';

/** More values than that are no longer read at one go. */
export const MOST_VALUES = 10_000;
/** So many times the rows of a page are to be expected of a value, since nothing is spread evenly. */
const MARGIN = 1.5;
/** Behind a place lies half of a value's rows, where nothing more is known. */
const BEHIND = 0.5;

/** Where a page goes on: with the rest of a value, behind one that is done, or at the beginning where both are null. */
interface Begin {
  readonly at: string | null;
  readonly behind: string | null;
}

/**
 * The value that a page of a list goes on with, where by the counts of the whole file it is likely to fill the page: then
 * nothing has to be counted for this list. No other row of the list lies before its rows.
 * @param listed how many rows the list has
 * @param missing rows of the page
 * @returns null where it is not likely, or nothing is known of the file
 */
export async function likelyValue(
  reader: DuckDbReader,
  query: TransactionQuery,
  sort: TransactionSort,
  { at, behind }: Begin,
  listed: number,
  missing: number,
): Promise<string | null> {
  const sql = wholeCountsSql(query.request.source.whole, sort, MOST_VALUES);
  if (sql === null || reader.knows?.(sql) !== true) return null;
  const whole = await reader.all<FoldedCount>(sql);
  if (whole.length > MOST_VALUES) return null;
  const searched = onlySearched(query);
  // This order and its column have one name.
  const possible = searched?.column === sort ? whole.filter(({ folded }) => folded.includes(searched.part)) : whole;
  const known = at ?? behind;
  const found = known === null ? 0 : possible.findIndex(({ value }) => value === known);
  const next = found === -1 ? undefined : possible[at === null && behind !== null ? found + 1 : found];
  if (next === undefined) return null;
  const total = possible.reduce((sum, { rows }) => sum + Number(rows), 0);
  const expected = Number(next.rows) * (listed / total) * (at === null ? 1 : BEHIND);
  return expected >= missing * MARGIN ? next.value : null;
}
