import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import type { Planned } from './writeTables.ts';

/** In the details of an error: what failed was a sync that read changed blocks. */
const BY_BLOCKS = 'byBlocks';

/** What somebody should know when all was read in the end. */
export const SCANNED =
  'DuckDB had too little memory to note where the rows lie, so that tables were read as a whole; allow it more with --memory';

/** The error of a sync; one for want of memory tells whether reading without changed blocks, which needs less, is worth another try. */
export function markLack(error: unknown, { work, looks }: Pick<Planned, 'work' | 'looks'>): unknown {
  if (!isFinanceDbError(error) || error.code !== 'DUCKDB_MEMORY') return error;
  if (work.every(({ plan }) => looks.of(plan.source.oid).blocks === null)) return error;
  return new FinanceDbError(error.code, error.message, {
    ...{ remedy: error.remedy, cause: error },
    details: { ...error.details, [BY_BLOCKS]: true },
  });
}

/** Whether a sync failed for want of memory while it read changed blocks. */
export function lackedMemory(error: unknown): boolean {
  return isFinanceDbError(error) && error.details[BY_BLOCKS] === true;
}
