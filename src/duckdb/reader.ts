import fs from 'node:fs';
import { type DuckDBConnection, DuckDBInstance, DuckDBTimestampTZValue } from '@duckdb/node-api';
import { codeOf, FinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { throwIfStopped } from '../errors/stopped.ts';
import { quoteLiteral } from '../model/identifier.ts';
import { diskError } from './diskErrors.ts';
import { memoryError } from './memoryError.ts';
import { orStopped } from './orStopped.ts';
import { memoryShare, spillPlace } from './readerLimits.ts';
import type { RowFinder } from './rowFinder.ts';

export type ReaderParams = Record<string, string | number | boolean | null>;

/** An open DuckDB file that can only be read. */
export interface DuckDbReader {
  readonly path: string;
  /** The zone of TIMESTAMPTZ. */
  readonly timeZone: string;
  readonly connection: DuckDBConnection;
  /** Whether a statement that was run before costs nothing: then what several reports need is worth a statement of its own. */
  readonly remembers?: boolean;
  /** Whether what a statement gives is remembered already. */
  readonly knows?: (sql: string) => boolean;
  /** Where rows lie by their ids, once somebody has read them. */
  readonly rows?: RowFinder;
  /**
   * Runs one of the tool's own statements. DECIMAL, BIGINT, HUGEINT, dates and timestamps come as exact text; INTEGER and
   * DOUBLE as number; BOOLEAN as boolean; LIST as array.
   * @param params values of `$name`.
   * @throws FinanceDbError DUCKDB_UNREADABLE when the file turns out to be damaged; DuckDB's own error otherwise.
   */
  all<T>(sql: string, params?: ReaderParams): Promise<T[]>;
  close(): void;
  /** Gives up a connection on which something runs that takes no notice: it is left alone, and closing does nothing. */
  abandon(): void;
  readonly abandoned: boolean;
}

export interface ReaderOptions {
  /** The one file outside the database that may be written: where our own COPY puts the output of a query. */
  readonly writablePath?: string;
  /** Files outside the database that its views read: those of a lake. */
  readonly readable?: readonly string[] | undefined;
  /** What DuckDB may use, such as '500MB'; half of the machine's memory when left out. */
  readonly memory?: string | undefined;
  /** The zone of TIMESTAMPTZ in SQL and in what is shown; UTC when left out. */
  readonly timeZone?: string | undefined;
  /** Interrupts what runs on it. */
  readonly signal?: AbortSignal;
}

/** The published file, open for several readers, each on a connection of its own: variables and what is temporary stay apart. */
export interface DuckDbFile {
  /** @param signal interrupts what runs on this connection */
  connect(signal?: AbortSignal): Promise<DuckDbReader>;
  /** Only after all of its readers were closed. */
  close(): void;
}

/**
 * Opens the published file: read-only, no other file within reach (no read_csv, COPY, ATTACH or extensions, whatever the
 * SQL says), and the configuration locked so that no SQL can undo this. The machine's time zone counts for nothing.
 * @throws FinanceDbError DUCKDB_MISSING, DUCKDB_LOCKED or DUCKDB_UNREADABLE.
 */
export async function openReader(path: string, options: ReaderOptions = {}): Promise<DuckDbReader> {
  const file = await openFile(path, options);
  const reader = await file.connect(options.signal);
  const { close } = reader;
  return Object.assign(reader, {
    close() {
      close();
      if (!reader.abandoned) file.close();
    },
  });
}

/** As openReader, for several readers. */
export async function openFile(path: string, options: Omit<ReaderOptions, 'signal'> = {}): Promise<DuckDbFile> {
  requireFile(path);
  const { timeZone = 'UTC' } = options;
  // What the Node API turns into text itself is not in the zone of the machine.
  DuckDBTimestampTZValue.timezoneOffsetInMinutes = 0;
  let instance: DuckDBInstance;
  let ambiguous = false;
  try {
    let connection: DuckDBConnection;
    [instance, connection] = await openReadOnly(path, options);
    ambiguous = await nameIsAmbiguous(connection);
    if (ambiguous) {
      connection.closeSync();
      instance.closeSync();
      [instance, connection] = await openUnderOtherName(path, options);
    }
    await connection.run(lockDown(options, timeZone));
    connection.closeSync();
  } catch (error) {
    throw openingError(error, path);
  }
  return {
    async connect(signal) {
      const connection = await instance.connect();
      if (ambiguous) await connection.run(`USE ${OTHER_NAME}`);
      return readerOn(connection, path, timeZone, signal);
    },
    close: () => instance.closeSync(),
  };
}

function readerOn(
  connection: DuckDBConnection,
  path: string,
  timeZone: string,
  signal: AbortSignal | undefined,
): DuckDbReader {
  const interrupt = (): void => connection.interrupt();
  signal?.addEventListener('abort', interrupt);
  let abandoned = false;
  const abandon = (): void => {
    abandoned = true;
  };
  return {
    path,
    timeZone,
    connection,
    abandon,
    get abandoned() {
      return abandoned;
    },
    async all<T>(sql: string, params?: ReaderParams): Promise<T[]> {
      throwIfStopped(signal);
      try {
        const result = await orStopped(connection.runAndReadAll(sql, params), signal, abandon);
        return result.getRowObjectsJson() as T[];
      } catch (error) {
        throwIfStopped(signal);
        throw damageError(error, path) ?? diskError(error) ?? memoryError(error) ?? error;
      }
    },
    close() {
      signal?.removeEventListener('abort', interrupt);
      if (!abandoned) connection.closeSync();
    },
  };
}

function readerOptions(path: string, options: ReaderOptions): Record<string, string> {
  const spill = spillPlace(path);
  return {
    memory_limit: options.memory ?? memoryShare(),
    temp_directory: spill.folder,
    max_temp_directory_size: spill.most,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    custom_user_agent: 'finance-db',
  };
}

async function openReadOnly(path: string, options: ReaderOptions): Promise<[DuckDBInstance, DuckDBConnection]> {
  const instance = await DuckDBInstance.create(path, { ...readerOptions(path, options), access_mode: 'READ_ONLY' });
  return [instance, await instance.connect()];
}

/** DuckDB names a database after its file, and refuses `finance.t` when finance.duckdb holds a schema finance. */
async function nameIsAmbiguous(connection: DuckDBConnection): Promise<boolean> {
  const found = await connection.runAndReadAll(
    'SELECT 1 FROM duckdb_schemas() WHERE NOT internal AND database_name = current_database() AND lower(schema_name) = lower(database_name)',
  );
  return found.currentRowCount > 0;
}

/** What no schema is called. */
const OTHER_NAME = '"finance-db file"';

async function openUnderOtherName(path: string, options: ReaderOptions): Promise<[DuckDBInstance, DuckDBConnection]> {
  const instance = await DuckDBInstance.create(':memory:', readerOptions(path, options));
  const connection = await instance.connect();
  await connection.run(`ATTACH ${quoteLiteral(path)} AS ${OTHER_NAME} (READ_ONLY); USE ${OTHER_NAME}`);
  return [instance, connection];
}

/** Paths can be allowed only after opening and before external access is closed. */
function lockDown({ writablePath, readable = [] }: ReaderOptions, timeZone: string): string {
  const allowed = [...(writablePath === undefined ? [] : [writablePath]), ...readable];
  return [
    `SET GLOBAL TimeZone = ${quoteLiteral(timeZone)}`,
    ...(allowed.length === 0 ? [] : [`SET allowed_paths = [${allowed.map(quoteLiteral).join(', ')}]`]),
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ].join('; ');
}

function requireFile(path: string): void {
  let other = 'it is a folder';
  try {
    const stat = fs.statSync(path);
    if (stat.isFile()) return;
    // DuckDB would wait for whoever writes a pipe, and no signal would end that.
    if (!stat.isDirectory()) other = 'it is no regular file';
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new FinanceDbError('DUCKDB_MISSING', `there is no DuckDB file at ${path}`, { details: { path } });
    throw unreadable(path, messageOf(error), error, 'correct its permissions');
  }
  throw unreadable(path, other, undefined, 'name the file itself with --duckdb');
}

function openingError(error: unknown, path: string): FinanceDbError {
  const message = messageOf(error);
  if (/Could not set lock on file/i.test(message))
    return new FinanceDbError('DUCKDB_LOCKED', `${path} is held open for writing by ${holderOf(message)}`, {
      cause: error,
      details: { path },
    });
  if (/database does not exist/i.test(message))
    return new FinanceDbError('DUCKDB_MISSING', `there is no DuckDB file at ${path}`, { details: { path } });
  if (/Permission denied/i.test(message)) return unreadable(path, message, error, 'correct its permissions');
  return damageError(error, path) ?? unreadable(path, message, error);
}

/** `/usr/bin/python3 (PID 123)`, as far as DuckDB could find out. */
function holderOf(message: string): string {
  return /Conflicting lock is held in (.+? \(PID \d+\))/.exec(message)?.[1] ?? 'another program';
}

/**
 * DUCKDB_UNREADABLE if DuckDB's error means that the file itself is damaged (which may show only when a query comes to
 * the damaged part), else null.
 */
export function damageError(error: unknown, path: string): FinanceDbError | null {
  const message = messageOf(error);
  const damaged =
    /not a valid DuckDB database|Corrupt database|Could not read enough bytes|database has been invalidated|Serialization Error|with version number|WAL does not match|replaying WAL/i;
  return damaged.test(message) ? unreadable(path, message, error) : null;
}

function unreadable(path: string, why: string, cause: unknown, remedy?: string): FinanceDbError {
  return new FinanceDbError('DUCKDB_UNREADABLE', `cannot read the DuckDB file ${path}: ${firstLine(why)}`, {
    cause,
    details: { path },
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
