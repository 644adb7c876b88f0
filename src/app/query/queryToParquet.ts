import { StatementType } from '@duckdb/node-api';
import { bindParams } from '../../duckdb/bindParams.ts';
import { orStopped } from '../../duckdb/orStopped.ts';
import { openReader } from '../../duckdb/reader.ts';
import { queryError, requireReading } from '../../duckdb/readOnlyGuard.ts';
import { splitStatements } from '../../duckdb/statements.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { throwIfStopped } from '../../errors/stopped.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import type { QueryRequest } from './query.ts';

/**
 * Writes the result of one SELECT to a Parquet file, by DuckDB itself, so that every type stays what it is. Of all files
 * only this one is within reach of the SQL.
 * @param target an absolute path; overwritten.
 * @param options what DuckDB may use (see ReaderOptions); whether the file's metadata say that it is the sample.
 * @returns the number of rows.
 */
export async function queryToParquet(
  request: QueryRequest,
  target: string,
  duckdbPath: string,
  options: {
    readonly memory?: string | undefined;
    readonly timeZone?: string | undefined;
    readonly readable?: readonly string[] | undefined;
    readonly sample?: boolean;
  } = {},
): Promise<number> {
  const [statement, ...others] = splitStatements(request.sql);
  if (statement === undefined) throw new FinanceDbError('QUERY_EMPTY', 'the SQL has no statement');
  if (others.length > 0)
    throw new FinanceDbError('USAGE', 'a Parquet file takes the result of exactly one statement', {
      remedy: 'give one SELECT; WITH can hold what it needs',
    });
  const reader = await openReader(duckdbPath, {
    writablePath: target,
    memory: options.memory,
    timeZone: options.timeZone,
    readable: options.readable,
  });
  const interrupt = (): void => reader.connection.interrupt();
  const waited = <T>(step: Promise<T>): Promise<T> => orStopped(step, request.signal, reader.abandon);
  request.signal.addEventListener('abort', interrupt);
  try {
    throwIfStopped(request.signal);
    const { statementType } = await waited(reader.connection.prepare(statement.text));
    requireReading(statementType, statement.text);
    if (statementType !== StatementType.SELECT)
      throw new FinanceDbError('USAGE', 'only the result of a SELECT can be written as Parquet');
    // A comment at the end of the statement must not swallow what follows. The target is our own temporary file, so
    // DuckDB need not make one more, which the lock would refuse.
    const copy = `COPY (${statement.text}\n) TO ${quoteLiteral(target)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false${options.sample === true ? ", KV_METADATA {sample_data: 'true'}" : ''})`;
    const prepared = await waited(reader.connection.prepare(copy));
    await bindParams(reader.connection, prepared, request.params);
    const rows = await (await waited(prepared.run())).getRows();
    return Number(rows[0]?.[0] ?? 0);
  } catch (error) {
    throwIfStopped(request.signal);
    throw queryError(error, duckdbPath);
  } finally {
    request.signal.removeEventListener('abort', interrupt);
    reader.close();
  }
}
