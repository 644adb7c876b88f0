import { standingAlone } from './freeText.ts';
import { compareNumerals, Sum } from './numeral.ts';
import type {
  Balance,
  SkippedEntry,
  StatementEnd,
  StatementEntry,
  StatementFormat,
  StatementStart,
} from './statement.ts';
import { StatementCounter, type StatementCounts, type StatementSummary } from './statementCounts.ts';

export interface SkippedCounts {
  pending: number;
  investment: number;
  other: number;
}

/** What one statement, or one piece of a CSV file, gave an account. */
interface Piece {
  readonly opening: Balance | null;
  readonly closing: Balance | null;
}

interface Tally {
  readonly accountId: string;
  readonly currencies: Set<string | null>;
  readonly total: Sum;
  entries: number;
  first: string | null;
  last: string | null;
  /** Opening and closing of the first piece and of the last, in the order of the file. */
  firstPiece: Piece | null;
  lastPiece: Piece | null;
}

/**
 * Adds up what was read of a file. Each statement gives one summary; but the pieces of a CSV file, whose rows of several accounts may
 * be mixed, are joined into one summary an account and currency, so that memory is bounded by the number of those.
 */
export class FileSummary {
  readonly skipped: SkippedCounts = { pending: 0, investment: 0, other: 0 };
  /** Entries read: booked, pending, and trades with an amount. */
  rows = 0;
  private readonly sum = new Sum();
  private readonly counter = new StatementCounter();
  private count = 0;
  private finished: StatementSummary[] = [];
  private readonly joined = new Map<string, Tally>();
  private readonly joins: boolean;
  private start: StatementStart | null = null;
  /** Of the statement that is open, by account. */
  private tallies = new Map<string, Tally>();

  private last: { readonly accountId: string; readonly currency: string | null; readonly tally: Tally } | null = null;

  /** @param format CSV files are joined */
  constructor(format: StatementFormat) {
    this.joins = format === 'csv';
  }

  /** The sum of the signed amounts of `rows`. */
  get total(): string {
    return this.sum.toString();
  }

  /** How many statements wait to be taken. */
  get waiting(): number {
    return this.finished.length;
  }

  /**
   * The statements that have ended since they were taken last, which are forgotten here: a file may have millions of them.
   * @param final whether all of the file was read; those of a CSV file come then
   */
  takeStatements(final: boolean): readonly StatementSummary[] {
    if (final) for (const tally of this.joined.values()) this.conclude(tally);
    const taken = this.finished;
    this.finished = [];
    return taken;
  }

  /** What all statements that were taken or wait come to. */
  get statements(): StatementCounts {
    return this.counter.result();
  }

  begin(start: StatementStart): void {
    this.start = start;
    this.last = null;
    this.tallies = new Map();
  }

  entry(accountId: string, entry: StatementEntry): void {
    const currency = entry.currency ?? this.start?.currency ?? null;
    const tally = this.tallyOf(accountId, currency);
    tally.entries++;
    tally.total.add(entry.amount);
    if (tally.first === null || entry.date < tally.first) tally.first = entry.date;
    if (tally.last === null || entry.date > tally.last) tally.last = entry.date;
    tally.currencies.add(currency);
    this.rows++;
    this.sum.add(entry.amount);
  }

  skip(skipped: SkippedEntry): void {
    this.skipped[skipped.reason]++;
    // An entry of an account, though it is not imported; a trade of many kinds has no amount that moves the account.
    if (skipped.reason !== 'pending' && (skipped.reason !== 'investment' || skipped.amount === null)) return;
    this.rows++;
    if (skipped.amount !== null) this.sum.add(skipped.amount);
  }

  /** @param statementAccount tells the account that the statement itself names; asked for one without entries */
  end(end: StatementEnd, statementAccount: () => string): void {
    const { start } = this;
    if (this.tallies.size === 0) this.tallyOf(statementAccount(), start?.currency ?? null);
    const alone = this.tallies.size === 1;
    const piece: Piece = {
      opening: alone ? (end.opening ?? start?.opening ?? null) : null,
      closing: alone ? end.closing : null,
    };
    for (const tally of this.tallies.values()) {
      tally.firstPiece ??= piece;
      tally.lastPiece = piece;
      if (start?.currency && !this.joins) tally.currencies.add(start.currency);
      if (!this.joins) this.conclude(tally);
    }
    this.start = null;
    this.last = null;
    this.tallies = new Map();
  }

  private conclude(tally: Tally): void {
    const summary = summarised(++this.count, tally);
    this.counter.add(summary);
    this.finished.push(summary);
  }

  private tallyOf(accountId: string, currency: string | null): Tally {
    const { last } = this;
    // Rows of one account and currency follow one another.
    if (last !== null && last.accountId === accountId && last.currency === currency) return last.tally;
    const key = this.joins ? `${accountId}\n${currency ?? ''}` : accountId;
    const known = this.tallies.get(key) ?? (this.joins ? this.joined.get(key) : undefined);
    const tally: Tally = known ?? {
      accountId: standingAlone(accountId),
      currencies: new Set(),
      total: new Sum(),
      entries: 0,
      first: null,
      last: null,
      firstPiece: null,
      lastPiece: null,
    };
    this.tallies.set(key, tally);
    if (this.joins) this.joined.set(key, tally);
    this.last = { accountId: tally.accountId, currency, tally };
    return tally;
  }
}

function summarised(number: number, tally: Tally): StatementSummary {
  const total = tally.total.toString();
  const { opening, closing, closes } = balances(tally, total);
  return {
    number,
    accountId: tally.accountId,
    currency: tally.currencies.size === 1 ? ([...tally.currencies][0] ?? null) : null,
    opening: kept(opening),
    closing: kept(closing),
    entries: tally.entries,
    total,
    closes,
    firstDay: tally.first,
    lastDay: tally.last,
  };
}

/** A balance that no longer holds the text of the file that it was cut from. */
function kept(balance: Balance | null): Balance | null {
  return balance === null ? null : { ...balance, amount: standingAlone(balance.amount) };
}

/** The file may begin with the oldest piece or with the newest: whichever closes is right. */
function balances(tally: Tally, total: string): Piece & { readonly closes: boolean | null } {
  const forth: Piece = { opening: tally.firstPiece?.opening ?? null, closing: tally.lastPiece?.closing ?? null };
  const back: Piece = { opening: tally.lastPiece?.opening ?? null, closing: tally.firstPiece?.closing ?? null };
  if (tally.currencies.size > 1) return { ...forth, closes: null };
  const found = closesOf(forth, total);
  if (found !== true && tally.firstPiece !== tally.lastPiece && closesOf(back, total) === true)
    return { ...back, closes: true };
  return { ...forth, closes: found };
}

function closesOf({ opening, closing }: Piece, total: string): boolean | null {
  if (opening === null || closing === null) return null;
  return compareNumerals(new Sum().add(opening.amount).add(total).toString(), closing.amount) === 0;
}
