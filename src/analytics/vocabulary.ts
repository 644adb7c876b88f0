import { isOneOf } from './sql.ts';

/**
 * What the categories of this file mean. Read once before a report (a count per category, about 15 ms for 5 million
 * rows) and written into its SQL as literals, which DuckDB filters by much faster than by looking into texts.
 */
export interface Vocabulary {
  /** Categories most of whose rows are money in: what leaves them lowers income. */
  readonly income: readonly string[];
  /** Categories that say that a row moves money between accounts. */
  readonly transfer: readonly string[];
  /** Categories present that say nothing: '', Uncategorised … (NULL is always one of them). */
  readonly blank: readonly string[];
  /** Categories present that say little: Other, Miscellaneous. */
  readonly vague: readonly string[];
  /** All other categories present, the most frequent first: what spending is told apart by. */
  readonly telling: readonly string[];
  /** Whether any row has a blank or vague category, NULL included. */
  readonly hasQuietRows: boolean;
}

/** One category of the whole table. */
export type CategoryUse = {
  readonly category: string | null;
  readonly rows: string;
  readonly rows_in: string;
};

const TRANSFER = /transfer|card payment|^savings?$|^internal$/i;
const BLANK = /^\s*$|^uncategori[sz]ed$|^unknown$|^none$/i;
const VAGUE = /^(other|misc(ellaneous)?|general)$/i;

export function vocabularySql(table: string): string {
  return `SELECT category, count(*) AS rows, count(*) FILTER (WHERE normalized_amount > 0) AS rows_in
FROM ${table}
GROUP BY category
ORDER BY category`;
}

export function readVocabulary(uses: readonly CategoryUse[]): Vocabulary {
  const names = uses.map(({ category }) => category).filter((category) => category !== null);
  const transfer = names.filter((name) => TRANSFER.test(name));
  const blank = names.filter((name) => BLANK.test(name));
  const vague = names.filter((name) => VAGUE.test(name));
  const income = uses
    .filter(({ rows, rows_in }) => BigInt(rows_in) * 2n > BigInt(rows))
    .map(({ category }) => category)
    .filter((category) => category !== null && !transfer.includes(category) && !blank.includes(category));
  const quiet = blank.length + vague.length > 0 || names.length < uses.length;
  const named = new Set([...income, ...transfer, ...blank, ...vague]);
  const telling = uses
    .filter(({ category }) => !named.has(category))
    .sort((a, b) => Number(BigInt(b.rows) - BigInt(a.rows)))
    .map(({ category }) => category);
  const isName = (name: string | null): name is string => name !== null;
  return {
    income: income.filter(isName),
    transfer,
    blank,
    vague,
    telling: telling.filter(isName),
    hasQuietRows: quiet,
  };
}

/**
 * A condition that is true for income. A category decides for all its rows, so that a refund counts against the category
 * it comes back to and a correction against the income; where the category says nothing, the sign decides. A row without a
 * normalized amount has no sign: there the condition may be NULL, which means spending.
 * @param positive SQL that is true for money in
 */
export function incomeCondition(vocabulary: Vocabulary, positive: string): string {
  const undecided = [...vocabulary.transfer, ...vocabulary.blank];
  const bySign = `(category IS NULL OR ${isOneOf('category', undecided)}) AND ${positive}`;
  return `${isOneOf('category', vocabulary.income)} OR (${bySign})`;
}
