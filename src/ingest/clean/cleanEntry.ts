import type { StatementEntry, StatementFormat } from '../statement.ts';

/** What an entry's raw texts say, in the columns of `transactions`. */
export interface CleanedEntry {
  readonly merchant: string | null;
  /** Where the payee came from: a field of the format, or the text. */
  readonly merchantBy: 'field' | 'text' | null;
  readonly mcc: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly channel: string | null;
}

/** Reads payee, place, merchant code and channel out of an entry. The same payee comes out whatever the format. */
export function cleanEntry(entry: StatementEntry, _format: StatementFormat): CleanedEntry {
  const merchant = entry.payee ?? (entry.text === '' ? null : entry.text);
  return {
    merchant,
    merchantBy: entry.payee !== null ? 'field' : merchant === null ? null : 'text',
    mcc: entry.mcc,
    city: entry.city,
    state: entry.state,
    channel: null,
  };
}
