import path from 'node:path';
import type { Config } from '../config/config.ts';
import { ERROR_CODES } from '../errors/codes.ts';
import { FinanceDbError, isFinanceDbError } from '../errors/financeDbError.ts';
import { counted } from '../model/counted.ts';
import { DEFAULT_SAMPLE_ROWS, generateSample, LARGEST_SAMPLE } from '../model/household/generate.ts';
import { displayName, postgresTable, type TableName } from '../model/tableName.ts';
import { TRANSACTIONS_NAMES } from '../model/transactionsTable.ts';
import type { CsvFile } from '../postgres/csvBlocks.ts';
import { importCsv, readPlan } from '../postgres/csvImport.ts';
import { countImports, dropImportRecords } from '../postgres/imports/sideTables.ts';
import { watchLocks } from '../postgres/lockWatch.ts';
import { loadRows } from '../postgres/partitions/load.ts';
import { patience } from '../postgres/pinned.ts';
import { countSampleRows, markSample } from '../postgres/sampleMark.ts';
import { type PgServer, withPostgres } from '../postgres/server.ts';
import type { PgSession } from '../postgres/session.ts';
import {
  createIndexes,
  createTable,
  type ExistingTable,
  findTable,
  otherShape,
  shapeDifferences,
} from '../postgres/transactionsTable.ts';
import { analyse, divide, type InitPartitions } from './partitions/divide.ts';

export interface InitRequest {
  readonly config: Config;
  /** What to load: rows of a sample, a file, nothing, or what suits the server. */
  readonly load: LoadRequest;
  readonly reset: boolean;
  /** `--partition-by`: how the table is to be divided; null leaves it as it is, or makes a plain one. */
  readonly partitionBy: 'month' | null;
  /** `--yes`: --reset may drop a table. */
  readonly confirmed: boolean;
  readonly cwd: string;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: InitProgress) => void;
  /** What the command waits for, once it has waited for a second. */
  readonly onWait?: (text: string) => void;
}

export type LoadRequest =
  | { readonly kind: 'default' }
  | { readonly kind: 'sample'; readonly rows: number }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'none' };

export interface InitProgress {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  /** From 0 to 1. */
  readonly fraction: number;
}

export interface InitResult {
  readonly source: { readonly kind: 'postgres' | 'embedded'; readonly database: string; readonly where: string };
  readonly table: string;
  readonly created: boolean;
  /** Rows that --reset dropped; null when it dropped no table. */
  readonly dropped: number | null;
  /** Imports whose records --reset dropped too. */
  readonly forgottenImports: number;
  /** Partitions of the table now; null for one that has none. */
  readonly partitions: InitPartitions | null;
  /** Columns that were indexed now. */
  readonly indexes: readonly string[];
  readonly loaded: LoadResult;
  /** Rows in the table now. */
  readonly rows: number;
  /** How many of them are sample data, of this init or an earlier one. */
  readonly sampleRows: number;
  /** Whether sync will read the table, that is, FINANCE_DB_TABLES names it. */
  readonly synced: boolean;
  readonly seconds: number;
}

export type LoadResult =
  | { readonly kind: 'none'; readonly reason: 'asked' | 'has_rows' | 'external_server'; readonly rows: 0 }
  | { readonly kind: 'sample'; readonly rows: number; readonly currency: string }
  | {
      readonly kind: 'file';
      readonly file: string;
      readonly rows: number;
      readonly defaulted: readonly string[];
      readonly notNormalized: number;
    };

/**
 * Creates the table of transactions and its indexes where they are missing, and loads a sample or a CSV file, all in one
 * PostgreSQL transaction: when it throws, nothing has changed. Existing rows are never touched, unless by `reset`.
 * @throws FinanceDbError PG_LOCKED naming who held what for too long; PG_TABLE_SHAPE listing how an existing table differs; BAD_INPUT, FILE_UNREADABLE; USAGE for a
 *   reset that is not confirmed, saying what would be lost; and the PG_ family
 */
