import { withoutTransfers } from '../../analytics/knownTransfers.ts';
import { type Narrowing, parseNarrowing } from '../../analytics/narrowing.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import {
  isPlaceIn,
  placeIn,
  TRANSACTION_SORTS,
  type TransactionPlace,
  type TransactionSort,
} from '../../analytics/transactionPage.ts';
import {
  type DayRows,
  type DaySlice,
  listDaysSql,
  type TransactionQuery,
  type TransactionRow,
  type TransactionSums,
  wholeTransactionsSql,
} from '../../analytics/transactions.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { type BaseCurrencyLabel, readBaseCurrency } from '../stats/baseCurrency.ts';
import { rememberTransfers } from '../stats/knownTransfers.ts';
import { type PreparedRequest, prepareRequest, type StatsInput } from '../stats/statsRequest.ts';
import { withKnownRows } from './knownRows.ts';
import { type FoundRow, readPageRows } from './transactionRows.ts';
import { readSums } from './transactionSums.ts';

/** Which transactions, and which page of them. */
export interface TransactionsInput {
  readonly only: readonly Narrowing[];
  readonly search: string | null;
  /** Every row: those without a day and those to come too, and transfers. */
  readonly everyRow: boolean;
  readonly sort: TransactionSort;
  readonly after: TransactionPlace | null;
  readonly limit: number;
}

export interface TransactionList {
  readonly request: StatsRequest;
  readonly input: TransactionsInput;
  readonly baseCurrency: BaseCurrencyLabel;
  /** Of all pages. */
  readonly sums: TransactionSums;
  readonly rows: readonly TransactionRow[];
  /** Finds all of them, oldest first. */
  readonly sql: string;
  /** For `after` of the next page; null on the last one. */
  readonly next: string | null;
}

export const ROWS_A_PAGE = 100;
/** The least that is sorted at once for a file. */
const ROWS_A_SLICE = 50_000;
const MOST_ROWS = 1000;

/**
 * Reads the parameters beside those of `stats`: `only` (repeated), `q`, `every-row`, `order`, `rows`, `after`.
 * @throws FinanceDbError USAGE
 */
export function parseTransactionsInput(query: URLSearchParams): TransactionsInput {
  const order = query.get('order') || '-date';
  const sort = TRANSACTION_SORTS.find((known) => known === order);
  if (sort === undefined)
    throw new FinanceDbError('USAGE', `order: there is no ${JSON.stringify(order.slice(0, 40))}`, {
      remedy: `it is one of ${TRANSACTION_SORTS.join(', ')}`,
    });
  const rows = query.get('rows') || String(ROWS_A_PAGE);
  if (!/^\d{1,4}$/.test(rows) || Number(rows) < 1 || Number(rows) > MOST_ROWS)
    throw new FinanceDbError('USAGE', `rows: expected 1 to ${MOST_ROWS}, found ${JSON.stringify(rows.slice(0, 40))}`);
  const after = query.get('after') || null;
  const only = query
    .getAll('only')
    .filter((text) => text !== '')
    .map(parseNarrowing);
  return {
    only,
    search: query.get('q')?.trim() || null,
    // A check of the data counts among all rows.
    everyRow: ['1', 'true'].includes(query.get('every-row') ?? '') || only.some(({ by }) => by === 'check'),
    sort,
    after: after === null ? null : parsePlace(after, sort),
    limit: Number(rows),
  };
}

/**
 * A page of the transactions that a report's figures are made of, and what all of them add up to.
 * @param input the period and filters of the report, as `stats` has them
 */
export async function readTransactions(
  reader: DuckDbReader,
  input: StatsInput,
  asked: TransactionsInput,
  currencySetting: string | null,
): Promise<TransactionList> {
  const { query: whole, prepared, baseCurrency } = await prepare(reader, input, asked, currencySetting);
  const query = await withKnownRows(reader, whole, prepared);
  const sums = await readSums(reader, query);
  const found = await readPageRows(reader, query, asked, sums);
  const shown = found.slice(0, asked.limit);
  const last = found.length > asked.limit ? shown.at(-1) : undefined;
  return {
    request: query.request,
    input: asked,
    baseCurrency,
    sums,
    sql: wholeTransactionsSql(whole),
    rows: shown.map(({ sort_value: _, sort_time: __, row_id: ___, ...row }) => row),
    next: last === undefined ? null : placeText(placeOf(asked.sort, last)),
  };
}

