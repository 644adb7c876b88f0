import type { Balance } from './statement.ts';

/** What one statement of a file says of one account, and whether it holds. */
export interface StatementSummary {
  /** Of the statement in its file, from 1. */
  readonly number: number;
  readonly accountId: string;
  readonly currency: string | null;
  readonly opening: Balance | null;
  readonly closing: Balance | null;
  /** Booked entries, and their sum. */
  readonly entries: number;
  readonly total: string;
  /** opening + total = closing, to the last digit; null where the file does not give both, or the entries have several currencies. */
  readonly closes: boolean | null;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
}

/** What the statements of a file come to: all that is kept of them once they are stored, however many there are. */
export interface StatementCounts {
  readonly count: number;
  /** Those whose balances could be checked, and those of them that close. */
  readonly checked: number;
  readonly closed: number;
  /** Their accounts, each once. */
  readonly accounts: readonly string[];
  readonly currencies: readonly string[];
  /** Whether any tells a balance. */
  readonly haveBalances: boolean;
  /** The statement of a file that has one. */
  readonly only: StatementSummary | null;
  /** The first of those that do not close. */
  readonly unclosed: readonly StatementSummary[];
}

/** So many that do not close are named; they are counted whole. */
const MOST_UNCLOSED = 1000;

/** Counts statements as they end. */
export class StatementCounter {
  private count = 0;
  private checked = 0;
  private closed = 0;
  private haveBalances = false;
  private first: StatementSummary | null = null;
  private readonly accounts = new Set<string>();
  private readonly currencies = new Set<string>();
  private readonly unclosed: StatementSummary[] = [];

  add(one: StatementSummary): void {
    this.count++;
    this.first ??= one;
    if (one.accountId !== '') this.accounts.add(one.accountId);
    if (one.currency !== null) this.currencies.add(one.currency);
    if (one.opening !== null || one.closing !== null) this.haveBalances = true;
    if (one.closes === null) return;
    this.checked++;
    if (one.closes) this.closed++;
    else if (this.unclosed.length < MOST_UNCLOSED) this.unclosed.push(one);
  }

  result(): StatementCounts {
    const { count, checked, closed, haveBalances, unclosed, first } = this;
    const [accounts, currencies] = [[...this.accounts], [...this.currencies]];
    return { count, checked, closed, accounts, currencies, haveBalances, only: count === 1 ? first : null, unclosed };
  }
}
