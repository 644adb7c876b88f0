import { inPages } from './pageRanges.ts';

/**
 * Pages whose rows are told of in one row of an answer: a row for each row costs the protocol, and all who handle it, more
 * than what it holds. With fewer pages each pack costs PostgreSQL more than its rows.
 */
export const PACK_PAGES = 256;

/** What one look at a pack tells of changed rows. Numbers are text, as databases answer them. */
export interface Pack {
  /** Position of the part that it belongs to, among those that are read. */
  readonly part: string;
  readonly page: string;
  /** The page behind its last one. The last pack of a range may be shorter than others, and the very last one is open. */
  readonly end: string;
  readonly rows: string;
  readonly changed: string;
  /** The places of changed rows, as PostgreSQL writes an array of them; null when there are too many or none. */
  readonly places: string | null;
}

/** So many changed rows of a pack are fetched from where they are; for more, its pages are read once more. */
export const MOST_PLACES_OF_PACK = 1000;
/** So many are fetched by one query. */
const MOST_PLACES = 5000;
/** A range of dense packs is cut here, so that several connections share the work. */
const MOST_DENSE_PAGES = 4096;

/**
 * Conditions, as SQL, that together are true for all changed rows of a part, each row making one of them true.
 * @param packs of one part, in the order of their pages
 * @param condition SQL that is true for changed rows
 */
export function placesOf(packs: readonly Pack[], condition: string): string[] {
  const conditions: string[] = [];
  let places: string[] = [];
  let count = 0;
  let dense: { from: number; to: number } | undefined;
  const flushPlaces = (): void => {
    if (count > 0) conditions.push(`ctid = ANY ('{${places.join(',')}}'::tid[])`);
    places = [];
    count = 0;
  };
  const flushDense = (): void => {
    if (dense !== undefined) conditions.push(`${inPages(dense)} AND ${condition}`);
    dense = undefined;
  };
  for (const pack of packs) {
    const changed = Number(pack.changed);
    if (changed === 0) continue;
    if (pack.places !== null) {
      if (count + changed > MOST_PLACES) flushPlaces();
      places.push(pack.places.slice(1, -1));
      count += changed;
      continue;
    }
    const from = Number(pack.page);
    if (dense?.to !== from || from - dense.from >= MOST_DENSE_PAGES) flushDense();
    dense = { from: dense?.from ?? from, to: Number(pack.end) };
  }
  flushPlaces();
  flushDense();
  return conditions;
}
