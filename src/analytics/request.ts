import type { Calendar, Interval, Period } from '../model/period.ts';
import type { Filters } from './filters.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The table that reports read. */
export interface LedgerSource {
  /** SQL of what reports read: the table's name, or a subquery that converts columns or leaves out rows without a day. */
  readonly table: string;
  /** The same with all rows; a day that no report can name is NULL. */
  readonly whole: string;
  /** Digits after the point of normalized_amount. */
  readonly scale: number;
  /** Those of amount; null where it is no exact number. */
  readonly amountScale: number | null;
  /** Its rows are in files of a lake: to read them again and again costs more than with a table. */
  readonly ofLake?: boolean;
}

/** The columns that reports read. */
export const LEDGER_COLUMNS = [
  'timestamp',
  'amount',
  'currency',
  'merchant',
  'mcc',
  'account_id',
  'city',
  'state',
  'channel',
  'category',
  'subcategory',
  'normalized_amount',
] as const;

/** Days, both ends included. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

/** How a list is ordered; each report says which of these it knows. */
export const SORT_KEYS = ['amount', 'count', 'average', 'name', 'last'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** What an account held before its first row. */
export interface Opening {
  readonly account: string;
  /** Exact numeral, in the account's currency. */
  readonly amount: string;
}

/**
 * The transfers within some days, found by a statement of its own, so that several reports on the same days need not look
 * for them again: the ids of all legs, and of the rows that could be legs and are none. Null where they are too many to
 * be written into a statement.
 */
export interface KnownTransfers {
  readonly legs: readonly string[] | null;
  readonly others: readonly string[] | null;
}

/** A validated request for any report: everything that its SQL depends on. */
export interface StatsRequest {
  readonly source: LedgerSource;
  readonly vocabulary: Vocabulary;
  readonly calendar: Calendar;
  readonly period: Period;
  /** The days of the period that the file has rows for, from its first row to its last; null when it has none. */
  readonly span: Span | null;
  /** The days that the whole file covers; null when it is empty. */
  readonly file: Span | null;
  readonly filters: Filters;
  /** Keeps transfers between own accounts, which are left out otherwise. */
  readonly withTransfers: boolean;
  /** What was found by a statement of `knownTransfersSql` beforehand; null or left out: reports find transfers themselves. */
  readonly knownTransfers?: (statement: string) => KnownTransfers | null;
  readonly interval: Interval;
  /** Whether a forecast is by account or category; null for the total. */
  readonly groupBy: 'account' | 'category' | null;
  /** Months that a forecast looks ahead. */
  readonly months: number;
  /** Whether a forecast is to say how it did on the past, in the place of what comes. */
  readonly backtest: boolean;
  /** What accounts held before their first row, as exact numerals. */
  readonly openings: readonly Opening[];
  /** SQL of the table of imported statement balances; null where the file has none. */
  readonly statements: string | null;
  /** 1: categories; 2: subcategories. */
  readonly depth: 1 | 2;
  /** Null: the report's own order. */
  readonly sort: SortKey | null;
  /** Null: the report's own limit. */
  readonly limit: number | null;
}
