import type { StatsRequest } from '../../analytics/request.ts';
import { notNormalizedSql } from '../../analytics/scope.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';

/** How many rows of the period and filters have no amount in the base currency: a page whose sums leave them out says so. */
export async function readNotNormalized(reader: DuckDbReader, request: StatsRequest): Promise<string> {
  const [row] = await reader.all<{ not_normalized: string }>(notNormalizedSql(request));
  return row?.not_normalized ?? '0';
}
