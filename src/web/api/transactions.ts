import { Type } from '@sinclair/typebox';
import { TRANSACTION_COLUMNS, type TransactionRow } from '../../analytics/transactions.ts';
import { readFacets } from '../../app/dashboard/facets.ts';
import type { ImportRecord } from '../../app/dashboard/provenance.ts';
import { readTransaction } from '../../app/dashboard/transaction.ts';
import { readTransactions, transactionsFileSql, transactionsSlicesSql } from '../../app/dashboard/transactions.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { jsonNumeral } from '../../render/json.ts';
import { type ApiCall, type ApiRoute, currencySetting, inputOf, jsonAnswer, withLease } from './call.ts';
import { csvAnswer, parquetAnswer } from './files.ts';
import { listInput, NARROWING_PARAMS, PAGE_PARAMS } from './listParams.ts';
import { optional } from './params.ts';
import { NOTHING, NUMBERS_PARAM } from './schemas.ts';
import { FILTER_PARAMS, flagsOf } from './statsParams.ts';

const WHOLE = optional({ ...FILTER_PARAMS, ...NARROWING_PARAMS });
const PAGED = optional({ ...FILTER_PARAMS, ...NARROWING_PARAMS, ...PAGE_PARAMS, ...NUMBERS_PARAM });
const ROW = Type.Object(
  Object.fromEntries(
    TRANSACTION_COLUMNS.map((name) => [
      name,
      Type.Union([name.endsWith('amount') ? Type.Union([Type.Number(), Type.String()]) : Type.String(), Type.Null()]),
    ]),
  ),
);

/** Transactions: a list, files of all of it, one of them, and what there is to filter by. */
export const TRANSACTION_ROUTES: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/transactions',
    summary: 'The transactions behind a figure, page by page',
    query: PAGED,
    answer: {
      status: 200,
      type: 'application/json',
      schema: Type.Object({ rows: Type.Array(ROW), next: Type.Union([Type.String(), Type.Null()]) }),
      about: 'a page, and what all rows add up to; Link: rel="next"',
    },
    stable: true,
    handle: list,
  },
  {
    method: 'get',
    path: '/transactions.csv',
    summary: 'All of them as CSV, however many',
    query: WHOLE,
    answer: { status: 200, type: 'text/csv', about: 'oldest first' },
    stable: true,
    handle: csv,
  },
  {
    method: 'get',
    path: '/transactions.parquet',
    summary: 'All of them as Parquet',
    query: WHOLE,
    answer: { status: 200, type: 'application/vnd.apache.parquet', about: 'oldest first' },
    stable: true,
    handle: parquet,
  },
  {
    method: 'get',
    path: '/transactions/{id}',
    summary: 'One transaction, with what is near to it',
    params: Type.Object({ id: Type.String({ minLength: 1, description: 'its tx_id' }) }),
    query: optional(NUMBERS_PARAM),
    answer: {
      status: 200,
      type: 'application/json',
      about: 'the row, others of its merchant, the other leg of a transfer, the imports that it came from',
    },
    stable: true,
    handle: one,
  },
  {
    method: 'get',
    path: '/facets',
    summary: 'What there is to filter by, most frequent first',
    query: NOTHING,
    answer: { status: 200, type: 'application/json', about: 'values with their counts' },
    stable: true,
    handle: facets,
  },
];

function list(call: ApiCall): Promise<Response> {
  const input = inputOf(call, filtersOf(call));
  const asked = listInput(call.query);
  return withLease(call, async ({ reader, snapshot }) => {
    const { request, baseCurrency, sums, rows, next } = await readTransactions(
      reader,
      input,
      asked,
      currencySetting(call),
    );
    const { from, to, label } = request.period;
    const answer = jsonAnswer(
      call,
      {
        base_currency: baseCurrency.currency,
        period: { from, to, label },
        total: {
          count: jsonNumeral(sums.count),
          amount: jsonNumeral(sums.amount),
          in: jsonNumeral(sums.money_in),
          out: jsonNumeral(sums.money_out),
          not_normalized: jsonNumeral(sums.not_normalized),
        },
        rows: rows.map(rowDocument),
        next,
      },
      snapshot,
    );
    if (next !== null) answer.headers.set('Link', `<${nextAddress(call, next)}>; rel="next"`);
    return answer;
  });
}

/** `limit` and `sort` are the list's own, and not the report's. */
function filtersOf({ query }: ApiCall): ReturnType<typeof flagsOf> {
  const { limit, sort, ...filters } = query;
  return flagsOf(filters);
}

function nextAddress({ visit }: ApiCall, next: string): string {
  const url = new URL(visit.req.url);
  url.searchParams.set('after', next);
  return url.pathname + url.search;
}

export function rowDocument(row: TransactionRow): Record<string, unknown> {
  return {
    ...row,
    timestamp: row.timestamp?.replace(' ', 'T') ?? null,
    amount: jsonNumeral(row.amount),
    normalized_amount: jsonNumeral(row.normalized_amount),
  };
}

function csv(call: ApiCall): Promise<Response> {
  const input = inputOf(call, filtersOf(call));
  const asked = listInput(call.query);
  return csvAnswer(call, 'transactions.csv', (reader) => transactionsSlicesSql(reader, input, asked));
}

function parquet(call: ApiCall): Promise<Response> {
  const input = inputOf(call, filtersOf(call));
  const asked = listInput(call.query);
  return parquetAnswer(call, 'transactions.parquet', (reader) => transactionsFileSql(reader, input, asked));
}

function one(call: ApiCall): Promise<Response> {
  const id = call.params['id'] ?? '';
  return withLease(call, async ({ reader, snapshot }) => {
    const found = await readTransaction(reader, inputOf(call, {}), id);
    if (found === null)
      throw new FinanceDbError('WEB_NOT_FOUND', `there is no transaction ${JSON.stringify(id.slice(0, 80))}`, {
        remedy: 'list them with GET transactions; a sync may have removed it',
      });
    const { row } = found;
    return jsonAnswer(
      call,
      {
        transaction: { ...row, ...amountsOf(row) },
        is_transfer: found.isTransfer,
        other_leg: found.otherLeg.rows.map(rowDocument)[0] ?? null,
        same_merchant: found.sameMerchant.rows.map(rowDocument),
        imported: found.provenance.records.map(recordDocument),
        not_in_file: found.provenance.missing,
      },
      snapshot,
    );
  });
}

function recordDocument(record: ImportRecord): Record<string, unknown> {
  const { import_id, record: number, line, imported_at, undone_at, ...rest } = record;
  const moment = (text: string | null): string | null => (text === null ? null : `${text.replace(' ', 'T')}Z`);
  return {
    import_id: jsonNumeral(import_id),
    record: jsonNumeral(number),
    line: jsonNumeral(line),
    ...rest,
    imported_at: moment(imported_at),
    undone_at: moment(undone_at),
  };
}

function amountsOf(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = ['amount', 'normalized_amount'].filter((name) => typeof row[name] === 'string');
  return Object.fromEntries(names.map((name) => [name, jsonNumeral(String(row[name]))]));
}

function facets(call: ApiCall): Promise<Response> {
  return withLease(call, async ({ reader, snapshot }) => {
    const found = await readFacets(reader, inputOf(call, {}));
    const counted = Object.entries(found.facets).map(([name, values]) => [
      name,
      values.map(({ value, count }) => ({ value, count: jsonNumeral(count) })),
    ]);
    return jsonAnswer(call, { ...Object.fromEntries(counted), covered: found.file }, snapshot);
  });
}
