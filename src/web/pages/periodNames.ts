import type { Interval } from '../../model/period.ts';

/** `Jan` and, where a year begins or a chart does, the year beneath. */
export function axisLabels(
  labels: readonly string[],
  interval: Interval,
  locale: string,
): { readonly label: string; readonly below: string | null }[] {
  const month = new Intl.DateTimeFormat(locale, { month: 'short', timeZone: 'UTC' });
  let year = '';
  return labels.map((text) => {
    if (interval === 'year') return { label: text, below: null };
    const own = text.slice(0, 4);
    const below = own === year ? null : own;
    year = own;
    if (interval === 'month') return { label: month.format(new Date(`${text}-01T00:00:00Z`)), below };
    return { label: interval === 'day' ? text.slice(5) : text.slice(5), below };
  });
}

/** `March 2026`, and other intervals as reports name them. */
export function intervalName(label: string, interval: Interval, locale: string): string {
  if (interval !== 'month') return label;
  if (longMonth?.locale !== locale) {
    const options = { month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
    longMonth = { locale, format: new Intl.DateTimeFormat(locale, options) };
  }
  return longMonth.format.format(new Date(`${label}-01T00:00:00Z`));
}

/** The last one made: making one takes longer than formatting a hundred months. */
let longMonth: { readonly locale: string; readonly format: Intl.DateTimeFormat } | null = null;

/** `March 2026` for a whole month, the year for a whole year, else both days. */
export function spanName(from: string | null, to: string | null, locale: string): string {
  if (from === null || to === null) return from === null ? (to === null ? 'all time' : `until ${to}`) : `since ${from}`;
  if (from === to) return from;
  const last = new Date(Date.UTC(Number(from.slice(0, 4)), Number(from.slice(5, 7)), 0)).toISOString().slice(0, 10);
  if (from.endsWith('-01') && to === last) return intervalName(from.slice(0, 7), 'month', locale);
  if (from.endsWith('-01-01') && to === `${from.slice(0, 4)}-12-31`) return from.slice(0, 4);
  return `${from} to ${to}`;
}
