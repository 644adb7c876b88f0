import fs from 'node:fs';
import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { FinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { quoteLiteral } from '../model/identifier.ts';
import { diskError } from './diskErrors.ts';

/**
 * The format of the files we write: readable by DuckDB 1.4 (its long-term support release) and later. Measured beside the
 * default of new files, which every DuckDB since 0.10 reads, it loads faster and is smaller (docs/performance.md).
 */
export const STORAGE_VERSION = 'v1.4.0';

/** The copy's name among DuckDB's databases; reserved as a schema, or `a.b` could mean two things. */
export const ATTACHED = 'finance_db_copy';

/** A private DuckDB file that nobody else sees until it is published. */
export interface WorkingCopy {
  readonly path: string;
  readonly connection: DuckDBConnection;
  /** Runs a statement. @throws FinanceDbError DISK_FULL, DUCKDB_NOT_WRITABLE, or INTERNAL with the statement in its details. */
  run(sql: string): Promise<void>;
  /** Rows with every value as text, or null; exact for decimals and 64-bit integers. */
  all<T = Record<string, string | null>>(sql: string): Promise<T[]>;
  /** Writes everything into the one file and closes it; no .wal is left. */
  close(): Promise<void>;
  /** Closes without care for the contents. */
  abandon(): void;
  /** Ends the running statement, if there is one. */
  interrupt?(): void;
  /** Another connection, for statements that are to run at the same time; it ends with the copy. */
  another?(): Promise<Pick<WorkingCopy, 'all'>>;
  /** Does something that reads blocks once, in order and remembers little, with less memory for DuckDB where that will do. */
  scan?<T>(work: () => Promise<T>): Promise<T>;
}

export interface WorkingCopyOptions {
  /** What DuckDB may use, such as '400MB'. */
  readonly memory: string;
  readonly threads: number;
  /** Where DuckDB spills what does not fit. */
  readonly temporaryFolder: string;
}

/** Opens (or creates) `file` for writing. */
export async function openWorkingCopy(file: string, options: WorkingCopyOptions): Promise<WorkingCopy> {
  const copy = await attach(file, `STORAGE_VERSION ${quoteLiteral(STORAGE_VERSION)}`, options, mapWriteError);
  return {
    ...copy,
    close: async () => {
      await copy.run(`CHECKPOINT ${ATTACHED}`);
      await copy.run('USE memory');
      await copy.run(`DETACH ${ATTACHED}`);
      copy.abandon();
      if (fs.existsSync(`${file}.wal`))
        throw new FinanceDbError('INTERNAL', `DuckDB left a write-ahead log beside ${path.basename(file)}`);
      syncToDisk(file);
    },
  };
}

/** What each connection begins with. */
const SESSION = ["SET TimeZone = 'UTC'", `USE ${ATTACHED}`];

/**
 * Opens `file` as the default database of a DuckDB of our own, whose memory holds temporary tables.
 * @param how options of ATTACH
 * @param explain makes our error of DuckDB's
 */
export async function attach(
  file: string,
  how: string,
  options: WorkingCopyOptions,
  explain: (error: unknown, sql: string) => FinanceDbError,
): Promise<WorkingCopy> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: options.memory,
    threads: String(options.threads),
    temp_directory: options.temporaryFolder,
    preserve_insertion_order: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const explained = async <T>(sql: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw explain(error, sql);
    }
  };
  let closed = false;
  const connections = [connection];
  const abandon = (): void => {
    if (closed) return;
    closed = true;
    for (const one of connections) one.closeSync();
    instance.closeSync();
  };
  const allBy =
    (one: DuckDBConnection): WorkingCopy['all'] =>
    <T>(sql: string) =>
      explained(sql, async () => (await one.runAndReadAll(sql)).getRowObjectsJson() as T[]);
  const attached: WorkingCopy = {
    path: file,
    connection,
    run: (sql) => explained(sql, async () => void (await connection.run(sql))),
    all: allBy(connection),
    close: async () => abandon(),
    abandon,
    interrupt: () => {
      if (!closed) for (const one of connections) one.interrupt();
    },
    another: async () => {
      const one = await instance.connect();
      connections.push(one);
      for (const sql of SESSION) await explained(sql, () => one.run(sql));
      return { all: allBy(one) };
    },
  };
  try {
    // Runs are found by `=`: 0 and -0 of a float column became one in DuckDB 1.5.6. The other ways keep every bit.
    await attached.run("SET GLOBAL disabled_compression_methods = 'rle'");
    await attached.run(`ATTACH ${quoteLiteral(file)} AS ${ATTACHED} (${how})`);
    for (const sql of SESSION) await attached.run(sql);
  } catch (error) {
    abandon();
    throw error;
  }
  return attached;
}

function syncToDisk(file: string): void {
  const fd = fs.openSync(file, 'r+');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** DuckDB tells what failed in words only. */
export function mapWriteError(error: unknown, sql: string): FinanceDbError {
  const message = messageOf(error);
  const disk = diskError(error);
  if (disk !== null) return disk;
  if (/failed to (pin|allocate)|Out of Memory|could not allocate/i.test(message))
    return new FinanceDbError('DUCKDB_MEMORY', `DuckDB ran out of its memory: ${message.split('\n')[0]}`, {
      cause: error,
    });
  return new FinanceDbError('INTERNAL', `DuckDB refused a statement of the sync: ${message}`, {
    cause: error,
    details: { sql },
  });
}
