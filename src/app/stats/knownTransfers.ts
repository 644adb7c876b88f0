import { knownTransfersSql, readKnownTransfers, type TransferRows } from '../../analytics/knownTransfers.ts';
import type { KnownTransfers, StatsRequest } from '../../analytics/request.ts';
import { mayHoldTransfers } from '../../analytics/transfers.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';

/**
 * Makes the SQL of a report. On a reader that remembers, transfers are found by statements of their own: all reports on the
 * same days share them, and what is left of each is one pass over the columns that it needs.
 * @param build makes the SQL, or several; called twice: once to learn which days it asks about
 */
export async function withKnownTransfers<T>(
  reader: DuckDbReader,
  request: StatsRequest,
  build: (request: StatsRequest) => T,
): Promise<T> {
  if (!isWorthIt(reader, request)) return build(request);
  const asked = new Set<string>();
  const ask = (statement: string): null => {
    asked.add(statement);
    return null;
  };
  build({ ...request, knownTransfers: ask });
  return build(await withFound(reader, request, [...asked]));
}

/** The same for SQL that looks at the request's own days and is made later. */
export async function rememberTransfers(reader: DuckDbReader, request: StatsRequest): Promise<StatsRequest> {
  return isWorthIt(reader, request) ? withFound(reader, request, [knownTransfersSql(request)]) : request;
}

function isWorthIt(reader: DuckDbReader, { withTransfers, vocabulary }: StatsRequest): boolean {
  return reader.remembers === true && !withTransfers && mayHoldTransfers(vocabulary);
}

async function withFound(
  reader: DuckDbReader,
  request: StatsRequest,
  statements: readonly string[],
): Promise<StatsRequest> {
  const known = new Map<string, KnownTransfers>();
  for (const statement of statements) {
    const [rows] = await reader.all<TransferRows>(statement);
    if (rows !== undefined) known.set(statement, readKnownTransfers(rows));
  }
  return { ...request, knownTransfers: (statement) => known.get(statement) ?? null };
}
