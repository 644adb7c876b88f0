import { costOf, wholeRange } from './changedBlocks.ts';
import type { PageRange } from './pageRanges.ts';

/** Of which tables the file keeps where their rows lie, and how that is learned. */
export interface PlacesLimits {
  /** In pages: of larger tables; 32 MB when left out. */
  readonly from?: number;
  /** In pages: so much is learned by one sync; 16 GB when left out. */
  readonly upTo?: number;
  /** So many rows at once. */
  readonly rows?: bigint;
}

/** The blocks to read of a part. */
export interface PartBlocks {
  readonly ranges: readonly PageRange[];
  /** How many rows it had when the places of its rows were noted; null when all of it is read, and they are noted by that. */
  readonly rows: bigint | null;
}

/** The blocks of a part that changed since something of it was noted, and how many rows it had then. */
export interface ChangedSince {
  readonly ranges: readonly PageRange[];
  readonly rows: bigint;
}

/** How a part is to be read. */
export type PartLook =
  | { readonly kind: 'unread'; readonly rows: bigint; readonly placed: boolean }
  /** By its changed blocks; or as a whole, by which the places of its rows are learned. */
  | { readonly kind: 'blocks'; readonly blocks: PartBlocks }
  /** So much of it changes from sync to sync that places would be out of date before they are of use. */
  | { readonly kind: 'busy' };

/** Places are learned where the next sync like this one would cost no more than this share of a scan. */
const QUIET = 0.5;

/** Whether places from which on so much changed are still of use: to read these blocks costs less than all. */
export function isOfUse({ ranges }: Pick<ChangedSince, 'ranges'>, pages: number): boolean {
  return costOf(ranges, pages) <= pages;
}

/**
 * How to read a part of so many blocks.
 * @param places what changed since the places of its rows were noted; null when they are not known
 * @param rows what changed since the last sync; null when its file was another one then
 */
export function lookAtPart(pages: number, places: ChangedSince | null, rows: ChangedSince | null): PartLook {
  if (places?.ranges.length === 0) return { kind: 'unread', rows: places.rows, placed: true };
  if (places !== null && isOfUse(places, pages)) return { kind: 'blocks', blocks: places };
  if (rows?.ranges.length === 0) return { kind: 'unread', rows: rows.rows, placed: false };
  if (rows !== null && costOf(rows.ranges, pages) > pages * QUIET) return { kind: 'busy' };
  return { kind: 'blocks', blocks: { ranges: wholeRange(), rows: null } };
}
