/** More rows than a page has are to lie before its expected end, since nothing is spread evenly. */
const MARGIN = 1.3;
/** How much farther the next end is, where a page is not full with the last one. */
const FARTHER = 8;

/**
 * Where a page of amounts may end: the expected end, then others farther away; null, the last: at the end of the list.
 * @param begins where parts of equally many amounts begin, rising, with a space between
 * @param after the amount behind which the page begins; null: at the beginning
 * @param share how much of the list the page is, 1 for all of it
 */
export function* pageEnds(
  begins: string,
  order: 'rising' | 'falling',
  after: string | null,
  share: number,
): Generator<string | null> {
  const all = begins === '' ? [] : begins.split(' ');
  if (order === 'falling') all.reverse();
  // Of numerals longer than a JavaScript number the nearest will do: it is a guess.
  const isBehind = (begin: string): boolean =>
    after !== null && (order === 'rising' ? Number(begin) > Number(after) : Number(begin) < Number(after));
  const first = after === null ? 0 : firstBehind(all, isBehind);
  for (let parts = Math.ceil(all.length * share * MARGIN); first + parts < all.length; parts *= FARTHER)
    yield all[first + parts] ?? null;
  yield null;
}

/** The first of a row of values from which on all are behind. */
function firstBehind(all: readonly string[], isBehind: (value: string) => boolean): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBehind(all[middle] ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}