/** What all the transactions add up to, without reading any of them. */
export async function readTransactionSums(
  reader: DuckDbReader,
  input: StatsInput,
  asked: TransactionsInput,
): Promise<TransactionSums> {
  const { query, prepared } = await prepare(reader, input, asked, null);
  return readSums(reader, await withKnownRows(reader, query, prepared));
}

/**
 * The whole list as statements that follow each other, for a file of any size: each sorts some days, where one for all would
 * keep every row in memory until the last is sorted.
 */
export async function transactionsSlicesSql(
  reader: DuckDbReader,
  input: StatsInput,
  asked: TransactionsInput,
  rowsASlice = ROWS_A_SLICE,
): Promise<readonly string[]> {
  const { query } = await prepare(reader, input, asked, null);
  // Where transfers have to be found by each statement, one has to do.
  if (withoutTransfers(query.request).expressions.length > 0) return [wholeTransactionsSql(query)];
  const slices = daySlices(await reader.all<DayRows>(listDaysSql(query)), rowsASlice);
  return slices.length < 2 ? [wholeTransactionsSql(query)] : slices.map((slice) => wholeTransactionsSql(query, slice));
}

/** Days that follow each other, so many that each slice has some ten thousands of rows; what has no day comes last. */
function daySlices(days: readonly DayRows[], rowsASlice: number): DaySlice[] {
  const slices: DaySlice[] = [];
  let begun: string | null = null;
  let rows = 0;
  for (const [index, { day, rows: more }] of days.entries()) {
    if (day === null) {
      slices.push(null);
      continue;
    }
    begun ??= day;
    rows += Number(more);
    const next = days[index + 1]?.day ?? null;
    if (rows < rowsASlice && next !== null) continue;
    slices.push({ from: begun, to: day });
    begun = null;
    rows = 0;
  }
  return slices;
}

/** The SQL of the whole list, for files. */
export async function transactionsFileSql(
  reader: DuckDbReader,
  input: StatsInput,
  asked: TransactionsInput,
): Promise<string> {
  const { query } = await prepare(reader, input, asked, null);
  return wholeTransactionsSql(query);
}

async function prepare(
  reader: DuckDbReader,
  input: StatsInput,
  { everyRow, only, search }: TransactionsInput,
  currencySetting: string | null,
): Promise<{
  readonly query: TransactionQuery;
  readonly prepared: PreparedRequest;
  readonly baseCurrency: BaseCurrencyLabel;
}> {
  const prepared = await prepareRequest(reader, everyRow ? 'health' : 'cashflow', input);
  const { request, stored } = prepared;
  const { source } = request;
  const whole = { ...request, withTransfers: true, source: { ...source, table: source.whole } };
  return {
    prepared,
    query: { request: await rememberTransfers(reader, everyRow ? whole : request), only, search },
    baseCurrency: await readBaseCurrency(reader, currencySetting, stored.table, stored.columns),
  };
}

function placeOf(sort: TransactionSort, row: FoundRow): TransactionPlace {
  return placeIn(sort, { value: row.sort_value, id: row.tx_id, row: String(row.row_id), time: row.sort_time });
}

function placeText({ value, id, row, time }: TransactionPlace): string {
  const parts = [value, id, row, ...(time === undefined ? [] : [time])];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws FinanceDbError USAGE for what placeText did not write, or wrote for a list in another order */
function parsePlace(text: string, sort: TransactionSort): TransactionPlace {
  const isText = (value: unknown): value is string | null => value === null || typeof value === 'string';
  try {
    const [value, id, row, time] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (isText(value) && isText(id) && typeof row === 'string' && /^\d{1,18}$/.test(row)) {
      const place = { value, id, row, ...(isText(time) ? { time } : {}) };
      if (isPlaceIn(sort, place)) return place;
    }
  } catch {
    // Told below.
  }
  throw new FinanceDbError('USAGE', 'after: this is no place in a list', {
    remedy: 'take it from the link to the next page',
  });
}
