import { standingAlone } from '../freeText.ts';
import { BoundedMap } from './boundedMap.ts';

/** Names that are letters; words without vowels are taken for such anyway. */
const ACRONYMS = new Set(
  `IBM DB BMW HBO ATM UPS USPS IKEA ADAC AOK ARD ZDF UBS ING KLM SBB ÖBB TUI USA UK US EU TV PC IRS AOL AXA AT BP TK GE LIDL
EON ENI EDF RATP SAS AA BA ACE ABC CIA NASA HUK DAK ASOS IHK VHS AMC ESPN REI AAA RTL ICA CAF SEB ABN OMV`.split(/\s+/),
);
const NO_ACRONYMS = new Set(
  'LIDL ST DR MR MRS MS NR FT MT MKT SHP BLVD RD PKWY HWY STR PL SQ CTR GRP MGMT SVC SVCS SRVC PMT PYMT PMTS LN DRV NTH STH MKTP TRF BY MY DRY SKY FLY SPY GYM'.split(
    ' ',
  ),
);
/** Small in the middle of a name. */
const SMALL = new Set(
  'of and the for de la le les del der die das am im und et du des y e da do dos van von den zum zur et al in on at a'.split(
    ' ',
  ),
);

/**
 * Names in capitals or in small letters become readable, and the same: `THE COPPER SPOON`, `shell kings`. What the bank wrote in both
 * stays, but for single long words in capitals (`REWE Markt`) and words in small letters, which others write in both.
 */
export function readableCase(text: string): string {
  const upper = text.toUpperCase();
  const lower = text.toLowerCase();
  if (upper === lower) return text;
  const plain = text === upper || text === lower;
  if (!plain && !UNUSUAL.test(text)) return text;
  const words = text.split(' ');
  return words.map((word, index) => (plain || UNUSUAL.test(word) ? wordCase(word, index) : word)).join(' ');
}

/** A long word in capitals, or one in small letters. */
const UNUSUAL = /(?<!\p{L})\p{Lu}{4,}(?!\p{L})|(?<!\S)\p{Ll}{2,}(?!\S)/u;

/** Words come again and again. */
const cased = new BoundedMap<string>(20_000);

function wordCase(word: string, index: number): string {
  if (index > 0) {
    const lower = word.toLowerCase();
    if (SMALL.has(lower) && lower.length === word.length) return lower;
  }
  let found = cased.get(word);
  if (found === undefined) {
    found = standingAlone(nameCase(word));
    cased.set(word, found);
  }
  return found;
}

function nameCase(word: string): string {
  const upper = word.toUpperCase();
  const lower = word.toLowerCase();
  if (upper.length !== word.length || lower.length !== word.length) return word;
  if (isAcronym(upper.replace(/[^\p{L}\d&]/gu, ''))) return upper;
  if (DOMAIN.test(lower)) return capital(lower);
  return lower
    .replace(BEGINS, (letter) => capital(letter))
    .replace(SCOTTISH, (_, head, letter) => `${head}${capital(letter)}`);
}

/** Where a part of a name begins: not behind an apostrophe (`Wendy's`), but for `O'Leary` and `L'Érable`. */
const BEGINS = /(?<![\p{L}\p{M}\d'’])\p{L}|(?<=(?<![\p{L}\d])[odl]['’])\p{L}(?=\p{L})/gu;
const DOMAIN = /^[\p{L}\d][^\s/]*\.(?:com|net|org|co|uk|de|fr|nl|it|es|eu|io|at|ch|pl|ca)(?:\/\S*)?$/u;
const SCOTTISH = /^(Mc)([bcdfghjklmnpqrstvwxyz]\p{L})/u;

function capital(letters: string): string {
  const first = letters.charAt(0).toUpperCase();
  return first.length === 1 ? first + letters.slice(1) : letters;
}

function isAcronym(letters: string): boolean {
  if (NO_ACRONYMS.has(letters)) return false;
  if (ACRONYMS.has(letters)) return true;
  // H&M, AT&T
  if (letters.includes('&')) return letters.length > 1 && letters.length <= 4;
  // N26, 3M
  if (/\d/.test(letters)) return letters.length <= 4;
  return letters.length >= 2 && letters.length <= 4 && /^[BCDFGHJKLMNPQRSTVWXZ]+$/.test(letters);
}
