import { type TObject, type TSchema, Type } from '@sinclair/typebox';
import { deadline } from '../../errors/deadline.ts';
import type { ApiCall, ApiRoute } from './call.ts';
import { csvAnswer, parquetAnswer } from './files.ts';
import { optional } from './params.ts';
import { QUERY_LIMITS, queryAnswer, requireOneResult } from './query.ts';
import { NUMBERS_PARAM } from './schemas.ts';

/** A file holds all rows, so it may take longer than a page. */
const FILE_SECONDS = 60;

const STATEMENT = {
  sql: Type.String({
    minLength: 1,
    maxLength: 8000,
    description: 'one statement that reads',
    examples: ['SELECT count(*) AS n FROM transactions'],
  }),
};

/** A statement, which is needed, and what may stand beside it. */
function asking(others: Readonly<Record<string, TSchema>>): TObject {
  return Type.Object({ ...STATEMENT, ...optional(others).properties }, { additionalProperties: false });
}

/** The same statements as `POST /query`, in the address: what links and spreadsheets can ask for. */
export const QUERY_FILE_ROUTES: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/query.csv',
    summary: `All rows of one read-only statement as CSV: at most ${FILE_SECONDS} s`,
    query: asking({}),
    answer: { status: 200, type: 'text/csv', about: 'the rows, streamed' },
    stable: true,
    handle: (call) => csvAnswer(limited(call), 'query.csv', async () => [statementOf(call)]),
  },
  {
    method: 'get',
    path: '/query.parquet',
    summary: `All rows of one read-only statement as Parquet: at most ${FILE_SECONDS} s`,
    query: asking({}),
    answer: { status: 200, type: 'application/vnd.apache.parquet', about: 'the rows, with their types' },
    stable: true,
    handle: (call) => parquetAnswer(limited(call), 'query.parquet', async () => statementOf(call)),
  },
  {
    method: 'get',
    path: '/query',
    summary: `One read-only statement: at most ${QUERY_LIMITS.rows} rows and ${QUERY_LIMITS.seconds} s`,
    query: asking(NUMBERS_PARAM),
    answer: { status: 200, type: 'application/json', about: 'as `POST /query` answers' },
    stable: true,
    handle: (call) => queryAnswer(call, { sql: statementOf(call) }),
  },
];

/** @throws FinanceDbError QUERY_EMPTY, USAGE, QUERY_NOT_READ_ONLY */
function statementOf({ query }: ApiCall): string {
  const sql = String(query['sql'] ?? '');
  requireOneResult(sql);
  return sql;
}

/** The call, ended too when time is up. */
function limited(call: ApiCall): ApiCall {
  const limit = deadline(call.signal, FILE_SECONDS, 'the limit of this server says');
  call.visit.env.outgoing.once('close', limit.clear);
  return { ...call, signal: limit.signal };
}
