import type { FiledRow } from './examples.ts';
import { folded } from './features.ts';

/** How often each category (and within it each subcategory) was given to one payee. */
export interface PayeeHistory {
  readonly rows: number;
  readonly categories: ReadonlyMap<string, number>;
}

/** What each payee was filed under. */
export class Histories {
  private readonly subcategories = new Map<string, Map<string, number>>();
  private readonly payees = new Map<string, { rows: number; categories: Map<string, number> }>();

  constructor(rows: readonly FiledRow[]) {
    for (const { payee, category, subcategory } of rows) {
      const name = folded(payee);
      if (name === '') continue;
      let history = this.payees.get(name);
      if (history === undefined) {
        history = { rows: 0, categories: new Map() };
        this.payees.set(name, history);
      }
      history.rows++;
      history.categories.set(category, (history.categories.get(category) ?? 0) + 1);
      if (subcategory === null) continue;
      const key = `${name}\u0000${category}`;
      const counts = this.subcategories.get(key) ?? new Map<string, number>();
      this.subcategories.set(key, counts.set(subcategory, (counts.get(subcategory) ?? 0) + 1));
    }
  }

  /** The subdivision that most of the payee's rows of that category have. */
  subcategory(payee: string, category: string): string | null {
    return mostFrequent(this.subcategories.get(`${folded(payee)}\u0000${category}`) ?? new Map());
  }

  of(payee: string): PayeeHistory | null {
    return this.payees.get(folded(payee)) ?? null;
  }
}

/** The most frequent name of a count; of equals the first in the alphabet. */
export function mostFrequent(counts: ReadonlyMap<string, number>): string | null {
  let best: string | null = null;
  let most = 0;
  for (const [name, count] of counts)
    if (count > most || (count === most && best !== null && name < best)) {
      best = name;
      most = count;
    }
  return best;
}

/** Counts of a list. */
export function countsOf(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
