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
}

/** All doors of a page, or of a part of one. */
export function doorsOf(page: string): Door[] {
  return [...page.matchAll(/<a\b([^>]*)>/g)].flatMap(([, attributes = '']): Door[] => {
    const claim = /\bdata-(sum|count|original)="([^"]*)"/.exec(attributes);
    const href = /\bhref="([^"]*)"/.exec(attributes)?.[1];
    return claim === null || href === undefined
      ? []
      : [{ href: unescaped(href), kind: claim[1] as Door['kind'], figure: claim[2] ?? '' }];
  });
}

/** 1.5 and 1.50 are one amount. */
export const exactly = (text: string): string => {
  const [whole = '', part = ''] = text.replace('-', '').split('.');
  const digits = `${whole}.${part.replace(/0+$/, '')}`;
  return /^0*\.$/.test(digits) ? '0' : `${text.startsWith('-') ? '-' : ''}${digits}`;
};
