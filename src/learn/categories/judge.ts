import { type Outcome, thresholdFor } from './calibration.ts';
import type { FiledRow } from './examples.ts';
import { countsOf, Histories, mostFrequent } from './history.ts';
import { learnCategories } from './model.ts';

/** How right suggestions were on rows that came later than those that were learnt from. */
export interface Judgement {
  readonly learntFrom: number;
  readonly judgedOn: number;
  readonly categories: number;
  /** Shares of the judged rows: the first suggestion right, one of the first three. */
  readonly right: number;
  readonly rightOfThree: number;
  /** The rivals: the most frequent category for all, and the payee's own most frequent. */
  readonly mostFrequent: number;
  readonly payeesOwn: number;
  /** Of the judged rows with a payee that was met before. */
  readonly knownPayees: number;
  readonly coverage: readonly Coverage[];
  readonly confusions: readonly Confusion[];
}

/** Rows that could be filed by a threshold that was found on earlier rows, and how right they then were. */
export interface Coverage {
  readonly wanted: number;
  /** Null where no threshold reached the precision on the earlier rows. */
  readonly threshold: number | null;
  readonly share: number;
  readonly precision: number | null;
}

export interface Confusion {
  readonly category: string;
  readonly suggested: string;
  readonly rows: number;
}

const MOST_CONFUSIONS = 10;
const WANTED = [0.9, 0.95];

/**
 * Learns from the earlier rows and judges by the later ones. Thresholds are found within the earlier rows: on their latest
 * fifth, by what was learnt from the rest.
 * @returns null where the earlier rows are too few to learn from, or there are no later ones
 */
export function judgeCategories(earlier: readonly FiledRow[], later: readonly FiledRow[]): Judgement | null {
  const model = learnCategories(earlier);
  if (model === null || later.length === 0) return null;
  const histories = new Histories(earlier);
  const usual = mostFrequent(countsOf(earlier.map(({ category }) => category)));
  const outcomes: Outcome[] = [];
  const confusions = new Map<string, Confusion>();
  let [right, rightOfThree, frequent, payees, met] = [0, 0, 0, 0, 0];
  for (const row of later) {
    const guesses = model.guess(row, 3);
    const first = guesses[0]?.category ?? '';
    const isRight = first === row.category;
    outcomes.push({ confidence: guesses[0]?.confidence ?? 0, right: isRight });
    if (isRight) right++;
    else {
      const key = `${row.category}\u0000${first}`;
      const rows = (confusions.get(key)?.rows ?? 0) + 1;
      confusions.set(key, { category: row.category, suggested: first, rows });
    }
    if (guesses.some(({ category }) => category === row.category)) rightOfThree++;
    if (usual === row.category) frequent++;
    const history = histories.of(row.payee);
    if (history !== null) met++;
    if ((history === null ? usual : mostFrequent(history.categories)) === row.category) payees++;
  }
  const thresholds = thresholdsWithin(earlier);
  return {
    learntFrom: earlier.length,
    judgedOn: later.length,
    categories: model.categories.length,
    right: right / later.length,
    rightOfThree: rightOfThree / later.length,
    mostFrequent: frequent / later.length,
    payeesOwn: payees / later.length,
    knownPayees: met / later.length,
    coverage: WANTED.map((wanted, index) => coverageOf(outcomes, wanted, thresholds[index] ?? null)),
    confusions: [...confusions.values()]
      .sort((a, b) => b.rows - a.rows || (a.category < b.category ? -1 : 1))
      .slice(0, MOST_CONFUSIONS),
  };
}

function thresholdsWithin(earlier: readonly FiledRow[]): (number | null)[] {
  const cut = Math.floor(earlier.length * 0.8);
  const model = learnCategories(earlier.slice(0, cut));
  if (model === null) return [];
  const outcomes = earlier.slice(cut).map((row) => {
    const [guess] = model.guess(row, 1);
    return { confidence: guess?.confidence ?? 0, right: guess?.category === row.category };
  });
  return WANTED.map((wanted) => thresholdFor(outcomes, wanted));
}

function coverageOf(outcomes: readonly Outcome[], wanted: number, threshold: number | null): Coverage {
  if (threshold === null) return { wanted, threshold, share: 0, precision: null };
  const filed = outcomes.filter(({ confidence }) => confidence >= threshold);
  const right = filed.filter((outcome) => outcome.right).length;
  return {
    wanted,
    threshold,
    share: filed.length / outcomes.length,
    precision: filed.length === 0 ? null : right / filed.length,
  };
}
