import type { TransactionsRow } from '../transactionsTable.ts';
import type { DayParts } from './calendar.ts';

/** What happens to an account. Amounts are whole hundredths (safe integers), negative when money goes out. */
export interface Posting {
  /** Second of the day. */
  readonly second: number;
  readonly account: string;
  readonly cents: number;
  readonly currency: string;
  /** The same amount in the home currency. */
  readonly homeCents: number;
  readonly merchant: string;
  readonly mcc: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly channel: string;
  readonly category: string;
  readonly subcategory: string;
  readonly recurring: boolean;
}

const TWO_DIGITS: readonly string[] = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));

const twoDigits = (value: number): string => TWO_DIGITS[value] ?? String(value);

/** `-12.05` for -1205. */
export function centsText(cents: number): string {
  const absolute = Math.abs(cents);
  const text = `${Math.trunc(absolute / 100)}.${twoDigits(absolute % 100)}`;
  return cents < 0 ? `-${text}` : text;
}

function timeText(second: number): string {
  return `${twoDigits(Math.trunc(second / 3600))}:${twoDigits(Math.trunc(second / 60) % 60)}:${twoDigits(second % 60)}`;
}

/** The row of a posting, in the order of TRANSACTIONS_COLUMNS. The bank books a day's postings in the night after it. */
export function toRow(posting: Posting, sequence: number, today: DayParts, tomorrow: DayParts): TransactionsRow {
  const amount = centsText(posting.cents);
  return [
    `hh-${String(sequence).padStart(8, '0')}`,
    `${today.iso} ${timeText(posting.second)}`,
    amount,
    posting.currency,
    posting.merchant,
    posting.mcc,
    posting.account,
    posting.city,
    posting.state,
    posting.channel,
    posting.category,
    posting.subcategory,
    posting.recurring ? 'true' : 'false',
    posting.homeCents === posting.cents ? amount : centsText(posting.homeCents),
    `${tomorrow.iso} 02:15:00`,
  ];
}
