/** A text of a page as it was before it was escaped. */
export const unescaped = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** A figure that leads to its transactions, and what they must add up to. */
export interface Door {
  readonly href: string;
  readonly kind: 'sum' | 'count' | 'original';
  readonly figure: string;
  /** What the page says was there before the first of them: a balance. */
  readonly start: string;
}

/** All doors of a page, or of a part of one. */
export function doorsOf(page: string): Door[] {
  return [...page.matchAll(/<a\b([^>]*)>/g)].flatMap(([, attributes = '']): Door[] => {
    const href = /\bhref="([^"]*)"/.exec(attributes)?.[1];
    const read = (name: string): string | null => new RegExp(`\\bdata-${name}="([^"]*)"`).exec(attributes)?.[1] ?? null;
    if (href === undefined) return [];
    const balance = read('balance');
    if (balance !== null)
      return [
        { href: unescaped(href), kind: read('of') as Door['kind'], figure: balance, start: read('start') ?? 'none' },
      ];
    const kind = (['sum', 'count', 'original'] as const).find((name) => read(name) !== null);
    return kind === undefined ? [] : [{ href: unescaped(href), kind, figure: read(kind) ?? '', start: '0' }];
  });
}

/** 1.5 and 1.50 are one amount. */
export const exactly = (text: string): string => {
  const [whole = '', part = ''] = text.replace('-', '').split('.');
  const digits = `${whole}.${part.replace(/0+$/, '')}`;
  return /^0*\.$/.test(digits) ? '0' : `${text.startsWith('-') ? '-' : ''}${digits}`;
};
