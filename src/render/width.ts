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

/** `1 row`, `1,200 rows`: counts for people. Not by toLocaleString, whose first call takes 4 ms. */
export function plural(count: number, noun: string): string {
  return `${String(count).replace(/\B(?=(\d{3})+$)/g, ',')} ${noun}${count === 1 ? '' : 's'}`;
}
