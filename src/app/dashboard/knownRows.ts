import { withoutTransfers } from '../../analytics/knownTransfers.ts';
import { amountSpreadSql, TRANSACTION_SORTS, wholeCountsSql } from '../../analytics/transactionPage.ts';
import { type KnownRows, SEARCHED, type TransactionQuery, wordsSql } from '../../analytics/transactions.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { hashSql } from '../../duckdb/rowFinder.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { type PreparedRequest, prepareRequest, type StatsInput } from '../stats/statsRequest.ts';
import { MOST_VALUES } from './likelyValue.ts';

/** More texts than that are no vocabulary, and no shorter to look through than their rows. */
const MOST_WORDS = 10_000;
/** Rows that share half a hash; more than a few of them have the same id. */
const MOST_CANDIDATES = 8;

/**
 * Looks up, in a file that has come, what finds rows by their words, ids and amounts later on.
 * @param reader one that remembers
 * @param connected the same file, for what runs on the connection itself
 */
export async function lookThrough(reader: DuckDbReader, connected: DuckDbReader, input: StatsInput): Promise<void> {
  const prepared = await prepareRequest(reader, 'health', input);
  const { whole } = prepared.request.source;
  for (const column of SEARCHED) await reader.all(wordsSql(whole, column, MOST_WORDS));
  for (const sort of TRANSACTION_SORTS) {
    const counts = wholeCountsSql(whole, sort, MOST_VALUES);
    if (counts !== null) await reader.all(counts);
  }
  const table = tableOfIds(prepared);
  if (table === null) return;
  await reader.rows?.read(connected.connection, table);
  if (prepared.stored.columns.some(({ name }) => name === 'normalized_amount'))
    await reader.all(amountSpreadSql(whole));
}

/**
 * The same query with what is known of the file.
 * @param prepared the request that it was made of
 */
export async function withKnownRows(
  reader: DuckDbReader,
  query: TransactionQuery,
  prepared: PreparedRequest,
): Promise<TransactionQuery> {
  const { only, search, request } = query;
  const table = tableOfIds(prepared);
  // Where transfers have to be found by the statement, its conditions are asked of rows that have no rowid any more.
  if (reader.remembers !== true || table === null || withoutTransfers(request).expressions.length > 0) return query;
  const ids = only.flatMap(({ by, ...one }) =>
    by === 'id' && 'value' in one && one.value !== null ? [one.value] : [],
  );
  if (search !== null) ids.push(search);
  const rowOfId = new Map<string, string | null>();
  for (const id of ids) {
    const row = await rowOf(reader, table, id);
    if (row !== undefined) rowOfId.set(id, row);
  }
  const searched: string[] = [];
  for (const column of SEARCHED)
    if (search !== null && (await mayHold(reader, wordsSql(request.source.whole, column, MOST_WORDS), search)))
      searched.push(column);
  return { ...query, known: { rowOfId, searched } satisfies KnownRows };
}

/** Whether any row may have such a part in a column: unless the words of the column are known, one may. */
async function mayHold(reader: DuckDbReader, sql: string, search: string): Promise<boolean> {
  if (reader.knows?.(sql) !== true) return true;
  const words = await reader.all<{ folded: string }>(sql);
  const part = search.toLowerCase();
  return words.length > MOST_WORDS || words.some(({ folded }) => folded.includes(part));
}

/** The table as it is stored, where its ids tell its rows apart by DuckDB's own numbers; else null. */
function tableOfIds({ stored }: PreparedRequest): string | null {
  const names = stored.columns.map(({ name }) => name.toLowerCase());
  return names.includes('tx_id') && !names.includes('rowid') ? stored.table : null;
}

/** The condition that finds the rows with an id. */
export async function idCondition(reader: DuckDbReader, prepared: PreparedRequest, id: string): Promise<string> {
  const table = reader.remembers === true ? tableOfIds(prepared) : null;
  const row = table === null ? undefined : await rowOf(reader, table, id);
  if (row === undefined) return `tx_id::VARCHAR = ${quoteLiteral(id)}`;
  return row === null ? 'false' : `rowid = ${row}`;
}

/** The rowid of the one row with this id; null where there is none, undefined where there are several. */
async function rowOf(reader: DuckDbReader, table: string, id: string): Promise<string | null | undefined> {
  const rows: string[] = [];
  for (const among of await conditionsFor(reader, table, id))
    rows.push(
      ...(
        await reader.all<{ row: string }>(
          `SELECT rowid AS row FROM ${table} WHERE ${among}tx_id::VARCHAR = ${quoteLiteral(id)} LIMIT 2`,
        )
      ).map(({ row }) => row),
    );
  return rows.length > 1 ? undefined : (rows[0] ?? null);
}

/** Which rows can have the id: each of a few, or all. */
async function conditionsFor(reader: DuckDbReader, table: string, id: string): Promise<readonly string[]> {
  if (reader.rows?.knows(table) !== true) return [''];
  const [hashed] = await reader.all<{ hash: number }>(hashSql(id));
  const candidates = reader.rows.candidates(hashed?.hash ?? 0, MOST_CANDIDATES);
  return candidates.length < MOST_CANDIDATES ? candidates.map((row) => `rowid = ${row} AND `) : [''];
}
