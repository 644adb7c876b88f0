import type { SourceTable } from './sourceTable.ts';

/** A range of pages of a table, from `from` up to but not including `to`; null: to the end, wherever that is. */
export interface PageRange {
  readonly from: number;
  readonly to: number | null;
}

/** PostgreSQL before 14 has no scan of a range of pages; each range would cost a scan of the whole. */
const HAS_TID_RANGE_SCAN = 140000;

/**
 * Whether a range of a table's pages can be read without reading the others.
 * @param serverVersion server_version_num, such as 180004
 */
export function hasPageRanges(
  { kind, inherited, otherStorage }: Pick<SourceTable, 'kind' | 'inherited' | 'otherStorage'>,
  serverVersion: number,
): boolean {
  return (kind === 'r' || kind === 'm') && !inherited && otherStorage === null && serverVersion >= HAS_TID_RANGE_SCAN;
}

/** SQL that is true for the rows in a range of pages. */
export function inPages(range: PageRange): string {
  const upTo = range.to === null ? '' : ` AND ctid < '(${range.to},0)'::tid`;
  return `ctid >= '(${range.from},0)'::tid${upTo}`;
}

/** Smaller pieces would cost more in round trips than they gain in balance. */
const LEAST_PAGES = 2048;
/** Larger ones would make progress jump, and leave the slowest reader with too much at the end. */
const MOST_PAGES = 32768;

/** How many pages a range of a table or of several has, when so many readers share it. */
export function rangePages(pages: number, readers: number): number {
  return Math.min(MOST_PAGES, Math.max(LEAST_PAGES, Math.ceil(pages / (readers * 6))));
}

/**
 * Cuts a table into ranges of `size` pages. The last one is open: rows of the snapshot never lie beyond the size that
 * was read inside it, but nothing depends on that.
 * @param pages from pg_relation_size, never an estimate of the statistics
 */
export function cutInto(pages: number, size: number): PageRange[] {
  const ranges: PageRange[] = [];
  for (let from = 0; from === 0 || from < pages; from += size)
    ranges.push({ from, to: from + size >= pages ? null : from + size });
  return ranges;
}
