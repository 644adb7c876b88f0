import type { ColumnRule } from './transactionsTable.ts';

/**
 * What is wrong with a text as a value of a column, in words that follow "found …"; null when PostgreSQL will store
 * it exactly. Texts are judged as text, so that no amount is ever rounded on the way.
 */
export function textProblem(rule: ColumnRule, text: string): string | null {
  if (text.includes('\u0000')) return 'it holds a NUL character, which PostgreSQL cannot store';
  switch (rule.kind) {
    case 'text':
      return tooLong(text, rule.maxLength);
    case 'decimal':
      return decimalProblem(text, rule.precision - rule.scale, rule.scale);
    case 'timestamp':
      return timestampProblem(text);
    case 'boolean':
      return /^ *(?:true|false|t|f|yes|no|y|n|on|off|1|0) *$/i.test(text) ? null : 'it is neither true nor false';
  }
}

function tooLong(text: string, maxLength: number): string | null {
  // PostgreSQL counts characters, JavaScript counts an emoji as two.
  if (text.length <= maxLength) return null;
  const length = [...text].length;
  return length <= maxLength ? null : `it has ${length} characters, and the column takes ${maxLength}`;
}

const DECIMAL = /^ *[+-]?(\d*)(?:\.(\d*))? *$/;
const GROUPED = /^ *[+-]?\d{1,3}(?:[,' \u00a0\u202f]\d{3})+(?:[.,]\d+)? *$/;

function decimalProblem(text: string, wholeDigits: number, scale: number): string | null {
  const [, whole = '', fraction = ''] = DECIMAL.exec(text) ?? [];
  if (whole === '' && fraction === '') return notDecimal(text);
  if (whole.replace(/^0+/, '').length > wholeDigits)
    return `it has more than ${wholeDigits} digits before the decimal point`;
  if (fraction.replace(/0+$/, '').length > scale)
    return `it has more than ${scale} decimal places, and amounts are never rounded`;
  return null;
}

function notDecimal(text: string): string {
  if (/^ *[+-]?(?:nan|inf|infinity) *$/i.test(text)) return 'it is not an amount';
  if (GROUPED.test(text)) return 'thousands separators are not accepted; write it like 1234.50';
  if (/^ *[+-]?\d+,\d+ *$/.test(text)) return 'the decimal sign is a point; write it like 1234.50';
  if (/^ *[+-]?[\d.]+e[+-]?\d+ *$/i.test(text)) return 'exponents are not accepted; write it like 1234.50';
  return 'it is not a number like -1234.50';
}

const TIMESTAMP = /^ *(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)? *$/;
const ZONED = /^ *\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)? ?(?:Z|UTC|[+-]\d\d(?::?\d\d)?) *$/i;

function timestampProblem(text: string): string | null {
  const match = TIMESTAMP.exec(text);
  if (match === null)
    return ZONED.test(text)
      ? 'the column holds times without a zone; convert it and leave the zone out'
      : 'it is not a time like 2026-01-31 13:45:00';
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = match;
  if (!isDate(Number(year), Number(month), Number(day))) return 'there is no such day';
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return 'there is no such time of day';
  if (fraction.replace(/0+$/, '').length > 6) return 'it is finer than a microsecond';
  return null;
}

function isDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const length = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= length;
}
