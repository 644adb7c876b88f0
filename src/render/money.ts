/** Writes exact numbers for people: thousands separators and the decimal point of a locale, never a rounded digit. */
export interface NumberStyle {
  /** Money in the base currency: `-1,234.50`. Null and undefined are empty. */
  readonly money: (amount: string | null | undefined) => string;
  /** Money in any currency. */
  readonly amount: (amount: string | null | undefined, currency: string | null) => string;
  readonly count: (count: string | number) => string;
  /** `12.5 %` as the locale writes it. */
  readonly share: (ratio: number | null) => string;
  readonly number: (value: number | null) => string;
}

export function numberStyle(locale: string, baseCurrency: string): NumberStyle {
  const formats = new Map<string, Intl.NumberFormat>();
  const decimals = (fewest: number, most: number): Intl.NumberFormat => {
    const key = `${fewest} ${most}`;
    const known = formats.get(key);
    if (known !== undefined) return known;
    const format = new Intl.NumberFormat(locale, { minimumFractionDigits: fewest, maximumFractionDigits: most });
    formats.set(key, format);
    return format;
  };
  const amount = (text: string | null | undefined, currency: string | null): string => {
    if (text === null || text === undefined) return '';
    const fewest = currency === null ? 2 : minorDigits(currency);
    // Digits beyond the currency's own are shown when there are any: an amount is never shown rounded.
    const used = /\.(\d*?)0*$/.exec(text)?.[1]?.length ?? 0;
    return exact(decimals(fewest, Math.max(fewest, used)), text);
  };
  const percent = new Intl.NumberFormat(locale, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  return {
    money: (text) => amount(text, baseCurrency),
    amount,
    count: (count) => exact(decimals(0, 0), String(count)),
    share: (ratio) => (ratio === null ? '' : percent.format(ratio)),
    number: (value) => (value === null ? '' : decimals(0, 6).format(value)),
  };
}

/** Digits after the point that a currency has: 2 for USD, 0 for JPY; 2 for codes that nobody knows. */
export function minorDigits(currency: string): number {
  const known = digitsOf.get(currency);
  if (known !== undefined) return known;
  const digits = askedDigits(currency);
  // Currencies are few; what stands in their place in a strange file may not be.
  if (digitsOf.size < MOST_CURRENCIES) digitsOf.set(currency, digits);
  return digits;
}

const MOST_CURRENCIES = 500;
/** Asking takes longer than all else that is done to write an amount. */
const digitsOf = new Map<string, number>();

function askedDigits(currency: string): number {
  try {
    const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
    return maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** Intl formats decimal text with all its digits, which its types do not say. */
function exact(format: Intl.NumberFormat, text: string): string {
  const shown = format.format(text as `${number}`);
  return /^-[0.,]*$/.test(shown) ? shown.slice(1) : shown;
}
