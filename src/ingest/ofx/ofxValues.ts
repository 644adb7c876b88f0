import { dayText } from '../days.ts';
import { compareNumerals, negated, normalNumeral } from '../numeral.ts';

const DATE =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2}))?(?:[.,:]\d*)?)?\s*(?:\[[^\]]*\]?|Z|[+-]\d{1,2}:?\d{0,2})?$/;

/**
 * `20090401122017.000[-5:EST]`: the day and time as written, whatever the zone. Midnight and noon stand for "no time" at most
 * banks. Null when there is no such day.
 */
export function ofxDate(text: string): { date: string; time: string | null } | null {
  const match = DATE.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = '00'] = match;
  const date = dayText(Number(year), Number(month), Number(day));
  if (date === null) return null;
  const time = `${hour}:${minute}:${second}`;
  const known = hour !== undefined && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  return { date, time: known && time !== '00:00:00' && time !== '12:00:00' ? time : null };
}

/** Decimals that a quotient may have to count as exact. */
const DECIMALS = 4;

/**
 * The amount before the bank converted it: amount / rate, where that is exact. Else null: nothing is rounded here.
 * @param rate units of the account's currency for one of the other
 */
export function beforeConversion(amount: string, rate: string): string | null {
  const plainRate = normalNumeral(rate.replace(',', '.'));
  if (plainRate === null || compareNumerals(plainRate, '0') <= 0) return null;
  const [top, topScale] = scaled(amount.replace('-', ''));
  const [bottom, bottomScale] = scaled(plainRate);
  const numerator = top * 10n ** BigInt(bottomScale + DECIMALS);
  const denominator = bottom * 10n ** BigInt(topScale);
  if (numerator % denominator !== 0n) return null;
  const digits = String(numerator / denominator).padStart(DECIMALS + 1, '0');
  const text = `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`.replace(/0{1,2}$/, '');
  return amount.startsWith('-') ? negated(text) : text;
}

function scaled(numeral: string): [bigint, number] {
  const point = numeral.indexOf('.');
  return point < 0 ? [BigInt(numeral), 0] : [BigInt(numeral.replace('.', '')), numeral.length - point - 1];
}
