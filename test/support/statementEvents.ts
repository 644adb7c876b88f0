import { type StatementBalance, StatementBalances } from '../../src/ingest/balances.ts';
import type { StatementEntry, StatementEvent, StatementReader } from '../../src/ingest/statement.ts';

/** All events of a text, given to the reader in pieces that end at the cuts. */
export function eventsOf(reader: StatementReader, text: string, cuts: readonly number[] = []): StatementEvent[] {
  const events: StatementEvent[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    events.push(...reader.push(text.slice(from, cut)));
    from = cut;
  }
  events.push(...reader.push(text.slice(from), true));
  return events;
}

export function entriesOf(events: readonly StatementEvent[]): StatementEntry[] {
  return events.filter((event) => event.kind === 'entry');
}

export function balancesOf(events: readonly StatementEvent[]): readonly StatementBalance[] {
  const balances = new StatementBalances();
  for (const event of events) balances.add(event);
  return balances.statements;
}
