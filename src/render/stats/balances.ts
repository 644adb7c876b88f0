import type { BalancesView } from '../../app/stats/readBalances.ts';
import { agreeing } from '../../model/counted.ts';
import { jsonNumeral } from '../json.ts';
import type { NumberStyle } from '../money.ts';
import { printable } from '../printable.ts';
import { countOf, pluralOf } from './counts.ts';

/** Disagreements and accounts that are named; JSON has all. */
const MOST_NAMED = 5;

/** What a reader must know of balances. */
export function balanceNotes(view: BalancesView, currency: string, numbers: NumberStyle): string[] {
  const { disagreements, unknown, mixed, unrated, intervals } = view;
  const notes = [
    ...(intervals.shown < intervals.of
      ? [
          `The latest ${numbers.count(intervals.shown)} of ${numbers.count(intervals.of)} ${pluralOf(intervals.noun)} shown; --limit N shows more`,
        ]
      : []),
    `All: the accounts whose balance is known, together, in ${currency}; other currencies at the rate of their latest row`,
  ];
  for (const { account_id, since, day, stated, added_up, difference, currency: own } of disagreements.slice(
    0,
    MOST_NAMED,
  ))
    notes.push(
      `${printable(account_id)}: the statement of ${day} says ${numbers.amount(stated, own)}, and the rows since ${since} lead to ${numbers.amount(added_up, own)}: ${numbers.amount(difference, own)} apart`,
    );
  if (disagreements.length > MOST_NAMED)
    notes.push(
      `${countOf(disagreements.length - MOST_NAMED, 'more statement', numbers)} ${agreeing(disagreements.length - MOST_NAMED, 'disagrees', 'disagree')} with the rows; --json lists all`,
    );
  if (unknown.length > 0) notes.push(unknownText(unknown));
  if (unrated.length > 0)
    notes.push(
      `Not in All, since no row says what its currency is worth in ${currency}: ${named(unrated.map(({ account, currency: own }) => `${account} (${own ?? 'no currency'})`))}; finance-db rates normalises what has no rate yet`,
    );
  if (mixed.length > 0) notes.push(`Rows in several currencies, so no balance: ${named(mixed)}`);
  return notes;
}

/** Why there are no balances, and how to get some. */
export function noBalancesText({ statements, unknown, mixed }: BalancesView): string {
  const several =
    mixed.length === 0 ? '' : ` Of accounts with rows in several currencies none can be: ${named(mixed)}.`;
  if (mixed.length > 0 && unknown.length === 0) return `No balance is known.${several}`;
  const how = statements
    ? ''
    : ' The file has no statements: sync the tables transactions and transaction_statements (FINANCE_DB_TABLES), which imports write.';
  const example = unknown[0] ?? 'checking-001';
  return `No balance is known.${several}${how} Or say what an account held before its first row: --opening ${printable(example)}=1200.50`;
}

export function balancesDocument(view: BalancesView): Record<string, unknown> {
  return {
    statements: view.statements,
    disagreements: view.disagreements.map(({ stated, added_up, difference, ...rest }) => ({
      ...rest,
      stated: jsonNumeral(stated),
      added_up: jsonNumeral(added_up),
      difference: jsonNumeral(difference),
    })),
    unknown: view.unknown,
    mixed_currencies: view.mixed,
    without_rate: view.unrated,
  };
}

function unknownText(accounts: readonly string[]): string {
  return `No balance is known of ${named(accounts)}: --opening ${printable(accounts[0] ?? '')}=AMOUNT says one`;
}

function named(accounts: readonly string[]): string {
  const more = accounts.length - MOST_NAMED;
  return `${accounts
    .slice(0, MOST_NAMED)
    .map((name) => printable(name))
    .join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
