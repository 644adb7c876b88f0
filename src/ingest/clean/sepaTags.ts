import { withoutBookingWords } from './bookingWords.ts';

/** `SVWZ+…`: what SEPA calls the fields that German banks put into one text. */
const TAG = /\b(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|MTLG|ABWA|ABWE|IBAN|BIC|MDAT|PURP)[+:]\s*/;

/** `/TRTP/SEPA OVERBOEKING/IBAN/…/NAME/J JANSEN/REMI/TERUG`: what Dutch banks write. */
const SLASHED = /^\/?(?:TRTP|IBAN|CSID|BENM|ORDP|EREF|MARF)\//;
const NAME = /\/NAME\/([^/]+)/;
const REMARK = /\/REMI\/([^/]+)/;

/**
 * What stands before the tags, if that is more than how the entry came about; else the deviating party (ABWA), else the purpose
 * (SVWZ, MTLG). References go.
 */
export function withoutSepaTags(text: string): string {
  if (SLASHED.test(text)) return NAME.exec(text)?.[1]?.trim() ?? REMARK.exec(text)?.[1]?.trim() ?? text;
  if (!text.includes('+') && !text.includes(':')) return text;
  const pieces = text.split(TAG);
  if (pieces.length === 1) return text;
  const head = (pieces[0] ?? '').trim();
  let purpose = '';
  let party = '';
  for (let index = 1; index < pieces.length; index += 2) {
    const value = (pieces[index + 1] ?? '').trim();
    if (pieces[index] === 'SVWZ' || pieces[index] === 'MTLG') purpose ||= value;
    else if (pieces[index] === 'ABWA' || pieces[index] === 'ABWE') party ||= value;
  }
  if (withoutBookingWords(head) !== '') return head;
  return party || purpose || head;
}
