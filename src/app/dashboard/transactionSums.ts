import { withoutTransfers } from '../../analytics/knownTransfers.ts';
import {
  anyCurrencySql,
  firstCurrenciesSql,
  type ListCurrency,
  otherCurrencySql,
  type TransactionQuery,
  type TransactionSums,
  transactionSumsSql,
} from '../../analytics/transactions.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';

/** What the rows of a list add up to, all of its pages. */
export async function readSums(reader: DuckDbReader, query: TransactionQuery): Promise<TransactionSums> {
  // Where transfers have to be found by each statement, one has to do.
  const currency =
    withoutTransfers(query.request).expressions.length > 0 ? undefined : await readCurrency(reader, query);
  const [sums] = await reader.all<TransactionSums>(transactionSumsSql(query, currency));
  if (sums === undefined) throw new FinanceDbError('INTERNAL', 'the sums have no row');
  return sums;
}

/**
 * The currency of all rows, null where they have several or none; undefined: to be found with the sums. Where the file has
 * one alone, DuckDB knows by block that there is no other; where it has several, the first rows of a list mostly have.
 */
async function readCurrency(reader: DuckDbReader, query: TransactionQuery): Promise<ListCurrency> {
  const [file] = await reader.all<{ currency: string | null }>(anyCurrencySql(query.request.source.table));
  if (file == null || file.currency === null) return undefined;
  const others = await reader.all<unknown>(otherCurrencySql(query.request.source.table, file.currency));
  if (others.length === 0) return { only: file.currency };
  const first = await reader.all<{ currency: string | null }>(firstCurrenciesSql(query));
  if (first.length > 1) return null;
  const [{ currency = null } = {}] = first;
  return currency === null ? undefined : { perhaps: currency };
}
