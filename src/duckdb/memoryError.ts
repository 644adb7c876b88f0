import { FinanceDbError, messageOf } from '../errors/financeDbError.ts';

/** DUCKDB_MEMORY when a reader needs more memory than it may use, which DuckDB tells in words only; else null. */
export function memoryError(error: unknown): FinanceDbError | null {
  const message = messageOf(error);
  if (!/Out of Memory Error|bad[ _]alloc|Allocation failure|could not allocate/i.test(message)) return null;
  return new FinanceDbError('DUCKDB_MEMORY', message.split('\n')[0] ?? message, {
    cause: error,
    remedy: 'ask for less, or allow more with FINANCE_DB_MEMORY, such as 8GB',
  });
}
