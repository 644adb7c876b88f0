import { daysInMonth, dayText, fullYear } from '../days.ts';
import { negated, normalNumeral } from '../numeral.ts';
import type { Balance } from '../statement.ts';

/** `1234,5`, `9,`, `500`, `,50`; a point is taken where it stands before one or two decimals. */
export const AMOUNT = String.raw`(?:\d+(?:,\d*|\.\d{1,2})?|,\d+)`;

/** A SWIFT amount as a numeral. */
export function swiftAmount(text: string): string {
  return normalNumeral(text.replace(',', '.')) ?? '0';
}

/**
 * The day of `YYMMDD`, or null when there is none. Books of 360 days have a 29th and 30th February in every year: they are
 * the last day of that month.
 */
export function swiftDay(text: string): string | null {
  return dayOf(fullYear(Number(text.slice(0, 2))), Number(text.slice(2, 4)), Number(text.slice(4, 6)));
}

/** The day of `MMDD` that is next to another day (the entry date has no year: it follows or precedes the value date closely). */
export function dayNear(monthAndDay: string, near: string): string | null {
  const month = Number(monthAndDay.slice(0, 2));
  const apart = month - Number(near.slice(5, 7));
  const year = Number(near.slice(0, 4)) + (apart > 6 ? -1 : apart < -6 ? 1 : 0);
  return dayOf(year, month, Number(monthAndDay.slice(2, 4)));
}

function dayOf(year: number, month: number, day: number): string | null {
  const last = month === 2 && (day === 29 || day === 30) ? Math.min(day, daysInMonth(year, 2)) : day;
  return dayText(year, month, last);
}

const BALANCE = new RegExp(String.raw`^\s*([CD])\s*(\d{6})([A-Z]{3})\s*(${AMOUNT})\s*$`);

/** `C200101EUR444,29`, or null for what is no balance. */
export function swiftBalance(text: string): { balance: Balance; currency: string } | null {
  const match = BALANCE.exec(text);
  if (match === null) return null;
  const [, mark, day = '', currency = '', digits = ''] = match;
  // Some banks have no day for the balance of an account that never moved.
  const date = day === '000000' ? null : swiftDay(day);
  if (date === null && day !== '000000') return null;
  const amount = swiftAmount(digits);
  return { balance: { amount: mark === 'D' ? negated(amount) : amount, date }, currency };
}
