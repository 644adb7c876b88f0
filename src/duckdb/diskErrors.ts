import { FinanceDbError, messageOf } from '../errors/financeDbError.ts';

const FULL = /No space left on device|Could not write.*full|max_temp_directory_size|disk quota/i;
/** A place that is gone, read-only or failing; never what SQL asks for, since files are out of its reach. */
const UNUSABLE =
  /^IO Error: .*(No such file or directory|Permission denied|Read-only file system|Input\/output error|Could not (write|truncate|sync)|Failed to create|No files found that match)/is;

/** What DuckDB tells in words only: DISK_FULL or DUCKDB_NOT_WRITABLE when a place it writes to is at fault, else null. */
export function diskError(error: unknown): FinanceDbError | null {
  const message = messageOf(error);
  const [first = message] = message.split('\n');
  if (FULL.test(message)) return new FinanceDbError('DISK_FULL', `DuckDB could not write: ${first}`, { cause: error });
  if (UNUSABLE.test(message))
    return new FinanceDbError('DUCKDB_NOT_WRITABLE', `DuckDB could not write: ${first}`, {
      remedy: 'see that the folder named above is still there and may be written, and run the command again',
      cause: error,
    });
  return null;
}
