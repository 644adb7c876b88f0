import { compareNumerals } from '../numeral.ts';
import type { PatternTest } from './rulePattern.ts';

/** One line of the user's rules file: what matches it, and what the row then gets. */
export interface Rule {
  /** Line in the file, for messages. */
  readonly line: number;
  /** Null where the rule does not ask for a text. */
  readonly pattern: PatternTest | null;
  readonly account: string | null;
  /** Exact numerals: bounds of the signed amount, themselves within. */
  readonly min: string | null;
  readonly max: string | null;
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

/**
 * The first rule that matches, or null.
 * @throws FinanceDbError BAD_INPUT naming the rule whose regular expression takes too long
 */
export function firstRule(rules: readonly Rule[], subject: RuleSubject): Rule | null {
  for (const rule of rules) if (matches(rule, subject)) return rule;
  return null;
}

function matches(rule: Rule, { text, merchant, account, amount }: RuleSubject): boolean {
  if (rule.account !== null && rule.account !== account) return false;
  if (rule.pattern !== null && !rule.pattern(text, merchant ?? '')) return false;
  if (rule.min !== null && compareNumerals(amount, rule.min) < 0) return false;
  return rule.max === null || compareNumerals(amount, rule.max) <= 0;
}
