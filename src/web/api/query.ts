import { Type } from '@sinclair/typebox';
import { type QueryRequest, runQuery } from '../../app/query/query.ts';
import { listSavedQueries } from '../../app/query/savedQueries.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { givesRows, splitStatements } from '../../duckdb/statements.ts';
import { deadline } from '../../errors/deadline.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { readTextFile } from '../../files/textFile.ts';
import type { QueryParam } from '../../model/queryParams.ts';
import type { ResultColumn, RowChunk } from '../../model/resultColumn.ts';
import { JsonNumeral } from '../../render/json.ts';
import { jsonWriter } from '../../render/jsonRows.ts';
import { type ApiCall, type ApiRoute, jsonAnswer, withLease } from './call.ts';
import { optional } from './params.ts';
import { NOTHING, NUMBERS_PARAM } from './schemas.ts';

/** What a query may give and take unless less was asked for. */
export const QUERY_LIMITS = { rows: 1000, seconds: 10 } as const;

const strict = { additionalProperties: false };
const PARAM = Type.Union([
  Type.String(),
  Type.Number(),
  Type.Boolean(),
  Type.Object(
    {
      value: Type.String(),
      type: Type.String({ pattern: '^[A-Za-z_][\\w ]*(\\(\\s*\\d+\\s*(,\\s*\\d+\\s*)?\\))?(\\[\\d*\\])*$' }),
    },
    strict,
  ),
]);
const BODY = Type.Object(
  {
    sql: Type.String({
      minLength: 1,
      maxLength: 200_000,
      description: 'one statement that reads',
      examples: ['SELECT count(*) AS n FROM transactions'],
    }),
    params: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z_]\\w*$' }), PARAM, {
        description: 'the value of each $name; its form decides what it is, unless {"value", "type"} says so',
        ...strict,
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: QUERY_LIMITS.rows, description: 'so many rows' })),
    timeout: Type.Optional(
      Type.Number({ minimum: 0.001, maximum: QUERY_LIMITS.seconds, description: 'so many seconds' }),
    ),
  },
  strict,
);

interface Body {
  readonly sql: string;
  readonly params?: Readonly<Record<string, string | number | boolean | { value: string; type: string }>>;
  readonly limit?: number;
  readonly timeout?: number;
}

export const QUERY_ROUTES: readonly ApiRoute[] = [
  {
    method: 'post',
    path: '/query',
    summary: `One read-only statement: at most ${QUERY_LIMITS.rows} rows and ${QUERY_LIMITS.seconds} s`,
    query: optional(NUMBERS_PARAM),
    body: BODY,
    answer: {
      status: 200,
      type: 'application/json',
      schema: Type.Object({
        columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
        rows: Type.Array(Type.Object({}, { additionalProperties: true })),
        truncated: Type.Boolean({ description: 'whether there are more rows' }),
      }),
      about: 'columns, rows and whether there are more',
    },
    handle: (call) => queryAnswer(call, call.body as unknown as Body),
  },
  {
    method: 'get',
    path: '/saved',
    summary: 'The saved queries: those that came with the tool, and your own',
    query: NOTHING,
    answer: { status: 200, type: 'application/json', about: 'name, what it is about, and its SQL' },
    handle: saved,
  },
];

/** Runs one statement within the limits. */
export async function queryAnswer(call: ApiCall, body: Body): Promise<Response> {
  requireOneResult(body.sql);
  const seconds = body.timeout ?? QUERY_LIMITS.seconds;
  const started = performance.now();
  return withLease(call, async ({ connect, snapshot }) => {
    const reader = await connect();
    const limit = deadline(call.signal, seconds, 'the limit of this server says');
    // The lease's own signal knows nothing of the deadline.
    const interrupt = (): void => reader.connection.interrupt();
    limit.signal.addEventListener('abort', interrupt);
    try {
      const request = { sql: body.sql, params: Object.entries(body.params ?? {}).map(toParam), signal: limit.signal };
      const { columns, rows, truncated } = await readRows(reader, request, body.limit ?? QUERY_LIMITS.rows, call);
      return jsonAnswer(
        { query: {} },
        {
          columns: columns.map(({ name, type }) => ({ name, type })),
          rows: new JsonNumeral(rows.trim()),
          truncated,
          seconds: Number(((performance.now() - started) / 1000).toFixed(3)),
        },
        snapshot,
      );
    } finally {
      limit.signal.removeEventListener('abort', interrupt);
      limit.clear();
    }
  });
}

/** @throws FinanceDbError QUERY_EMPTY, USAGE */
export function requireOneResult(sql: string): void {
  const statements = splitStatements(sql);
  if (statements.length === 0) throw new FinanceDbError('QUERY_EMPTY', 'the SQL has no statement');
  if (statements.length > 1)
    throw new FinanceDbError('USAGE', `the SQL has ${statements.length} statements`, {
      remedy: 'give one; WITH can hold what it needs',
    });
  if (!givesRows(statements[0]?.text ?? ''))
    throw new FinanceDbError('QUERY_NOT_READ_ONLY', 'the statement gives no rows: queries only read', {
      remedy: 'give a SELECT, or another statement that reads',
    });
}

/** The rows as JSON, at most so many; numbers keep all their digits. */
async function readRows(
  reader: DuckDbReader,
  request: QueryRequest,
  most: number,
  call: ApiCall,
): Promise<{ columns: readonly ResultColumn[]; rows: string; truncated: boolean }> {
  const writer = jsonWriter(false);
  let rows = writer.open();
  let columns: readonly ResultColumn[] = [];
  let count = 0;
  let truncated = false;
  for await (const result of runQuery(reader, request)) {
    columns = result.columns;
    const asText = call.query['numbers'] === 'string';
    rows += writer.begin(
      asText ? columns.map((column) => (column.kind === 'number' ? { ...column, kind: 'text' } : column)) : columns,
    );
    for await (const chunk of result.chunks) {
      const room = most - count;
      rows += writer.rows(chunk.rowCount > room ? firstRows(chunk, room) : chunk);
      count += Math.min(room, chunk.rowCount);
      truncated = chunk.rowCount > room;
      if (rows.length > MOST_TEXT)
        throw new FinanceDbError('QUERY_TOO_LARGE', 'the result is larger than a page can show', {
          remedy: 'ask for fewer columns or rows, or use `finance-db query -o FILE`',
        });
      if (truncated) break;
    }
    rows += writer.end();
    break;
  }
  return { columns, rows: rows === '' ? '[]' : rows, truncated };
}

const MOST_TEXT = 20_000_000;

function firstRows({ columns }: RowChunk, rowCount: number): RowChunk {
  return { rowCount, columns: columns.map((column) => column.slice(0, rowCount)) };
}

function toParam([name, given]: [string, NonNullable<Body['params']>[string]]): QueryParam {
  if (typeof given === 'object') return { name, ...given };
  return { name, type: typeof given === 'boolean' ? 'BOOLEAN' : null, value: String(given) };
}

async function saved(call: ApiCall): Promise<Response> {
  const queries = await Promise.all(
    listSavedQueries(call.services.options.config.home).map(async ({ name, about, path, builtIn }) => ({
      name,
      about,
      built_in: builtIn,
      sql: await readTextFile(path, path).catch(() => null),
    })),
  );
  return jsonAnswer(call, { queries }, await call.services.snapshots.note());
}
