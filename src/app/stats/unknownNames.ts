import { type FilterName, filterNames, hasNameSql, namesSql } from '../../analytics/filterNames.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { nearestName } from '../../model/nearestName.ts';

/** A name in a filter that no row of the file has, and the one that was probably meant. */
export interface UnknownName {
  readonly filter: FilterName;
  readonly meant: string | null;
  /** The first of the names that rows do have, in their order: for whom none is near. */
  readonly known: readonly string[];
  readonly others: boolean;
}

/** As many as fit beside the sentence at 80 columns, or nearly. */
const MOST_KNOWN = 5;

/** Names in the filters that no row has: without a word about them, a report of one of two accounts looks like one of both. */
export async function readUnknownNames(reader: DuckDbReader, request: StatsRequest): Promise<UnknownName[]> {
  const unknown: UnknownName[] = [];
  for (const filter of filterNames(request.filters)) {
    const found = await reader.all<{ readonly found: string }>(hasNameSql(request, filter));
    if (found.length > 0) continue;
    const names = (await reader.all<{ readonly name: string }>(namesSql(request, filter))).map(({ name }) => name);
    const lower = nearestName(
      filter.name,
      names.map((name) => name.toLowerCase()),
    );
    unknown.push({
      filter,
      meant: names.find((name) => name.toLowerCase() === lower) ?? null,
      known: names.slice(0, MOST_KNOWN),
      others: names.length > MOST_KNOWN,
    });
  }
  return unknown;
}
