import { withoutTransfers } from '../../analytics/knownTransfers.ts';
import {
  anyCurrencySql,
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
 * The currency of all rows, null where they have several or none. Each of the two statements ends with the first row that
 * it finds, and DuckDB knows by block whether there is another currency in it at all: mostly neither reads the column.
 */
async function readCurrency(reader: DuckDbReader, query: TransactionQuery): Promise<string | null> {
  const [any] = await reader.all<{ currency: string | null }>(anyCurrencySql(query));
  if (any == null || any.currency === null) return null;
  const others = await reader.all<unknown>(otherCurrencySql(query, any.currency));
  return others.length === 0 ? any.currency : null;
}
