import type { BalanceRow } from '../../analytics/balances.ts';
import type { Narrowing } from '../../analytics/narrowing.ts';
import type { BalancesView, KnownAccount } from '../../app/stats/readBalances.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { exactSum } from '../../model/exactSum.ts';
import { addDaysIso } from '../../model/period.ts';
import { daysOf } from './days.ts';
import { type Html, html } from './html.ts';
import type { Ink, Scope } from './ink.ts';

/** A balance moves by all rows of an account, whatever else the address narrows, from the first one on. */
const EVERY: Scope = {
  ...{ 'with-transfers': '1', period: null, from: null, account: null, category: null, merchant: null, channel: null },
  ...{ city: null, currency: null, min: null, max: null, income: null, spending: null },
};

/** Accounts beyond make an address too long. */
const MOST_ACCOUNTS = 40;

/** A balance: what was held before the first row, and the rows up to its day, which are behind the link. */
export interface BalanceDoor {
  readonly href: string;
  /** What is added to the sum of the list; null where the balance is no such sum (estimated at rates). */
  readonly start: string | null;
  /** Which sum of the list it is. */
  readonly inBase: boolean;
  readonly currency: string | null;
}

/** How balances lead to the rows that made them. */
export class BalanceLinks {
  private readonly accounts: ReadonlyMap<string, KnownAccount>;
  private readonly all: readonly KnownAccount[];
  private readonly ofAll: Scope;
  /** What all accounts held; null where they are not exactly the rows of these accounts. */
  private readonly startOfAll: string | null;

  constructor(
    private readonly ink: Ink,
    private readonly result: StatsResult,
    view: BalancesView,
  ) {
    this.accounts = new Map(view.known.map((known) => [known.account, known]));
    this.all = view.known.filter(({ inAll }) => inAll);
    const names = this.all.map(({ account }) => account);
    // A filter takes an account in any case.
    const lower = new Set(names.map((name) => name.toLowerCase()));
    const others = [...view.unknown, ...view.mixed, ...view.unrated.map(({ account }) => account)];
    const exact =
      names.length <= MOST_ACCOUNTS &&
      this.all.every(({ inBase }) => inBase) &&
      !others.some((name) => lower.has(name.toLowerCase()));
    this.ofAll = names.length <= MOST_ACCOUNTS ? { account: names } : {};
    this.startOfAll = exact ? exactSum(this.all.map(({ start }) => start)) : null;
  }

  /** The rows up to a day: of one account, or of all (null). */
  until(account: string | null, day: string): BalanceDoor {
    const { request } = this.result;
    const known = account === null ? null : (this.accounts.get(account) ?? null);
    const only: Narrowing[] = [
      ...(account === null ? [] : [{ by: 'account', value: account } as const]),
      { by: 'day', from: null, to: day },
    ];
    return {
      href: this.ink.behind(only, { ...EVERY, to: request.period.to, ...(account === null ? this.ofAll : {}) }),
      start: account === null ? this.startOfAll : known === null || !isAdded(known) ? null : known.start,
      inBase: account === null || known?.inBase === true,
      currency: account === null ? this.ink.currency : (known?.currency ?? null),
    };
  }

  /** At the end of an interval. */
  atEnd(row: BalanceRow): BalanceDoor {
    return this.until(row.account_id, this.lastDayOf(row.period));
  }

  /**
   * The lowest within an interval. Where that is what the interval began with, its rows are those before it.
   * @param before the same account's row of the interval before
   */
  atLowest(row: BalanceRow, before: BalanceRow | null): BalanceDoor | null {
    const first = this.firstDayOf(row.period);
    if (row.lowest_on !== first) return this.until(row.account_id, row.lowest_on);
    // The first interval that is listed does not tell what it began with.
    if (before === null) return null;
    return this.until(row.account_id, before.balance === row.lowest ? addDaysIso(first, -1) : first);
  }

  /** A balance that leads to its rows; the title says what is added to them. */
  figure(text: string, currency: string | null, door: BalanceDoor | null): Html | string {
    const { ink } = this;
    const shown = ink.amount(text, currency);
    if (door === null) return shown;
    return html`<a href="${door.href}"${claimOf(ink, text, door)} title="${this.words(door)}">${shown}</a>`;
  }

  words({ start, currency }: BalanceDoor): string {
    return start === null
      ? 'the rows up to that day; some are valued at a rate'
      : `${this.ink.amount(start, currency)} before the first row, and the rows up to that day`;
  }

  private firstDayOf(period: string): string {
    const { span } = this.result.request;
    const { from } = daysOf(period, this.result.request);
    return from === null || (span !== null && span.from > from) ? (span?.from ?? period) : from;
  }

  private lastDayOf(period: string): string {
    const { span } = this.result.request;
    const { to } = daysOf(period, this.result.request);
    return to === null || (span !== null && span.to < to) ? (span?.to ?? to ?? period) : to;
  }
}

/** An amount of no currency cannot be told from one of several. */
function isAdded({ inBase, currency }: KnownAccount): boolean {
  return inBase || currency !== null;
}

/** The attributes that say what the list behind adds up to, with what is added to it. */
export function claimOf(ink: Ink, balance: string, { start, inBase }: BalanceDoor): Html | null {
  if (start === null || ink.hidden) return null;
  return html` data-balance="${balance}" data-start="${start}" data-of="${inBase ? 'sum' : 'original'}"`;
}
