import { FinanceDbError } from './financeDbError.ts';

/** A signal that also ends when time is up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Lets go of the clock and of the other signal. */
  clear(): void;
}

/** What Node's timers can hold. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * @param seconds undefined or 0: no limit of time.
 * @param says what has set the limit
 * @returns aborts with the reason of `signal`, or with QUERY_TIMEOUT.
 */
export function deadline(signal: AbortSignal, seconds: number | undefined, says = '--timeout says'): Deadline {
  if (!seconds) return { signal, clear: () => undefined };
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(
    () => controller.abort(new FinanceDbError('QUERY_TIMEOUT', `stopped after ${seconds} s, as ${says}`)),
    Math.min(seconds * 1000, LONGEST_MS),
  );
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}
