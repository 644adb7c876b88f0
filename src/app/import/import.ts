import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { EXCHANGE_RATES, IMPORT_ROWS, IMPORTS, STATEMENTS } from '../../model/importTables.ts';
import { displayName, type TableName } from '../../model/tableName.ts';
import { hasLiveImport } from '../../postgres/imports/list.ts';
import { ensureSideTables, requirePrivileges } from '../../postgres/imports/sideTables.ts';
import { beginImport } from '../../postgres/imports/transaction.ts';
import { removeSampleRows } from '../../postgres/sampleMark.ts';
import { withPostgres } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import { ensureTransactions } from '../../postgres/transactionsTable.ts';
import { initTable } from '../init.ts';
import { importFile } from './importFile.ts';
import { type InputFile, inputFiles } from './inputs.ts';
import { openStatements } from './openStatements.ts';
import type { ImportRequest } from './request.ts';
import type { FileImport, ImportResult, RefusedFile } from './result.ts';

/** Told of each file when it is done, so that a long run can be followed. */
export interface ImportEvents {
  readonly onImported?: (file: FileImport) => void;
  readonly onRefused?: (file: RefusedFile) => void;
}

/**
 * Imports files into `transactions`, one PostgreSQL transaction a file: a file comes in whole or not at all, and what is wrong with
 * one does not keep the next from coming in. Imports that run at the same time queue. The tables are made where they are missing.
 * @param names files, folders, archives, or - for stdin
 * @throws FinanceDbError of the PG_ family, and USAGE; what is wrong with a file is in the result
 */
export async function importFiles(
  request: ImportRequest,
  names: readonly string[],
  events: ImportEvents = {},
): Promise<ImportResult> {
  const { config, signal } = request;
  const table = initTable(config);
  return withPostgres({ target: config.postgres, now: request.now(), signal, create: true }, async (server) => {
    const session = await server.connect();
    const imports: FileImport[] = [];
    const refused: RefusedFile[] = [];
    let sampleRemoved = 0;
    const run = new ImportRun(session, table, request);
    try {
      for await (const input of inputFiles(names, request)) {
        const done = 'error' in input ? { file: input.name, error: input.error } : await run.importOne(input);
        if ('error' in done) {
          refused.push(done);
          events.onRefused?.(done);
        } else {
          imports.push(done.imported);
          sampleRemoved += done.sampleRemoved;
          events.onImported?.(done.imported);
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      throw imports.length > 0 && !request.dryRun ? afterSome(error, imports) : error;
    } finally {
      await run.end();
    }
    return {
      dryRun: request.dryRun,
      where: server.where,
      database: server.database,
      table: displayName(table),
      imports,
      refused,
      sampleRemoved,
    };
  });
}

/** The transactions of one run: one a file, or for a dry run one for all that is rolled back, so that each file meets those before it. */
class ImportRun {
  private readonly session: PgSession;
  private readonly table: TableName;
  private readonly request: ImportRequest;
  private open = false;

  constructor(session: PgSession, table: TableName, request: ImportRequest) {
    this.session = session;
    this.table = table;
    this.request = request;
  }

  async importOne(input: InputFile): Promise<{ imported: FileImport; sampleRemoved: number } | RefusedFile> {
    const { session, table, request } = this;
    try {
      // Before the transaction: a wrong file holds no lock.
      const opened = await openStatements(input, request);
      await this.begin();
      const sampleRemoved = await removeSampleRows(session, table);
      const again = request.allNew && (await hasLiveImport(session, table, opened.fileHash));
      const imported = await importFile(session, table, opened, again ? { ...request, allNew: false } : request);
      await session.query(request.dryRun ? 'RELEASE SAVEPOINT file' : 'COMMIT');
      this.open = request.dryRun;
      return { imported, sampleRemoved };
    } catch (error) {
      request.signal.throwIfAborted();
      if (this.open) await session.query(request.dryRun ? 'ROLLBACK TO SAVEPOINT file' : 'ROLLBACK');
      this.open = request.dryRun && this.open;
      return { file: input.name, error: refusal(error, input.name) };
    }
  }

  async end(): Promise<void> {
    if (this.open) await this.session.query('ROLLBACK').catch(() => undefined);
  }

  private async begin(): Promise<void> {
    const { session, table, request } = this;
    if (!this.open) {
      await beginImport(session, request.onWait);
      this.open = true;
      if (request.dryRun) await session.query('SAVEPOINT file');
      const sides = [IMPORTS, STATEMENTS, IMPORT_ROWS, EXCHANGE_RATES];
      await ensureTransactions(session, table);
      await ensureSideTables(session, table, sides);
      await requirePrivileges(session, table, sides, ['SELECT', 'INSERT', 'UPDATE']);
    } else await session.query('SAVEPOINT file');
  }
}

/** What is wrong with a file is told and the next one comes; anything else ends the run. */
function refusal(error: unknown, file: string): FinanceDbError {
  if (isFinanceDbError(error) && error.exitCode === 2 && error.code !== 'CONFIG' && error.code !== 'USAGE')
    return error;
  const cause = isFinanceDbError(error) ? error.cause : undefined;
  // Values that PostgreSQL cannot hold although we thought so.
  if (/^22/.test(codeOf(cause) ?? '')) {
    const where = typeof cause === 'object' && cause !== null && 'where' in cause ? String(cause.where) : '';
    const number = /^COPY .*?, \D*(\d+)/.exec(where)?.[1];
    return new FinanceDbError(
      'BAD_INPUT',
      `${file}: PostgreSQL refused ${number === undefined ? 'a row' : `booked entry ${number}`}: ${messageOf(cause)}`,
      { details: { file, ...(number === undefined ? {} : { record: Number(number) }) }, cause },
    );
  }
  throw error;
}

function afterSome(error: unknown, imports: readonly FileImport[]): unknown {
  if (!isFinanceDbError(error)) return error;
  const done = imports.map(({ file }) => file);
  return new FinanceDbError(
    error.code,
    `${error.message} (imported before that: ${done.length === 1 ? done[0] : `${done.length} files`})`,
    { remedy: error.remedy, details: { ...error.details, imported: done }, cause: error.cause },
  );
}
