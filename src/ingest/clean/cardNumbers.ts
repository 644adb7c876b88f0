/** Masked (`XXXX1234`, `****1234`, `4111 11XX XXXX 1234`), behind a word for it (`KARTE 1234`, `CB:*0123456`), or in full. */
const CARD_NUMBER = new RegExp(
  [
    String.raw`\b(?:card (?:no|number|ending(?: in)?)|card|karten?[- ]?(?:nr|nummer)?|carte|debitk|pasvolgnr|pas|kaart|tarjeta|tarj|carta|kort|mc|visa|cb|pan)[\s.:#]*(?:[*x•]+[\s-]?)?\d{3,19}\b(?![.,]\d\d\b)`,
    String.raw`\b(?:\d{4}[\s-]?\d{2}|\d{4,6})(?:[\s-]?[*x•]{2,4}){1,4}[\s-]?\d{0,4}\b`,
    String.raw`(?<![a-zÀ-ɏ\d])(?:[*•]{2,}|x{3,})(?:[\s-]?[*•x]{2,4}){0,3}[\s-]?\d{2,6}\b`,
    String.raw`(?<![\d.,-])(?:\d{4}[\s-]){3}\d{1,7}(?![\d.,-])`,
  ].join('|'),
  'gi',
);

export function withoutCardNumbers(text: string): string {
  return MAY_HOLD.test(text) ? text.replace(CARD_NUMBER, ' ') : text;
}

const MAY_HOLD = /\d{3}|[*•]{2}/;
