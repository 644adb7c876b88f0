import type { Encoding } from '../encoding.ts';
import type { NumberStyle } from './amount.ts';
import type { DateFormat } from './dates.ts';

/** A column: its name in the header, or its number from 1. */
export type ColumnRef = string | number;

/** Roles that one column plays. */
export const COLUMN_ROLES = [
  'date',
  'time',
  'valueDate',
  'amount',
  'debit',
  'credit',
  'mark',
  'balance',
  'account',
  'accountName',
  'currency',
  'payee',
  'counterAccount',
  'code',
  'bankId',
  'status',
  'mcc',
  'city',
  'state',
  'category',
  'subcategory',
  'originalAmount',
  'originalCurrency',
] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

/** Where the sign of an amount comes from. */
export type SignRule =
  /** The number has it: negative takes money from the account. */
  | 'signed'
  /** The number has it the other way round, as many cards do: positive is spending. */
  | 'inverted'
  /** Columns for debit and credit hold numbers without sign. */
  | 'columns'
  /** Columns for debit and credit, whose numbers have their sign. */
  | 'signedColumns'
  /** A mark column: its values for money that goes and for money that comes. */
  | { readonly debit: readonly string[]; readonly credit: readonly string[] };

/** How the CSV files of one bank are read: made from a guess that a person confirmed, or written by hand. */
export interface CsvProfile {
  readonly name: string;
  /** Null for files without a header: used only when named with --profile. */
  readonly match: ProfileMatch | null;
  /** Null: found by content. */
  readonly encoding: Encoding | null;
  readonly delimiter: string;
  /** Lines before the first row, for files without header. With a header, what stands above it is passed over anyway. */
  readonly skipLines: number;
  readonly columns: Readonly<Partial<Record<ColumnRole, ColumnRef>>> & { readonly text: readonly ColumnRef[] };
  readonly dateFormat: DateFormat;
  readonly numbers: NumberStyle;
  readonly sign: SignRule;
  /** Currency of all rows, where no column has it. */
  readonly currency: string | null;
  /** Account of all rows, where no column has it. */
  readonly account: string | null;
  readonly accountType: 'bank' | 'card' | 'other';
  /** Which row came first; null: by the dates of the file. */
  readonly order: 'oldestFirst' | 'newestFirst' | null;
  /** Values of the status column: not booked yet, or never going to be. */
  readonly pending: readonly string[];
  readonly declined: readonly string[];
  /** Patterns (regular expressions, letter case ignored) of rows that are no transactions, tried on the row's cells joined by the delimiter. */
  readonly ignore: readonly string[];
  /** Texts of rows whose amount is the balance before, or after, the others. */
  readonly opening: readonly string[];
  readonly closing: readonly string[];
  /** Values for every row, such as a city. */
  readonly fixed: Readonly<Partial<Record<FixedRole, string>>>;
}

export interface ProfileMatch {
  /** Names that the header must have, in any order; blanks around them and letter case do not count. */
  readonly header: readonly string[];
  /** Names that it may have. */
  readonly optional: readonly string[];
  /** Whether it may have others still. */
  readonly extraColumns: boolean;
}

export const FIXED_ROLES = ['payee', 'code', 'mcc', 'city', 'state', 'category', 'subcategory'] as const;
export type FixedRole = (typeof FIXED_ROLES)[number];

/** A name in a header, as names are compared. */
export function headerName(cell: string): string {
  return cell
    .replace(/^\ufeff/, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

/** Whether a record is the header that the profile asks for. */
export function isHeaderOf(match: ProfileMatch, fields: readonly string[]): boolean {
  const names = fields.map(headerName);
  const wanted = match.header.map(headerName);
  const optional = match.optional.map(headerName);
  const left = [...names];
  for (const name of wanted) {
    const at = left.indexOf(name);
    if (at < 0) return false;
    left.splice(at, 1);
  }
  // A delimiter at the end of the line makes an empty name: no column.
  return match.extraColumns || left.every((name) => name === '' || optional.includes(name));
}
