import { InvalidArgumentError } from 'commander';

// What commander calls for the values of flags: it names the flag and shows the value when one of them throws.

/** A whole number from 1; `1_000` is one. */
export function parseCount(text: string): number {
  const count = Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('expected a whole number from 1.');
  return count;
}

/** More than any server likes, and fewer than would be a mistake. */
const MOST_JOBS = 64;

/** How many connections. */
export function parseJobs(text: string): number {
  const jobs = parseCount(text);
  if (jobs > MOST_JOBS) throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST_JOBS}.`);
  return jobs;
}

/** 0 stands for no limit. */
export function parseCountOrZero(text: string): number {
  return text === '0' ? 0 : parseCount(text);
}

/** Seconds, with a fraction or without. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds < 0 || text.trim() === '')
    throw new InvalidArgumentError('expected seconds, 0 or more.');
  return seconds;
}

/** Gathers the values of a flag that may be given several times. */
export function repeated(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/** A flag that takes one value: a second would take the first one's place without a word. */
export function once(text: string, previous: string | undefined): string {
  if (previous === undefined) return text;
  throw new InvalidArgumentError(
    `it takes one value and was given ${JSON.stringify(previous)} already; run the command once for each.`,
  );
}
