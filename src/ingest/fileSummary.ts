import { compareNumerals, Sum } from './numeral.ts';
import type { Balance, SkippedEntry, StatementEnd, StatementEntry, StatementStart } from './statement.ts';

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

export interface SkippedCounts {
  pending: number;
  investment: number;
  other: number;
}

interface Account {
  entries: number;
  readonly total: Sum;
  first: string | null;
  last: string | null;
}

/**
 * Adds up what was read of a file, statement by statement. A statement whose entries name accounts of their own (a CSV file with a
 * column of accounts) gives one summary an account; the balances of such a file belong to none of them.
 */
export class FileSummary {
  readonly statements: StatementSummary[] = [];
  readonly skipped: SkippedCounts = { pending: 0, investment: 0, other: 0 };
  /** Entries booked or pending, and the sum of their signed amounts. */
  rows = 0;
  private readonly sum = new Sum();
  private start: StatementStart | null = null;
  private accounts = new Map<string, Account>();
  private currencies = new Set<string | null>();
  private number = 0;

  get total(): string {
    return this.sum.toString();
  }

  begin(start: StatementStart): void {
    this.start = start;
    this.accounts = new Map();
    this.currencies = new Set();
  }

  entry(accountId: string, entry: StatementEntry): void {
    let account = this.accounts.get(accountId);
    if (account === undefined) {
      account = { entries: 0, total: new Sum(), first: null, last: null };
      this.accounts.set(accountId, account);
    }
    account.entries++;
    account.total.add(entry.amount);
    if (account.first === null || entry.date < account.first) account.first = entry.date;
    if (account.last === null || entry.date > account.last) account.last = entry.date;
    this.currencies.add(entry.currency ?? this.start?.currency ?? null);
    this.rows++;
    this.sum.add(entry.amount);
  }

  skip(skipped: SkippedEntry): void {
    this.skipped[skipped.reason]++;
    if (skipped.reason !== 'pending') return;
    this.rows++;
    if (skipped.amount !== null) this.sum.add(skipped.amount);
  }

  /** @param statementAccount tells the account that the statement itself names; asked for one without entries */
  end(end: StatementEnd, statementAccount: () => string): void {
    const { start } = this;
    const opening = end.opening ?? start?.opening ?? null;
    const { closing } = end;
    const [only, ...others] = this.accounts.keys();
    const alone = others.length === 0;
    if (only === undefined)
      this.accounts.set(statementAccount(), { entries: 0, total: new Sum(), first: null, last: null });
    for (const [accountId, account] of this.accounts) {
      const total = account.total.toString();
      const known = alone && opening !== null && closing !== null && this.currencies.size <= 1;
      this.statements.push({
        number: ++this.number,
        accountId,
        currency: start?.currency ?? (this.currencies.size === 1 ? ([...this.currencies][0] ?? null) : null),
        opening: alone ? opening : null,
        closing: alone ? closing : null,
        entries: account.entries,
        total,
        closes: known
          ? compareNumerals(new Sum().add(opening.amount).add(total).toString(), closing.amount) === 0
          : null,
        firstDay: account.first,
        lastDay: account.last,
      });
    }
    this.start = null;
  }
}
