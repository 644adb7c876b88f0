import { standingAlone } from './freeText.ts';
import { compareNumerals, Sum } from './numeral.ts';
import type { Balance, Place, StatementAccount, StatementEvent, StatementStart } from './statement.ts';

/** What a statement says of itself, and whether it holds. */
export interface StatementBalance {
  readonly place: Place;
  readonly account: StatementAccount | null;
  readonly currency: string | null;
  readonly number: string | null;
  /** Booked entries, and how much they come to. */
  readonly entries: number;
  readonly sum: string;
  /** Entries that are not imported, and how much those with an amount come to. */
  readonly skipped: number;
  readonly skippedSum: string;
  readonly opening: Balance | null;
  readonly closing: Balance | null;
  /** Whether opening + sum = closing, to the last digit; null where one is missing, or with entries of several currencies or accounts. */
  readonly closes: boolean | null;
}

interface Open {
  readonly head: Pick<StatementBalance, 'place' | 'account' | 'currency' | 'number'>;
  opening: Balance | null;
  entries: number;
  skipped: number;
  mixed: boolean;
  readonly sum: Sum;
  readonly skippedSum: Sum;
}

/** Folds events into one balance a statement. What is skipped outside of all statements is in `outside`. */
export class StatementBalances {
  readonly statements: StatementBalance[] = [];
  /** Skipped entries that stand in no statement (transfer orders in an OFX file). */
  outside = 0;
  private open: Open | null = null;

  add(event: StatementEvent): void {
    if (event.kind === 'start') {
      this.open = {
        head: headOf(event),
        opening: event.opening,
        entries: 0,
        skipped: 0,
        mixed: false,
        sum: new Sum(),
        skippedSum: new Sum(),
      };
    } else if (this.open === null) this.outside += event.kind === 'skipped' ? 1 : 0;
    else if (event.kind === 'entry') {
      this.open.entries += 1;
      this.open.sum.add(event.amount);
      const foreign = event.currency !== null && event.currency !== this.open.head.currency;
      if (foreign || event.account !== undefined) this.open.mixed = true;
    } else if (event.kind === 'skipped') {
      this.open.skipped += 1;
      if (event.amount !== null) this.open.skippedSum.add(event.amount);
    } else {
      this.statements.push(concluded(this.open, event.opening ?? this.open.opening, event.closing));
      this.open = null;
    }
  }
}

function headOf({ place, account, currency, number }: StatementStart): Open['head'] {
  return {
    place,
    account: account === null ? null : { ...account, id: standingAlone(account.id) },
    currency,
    number: number === null ? null : standingAlone(number),
  };
}

function concluded(open: Open, opening: Balance | null, closing: Balance | null): StatementBalance {
  const sum = open.sum.toString();
  const known = opening !== null && closing !== null && !open.mixed;
  const closes = known
    ? compareNumerals(new Sum().add(opening.amount).add(sum).toString(), closing.amount) === 0
    : null;
  return {
    ...open.head,
    entries: open.entries,
    sum,
    skipped: open.skipped,
    skippedSum: open.skippedSum.toString(),
    opening,
    closing,
    closes,
  };
}
