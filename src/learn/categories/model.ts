import { type Calibration, calibrate, type Outcome } from './calibration.ts';
import { examplesOf, type FiledRow, known } from './examples.ts';
import { folded, payeeFeatures, rowFeatures, type Subject } from './features.ts';
import { countsOf, Histories, mostFrequent, type PayeeHistory } from './history.ts';
import { scoreInto, softmax, trainLogistic } from './logistic.ts';
import { wordsOfFeature } from './why.ts';

/** A category with how sure it is. */
export interface Guess {
  readonly category: string;
  /** How often guesses that were this sure were right on the user's later rows; 0 to 1. */
  readonly confidence: number;
}

/** Why a category was suggested. */
export type Reason =
  | { readonly kind: 'history'; readonly rows: number; readonly agreeing: number }
  /** The features that weighed most, in words. */
  | { readonly kind: 'model'; readonly features: readonly string[] };

export interface CategoryModel {
  /** Rows it has learnt from, and the categories that they have, in order of the alphabet. */
  readonly rows: number;
  readonly categories: readonly string[];
  /** The likeliest categories first. */
  guess(subject: Subject, most: number): Guess[];
  why(subject: Subject, category: string): Reason;
  /** The subdivision that the payee's rows of a category mostly have; null where they have none. */
  subcategory(subject: Subject, category: string): string | null;
}

/** Fewer filed rows teach nothing that the payee's own history does not tell. */
export const FEWEST_ROWS = 30;
/** The share of rows, the latest, on which it is found out how sure one may be. */
const HELD_BACK = 0.2;
const FEWEST_HELD_BACK = 40;
const MOST_HELD_BACK = 5000;
/** Examples (rows that are alike count as one) for the model that is used, and for the one that tells how sure it may be. */
const MOST_EXAMPLES = 13_000;
const MOST_TRIAL_EXAMPLES = 7_000;
/** Few examples have to be looked at more often. */
const EXAMPLES_LOOKED_AT = 40_000;
const PASSES = { fewest: 3, most: 60 };
const RATE = 0.4;
/** How much the payee's own history says beside the regression: tried on the rows held back. */
const SHARES_OF_HISTORY = [0, 0.25, 0.5, 0.75, 1];
/** Until there are enough rows to find out. */
const CAUTIOUS_SHARE = 0.75;
const EXPLAINED = 3;
/** The heaviest features, of which the explanation is made. */
const LOOKED_AT = 20;

/**
 * Learns from filed rows: logistic regression on the payee's characters, the account and the size of the amount, mixed with what the
 * payee was filed under before. How much of each, and what a confidence is worth, is found out on the latest fifth of the rows by a
 * model of the others; then all rows are learnt from.
 * @param rows in order of time
 * @returns null where there are too few rows, or one category only
 */
export function learnCategories(rows: readonly FiledRow[]): CategoryModel | null {
  if (rows.length < FEWEST_ROWS || countsOf(rows.map(({ category }) => category)).size < 2) return null;
  const held = Math.min(Math.floor(rows.length * HELD_BACK), MOST_HELD_BACK);
  const tuned = held < FEWEST_HELD_BACK ? null : tune(rows.slice(0, -held), rows.slice(-held));
  const mixture = new Mixture(rows, MOST_EXAMPLES);
  const share = tuned?.share ?? CAUTIOUS_SHARE;
  return {
    rows: rows.length,
    categories: mixture.classes,
    guess: (subject, most) => {
      const guesses = mixture.mixed(mixture.regressed(subject), subject, share, most);
      const first = guesses[0];
      if (first === undefined) return [];
      const history = mixture.histories.of(subject.payee);
      const proven = history === null ? tuned?.unmet : tuned?.met;
      const sure = proven?.(first.confidence) ?? unproven(first, history);
      // The others share what is left in the proportions that they had.
      const left = 1 - first.confidence;
      return guesses.map((guess, index) =>
        index === 0
          ? { ...guess, confidence: sure }
          : { ...guess, confidence: left <= 0 ? 0 : Math.min(sure, (guess.confidence / left) * (1 - sure)) },
      );
    },
    why: (subject, category) => mixture.why(subject, category),
    subcategory: (subject, category) => mixture.histories.subcategory(subject.payee, category),
  };
}

/**
 * Without a proof of its own nobody is as sure as it says: a payee's past is worth what the rule of succession makes of it (16 of 16 times:
 * 17 of 18), a likeness four fifths.
 */
function unproven({ category, confidence }: Guess, history: PayeeHistory | null): number {
  if (history === null) return confidence * 0.8;
  return Math.min(confidence, ((history.categories.get(category) ?? 0) + 1) / (history.rows + 2));
}

interface Tuned {
  readonly share: number;
  /** What a confidence is worth for payees that were met before, and for others; null where there were too few of them to tell. */
  readonly met: Calibration | null;
  readonly unmet: Calibration | null;
}

