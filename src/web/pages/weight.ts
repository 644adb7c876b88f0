import type { Html } from './html.ts';

/** What a page may weigh beside the script and the style sheet, so that all of it stays below 150 KB. */
const PAGE_BYTES = 108_000;

/** What navigation, filters, titles and exports take of that. */
const FRAME_BYTES = 14_000;

/** However little is left, so many lines of a table are shown. */
const FEWEST = 5;

function bytesOf(...parts: readonly (Html | null)[]): number {
  return parts.reduce((sum, part) => sum + (part === null ? 0 : Buffer.byteLength(part.text)), 0);
}

/** What a page may weigh beside its frame and these parts: a chart is drawn whole, and tables take what it leaves. */
export function bytesBeside(...parts: readonly (Html | null)[]): number {
  return PAGE_BYTES - FRAME_BYTES - bytesOf(...parts);
}

/**
 * The first of them that together weigh no more.
 * @param fewest so many are shown however little is left
 */
export function withinBytes(parts: readonly Html[], most = Number.POSITIVE_INFINITY, fewest = FEWEST): readonly Html[] {
  let bytes = 0;
  const end = parts.findIndex((part, index) => {
    bytes += bytesOf(part);
    return bytes > most && index >= fewest;
  });
  return end === -1 ? parts : parts.slice(0, end);
}
