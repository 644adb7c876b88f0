import type { PageRange } from './pageRanges.ts';

/** A stretch of blocks that a summary mentions. */
export interface Stretch {
  /** The first and the last of them. */
  readonly from: number;
  readonly to: number;
  /** Whether the file was cut off at one of them: all that lay behind counts as changed. */
  readonly cut: boolean;
}

/** Blocks between two changed ones that cost less to read than another range does. */
export const NEAR_BLOCKS = 8;

/**
 * More ranges of one part than a tenth of its blocks cost more than they spare, in a large part: a range is a page or two and a
 * condition of its own, while all of a part is read with the keys of all of its rows.
 */
const MOST_RANGES = 5000;
const PAGES_PER_RANGE = 10;

const WHOLE: readonly PageRange[] = [{ from: 0, to: null }];

/** @param stretches in the order of their blocks */
export function rangesOf(stretches: readonly Stretch[]): PageRange[] {
  const ranges: { from: number; to: number | null }[] = [];
  for (const { from, to, cut } of stretches) {
    const last = ranges.at(-1);
    if (last?.to === null) break;
    const end = cut ? null : to + 1;
    if (last !== undefined && from <= last.to + NEAR_BLOCKS) last.to = end === null ? null : Math.max(last.to, end);
    else ranges.push({ from, to: end });
  }
  return ranges;
}

/** How many of so many blocks lie in the ranges. */
export function blocksIn(ranges: readonly PageRange[], pages: number): number {
  return ranges.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to ?? pages, pages) - from), 0);
}

/** The ranges to read of a part: the changed ones, or all of it when they are most of it. */
export function worthReading(ranges: readonly PageRange[], pages: number): readonly PageRange[] {
  return ranges.length > Math.max(MOST_RANGES, pages / PAGES_PER_RANGE) || blocksIn(ranges, pages) * 2 > pages
    ? WHOLE
    : ranges;
}

/** All blocks of a part. */
export function wholeRange(): readonly PageRange[] {
  return WHOLE;
}

/** Some ranges of one part, read by one query. */
export interface RangesCut {
  /** Position of the part among those that are read. */
  readonly part: number;
  readonly ranges: readonly PageRange[];
}

/** So many ranges go into one query. */
const MOST_TOGETHER = 500;

/**
 * Cuts the ranges of parts into pieces for several readers, so that each block is in one piece.
 * @param size how many blocks a piece should have
 */
export function cutRanges(
  parts: readonly { readonly ranges: readonly PageRange[]; readonly pages: number }[],
  size: number,
): RangesCut[] {
  const cuts: RangesCut[] = [];
  for (const [part, { ranges, pages }] of parts.entries()) {
    let open: PageRange[] = [];
    let blocks = 0;
    for (const piece of ranges.flatMap((range) => split(range, pages, size))) {
      const own = blocksIn([piece], pages);
      if (open.length > 0 && (open.length === MOST_TOGETHER || blocks + own > size)) {
        cuts.push({ part, ranges: open });
        [open, blocks] = [[], 0];
      }
      open.push(piece);
      blocks += own;
    }
    if (open.length > 0) cuts.push({ part, ranges: open });
  }
  return cuts;
}

function split({ from, to }: PageRange, pages: number, size: number): PageRange[] {
  const pieces: PageRange[] = [];
  let at = from;
  for (; at + size < (to ?? pages); at += size) pieces.push({ from: at, to: at + size });
  return [...pieces, { from: at, to }];
}
