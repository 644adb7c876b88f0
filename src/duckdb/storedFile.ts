import { damageError } from './reader.ts';
import { attach, mapWriteError, type WorkingCopy, type WorkingCopyOptions } from './workingCopy.ts';

/** The published file beside a private in-memory database for what a comparison must remember. */
export type StoredFile = WorkingCopy;

/**
 * Attaches the published file read-only under the name of a working copy, so that the same statements work as on a working copy.
 * @throws FinanceDbError DUCKDB_UNREADABLE when the file turns out to be damaged
 */
export function openStored(file: string, options: WorkingCopyOptions): Promise<StoredFile> {
  return attach(file, 'READ_ONLY', options, (error, sql) => damageError(error, file) ?? mapWriteError(error, sql));
}
