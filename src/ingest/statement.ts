/**
 * What every bank file becomes, whatever its format: a flow of events, in the order of the file. Readers are pure: they are
 * given decoded text and yield events; they know no file system, no database and no clock.
 *
 * All money is an exact numeral (`-1234.50`): the digits of the file, a point, a sign. Days are `YYYY-MM-DD`.
 */
export type StatementEvent = StatementStart | StatementEntry | SkippedEntry | StatementEnd;

/** Where in the file something stands, for messages and for the record of where a row came from. */
export interface Place {
  /** Physical line, from 1. */
  readonly line: number;
  /** Number of the entry in the file, from 1, and no two have the same; 0 for what is no entry. */
  readonly record: number;
}

/** A statement (of an account, over some days) begins. Precedes its entries; a CSV file is one statement or one per account. */
export interface StatementStart {
  readonly kind: 'start';
  readonly place: Place;
  readonly account: StatementAccount | null;
  /** ISO 4217, or null where the file does not say. */
  readonly currency: string | null;
  /** The bank's own number of the statement, for messages. */
  readonly number: string | null;
  /** The booked balance before the first entry, where the file says so here. */
  readonly opening: Balance | null;
}

/** An account as the file names it. */
export interface StatementAccount {
  /** IBAN (without blanks) or the bank's number, with the bank's id before it where only both together are unique: `BANK/NUMBER`. */
  readonly id: string;
  readonly name: string | null;
  readonly type: 'bank' | 'card' | 'other';
}

export interface Balance {
  /** Signed. */
  readonly amount: string;
  readonly date: string | null;
}

/** One booked entry. */
export interface StatementEntry {
  readonly kind: 'entry';
  readonly place: Place;
  /** The day that the bank booked it. */
  readonly date: string;
  /** `HH:MM:SS` where the file has a local time of the purchase or booking, else null. */
  readonly time: string | null;
  readonly valueDate: string | null;
  /** Signed, in `currency`: negative takes money from the account. */
  readonly amount: string;
  /** Null: the statement's. */
  readonly currency: string | null;
  /** The bank's own id of the entry (FITID, AcctSvcrRef), or null. Not proven unique: identity.ts decides. */
  readonly bankId: string | null;
  /** All that the bank wrote about it, fields joined by a blank, white space single. What cleaning and identity work on; kept. */
  readonly text: string;
  /** The other party, where the format has a field of its own for it. */
  readonly payee: string | null;
  /** The other party's account (IBAN or number), where the file has it. */
  readonly counterAccount: string | null;
  /** The bank's code of the kind of entry (OFX TRNTYPE, SWIFT code of :61:, ISO bank transaction code), or null. */
  readonly code: string | null;
  readonly mcc: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly category: string | null;
  readonly subcategory: string | null;
  /** The amount before the bank converted it, signed as `amount` is, where the file has it. */
  readonly original: { readonly amount: string; readonly currency: string } | null;
  /** Running balance after this entry, where the file has one. */
  readonly balance: string | null;
  /** The account, where it changes from entry to entry (a CSV file with a column of accounts); left out: the statement's. */
  readonly account?: StatementAccount;
  /** What only a file in our own columns has. */
  readonly own?: OwnColumns;
}

/** Values of our own columns, taken as they are. */
export interface OwnColumns {
  /** `tx_id`: the row keeps it. */
  readonly txId: string;
  readonly channel: string | null;
  readonly isRecurring: string | null;
  /** Null where the file has none; then the amount is normalised as any other. */
  readonly normalizedAmount: string | null;
}

/** Something that the file holds and that is not imported. May stand outside of all statements (a transfer order in an OFX file). */
export interface SkippedEntry {
  readonly kind: 'skipped';
  readonly place: Place;
  /** `pending`: not booked yet, its id will change; `investment`: trades; `other`: interbank transfers and the like. */
  readonly reason: 'pending' | 'investment' | 'other';
  /** Signed amount where the file has one: a pending entry counts into what was read of the file. */
  readonly amount: string | null;
}

/** The statement that began last ends. */
export interface StatementEnd {
  readonly kind: 'end';
  readonly place: Place;
  /** The booked opening balance, where it is only known now (CSV: first running balance minus its amount). */
  readonly opening: Balance | null;
  readonly closing: Balance | null;
}

/** Reads one format. Made for one file, fed its text in pieces of any size. */
export interface StatementReader {
  /**
   * The events that are complete now.
   * @param final whether this was the last text
   * @throws FinanceDbError BAD_INPUT naming file, line, record, field and value; the bank's own error message
   */
  push(text: string, final?: boolean): Iterable<StatementEvent>;
}

export type StatementFormat = 'csv' | 'ofx' | 'qif' | 'camt' | 'mt940';
