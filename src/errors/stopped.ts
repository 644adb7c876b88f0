import { FinanceDbError, isFinanceDbError } from './financeDbError.ts';

/** @throws the reason of the signal (INTERRUPTED, TERMINATED, QUERY_TIMEOUT) once it is aborted. */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw isFinanceDbError(signal.reason) ? signal.reason : new FinanceDbError('INTERRUPTED', 'interrupted');
}
