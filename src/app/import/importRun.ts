import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { EXCHANGE_RATES, IMPORT_ROWS, IMPORTS, STATEMENTS } from '../../model/importTables.ts';
import type { TableName } from '../../model/tableName.ts';
import { hasLiveImport } from '../../postgres/imports/list.ts';
import { ensureSideTables } from '../../postgres/imports/sideTables.ts';
import { beginImport } from '../../postgres/imports/transaction.ts';
import { removeSampleRows } from '../../postgres/sampleMark.ts';
import type { PgSession } from '../../postgres/session.ts';
import { ensureTransactions } from '../../postgres/transactionsTable.ts';
import { LearntStep } from './fileLearnt.ts';
import { importFile } from './importFile.ts';
import type { InputFile } from './inputFile.ts';
import { type OpenedStatements, openStatements } from './openStatements.ts';
import type { ImportRequest } from './request.ts';
import type { FileImport, RefusedFile } from './result.ts';

/** A file that came in, and rows of sample data that gave way to it. */
export interface DoneFile {
  readonly imported: FileImport;
  readonly sampleRemoved: number;
}

/**
 * The transactions of one run: one a file, or for a dry run one for all of it that is rolled back in the end, with a savepoint a
 * file, so that each file meets those before it.
 */
export class ImportRun {
  private readonly session: PgSession;
  private readonly table: TableName;
  private readonly request: ImportRequest;
  private readonly learnt = new LearntStep();
  private state: 'none' | 'begun' | 'saved' = 'none';

  constructor(session: PgSession, table: TableName, request: ImportRequest) {
    this.session = session;
    this.table = table;
    this.request = request;
  }

  /** @throws FinanceDbError for whatever is no fault of the file */
  async importOne(input: InputFile): Promise<DoneFile | RefusedFile> {
    const { session, table, request } = this;
    let opened: OpenedStatements;
    try {
      // Before the transaction: a wrong file holds no lock, and of it there is nothing to take back, least of all the files before it.
      opened = await openStatements(input, request);
    } catch (error) {
      request.signal.throwIfAborted();
      return { file: input.name, error: refusal(error, input.name) };
    }
    try {
      await this.begin();
      const sampleRemoved = await this.removeSample();
      const again = request.allNew && (await hasLiveImport(session, table, opened.fileHash));
      const imported = await importFile(
        session,
        table,
        opened,
        again ? { ...request, allNew: false } : request,
        this.learnt,
      );
      await session.query(request.dryRun ? 'RELEASE SAVEPOINT file' : 'COMMIT');
      this.state = request.dryRun ? 'begun' : 'none';
      return { imported, sampleRemoved };
    } catch (error) {
      request.signal.throwIfAborted();
      await this.takeBack();
      return { file: input.name, error: refusal(error, input.name) };
    }
  }

  async end(): Promise<void> {
    if (this.state !== 'none') await this.session.query('ROLLBACK').catch(() => undefined);
    this.state = 'none';
  }

  private async begin(): Promise<void> {
    const { session, table, request } = this;
    if (this.state === 'none') {
      await beginImport(session, request.config.lockWaitMs, request.onWait);
      this.state = 'begun';
      await ensureTransactions(session, table);
      await ensureSideTables(session, table, [IMPORTS, STATEMENTS, IMPORT_ROWS, EXCHANGE_RATES]);
    }
    if (!request.dryRun) return;
    // After the tables: they stay for the next file when this one is refused.
    await session.query('SAVEPOINT file');
    this.state = 'saved';
  }

  /** Takes back what this file did. When the connection is gone, so is all of it, and what ended it is what matters. */
  private async takeBack(): Promise<void> {
    if (this.state === 'none') return;
    const saved = this.state === 'saved';
    await this.session.query(saved ? 'ROLLBACK TO SAVEPOINT file' : 'ROLLBACK').catch(() => undefined);
    this.state = saved ? 'begun' : 'none';
  }

  private async removeSample(): Promise<number> {
    try {
      return await removeSampleRows(this.session, this.table);
    } catch (error) {
      if (!isFinanceDbError(error) || error.code !== 'PG_PERMISSION') throw error;
      throw new FinanceDbError('PG_PERMISSION', `sample data is to give way to real rows: ${error.message}`, {
        remedy: "let the table's owner run the first import, or `finance-db init --reset --yes --no-sample`",
        cause: error,
      });
    }
  }
}

/** What is wrong with a file is told and the next one comes; anything else ends the run. */
function refusal(error: unknown, file: string): FinanceDbError {
  if (isFinanceDbError(error) && error.exitCode === 2) return error;
  const cause = isFinanceDbError(error) ? error.cause : undefined;
  // Values that PostgreSQL cannot hold although we thought so.
  if (/^22/.test(codeOf(cause) ?? '')) {
    const where = typeof cause === 'object' && cause !== null && 'where' in cause ? String(cause.where) : '';
    const line = /^COPY finance_db_staged, \D*(\d+)/.exec(where)?.[1];
    const number =
      line === undefined ? undefined : Number(line) + Number(isFinanceDbError(error) ? (error.details.before ?? 0) : 0);
    return new FinanceDbError(
      'BAD_INPUT',
      `${file}: PostgreSQL refused ${number === undefined ? 'a row' : `booked entry ${number}`}: ${messageOf(cause)}`,
      { details: { file, ...(number === undefined ? {} : { record: number }) }, cause },
    );
  }
  throw error;
}
