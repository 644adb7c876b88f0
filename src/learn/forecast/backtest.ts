import { WAYS } from './series.ts';

/** What was guessed at one past origin and what came. */
export interface Trial {
  /** By way: the months ahead, whole. */
  readonly byWay: readonly (readonly number[])[];
  /** What the months ahead came to; null where they are not over. */
  readonly actual: readonly (number | null)[];
}

/** A month ahead with the error that the same procedure made on the past. */
export interface Outlook {
  /** The way that did best on the user's own past, by its place in WAYS. */
  readonly way: number;
  /** Errors of the procedure: at each past origin the way was chosen by what was known then. */
  readonly errors: readonly number[];
  /** What the months of these errors came to, without its sign. */
  readonly sizes: readonly number[];
  /** Half the width of the interval that held eight of ten such errors; null where there are too few. */
  readonly halfWidth: number | null;
}

/** From so many errors of its own on an interval can be given. */
export const FEWEST_ERRORS = 6;
/** What an interval claims to hold. */
export const CLAIMED = 0.8;
/** A way is chosen by its latest errors: those further back say little about now. */
const REMEMBERED = 12;
/** An interval takes more of them, or one of twelve would set its width. */
const REMEMBERED_FOR_INTERVALS = 24;
/** A rival must have missed by half of what the usual way did, or chance would choose: measured, a fifth less chose worse than never to. */
const MARGIN = 0.5;
/** No month is sure to this share of what months usually are: what drifts by cents would lie outside each time. */
const LEAST_WIDTH = 0.001;
/** Of what came. */
const LITTLE = 0.01;
const FEWEST_TO_CHOOSE = 6;

/**
 * Chooses a way for one month ahead, and measures what choosing so would have brought: at each past origin the way is chosen
 * by errors that were known by then, so that nothing is judged by what it was chosen on.
 * @param trials the earliest first
 * @param ahead the month ahead
 */
export function outlookFor(trials: readonly Trial[], ahead: number): Outlook {
  const errors: number[] = [];
  const sizes: number[] = [];
  trials.forEach((trial, index) => {
    const actual = trial.actual[ahead] ?? null;
    if (actual === null) return;
    const way = chosen(trials.slice(0, Math.max(0, index - ahead)), ahead);
    errors.push((trial.byWay[way]?.[ahead] ?? 0) - actual);
    sizes.push(Math.abs(actual));
  });
  return { way: chosen(trials, ahead), errors, sizes, halfWidth: halfWidthOf(errors, sizes) };
}

/** The way with the least error of late. */
export function chosen(trials: readonly Trial[], ahead: number): number {
  const known = trials.filter(({ actual }) => (actual[ahead] ?? null) !== null).slice(-REMEMBERED);
  if (known.length < FEWEST_TO_CHOOSE) return 0;
  const errorOf = (way: number): number =>
    known.reduce((sum, { byWay, actual }) => sum + Math.abs((byWay[way]?.[ahead] ?? 0) - (actual[ahead] as number)), 0);
  const usual = errorOf(0);
  // What is next to nothing beside the sums themselves is no reason to choose.
  const little = known.reduce((sum, { actual }) => sum + Math.abs(actual[ahead] as number), 0) * LITTLE;
  let best = 0;
  let least = Math.min(usual * MARGIN, usual - little);
  for (let way = 1; way < WAYS.length; way++) {
    const error = errorOf(way);
    if (error < least) {
      best = way;
      least = error;
    }
  }
  return best;
}

/**
 * Conformal: of n errors that could have come in any order, the next one is within the k-th largest with a probability of
 * k / (n + 1). Between two of them where 0.8 lies there; of the latest errors, since what was long ago says little of now.
 * @param sizes what the months of the errors came to
 */
export function halfWidthOf(errors: readonly number[], sizes: readonly number[]): number | null {
  if (errors.length < FEWEST_ERRORS) return null;
  const missed = errors
    .slice(-REMEMBERED_FOR_INTERVALS)
    .map(Math.abs)
    .sort((a, b) => a - b);
  const place = Math.min(missed.length, CLAIMED * (missed.length + 1)) - 1;
  const low = missed[Math.floor(place)] as number;
  const width = low + ((missed[Math.ceil(place)] as number) - low) * (place - Math.floor(place));
  const latest = sizes.slice(-REMEMBERED);
  return Math.max(width, (LEAST_WIDTH * latest.reduce((sum, size) => sum + size, 0)) / Math.max(1, latest.length));
}

/** How often intervals held, where each was made of the errors before it. */
export function coverageOf(
  errors: readonly number[],
  sizes: readonly number[],
  ahead: number,
): { readonly held: number; readonly judged: number } {
  let [held, judged] = [0, 0];
  errors.forEach((error, index) => {
    const known = Math.max(0, index - ahead);
    const half = halfWidthOf(errors.slice(0, known), sizes.slice(0, known));
    if (half === null) return;
    judged++;
    if (Math.abs(error) <= half) held++;
  });
  return { held, judged };
}
