/** Categories that say nothing share the grey. */
const BLANK = /^\s*$|^(uncategori[sz]ed|unknown|none|other|misc(ellaneous)?|general)$/i;

/** The tint of a category, 1 to 8, by its name: the same on every page, whatever its rank; 0 is grey. */
export function tintOf(name: string | null): number {
  if (name === null || BLANK.test(name)) return 0;
  // The seed that keeps the usual names apart best.
  let hash = 13;
  for (const sign of name.toLowerCase()) hash = (hash * 31 + (sign.codePointAt(0) ?? 0)) % 1_000_003;
  return 1 + (hash % 8);
}

/** Hebrew, Arabic and their kin. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name as it is shown. What runs from right to left is set apart, so that it does not turn the figure beside it. */
export function nameOf(value: unknown, none = '(none)'): string {
  if (value === null || value === undefined || value === '') return none;
  const name = String(value);
  return RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name;
}