export async function init(request: InitRequest): Promise<InitResult> {
  const { config, load, signal } = request;
  if (load.kind === 'sample' && load.rows > LARGEST_SAMPLE)
    throw new FinanceDbError('USAGE', `--sample takes at most ${LARGEST_SAMPLE} rows, found ${load.rows}`, {
      remedy: 'give a smaller number',
    });
  // A wrong file is told before a server is started.
  if (load.kind === 'file') await readPlan(csvFile(request, load.file), config.baseCurrency);
  const started = performance.now();
  return withPostgres(
    { target: config.postgres, now: request.now(), signal, create: true, lockWaitMs: config.lockWaitMs },
    async (server) => {
      const session = await server.connect();
      const stop = (): void => closeSocket(session);
      signal?.addEventListener('abort', stop, { once: true });
      const watch = watchLocks(server, session, (text) => request.onWait?.(text));
      try {
        const result = await inTransaction(session, () => prepare(request, server, session));
        return { ...result, seconds: Math.round(performance.now() - started) / 1000 };
      } catch (error) {
        signal?.throwIfAborted();
        throw withInitRemedy(error, watch.waitingFor());
      } finally {
        await watch.stop();
        signal?.removeEventListener('abort', stop);
      }
    },
  );
}

/** The table that init makes: the first `transactions` among the configured tables, in whatever schema. */
export function initTable(config: Config): TableName {
  return config.tables.find(({ name }) => name === 'transactions') ?? { schema: 'public', name: 'transactions' };
}

async function prepare(
  request: InitRequest,
  server: PgServer,
  session: PgSession,
): Promise<Omit<InitResult, 'seconds'>> {
  const table = initTable(request.config);
  const dropped = request.reset ? await dropTable(request, server, session, table) : null;
  const forgottenImports = request.reset && request.confirmed ? await dropImportRecords(session, table) : 0;
  const existing = await findTable(session, table);
  if (existing === null) await createTable(session, table, request.partitionBy !== null);
  else refuseOtherShape(server, table, [...shapeDifferences(existing), ...undivided(request, existing)]);
  const before = existing === null ? 0 : await countRows(session, table);
  const loaded = await loadWhat(request, server, session, table, before);
  const partitions = await divide(session, table, request.partitionBy, request.now());
  // After loading: building an index is cheaper than keeping it up to date.
  const indexes = await createIndexes(session, table, existing?.indexed ?? []);
  if (loaded.rows > 0) await analyse(session, table, partitions !== null);
  return {
    source: {
      kind: server.kind === 'embedded' ? 'embedded' : 'postgres',
      database: server.database,
      where: server.where,
    },
    table: displayName(table),
    created: existing === null,
    dropped,
    forgottenImports,
    partitions,
    indexes,
    loaded,
    rows: before + loaded.rows,
    sampleRows: await countSampleRows(session, table),
    synced: request.config.tables.some(({ schema, name }) => schema === table.schema && name === table.name),
  };
}

/** That a table is not partitioned, where it is asked to be. */
function undivided({ partitionBy }: InitRequest, { kind }: ExistingTable): string[] {
  return partitionBy !== null && kind === 'r'
    ? ['it is not partitioned, and cannot be made so in place (docs/partitions.md tells how its rows move)']
    : [];
}

async function loadWhat(
  request: InitRequest,
  server: PgServer,
  session: PgSession,
  table: TableName,
  before: number,
): Promise<LoadResult> {
  const { load } = request;
  if (load.kind === 'none') return { kind: 'none', reason: 'asked', rows: 0 };
  if (load.kind === 'file') return loadFile(request, session, table, csvFile(request, load.file));
  if (before > 0) return { kind: 'none', reason: 'has_rows', rows: 0 };
  // Nobody wants invented rows in a server of their own without having asked.
  if (load.kind === 'default' && server.kind === 'external')
    return { kind: 'none', reason: 'external_server', rows: 0 };
  return loadSample(request, session, table, load.kind === 'sample' ? load.rows : DEFAULT_SAMPLE_ROWS);
}

