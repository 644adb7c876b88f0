import stringWidth from 'string-width';

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const ANSI_COLOUR = /(\u001b\[[0-9;]*m)/;
let segmenter: Intl.Segmenter | undefined;

/** Made when first needed: it takes 9 ms, which most commands need not pay. */
function getSegmenter(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter();
  return segmenter;
}

/** Terminal columns that a text takes: 2 for wide characters and emoji, 0 for combining marks and colour codes. */
export function displayWidth(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text);
}

/** Pads to `width` columns; never cuts. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const fill = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? fill + text : text + fill;
}

/** Cuts a text without colour codes to at most `width` columns, its middle out: names of files and accounts differ at either end. */
export function truncateMiddle(text: string, width: number, ellipsis = '…'): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 2) return truncate(text, width, ellipsis);
  const tailRoom = Math.floor((width - 1) / 2);
  const segments = [...getSegmenter().segment(text)].map(({ segment }) => segment);
  let tail = '';
  for (let at = segments.length - 1; at >= 0; at--) {
    const longer = `${segments[at]}${tail}`;
    if (displayWidth(longer) > tailRoom) break;
    tail = longer;
  }
  return truncate(text, width - displayWidth(tail), ellipsis) + tail;
}

/** A text in lines of at most `width` columns, broken wherever they are full. */
export function fold(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const { segment } of getSegmenter().segment(text)) {
    if (line !== '' && displayWidth(line + segment) > width) {
      lines.push(line);
      line = '';
    }
    line += segment;
  }
  return [...lines, line];
}

/**
 * Cuts a text to at most `width` columns, the last of which is then `…` (or what else `ellipsis` is, one column wide). Characters of several code points (emoji,
 * accents) are never split, and colour codes are kept so that colours end where they should.
 */
export function truncate(text: string, width: number, ellipsis = '…'): string {
  // A text never has more columns than twice its length, so most cells need no measuring.
  if (text.length * 2 <= width || displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  let room = width - 1;
  let full = false;
  let out = '';
  for (const part of text.split(ANSI_COLOUR)) {
    if (ANSI_COLOUR.test(part)) {
      out += part;
      continue;
    }
    if (full) continue;
    for (const { segment } of getSegmenter().segment(part)) {
      const columns = displayWidth(segment);
      if (columns > room) {
        out += ellipsis;
        full = true;
        break;
      }
      out += segment;
      room -= columns;
    }
  }
  return full ? out : out + ellipsis;
}
