import { setTimeout as delay } from 'node:timers/promises';

/** What is done at once on a quiet machine took most of a minute on one that had eight times too much to do. */
const PATIENCE_MS = 120_000;

/**
 * Waits for what a test goes on from, looking often: a number of turns would be a limit of time, and a short one.
 * @param what it says when it never comes
 * @throws Error when that is not so after two minutes
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, everyMs = 10): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await delay(everyMs);
  }
}
