import { normalNumeral } from '../numeral.ts';

/** How the numbers of a file are written. */
export interface NumberStyle {
  readonly decimalMark: '.' | ',';
  /** What may stand between groups of digits; any blank stands for all kinds of blanks. '' for nothing. */
  readonly thousands: '' | '.' | ',' | "'" | ' ';
}

/** An amount as a cell has it. */
export interface Amount {
  readonly numeral: string;
  /** ISO code where the cell says which currency it is in (`12.50 EUR`, `€12.50`; `$` says nothing). */
  readonly currency: string | null;
  /** Whether the sign was there: +, -, parentheses, CR or DR. */
  readonly signed: boolean;
}

/** Signs that belong to one currency only. */
const SIGNS: Readonly<Record<string, string>> = {
  '€': 'EUR',
  '£': 'GBP',
  zł: 'PLN',
  Kč: 'CZK',
  Ft: 'HUF',
  '₹': 'INR',
  '₺': 'TRY',
  '₽': 'RUB',
  '₪': 'ILS',
  '₩': 'KRW',
};
const SIGN = '(?:[A-Za-z]{1,3}\\$|[$€£¥₹₺₽₪₩]|[A-Z]{3}|kr\\.?|zł|Kč|Ft|Fr\\.?|R\\$?)';
const CELL = new RegExp(
  `^'?\\s*(?<open>\\()?\\s*(?<before>[+\\-\u2212\u2013])?\\s*(?<left>${SIGN})?\\s*(?<inner>[+\\-\u2212\u2013])?\\s*(?<digits>(?:\\d[\\d.,'\u2019 \u00a0\u202f\u2009]*)?[.,]?\\d+[.,]?)` +
    `\\s*(?<after>[+\\-\u2212\u2013])?\\s*(?<close>\\))?\\s*(?<right>${SIGN})?\\s*(?<late>\\))?\\s*(?<mark>CR|DR|Cr|Dr|cr|dr|C|D|H|S)?\\.?\\s*$`,
  'u',
);
const PLAIN = { '.': /^-?(?:[1-9]\d*|0)(?:\.\d+)?$/, ',': /^-?(?:[1-9]\d*|0)(?:,\d+)?$/ } as const;

/** Reads the amounts of one column. */
export type AmountReader = (cell: string) => Amount | null;

/**
 * A function that reads cells of that style, exactly or not at all (null): `1,234` is no number where the comma is a decimal mark
 * and three digits follow it only if that is how the file writes.
 */
export function amountReader(style: NumberStyle): AmountReader {
  const { decimalMark, thousands } = style;
  const plain = PLAIN[decimalMark];
  const grouped = thousands === '.' || thousands === ',' ? GROUPED[thousands] : null;
  return (cell) => {
    if (plain.test(cell)) {
      const numeral = decimalMark === '.' ? cell : cell.replace(',', '.');
      const signed = numeral.charCodeAt(0) === 0x2d;
      if (!signed || numeral.charCodeAt(1) !== 0x30) return { numeral, currency: null, signed };
    } else if (grouped?.test(cell) && thousands !== decimalMark) {
      const digits = cell.replaceAll(thousands, '');
      return {
        numeral: decimalMark === '.' ? digits : digits.replace(',', '.'),
        currency: null,
        signed: digits.charCodeAt(0) === 0x2d,
      };
    }
    return readCell(cell, style);
  };
}

/** `1.234,56`: as common as plain numbers in files that group digits. */
const GROUPED = {
  '.': /^-?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$/,
  ',': /^-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$/,
} as const;

function readCell(cell: string, style: NumberStyle): Amount | null {
  const parts = amountParts(cell);
  if (parts === null) return null;
  const digits = plainDigits(parts.digits, style);
  const numeral = digits === null ? null : normalNumeral(digits);
  if (numeral === null) return null;
  return {
    numeral: parts.negative && /[1-9]/.test(numeral) ? `-${numeral}` : numeral,
    currency: parts.currency,
    signed: parts.signed,
  };
}

export interface AmountParts {
  /** Digits and the marks between them, as they stand. */
  readonly digits: string;
  readonly negative: boolean;
  readonly signed: boolean;
  readonly currency: string | null;
}

/** What is around the digits of an amount; null for what is no amount in any style. */
export function amountParts(cell: string): AmountParts | null {
  const found = CELL.exec(cell)?.groups;
  if (found === undefined) return null;
  const { open, before, left, inner, digits = '', after, close, right, late, mark } = found;
  const closed = close ?? late;
  if ((open === undefined) !== (closed === undefined) || (left !== undefined && right !== undefined)) return null;
  const signs = [before, inner, after].filter((sign) => sign !== undefined);
  if (signs.length > 1 || (signs.length > 0 && (open !== undefined || mark !== undefined))) return null;
  if (open !== undefined && mark !== undefined) return null;
  const debit = mark !== undefined && /^[DS]/i.test(mark);
  const sign = left ?? right;
  return {
    digits,
    negative: open !== undefined || debit || (signs[0] !== undefined && signs[0] !== '+'),
    signed: signs.length > 0 || open !== undefined || mark !== undefined,
    currency: sign === undefined ? null : (SIGNS[sign] ?? (/^[A-Z]{3}$/.test(sign) ? sign : null)),
  };
}

/** Digits with a point, or null where the marks are not those of the style, or not where they belong. */
function plainDigits(digits: string, { decimalMark, thousands }: NumberStyle): string | null {
  const decimal = digits.indexOf(decimalMark);
  if (decimal >= 0 && digits.indexOf(decimalMark, decimal + 1) >= 0) return null;
  const whole = decimal < 0 ? digits : digits.slice(0, decimal);
  const fraction = decimal < 0 ? '' : digits.slice(decimal + 1);
  if (!/^\d*$/.test(fraction)) return null;
  if (/^\d*$/.test(whole)) return `${whole}${decimal < 0 ? '' : `.${fraction}`}`;
  if (thousands === '') return null;
  const groups = whole.split(GROUPING[thousands]);
  // The last group has three digits, those before it two or three (1,00,000 in India).
  const last = groups.at(-1) ?? '';
  const middle = groups.slice(1, -1);
  if (
    groups.length < 2 ||
    !/^\d{1,3}$/.test(groups[0] ?? '') ||
    !/^\d{3}$/.test(last) ||
    !middle.every((group) => /^\d{2,3}$/.test(group))
  )
    return null;
  return `${groups.join('')}${decimal < 0 ? '' : `.${fraction}`}`;
}

const GROUPING = { '.': '.', ',': ',', "'": /['\u2019]/, ' ': /[ \u00a0\u202f\u2009]/ } as const;