/** The share of history that was right most often, and what its confidence was worth. */
function tune(earlier: readonly FiledRow[], later: readonly FiledRow[]): Tuned {
  const mixture = new Mixture(earlier, MOST_TRIAL_EXAMPLES);
  const outcomes: (Outcome & { readonly met: boolean })[][] = SHARES_OF_HISTORY.map(() => []);
  for (const row of later) {
    const regression = mixture.regressed(row);
    const met = mixture.histories.of(row.payee) !== null;
    SHARES_OF_HISTORY.forEach((share, index) => {
      const [guess] = mixture.mixed(regression, row, share, 1);
      if (guess !== undefined)
        outcomes[index]?.push({ confidence: guess.confidence, right: guess.category === row.category, met });
    });
  }
  const rights = outcomes.map((list) => list.filter(({ right }) => right).length);
  const best = rights.indexOf(Math.max(...rights));
  const calibrated = (met: boolean): Calibration | null => {
    const list = (outcomes[best] ?? []).filter((outcome) => outcome.met === met);
    return list.length < FEWEST_HELD_BACK ? null : calibrate(list);
  };
  return { share: SHARES_OF_HISTORY[best] as number, met: calibrated(true), unmet: calibrated(false) };
}

/** The regression and the histories of one set of rows. */
class Mixture {
  readonly classes: readonly string[];
  private readonly features: ReadonlyMap<string, number>;
  private readonly weights: Float32Array;
  readonly histories: Histories;
  private readonly prior: Float64Array;
  private readonly classNumbers: ReadonlyMap<string, number>;
  private readonly gramsOfPayee = new Map<string, readonly number[]>();

  constructor(rows: readonly FiledRow[], mostExamples: number) {
    const { dictionary, examples } = examplesOf(rows, mostExamples);
    this.classes = dictionary.classes;
    this.features = dictionary.features;
    const wanted = Math.round(EXAMPLES_LOOKED_AT / Math.max(1, examples.ends.length));
    const passes = Math.min(PASSES.most, Math.max(PASSES.fewest, wanted));
    this.weights = trainLogistic(examples, { passes, rate: RATE });
    this.histories = new Histories(rows);
    const counts = countsOf(rows.map(({ category }) => category));
    this.prior = Float64Array.from(this.classes, (name) => (counts.get(name) ?? 0) / rows.length);
    this.classNumbers = new Map(this.classes.map((name, index) => [name, index]));
  }

  /** The regression's probability of each category. */
  regressed(subject: Subject): Float64Array {
    const scores = new Float64Array(this.classes.length);
    const numbers = this.numbersOf(subject);
    scoreInto(scores, this.weights, numbers, 0, numbers.length);
    softmax(scores);
    return scores;
  }

  /** The likeliest categories, with the probability of regression and history together. */
  mixed(regression: Float64Array, subject: Subject, share: number, most: number): Guess[] {
    const history = share === 0 ? null : this.histories.of(subject.payee);
    const scores = history === null ? regression : Float64Array.from(regression);
    if (history !== null) {
      for (let label = 0; label < scores.length; label++) {
        const before = (this.prior[label] as number) / (history.rows + 1);
        scores[label] = (scores[label] as number) * (1 - share) + share * before;
      }
      for (const [category, count] of history.categories) {
        const label = this.classNumbers.get(category);
        if (label !== undefined) scores[label] = (scores[label] as number) + (share * count) / (history.rows + 1);
      }
    }
    return top(scores, most).map((label) => ({
      category: this.classes[label] as string,
      confidence: scores[label] as number,
    }));
  }

  why(subject: Subject, category: string): Reason {
    const history = this.histories.of(subject.payee);
    if (history !== null && history.rows >= 2 && mostFrequent(history.categories) === category)
      return { kind: 'history', rows: history.rows, agreeing: history.categories.get(category) ?? 0 };
    const label = this.classNumbers.get(category) ?? 0;
    const count = this.classes.length;
    const weighed = this.namesOf(subject).flatMap((name) => {
      const feature = this.features.get(name);
      if (feature === undefined) return [];
      const row = this.weights.subarray(feature * count, (feature + 1) * count);
      const usual = row.reduce((sum, weight) => sum + weight, 0) / count;
      return { name, weight: (row[label] as number) - usual };
    });
    weighed.sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
    const words: string[] = [];
    for (const { name, weight } of weighed.slice(0, LOOKED_AT)) {
      if (weight <= 0) break;
      const said = wordsOfFeature(name);
      const holds = (long: string, short: string): boolean => long.includes(short.replaceAll('"', ''));
      // Runs within one another say the same: the longest says it best.
      if (words.some((word) => holds(word, said))) continue;
      const shorter = words.findIndex((word) => holds(said, word));
      if (shorter >= 0) words[shorter] = said;
      else if (words.length < EXPLAINED) words.push(said);
    }
    return { kind: 'model', features: words };
  }

  private namesOf(subject: Subject): string[] {
    return [...payeeFeatures(folded(subject.payee)), ...rowFeatures(subject)];
  }

  private numbersOf(subject: Subject): number[] {
    const payee = folded(subject.payee);
    let grams = this.gramsOfPayee.get(payee);
    if (grams === undefined) {
      grams = known(this.features, payeeFeatures(payee));
      this.gramsOfPayee.set(payee, grams);
    }
    return [...grams, ...known(this.features, rowFeatures(subject))];
  }
}

/** The positions of the largest scores, the largest first; of equals the earlier. */
function top(scores: Float64Array, most: number): number[] {
  const best: number[] = [];
  for (let label = 0; label < scores.length; label++) {
    const score = scores[label] as number;
    if (best.length === most && score <= (scores[best[most - 1] as number] as number)) continue;
    let at = best.length;
    while (at > 0 && (scores[best[at - 1] as number] as number) < score) at--;
    best.splice(at, 0, label);
    if (best.length > most) best.pop();
  }
  return best;
}
