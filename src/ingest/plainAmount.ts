import { normalNumeral } from './numeral.ts';

/**
 * An amount with a point or a comma before its decimals, in formats whose rules allow no thousands marks; where a bank writes both,
 * the last is the decimal mark (`1,234.56`, `1.234,56`); blanks group digits.
 * @returns its numeral, or null for what is no amount
 */
export function plainAmount(text: string): string | null {
  const digits = text.replace(/[\s\u00a0\u202f]/g, '');
  const point = digits.lastIndexOf('.');
  const comma = digits.lastIndexOf(',');
  if (point < 0 || comma < 0) return normalNumeral(digits.replace(',', '.'));
  const [thousands, decimal] = point > comma ? [',', '.'] : ['.', ','];
  const [whole = '', fraction = '', ...more] = digits.split(decimal);
  const groups = whole.split(thousands);
  if (more.length > 0 || !/^[+-]?\d{1,3}$/.test(groups[0] ?? '')) return null;
  if (!groups.slice(1).every((group) => /^\d{3}$/.test(group))) return null;
  return normalNumeral(`${groups.join('')}.${fraction}`);
}
