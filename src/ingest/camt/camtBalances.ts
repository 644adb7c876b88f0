import type { Balance } from '../statement.ts';

/** A balance of a CAMT statement: OPBD, PRCD, ITBD, CLBD and others. */
export interface CamtBalance extends Balance {
  readonly type: string;
  readonly currency: string | null;
}

/**
 * The booked balances before and after the entries. PRCD, the closing balance of the day before, stands for an opening; of
 * statements of several pages, the pages between begin and end with interim balances (ITBD). A balance in another currency
 * than the account's is none of it.
 */
export function bookedBalances(
  all: readonly CamtBalance[],
  currency: string | null,
): { readonly opening: Balance | null; readonly closing: Balance | null } {
  const own = all.filter((balance) => currency === null || balance.currency === currency);
  const of = (type: string): CamtBalance | undefined => own.find((balance) => balance.type === type);
  const interim = own.filter(({ type }) => type === 'ITBD');
  const [first] = interim;
  const booked = of('OPBD') ?? of('PRCD');
  const closed = of('CLBD');
  // A lone interim balance is where the statement stands now, unless its end is known otherwise.
  const opening = booked ?? (closed !== undefined || interim.length > 1 ? first : undefined);
  const last = interim.at(-1);
  const closing = closed ?? (last === opening ? undefined : last);
  return { opening: plain(opening), closing: plain(closing) };
}

function plain(balance: CamtBalance | undefined): Balance | null {
  return balance === undefined ? null : { amount: balance.amount, date: balance.date };
}
