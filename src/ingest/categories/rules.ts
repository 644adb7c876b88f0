/** One line of the user's rules file: what matches it, and what the row then gets. */
export interface Rule {
  /** Line in the file, for messages and for `category_by`. */
  readonly line: number;
  readonly merchant: string | null;
  readonly category: string | null;
  readonly subcategory: string | null;
}

/** What a rule is asked about. */
export interface RuleSubject {
  readonly text: string;
  readonly merchant: string | null;
  readonly account: string;
  /** Signed exact numeral. */
  readonly amount: string;
}

/** The first rule that matches, or null. */
export function firstRule(_rules: readonly Rule[], _subject: RuleSubject): Rule | null {
  return null;
}
