/** How many tints there are; the second half of them paler than the first. */
export const TINTS = 16;
const FULL = 8;

/** The tint of a category, 1 to TINTS; 0 is grey. */
export type Tints = (category: string | null) => number;

/**
 * The tints of a file's categories: the same on every page, whatever the rank there, and no two categories share one. The
 * most frequent of the whole file have the full ones, the next the pale ones; what is rarer, or says nothing, is grey. Among
 * its half a category takes the tint that its name asks for, or the next free one, so that a sync changes tints only when
 * other categories become frequent.
 * @param categories those of the whole file that tell something, the most frequent first
 */
export function tintsOf(categories: readonly string[]): Tints {
  const taken = new Map<string, number>();
  for (const first of [0, FULL]) {
    const half = categories.slice(first, first + FULL).sort((a, b) => (a < b ? -1 : 1));
    const free = new Set(Array.from({ length: FULL }, (_, place) => place));
    for (const name of half) {
      let place = placeOf(name);
      while (!free.has(place)) place = (place + 1) % FULL;
      free.delete(place);
      taken.set(name, first + place + 1);
    }
  }
  return (category) => (category === null ? 0 : (taken.get(category) ?? 0));
}

/** The classes of an area in a tint. */
export function tintClass(tint: number): string {
  return tint > FULL ? `tint-${tint} pale` : `tint-${tint}`;
}

function placeOf(name: string): number {
  // The seed that keeps the usual names apart best.
  let hash = 13;
  for (const sign of name.toLowerCase()) hash = (hash * 31 + (sign.codePointAt(0) ?? 0)) % 1_000_003;
  return hash % FULL;
}

/** Hebrew, Arabic and their kin. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name as it is shown. What runs from right to left is set apart, so that it does not turn the figure beside it. */
export function nameOf(value: unknown, none = '(none)'): string {
  if (value === null || value === undefined || value === '') return none;
  const name = String(value);
  return RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name;
}
