import { DuckDBInstance } from '@duckdb/node-api';
import { quoteLiteral } from '../model/identifier.ts';
import { damageError } from './reader.ts';
import { ATTACHED, mapWriteError, type WorkingCopy, type WorkingCopyOptions } from './workingCopy.ts';

/** The published file beside a private in-memory database for what a comparison must remember. */
export type StoredFile = WorkingCopy;

/**
 * Attaches the published file read-only under the name of a working copy, so that the same statements work as on a working copy.
 * @throws FinanceDbError DUCKDB_UNREADABLE when the file turns out to be damaged
 */
export async function openStored(file: string, options: WorkingCopyOptions): Promise<StoredFile> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: options.memory,
    threads: String(options.threads),
    temp_directory: options.temporaryFolder,
    preserve_insertion_order: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const guarded = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw damageError(error, file) ?? mapWriteError(error, sql);
    }
  };
  let closed = false;
  const abandon = (): void => {
    closed = true;
    connection.closeSync();
    instance.closeSync();
  };
  const stored: StoredFile = {
    path: file,
    connection,
    run: (sql) => guarded(sql, async () => void (await connection.run(sql))),
    all: <T>(sql: string) => guarded(sql, async () => (await connection.runAndReadAll(sql)).getRowObjectsJson() as T[]),
    close: async () => abandon(),
    abandon,
    interrupt: () => {
      if (!closed) connection.interrupt();
    },
  };
  try {
    await stored.run("SET TimeZone = 'UTC'");
    await stored.run(`ATTACH ${quoteLiteral(file)} AS ${ATTACHED} (READ_ONLY)`);
    await stored.run(`USE ${ATTACHED}`);
  } catch (error) {
    abandon();
    throw error;
  }
  return stored;
}
