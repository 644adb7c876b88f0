import { DEFAULT_LOCALE, parseLocale } from '../../render/locale.ts';

/**
 * How a visitor's numbers are written: as the address says, else as the browser prefers.
 * @throws FinanceDbError USAGE for a `locale` in the address that is none
 */
export function localeOf(query: URLSearchParams, acceptLanguage: string | undefined): string {
  const asked = query.get('locale');
  if (asked !== null && asked !== '') return parseLocale(asked);
  for (const part of (acceptLanguage ?? '').slice(0, 200).split(',')) {
    const tag = part.split(';')[0]?.trim() ?? '';
    if (!/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(tag)) continue;
    const [known] = Intl.NumberFormat.supportedLocalesOf(tag);
    if (known !== undefined) return known;
  }
  return DEFAULT_LOCALE;
}
