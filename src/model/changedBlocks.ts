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
 * What it costs to read by the log, in blocks of a scan (measured, docs/performance.md): a block with the keys of its rows, a range, which
 * is a condition of its own and rows to be found one by one, and a block of a part that is read as a whole with all of its keys.
 */
const COST_OF_BLOCK = 2;
const COST_OF_RANGE = 12;
export const COST_OF_LEARNING = 2;
/** So many ranges are a tenth of a second: not worth a thought. */
const FREE_RANGES = 250;

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

/** What it costs to read these ranges of a part of so many blocks, beside a scan, which costs one for each block. */
export function costOf(ranges: readonly PageRange[], pages: number): number {
  return blocksIn(ranges, pages) * COST_OF_BLOCK + Math.max(0, ranges.length - FREE_RANGES) * COST_OF_RANGE;
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
