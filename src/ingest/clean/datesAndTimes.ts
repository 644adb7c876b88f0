const MONTH = '(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez)';

const DATE_OR_TIME = new RegExp(
  [
    // 2024-01-31T14:32:46, 2024-01-31 14:32
    String.raw`\b(?:(?:date|datum|data transakcji)[ :]+)?\d{4}([-/.])\d{1,2}\1\d{1,2}(?:[t /]\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)?(?:z\b)?`,
    // 31.01.2024, 1/31/24, behind a word for it too
    String.raw`\b(?:(?:on|am|vom|den|le|du|el|il|op|value date|date|datum|data transakcji)[ :]+)?\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})\b(?:[ /]\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\b)?`,
    // 31JAN24, 31 Jan, 31-Jan-2024
    String.raw`\b(?:on )?\d{1,2}[ -]?${MONTH}(?:[ -]?\d{2}(?:\d{2})?)?\b`,
    // 14:32, 14:32:46, 2:32 PM, 14.32 UHR, UM 18.11
    String.raw`\b(?:um |at )?\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]m\b)?(?: ?uhr\b)?|\b\d{1,2}\.\d{2} ?uhr\b|\bum \d{1,2}\.\d{2}\b`,
    // 12/22 and 31.01. (the year is known from the statement); SLICEHOST may follow at once
    String.raw`\b(?:(?:on|am|vom) )?\d{2}/\d{2}(?![\d/])|\b(?:am |vom )?\d{2}\.\d{2}\.(?!\d)`,
  ].join('|'),
  'gi',
);

const MAY_HOLD = new RegExp(String.raw`\d[-/.:]\d|\d[ -]?${MONTH}`, 'i');

export function withoutDatesAndTimes(text: string): string {
  return MAY_HOLD.test(text) ? text.replace(DATE_OR_TIME, ' ') : text;
}
