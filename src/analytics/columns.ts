/**
 * What a column of a report holds, so that each output format knows how to write it:
 * - `money`: exact decimal text in the base currency, or null; `amount`: the same in the currency of the row;
 * - `count`: an exact whole number as text;
 * - `share`: a ratio as a number, 0.25 for 25 %;
 * - `number`: any other JavaScript number;
 * - `text`, `date`: text; `flag`: boolean;
 * - `series`: money per interval, drawn as a sparkline or spread over columns.
 */
export type ColumnKind = 'money' | 'amount' | 'count' | 'share' | 'number' | 'text' | 'date' | 'flag' | 'series';

export interface ReportColumn {
  readonly key: string;
  readonly title: string;
  readonly kind: ColumnKind;
  /** Draws a bar beside this column in tables that have room. */
  readonly bar?: boolean;
  /** A sentence: takes what room is left and is cut last. */
  readonly wide?: boolean;
  /** Never cut: a word of few letters. */
  readonly whole?: boolean;
  /** Left out of tables first when room is short; the higher, the earlier. */
  readonly spare?: number;
}

export interface SeriesPoint {
  readonly period: string;
  readonly amount: string;
}

export type ReportCell = string | number | boolean | null | readonly SeriesPoint[];
export type ReportRow = { readonly [key: string]: ReportCell };

/** A report as SQL: one statement whose rows have the columns named. */
export interface ReportQuery {
  readonly sql: string;
  readonly columns: readonly ReportColumn[];
  /** What one row is: `category`, `merchant` … */
  readonly noun: string;
}

/**
 * Columns that a statement may add to its own: the row with `is_total` sums up all rows, those beyond the limit included,
 * and `row_count` says how many they are.
 */
export type TotalMarks = { readonly is_total?: boolean; readonly row_count?: string };
