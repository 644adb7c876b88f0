import { negated, Sum } from '../numeral.ts';
import type { Balance } from '../statement.ts';
import { millionths } from './balanceProof.ts';

interface Known {
  readonly balance: string;
  readonly amount: string;
  readonly date: string;
}

/** So many pairs of rows tell whether a balance is a debt. */
const TELLING_PAIRS = 500;

/** The balances before and after some rows of a file, from their running balances (which some rows may lack). */
export class RunningBalance {
  private first: Known | null = null;
  private last: Known | null = null;
  private before: Sum | null = null;
  private after: Sum | null = null;
  private firstDate: string | null = null;
  private lastDate: string | null = null;
  /** Pairs of rows whose balances differ by an amount as money does, and as a debt does, by which of the two made the difference. */
  private readonly pairs = { seen: 0, later: { money: 0, debt: 0 }, earlier: { money: 0, debt: 0 } };
  private readonly mayBeDebt: boolean;

  /**
   * @param mayBeDebt whether the file may show what is owed, as cards do whose amounts are inverted: then the balances are negated
   *   where they move so
   */
  constructor(mayBeDebt = false) {
    this.mayBeDebt = mayBeDebt;
  }

  /** @param balance of the row, or null where it has none */
  add(date: string, amount: string, balance: string | null): void {
    this.firstDate ??= date;
    this.lastDate = date;
    if (balance === null) {
      if (this.first === null) this.before = (this.before ?? new Sum()).add(amount);
      this.after = (this.after ?? new Sum()).add(amount);
      return;
    }
    const known = { balance, amount, date };
    if (this.mayBeDebt && this.last !== null && this.pairs.seen < TELLING_PAIRS) this.compare(this.last, known);
    this.first ??= known;
    this.last = known;
    this.after = null;
  }

  /** Both balances, or null where no row had one, or where it is not known which row came first. */
  ends(order: 'oldestFirst' | 'newestFirst' | null): { opening: Balance; closing: Balance } | null {
    const { first, last } = this;
    const direction = order ?? this.byDates();
    if (first === null || last === null || direction === null) return null;
    if (!this.mayBeDebt) return this.endsAsMoney(first, last, direction);
    const debt = this.isDebt(direction);
    if (debt === null) return null;
    const inMoney = (known: Known): Known => (debt ? { ...known, balance: negated(known.balance) } : known);
    return this.endsAsMoney(inMoney(first), inMoney(last), direction);
  }

  /** Whether the balances are those of a debt; null where no pair of rows tells. */
  isDebt(order: 'oldestFirst' | 'newestFirst' | null): boolean | null {
    const direction = order ?? this.byDates();
    const { money, debt } = direction === 'newestFirst' ? this.pairs.earlier : this.pairs.later;
    return direction === null || money === debt ? null : debt > money;
  }

  private compare(before: Known, known: Known): void {
    const [between, stood, stands] = [this.after?.toString() ?? '0', before.balance, known.balance].map(millionths);
    const [earlier, later] = [millionths(before.amount), millionths(known.amount)];
    if (between == null || stood == null || stands == null || earlier === null || later === null) return;
    this.pairs.seen++;
    const difference = stands - stood;
    if (difference === 0n) return;
    for (const [pair, moved] of [
      [this.pairs.later, between + later],
      [this.pairs.earlier, -(between + earlier)],
    ] as const) {
      if (difference === moved) pair.money++;
      if (difference === -moved) pair.debt++;
    }
  }

  private endsAsMoney(
    first: Known,
    last: Known,
    direction: 'oldestFirst' | 'newestFirst',
  ): { opening: Balance; closing: Balance } {
    const [before, after] = [this.before?.toString() ?? '0', this.after?.toString() ?? '0'];
    const sum = (...numerals: string[]): string =>
      numerals.reduce((total, one) => total.add(one), new Sum()).toString();
    if (direction === 'oldestFirst')
      return {
        opening: { amount: sum(first.balance, negated(first.amount), negated(before)), date: this.firstDate },
        closing: { amount: sum(last.balance, after), date: this.lastDate },
      };
    return {
      opening: { amount: sum(last.balance, negated(last.amount), negated(after)), date: this.lastDate },
      closing: { amount: sum(first.balance, before), date: this.firstDate },
    };
  }

  private byDates(): 'oldestFirst' | 'newestFirst' | null {
    const { firstDate, lastDate, first, last } = this;
    if (firstDate === null || lastDate === null) return null;
    if (first === last && this.before === null && this.after === null) return 'oldestFirst';
    return firstDate === lastDate ? null : firstDate < lastDate ? 'oldestFirst' : 'newestFirst';
  }
}
