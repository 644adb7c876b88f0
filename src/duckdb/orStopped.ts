import { throwIfStopped } from '../errors/stopped.ts';

/** How long DuckDB is given to obey an interruption. */
const GRACE_MS = 1000;

/**
 * Waits for a step of DuckDB, but no longer than a moment after the signal: some steps (constants that are folded while
 * planning) take no notice of an interruption.
 * @param abandon called when the step is given up: it still runs, and what it uses must be left alone
 * @throws the reason of the signal
 */
export function orStopped<T>(
  step: Promise<T>,
  signal: AbortSignal | undefined,
  abandon: () => void,
  graceMs = GRACE_MS,
): Promise<T> {
  if (signal === undefined) return step;
  return new Promise<T>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const give = (): void => {
      abandon();
      try {
        throwIfStopped(signal);
      } catch (reason) {
        reject(reason);
      }
    };
    const wait = (): void => {
      timer = setTimeout(give, graceMs);
    };
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
    step.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wait);
    });
  });
}
