import { asIban } from '../iban.ts';
import { negated } from '../numeral.ts';
import { AMOUNT, dayNear, swiftAmount, swiftDay } from './swiftValues.ts';

/** What a :61: says. */
export interface StatementLine {
  readonly date: string;
  readonly valueDate: string;
  readonly amount: string;
  /** `NTRF`, `S940` …: how the entry came in and what kind it is. */
  readonly code: string;
  readonly customerReference: string;
  readonly bankReference: string;
  /** What stands on the lines below, and a day that no calendar has. */
  readonly supplement: string;
}

/**
 * Value date, entry date (four blanks or nothing at some banks), mark, the third letter of the currency or another funds
 * code, amount, code, references. Without a code it is refused: a file cut in the middle of an amount ends so.
 */
const LINE = new RegExp(String.raw`^(\d{6})(\d{4})?\s*(R?[CD]|E[CD])([A-Z])?\s?(${AMOUNT})\s*([A-Z][A-Z0-9]{3})(.*)$`);

/**
 * Reads a :61:.
 * @param lines its physical lines, without the tag
 * @returns what it says, or what is wrong with it
 */
export function readStatementLine(lines: readonly string[]): StatementLine | string {
  const match = LINE.exec(lines[0] ?? '');
  if (match === null)
    return 'expected date, C or D, amount with a decimal comma and a code, such as 2401310131D12,50NTRF';
  const [, value = '', entry, mark = '', , digits = '', code = '', references = ''] = match;
  const valueDate = swiftDay(value);
  if (valueDate === null) return `there is no day ${value}`;
  const date = entry === undefined ? valueDate : dayNear(entry, valueDate);
  if (date === null) return `there is no day ${entry}`;
  const amount = swiftAmount(digits);
  const slashes = references.indexOf('//');
  const odd = [value, entry ?? ''].filter((day) => /02(29|30)$/.test(day) && !dayIn(day, valueDate, date));
  return {
    date,
    valueDate,
    // RC takes back a credit, RD a debit; ED is a debit that is expected.
    amount: mark === 'D' || mark === 'RC' || mark === 'ED' ? negated(amount) : amount,
    code,
    customerReference: (slashes < 0 ? references : references.slice(0, slashes)).trim(),
    bankReference: slashes < 0 ? '' : references.slice(slashes + 2).trim(),
    supplement: [...lines.slice(1), ...odd].join(' ').trim(),
  };
}

function dayIn(day: string, ...dates: readonly string[]): boolean {
  const monthAndDay = `${day.slice(-4, -2)}-${day.slice(-2)}`;
  return dates.some((date) => date.endsWith(monthAndDay));
}

/** An IBAN among a line's references: the other party's account at some banks. */
export function ibanAmong(line: StatementLine): string | null {
  for (const text of [line.customerReference, line.supplement]) {
    const iban = asIban(text);
    if (iban !== null) return iban;
  }
  return null;
}

/** `/OCMT/USD12,50`: the amount before the bank converted it, signed as the entry is; null where there is none. */
export function originalAmount(text: string, signed: string): { amount: string; currency: string } | null {
  const match = /\/OCMT\/([A-Z]{3})(\d+(?:,\d*)?)/.exec(text);
  if (match === null) return null;
  const [, currency = '', digits = ''] = match;
  const amount = swiftAmount(digits);
  return { amount: signed.startsWith('-') ? negated(amount) : amount, currency };
}
