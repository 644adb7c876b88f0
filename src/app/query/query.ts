import type { DuckDBPreparedStatement, DuckDBResult } from '@duckdb/node-api';
import { ResultReturnType } from '@duckdb/node-api';
import { bindParams } from '../../duckdb/bindParams.ts';
import { textReader } from '../../duckdb/columnText.ts';
import { orStopped } from '../../duckdb/orStopped.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { queryError, requireReading } from '../../duckdb/readOnlyGuard.ts';
import { type SqlStatement, splitStatements } from '../../duckdb/statements.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { throwIfStopped } from '../../errors/stopped.ts';
import type { QueryParam } from '../../model/queryParams.ts';
import type { ResultColumn, RowChunk } from '../../model/resultColumn.ts';

export interface QueryRequest {
  readonly sql: string;
  readonly params: readonly QueryParam[];
  /** Interrupts the running statement. */
  readonly signal: AbortSignal;
}

/** The rows of one statement. Its chunks must be read (or left) before the next result is asked for. */
export interface QueryResult {
  readonly columns: readonly ResultColumn[];
  readonly chunks: AsyncGenerator<RowChunk>;
}

/**
 * Runs SQL, statement by statement, and yields each result that has rows to show. All of the SQL is parsed before
 * any of it runs.
 * @throws FinanceDbError QUERY_EMPTY, QUERY_FAILED, QUERY_NOT_READ_ONLY, USAGE (parameters), DUCKDB_UNREADABLE,
 *   INTERRUPTED or TERMINATED; also from the chunks.
 */
export async function* runQuery(reader: DuckDbReader, request: QueryRequest): AsyncGenerator<QueryResult> {
  const statements = splitStatements(request.sql);
  if (statements.length === 0) throw new FinanceDbError('QUERY_EMPTY', 'the SQL has no statement');
  const run = new QueryRun(reader, request);
  try {
    await run.guarded(undefined, () => reader.connection.extractStatements(request.sql));
    for (const statement of statements)
      yield* run.statement(statement, statements.length > 1 ? statement.line : undefined);
  } finally {
    run.close();
  }
}

/** One run: knows how to stop it and how to name its errors. */
class QueryRun {
  private readonly reader: DuckDbReader;
  private readonly request: QueryRequest;
  private readonly interrupt: () => void;

  constructor(reader: DuckDbReader, request: QueryRequest) {
    this.reader = reader;
    this.request = request;
    this.interrupt = () => reader.connection.interrupt();
    request.signal.addEventListener('abort', this.interrupt);
  }

  close(): void {
    this.request.signal.removeEventListener('abort', this.interrupt);
  }

  async *statement(statement: SqlStatement, line: number | undefined): AsyncGenerator<QueryResult> {
    const extracted = await this.guarded(line, () => this.reader.connection.extractStatements(statement.text));
    // DuckDB makes several statements of some (PIVOT first lists its columns).
    for (let index = 0; index < extracted.count; index++) {
      const prepared = await this.guarded(line, () => extracted.prepare(index));
      try {
        const result = await this.guarded(line, () => this.start(prepared, statement.text));
        if (result.returnType !== ResultReturnType.QUERY_RESULT) continue;
        const { columns, read } = textReader(result, this.reader.timeZone);
        yield { columns, chunks: this.chunks(result, read, line) };
      } finally {
        if (!this.reader.abandoned) prepared.destroySync();
      }
    }
  }

  private async start(prepared: DuckDBPreparedStatement, text: string): Promise<DuckDBResult> {
    requireReading(prepared.statementType, text);
    await bindParams(this.reader.connection, prepared, this.request.params);
    return prepared.stream();
  }

  private async *chunks(
    result: DuckDBResult,
    read: ReturnType<typeof textReader>['read'],
    line: number | undefined,
  ): AsyncGenerator<RowChunk> {
    for (;;) {
      const chunk = await this.guarded(line, () => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) return;
      const pieces = read(chunk);
      for (;;) {
        const piece = await this.guarded(line, async () => pieces.next());
        if (piece.done === true) break;
        yield piece.value;
      }
    }
  }

  /** Runs one step with errors named, and none after an interruption. */
  async guarded<T>(line: number | undefined, step: () => Promise<T>): Promise<T> {
    throwIfStopped(this.request.signal);
    try {
      const value = await orStopped(step(), this.request.signal, this.reader.abandon);
      throwIfStopped(this.request.signal);
      return value;
    } catch (error) {
      throwIfStopped(this.request.signal);
      throw queryError(error, this.reader.path, line);
    }
  }
}
