import { FinanceDbError } from '../errors/financeDbError.ts';
import { quoteLiteral } from '../model/identifier.ts';
import { damageError } from './reader.ts';
import { attach, mapWriteError, type WorkingCopy, type WorkingCopyOptions } from './workingCopy.ts';

/** The published file beside a private in-memory database for what a comparison must remember. */
export type StoredFile = WorkingCopy;

/**
 * Attaches the published file read-only under the name of a working copy, so that the same statements work as on a working copy.
 * @param scanMemory what DuckDB may use during `scan`; null for no less than at other times
 * @throws FinanceDbError DUCKDB_UNREADABLE when the file turns out to be damaged
 */
export async function openStored(
  file: string,
  options: WorkingCopyOptions,
  scanMemory: string | null = null,
): Promise<StoredFile> {
  const stored = await attach(
    file,
    'READ_ONLY',
    options,
    (error, sql) => damageError(error, file) ?? mapWriteError(error, sql),
  );
  return scanMemory === null ? stored : { ...stored, scan: scanWithin(stored, scanMemory, options.memory) };
}

/**
 * DuckDB keeps blocks that it has read as long as it has memory for them, though nobody asks for them again. What turns out to
 * need more, such as very long texts, is done once more with all that there is.
 */
function scanWithin(stored: StoredFile, less: string, usual: string): NonNullable<StoredFile['scan']> {
  const limit = (memory: string): Promise<void> => stored.run(`SET memory_limit = ${quoteLiteral(memory)}`);
  return async (work) => {
    try {
      await limit(less);
      return await work();
    } catch (error) {
      if (!(error instanceof FinanceDbError && error.code === 'DUCKDB_MEMORY')) throw error;
    } finally {
      await limit(usual);
    }
    return work();
  };
}
