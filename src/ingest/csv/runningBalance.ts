import { negated, Sum } from '../numeral.ts';
import type { Balance } from '../statement.ts';

interface Known {
  readonly balance: string;
  readonly amount: string;
  readonly date: string;
}

/** The balances before and after some rows of a file, from their running balances (which some rows may lack). */
export class RunningBalance {
  private first: Known | null = null;
  private last: Known | null = null;
  private before: Sum | null = null;
  private after: Sum | null = null;
  private firstDate: string | null = null;
  private lastDate: string | null = null;

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
    this.first ??= known;
    this.last = known;
    this.after = null;
  }

  /** Both balances, or null where no row had one, or where it is not known which row came first. */
  ends(order: 'oldestFirst' | 'newestFirst' | null): { opening: Balance; closing: Balance } | null {
    const { first, last } = this;
    const direction = order ?? this.byDates();
    if (first === null || last === null || direction === null) return null;
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
