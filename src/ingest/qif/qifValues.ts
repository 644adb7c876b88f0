import { dayText, fullYear } from '../days.ts';
import { normalNumeral } from '../numeral.ts';

/** In which order the dates of a file stand, and which mark its decimals. */
export interface QifStyle {
  readonly dateOrder: DateOrder;
  readonly decimalMark: '.' | ',';
}

export type DateOrder = 'DMY' | 'MDY' | 'YMD';

/** `1/ 5'04`: blanks for zeros; an apostrophe before years from 2000 on. */
const PARTS = /^(\d{1,4})[-/.](\d{1,2})([-/.']+)(\d{1,4})$/;

/** The day that a date means in that order, or null when there is none. */
export function qifDate(text: string, order: DateOrder): string | null {
  const compact = text.replace(/\s/g, '');
  if (/^\d{8}$/.test(compact))
    return dayText(Number(compact.slice(0, 4)), Number(compact.slice(4, 6)), Number(compact.slice(6)));
  const match = PARTS.exec(compact);
  if (match === null) return null;
  const [, first = '', second = '', mark = '', third = ''] = match;
  if (first.length === 4) return dayText(Number(first), Number(second), third.length <= 2 ? Number(third) : 0);
  if (first.length === 3) return null;
  if (order === 'YMD') return dayText(yearOf(first, ''), Number(second), third.length <= 2 ? Number(third) : 0);
  const [day, month] = order === 'DMY' ? [first, second] : [second, first];
  return dayText(yearOf(third, mark), Number(month), Number(day));
}

function yearOf(text: string, mark: string): number {
  if (text.length === 4) return Number(text);
  if (text.length === 3) return 0;
  return mark.includes("'") ? 2000 + Number(text) : fullYear(Number(text));
}

/** Whether all orders mean the same day: a year of four digits stands first. */
export function yearFirst(text: string): boolean {
  return /^\s*\d{4}/.test(text);
}

/**
 * An amount, exactly or not at all. A mark before groups of three digits is that of thousands, never of three decimals.
 * @returns its numeral, or null for what is no amount in a file of that decimal mark
 */
export function qifAmount(text: string, decimalMark: '.' | ','): string | null {
  // Blanks and apostrophes stand between whole digits: elsewhere a digit or a sign was there.
  const compact = text.trim().replace(/(?<=\d)[\s\u00a0\u202f'\u2019](?=\d{3}(?!\d))|(?<=^[+-])\s+/g, '');
  const [whole = '', fraction = '', ...more] = compact.split(decimalMark);
  const groups = whole.split(decimalMark === '.' ? ',' : '.');
  const [first = '', ...rest] = groups;
  if (more.length > 0 || fraction.length === 3 || !/^[+-]?\d*$/.test(first)) return null;
  if (rest.length > 0 && !/^[+-]?\d{1,3}$/.test(first)) return null;
  // The last group has three digits, those before it two or three (1,00,000 in India).
  if (!rest.every((group, index) => (index === rest.length - 1 ? /^\d{3}$/ : /^\d{2,3}$/).test(group))) return null;
  return normalNumeral(`${groups.join('')}${fraction === '' ? '' : `.${fraction}`}`);
}
