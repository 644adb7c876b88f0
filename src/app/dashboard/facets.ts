import type { DuckDbReader } from '../../duckdb/reader.ts';
import { prepareRequest, type StatsInput } from '../stats/statsRequest.ts';

/** A value that a filter may have, and how many rows have it; null for rows without one. */
export type Facet = { readonly value: string | null; readonly count: string };

/** The columns whose values can be chosen from. */
export const FACETS = [
  'account',
  'category',
  'subcategory',
  'merchant',
  'channel',
  'city',
  'state',
  'currency',
] as const;
export type FacetName = (typeof FACETS)[number];

/** More than anybody chooses from; the most frequent come first. */
const MOST_VALUES = 500;

/** What there is to filter by, over the whole table; a subcategory is written `Category:Subcategory`, as its filter is. */
export async function readFacets(
  reader: DuckDbReader,
  stats: StatsInput,
): Promise<{
  readonly facets: Readonly<Record<FacetName, readonly Facet[]>>;
  readonly file: { from: string; to: string } | null;
}> {
  const { request } = await prepareRequest(reader, 'health', stats);
  const facets = {} as Record<FacetName, readonly Facet[]>;
  for (const name of FACETS)
    facets[name] = await reader.all<Facet>(
      `SELECT ${EXPRESSIONS[name]} AS value, count(*) AS count FROM ${request.source.whole}
GROUP BY value ORDER BY count DESC, value NULLS LAST LIMIT ${MOST_VALUES}`,
    );
  return { facets, file: request.file };
}

const EXPRESSIONS: Record<FacetName, string> = {
  account: 'account_id',
  category: 'category',
  subcategory: `category || ':' || subcategory`,
  merchant: 'merchant',
  channel: 'channel',
  city: 'city',
  state: 'state',
  currency: 'currency',
};
