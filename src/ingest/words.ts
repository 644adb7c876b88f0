/**
 * A text as it counts for identity: letters and digits alone, in capitals, without accents. Banks wrap lines within words, pad
 * with blanks, change case and punctuation between one download and the next; what is left after all that is the same.
 */
export function identityWords(text: string): string {
  // Nearly all texts are plain ASCII, for which no table of Unicode need be asked.
  if (ASCII.test(text)) return text.toUpperCase().replace(NOT_ALPHANUMERIC, '');
  return text.normalize('NFKD').replace(MARKS, '').toUpperCase().replace(NEITHER_LETTER_NOR_DIGIT, '');
}

const ASCII = /^[\x20-\x7e]*$/;
const NOT_ALPHANUMERIC = /[^A-Z0-9]+/g;
const MARKS = /\p{M}+/gu;
const NEITHER_LETTER_NOR_DIGIT = /[^\p{L}\p{N}]+/gu;
