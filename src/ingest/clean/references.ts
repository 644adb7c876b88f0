/** What a number is, in front of it: it goes with the number. */
const LABEL = String.raw`(?:ref(?:erenc[ei]a?|erenz|\.?nr|no)?|auth(?:ori[sz]ation)?(?: code| id| no)?|approval(?: code)?|terminal(?:[- ]?(?:id|nr|no))?|term|tid|trace(?:[- ]?nr)?|txn?(?: id)?|trn|trans(?: id| no)?|rrn|arn|stan|seq(?: no)?|(?:ppd|web|ind|co|ccd|mandate|mandats|creditor|transaction|invoice|order|conf)[- ]?(?:id|ref|no|nr|#)|conf(?:irmation)?#?|beleg(?:[- ]?nr)?|kd-?nr|kundennr|mandat|gläubiger-?id|id|mcc|nr(?=:))`;

const REFERENCE = new RegExp(
  [
    // Account numbers
    String.raw`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b(?<=(?:\d ?){6}[A-Z0-9 ]{0,6})`,
    // Telephones
    String.raw`(?<![\d-])(?:\+?\d[ -])?\(?\d{3}\)?[ .-]\d{3}[ .-]?\d{4}(?![\d-])|(?<![\d-])\d{3}-\d{5,7}(?![\d-])`,
    // Amounts with their currency, before the bank converted them
    String.raw`\b(?:EUR|USD|GBP|CHF|DKK|SEK|NOK|PLN|CZK|HUF|CAD|AUD|NZD|SGD|JPY)[ :]*\d[\d.,]*\d\b(?: ?@ ?[\d.,]+)?|\b\d[\d.]*[.,]\d\d ?(?:EUR|USD|GBP|CHF|DKK|SEK|NOK|PLN|CZK|HUF|CAD|AUD|NZD|SGD|JPY)\b(?: ?@ ?[\d.,]+)?`,
    // Numbers of six digits and more, and of letters and digits mixed
    String.raw`(?<![A-Za-zÀ-ɏ\d])[#*]?\d{6,}(?:[-/]\d+)*(?![A-Za-zÀ-ɏ\d])`,
    String.raw`\b(?=(?:[A-Z-]*\d){4})[A-Z0-9]{8,}(?:-[A-Z0-9]+)*\b|\b[A-Z]\d{4,}\b`,
    // ne6z2d6wq2
    String.raw`(?<=[a-zà-ɏ] )(?=[a-z]*\d[a-z]+\d[a-z]*\d)[a-z\d]{8,}\b`,
    String.raw`\(\d+\)`,
  ].join('|'),
  'g',
);
/** REF 123456, AUTH CODE: 00A12B, TERMINAL-ID 12345678. */
const LABELLED = new RegExp(String.raw`\b${LABEL}[ .:#=-]{1,3}(?=[a-z0-9/-]*\d)[a-z0-9/-]{3,}`, 'gi');

const DIGITS = /\d{3}|\d\D{1,2}\d\D{0,2}\d/;

/** Takes terminals, authorisations, references, account numbers, telephones and converted amounts away. */
export function withoutReferences(text: string): string {
  return DIGITS.test(text) ? text.replace(LABELLED, ' ').replace(REFERENCE, ' ') : text;
}
