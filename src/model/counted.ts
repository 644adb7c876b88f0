/** A whole number with thousands separators: `1,234,567`. Not by toLocaleString, whose first call takes 4 ms. */
export function grouped(value: bigint | number | string): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Counts for people: `1 row`, `1,200 rows`. @param plural where an s is not enough: `counted(2, 'entry', 'entries')` */
export function counted(count: bigint | number | string, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${agreeing(count, noun, plural)}`;
}

/** The word that goes with a count: `agreeing(1, 'stays', 'stay')`. */
export function agreeing(count: bigint | number | string, one: string, many: string): string {
  return String(count) === '1' ? one : many;
}
