import type { QueryResult } from '../app/query/query.ts';
import { FinanceDbError, messageOf } from '../errors/financeDbError.ts';
import type { ResultWriter } from '../render/resultWriter.ts';
import type { Sink } from '../render/sink.ts';

export interface PrintOutcome {
  readonly results: number;
  readonly rows: number;
  /** False when the reader of the output went away before its end. */
  readonly complete: boolean;
}

/**
 * Writes results as they come, at the pace of whoever reads.
 * @throws what the query throws; rows before that are written.
 */
export async function printResults(
  results: AsyncGenerator<QueryResult>,
  writer: ResultWriter,
  sink: Sink,
): Promise<PrintOutcome> {
  let count = 0;
  let rows = 0;
  // What comes before the rows is held back until the first of them: a query that fails leaves stdout empty.
  let held = writer.open();
  for await (const result of results) {
    count++;
    held += writer.begin(result.columns);
    for await (const chunk of result.chunks) {
      const wanted = await sink.write(held + textOf(() => writer.rows(chunk)));
      held = '';
      if (!wanted) return { results: count, rows, complete: false };
      rows += chunk.rowCount;
    }
    if (!(await sink.write(held + textOf(() => writer.end())))) return { results: count, rows, complete: false };
    held = '';
  }
  const complete = await sink.write(held + writer.close());
  return { results: count, rows, complete };
}

/** @throws FinanceDbError QUERY_TOO_LARGE where JavaScript has no string of that length. */
function textOf(write: () => string): string {
  try {
    return write();
  } catch (error) {
    if (!/Invalid string length|Invalid array length|longer than/.test(messageOf(error))) throw error;
    throw new FinanceDbError('QUERY_TOO_LARGE', 'a row of the result is too large to be shown', { cause: error });
  }
}
