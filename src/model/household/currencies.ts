import type { Day } from './calendar.ts';

/** US dollars per unit, in millionths, about 2025; invented to be plausible, not quoted rates. */
const MICRODOLLARS: Readonly<Record<string, number>> = {
  USD: 1_000_000,
  EUR: 1_092_000,
  GBP: 1_281_000,
  JPY: 6_710,
  CHF: 1_134_000,
  CAD: 731_000,
  MXN: 55_300,
  SEK: 95_800,
  PLN: 254_000,
};

/** Currencies without minor units: their amounts are whole. */
const WHOLE_UNITS = new Set(['JPY']);

/** How far rates are from the table, in thousandths; they drift from month to month along this cycle. */
const DRIFT = [0, 4, 9, 7, 12, 18, 15, 9, 3, -4, -11, -8, -14, -19, -13, -6] as const;

/** A home currency that is not in the table is taken to be worth a dollar. */
function microdollars(currency: string, month: number): number {
  const base = MICRODOLLARS[currency] ?? 1_000_000;
  if (currency === 'USD') return base;
  const drift = DRIFT[(month + currency.charCodeAt(0) + currency.charCodeAt(1)) % DRIFT.length] ?? 0;
  return base + Math.trunc((base * drift) / 1000);
}

/**
 * Converts hundredths of one currency into hundredths of another at the month's rate, half away from zero. Safe
 * integers throughout: amounts here stay far below 2^53 / 2 million.
 */
export function convertCents(cents: number, from: string, to: string, month: number): number {
  if (from === to) return cents;
  const numerator = Math.abs(cents) * microdollars(from, month);
  const denominator = microdollars(to, month);
  const rounded = Math.floor((2 * numerator + denominator) / (2 * denominator));
  return cents < 0 ? -rounded : rounded;
}

/** An amount of about `dollarCents` that is spent in another currency, whole where that has no minor unit. */
export function spendAbroad(dollarCents: number, currency: string, day: Day): number {
  const cents = convertCents(dollarCents, 'USD', currency, Math.trunc(day / 30));
  return WHOLE_UNITS.has(currency) ? Math.max(100, Math.round(cents / 100) * 100) : Math.max(1, cents);
}
