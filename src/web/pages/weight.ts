import type { Html } from './html.ts';

/** What a page may weigh beside the script and the style sheet, so that all of it stays below 150 KB. */
export const PAGE_BYTES = 108_000;

/** However little is left, so many are shown. */
const FEWEST = 5;

export function bytesOf(...parts: readonly (Html | null)[]): number {
  return parts.reduce((sum, part) => sum + (part === null ? 0 : Buffer.byteLength(part.text)), 0);
}

/** The first of them that together weigh no more. */
export function withinBytes(parts: readonly Html[], most = Number.POSITIVE_INFINITY): readonly Html[] {
  let bytes = 0;
  const end = parts.findIndex((part, index) => {
    bytes += bytesOf(part);
    return bytes > most && index >= FEWEST;
  });
  return end === -1 ? parts : parts.slice(0, end);
}