async function loadSample(
  request: InitRequest,
  session: PgSession,
  table: TableName,
  rows: number,
): Promise<LoadResult> {
  const currency = request.config.baseCurrency;
  const onRows = (done: number): void =>
    request.onProgress?.({ table: displayName(table), rows: done, bytes: 0, fraction: done / rows });
  const options = { signal: request.signal, onRows };
  const count = await loadRows(session, table, TRANSACTIONS_NAMES, generateSample({ rows, currency }), options);
  if (count > 0) await markSample(session, table);
  return { kind: 'sample', rows: count, currency };
}

async function loadFile(
  request: InitRequest,
  session: PgSession,
  table: TableName,
  file: CsvFile,
): Promise<LoadResult> {
  const imported = await importCsv(session, table, file, {
    baseCurrency: request.config.baseCurrency,
    signal: request.signal,
    onProgress: ({ rows, bytes, totalBytes }) =>
      request.onProgress?.({ table: displayName(table), rows, bytes, fraction: bytes / Math.max(1, totalBytes) }),
  });
  return { kind: 'file', file: file.name, ...imported };
}

function csvFile(request: InitRequest, name: string): CsvFile {
  return { name, path: path.resolve(request.cwd, name) };
}

function refuseOtherShape(server: PgServer, table: TableName, differences: readonly string[]): void {
  if (differences.length === 0) return;
  throw otherShape(server.where, table, differences);
}

/** Drops the table if there is one; what depends on it, such as a view, makes PostgreSQL refuse. */
async function dropTable(
  request: InitRequest,
  server: PgServer,
  session: PgSession,
  table: TableName,
): Promise<number | null> {
  const existing = await findTable(session, table);
  if (existing === null) return null;
  const name = displayName(table);
  if (existing.kind !== 'r' && existing.kind !== 'p') refuseOtherShape(server, table, shapeDifferences(existing));
  const rows = await countRows(session, table);
  if (!request.confirmed) {
    const imports = await countImports(session, table);
    const records = imports === 0 ? '' : `, and the records of ${counted(imports, 'import')}`;
    throw new FinanceDbError(
      'USAGE',
      `init --reset would drop ${name} in ${server.where} and lose its ${counted(rows, 'row')}${records}`,
      { remedy: 'add --yes if that is what you want', details: { table: name, rows, imports } },
    );
  }
  await session.query(`DROP TABLE ${postgresTable(table)}`);
  return rows;
}

async function countRows(session: PgSession, table: TableName): Promise<number> {
  const [row] = await session.query<{ count: string }>(`SELECT count(*) AS count FROM ${postgresTable(table)}`);
  return Number(row?.count ?? 0);
}

/** Any number, the same for every init: two at once would both find no table. */
const INIT_LOCK = 7_236_451_908;

async function inTransaction<T>(session: PgSession, work: () => Promise<T>): Promise<T> {
  await session.query(
    `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL TIME ZONE 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; ${patience(session.lockWaitMs)}; SELECT pg_advisory_xact_lock(${INIT_LOCK})`,
  );
  try {
    const result = await work();
    await session.query('COMMIT');
    return result;
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Ends whatever statement runs: the server notices that we are gone and rolls back. */
function closeSocket(session: PgSession): void {
  const { connection } = session.client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}

/** Init needs other rights than the reading commands, whose advice the code's own remedy is. */
function withInitRemedy(error: unknown, waitedFor: string | null): unknown {
  if (isFinanceDbError(error) && error.code === 'PG_LOCKED')
    return new FinanceDbError('PG_LOCKED', `init waited too long for ${waitedFor ?? 'a lock'}: ${error.message}`, {
      details: error.details,
      cause: error.cause,
    });
  if (!isFinanceDbError(error) || error.code !== 'PG_PERMISSION') return error;
  // What knows better than the code says so.
  if (error.remedy !== ERROR_CODES.PG_PERMISSION.remedy) return error;
  return new FinanceDbError('PG_PERMISSION', error.message, {
    remedy: 'init needs a role that may create tables in the schema and insert into them',
    details: error.details,
    cause: error.cause,
  });
}
