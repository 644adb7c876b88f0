import { amountSize, folded, payeeFeatures, rowFeatures, type Subject } from './features.ts';
import type { Examples } from './logistic.ts';

/** A row that somebody has filed. */
export interface FiledRow extends Subject {
  readonly category: string;
  readonly subcategory: string | null;
}

/** 32 MB of weights. */
const MOST_WEIGHTS = 8_000_000;
/** A feature that came once tells nothing about another row. */
const FEWEST_ROWS = 2;

/** Names of features and classes with their numbers. */
export interface Dictionary {
  readonly features: ReadonlyMap<string, number>;
  readonly classes: readonly string[];
}

interface Example {
  readonly row: FiledRow;
  rows: number;
}

/**
 * Makes numbered examples of filed rows. Rows that are alike count as one.
 * @param rows in order of time
 * @param most examples, of which the latest are kept, so that training has a bound
 */
export function examplesOf(
  rows: readonly FiledRow[],
  most: number,
): { readonly dictionary: Dictionary; readonly examples: Examples } {
  const kept = grouped(rows, most);
  const classes = [...new Set(kept.map(({ row }) => row.category))].sort();
  const gramsOf = cached(payeeFeatures);
  const namesOf = kept.map(({ row }) => rowFeatures(row));
  const features = numbered(kept, gramsOf, namesOf, classes.length);
  const classNumbers = new Map(classes.map((name, index) => [name, index]));
  const numbersOf = cached((payee) => known(features, gramsOf(payee)));
  const all: number[] = [];
  const ends = new Int32Array(kept.length);
  kept.forEach(({ row }, index) => {
    for (const number of numbersOf(folded(row.payee))) all.push(number);
    for (const number of known(features, namesOf[index] ?? [])) all.push(number);
    ends[index] = all.length;
  });
  return {
    dictionary: { features, classes },
    examples: {
      features: Int32Array.from(all),
      ends,
      classes: Int32Array.from(kept, ({ row }) => classNumbers.get(row.category) ?? 0),
      weights: Float64Array.from(kept, (example) => example.rows),
      featureCount: features.size,
      classCount: classes.length,
    },
  };
}

function grouped(rows: readonly FiledRow[], most: number): Example[] {
  const groups = new Map<string, Example>();
  // From the last row back: what is kept is the latest.
  for (let index = rows.length - 1; index >= 0; index--) {
    const row = rows[index] as FiledRow;
    const key = [row.category, folded(row.payee), row.account, amountSize(row.amount), row.mcc].join('\u0000');
    const group = groups.get(key);
    if (group !== undefined) group.rows++;
    else if (groups.size < most) groups.set(key, { row, rows: 1 });
  }
  return [...groups.values()].reverse();
}

/** Numbers for all features that more than one row has; for more than that, where there would be too many. */
function numbered(
  kept: readonly Example[],
  gramsOf: (payee: string) => readonly string[],
  namesOf: readonly (readonly string[])[],
  classCount: number,
): Map<string, number> {
  const counts = new Map<string, number>();
  const rowsOfPayee = new Map<string, number>();
  const add = (name: string, count: number): Map<string, number> => counts.set(name, (counts.get(name) ?? 0) + count);
  kept.forEach(({ row, rows }, index) => {
    const payee = folded(row.payee);
    rowsOfPayee.set(payee, (rowsOfPayee.get(payee) ?? 0) + rows);
    for (const name of namesOf[index] ?? []) add(name, rows);
  });
  for (const [payee, count] of rowsOfPayee) for (const name of gramsOf(payee)) add(name, count);
  const most = Math.floor(MOST_WEIGHTS / Math.max(1, classCount));
  let fewest = FEWEST_ROWS;
  const enough = (): number => [...counts.values()].reduce((sum, count) => sum + (count >= fewest ? 1 : 0), 0);
  while (enough() > most) fewest++;
  const numbers = new Map<string, number>();
  for (const [name, count] of counts) if (count >= fewest) numbers.set(name, numbers.size);
  return numbers;
}

/** The numbers of those names that have one. */
export function known(numbers: ReadonlyMap<string, number>, names: readonly string[]): number[] {
  return names.flatMap((name) => numbers.get(name) ?? []);
}

function cached<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>();
  return (text) => {
    const found = made.get(text);
    if (found !== undefined) return found;
    const value = make(text);
    made.set(text, value);
    return value;
  };
}
