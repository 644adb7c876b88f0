import { TRANSACTION_SORTS, type TransactionSort } from '../../src/analytics/transactionPage.ts';
import type { DuckDbReader } from '../../src/duckdb/reader.ts';
import { type Line, measureInTurn, type Variant } from '../support/rounds.ts';
import { request } from '../support/served.ts';
import { type Filter, LIST_KINDS, type ListKind } from './kinds.ts';
import { timedAnswer, type Visited } from './timed.ts';
import { milliseconds, type VerdictTable, verdict } from './verdicts.ts';

const MOST_SECONDS = 0.1;
const MOST_SECONDS_304 = 0.005;
const LEAST_ROUNDS_304 = 9;

const ORDERS: Record<TransactionSort, readonly [column: string, direction: string]> = {
  '-date': ['"timestamp"', 'DESC'],
  date: ['"timestamp"', 'ASC'],
  amount: ['normalized_amount', 'ASC'],
  '-amount': ['normalized_amount', 'DESC'],
  merchant: ['merchant', 'ASC'],
};

/**
 * The list as a page, in all its orders: where it begins, with a filter that was never asked for, sums and all; and behind
 * half of its rows, where the visitor has been before. And an answer that the visitor has already.
 */
export async function listsTable(server: Visited, reader: DuckDbReader, rounds: number): Promise<VerdictTable> {
  const rows: string[][] = [];
  for (const kind of LIST_KINDS) {
    const first = TRANSACTION_SORTS.map((sort, at) => firstPages(server, kind, sort, at));
    rows.push(listRow(`${kind.name}: first page`, await measureInTurn(first, rounds)));
    const [filter] = kind.filters;
    if (kind.short === true || filter === undefined) continue;
    await request(server.port, address(filter, '-date', 100), {});
    const half = await halfOf(reader, filter);
    const deep: Variant[] = [];
    for (const sort of TRANSACTION_SORTS) deep.push(await deepPages(server, reader, filter, half, sort));
    const behind = `${kind.name}: behind ${Number(half).toLocaleString('en-US')}`;
    rows.push(listRow(behind, await measureInTurn(deep, rounds)));
  }
  rows.push(await unchangedRow(server, rounds));
  return {
    name: 'serve-lists',
    title: `Transactions: at most ${milliseconds(MOST_SECONDS)} a page of 100, a 304 at most ${milliseconds(MOST_SECONDS_304)} (CPU in brackets)`,
    columns: ['list', ...TRANSACTION_SORTS.map((sort) => `by ${sort}`), ''],
    rows,
  };
}

function firstPages(server: Visited, { filters }: ListKind, sort: TransactionSort, at: number): Variant {
  const filterOf = (round: number): Filter =>
    filters[(round * TRANSACTION_SORTS.length + at) % filters.length] as Filter;
  return {
    name: sort,
    measure: (round) => timedAnswer(server, address(filterOf(round), sort, 100 + round)),
  };
}

async function halfOf(reader: DuckDbReader, { sql }: Filter): Promise<string> {
  const [found] = await reader.all<{ half: string }>(`SELECT count(*) // 2 AS half FROM transactions WHERE ${sql}`);
  return found?.half ?? '0';
}

async function deepPages(
  server: Visited,
  reader: DuckDbReader,
  filter: Filter,
  half: string,
  sort: TransactionSort,
): Promise<Variant> {
  const [column, direction] = ORDERS[sort];
  const newestFirst = sort === 'merchant';
  const [place] = await reader.all<{ value: string; id: string; row: string; time: string }>(
    `SELECT ${column}::VARCHAR AS value, tx_id AS id, rowid AS row, "timestamp"::VARCHAR AS time FROM transactions
     WHERE ${filter.sql}
     ORDER BY ${column} ${direction}, ${newestFirst ? '"timestamp" DESC, ' : ''}tx_id, rowid LIMIT 1 OFFSET ${half}`,
  );
  const parts = [place?.value, place?.id, String(place?.row), ...(newestFirst ? [place?.time] : [])];
  const after = Buffer.from(JSON.stringify(parts)).toString('base64url');
  return {
    name: sort,
    // Pages of other sizes are other questions.
    measure: (round) => timedAnswer(server, `${address(filter, sort, 100 + round)}&after=${after}`),
  };
}

function address({ query }: Filter, sort: TransactionSort, rows: number): string {
  return `/transactions?order=${sort}&rows=${rows}${query === '' ? '' : `&${query}`}`;
}

async function unchangedRow(server: Visited, rounds: number): Promise<string[]> {
  const { headers } = await request(server.port, '/api/v1/reports/cashflow', {});
  const known = { 'if-none-match': String(headers.etag) };
  const measure: Variant['measure'] = () => timedAnswer(server, '/api/v1/reports/cashflow', known, 304);
  const [line] = await measureInTurn([{ name: '304', measure }], Math.max(rounds, LEAST_ROUNDS_304));
  const empty = TRANSACTION_SORTS.slice(1).map(() => '');
  return line === undefined ? [] : ['a 304', timeOf(line), ...empty, verdictOf([line], MOST_SECONDS_304)];
}

function listRow(name: string, lines: readonly Line[]): string[] {
  return [name, ...lines.map(timeOf), verdictOf(lines, MOST_SECONDS)];
}

function timeOf(line: Line): string {
  if (line.seconds === null) return line.note;
  return `${milliseconds(line.seconds)}${line.cpu === null ? '' : ` (${milliseconds(line.cpu)})`}`;
}

function verdictOf(lines: readonly Line[], limit: number): string {
  return verdict(lines.every(({ seconds }) => seconds !== null && seconds <= limit));
}
