import type { Config } from '../../config/config.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { FiledRow } from '../../learn/categories/examples.ts';
import { type CategoryModel, FEWEST_ROWS, learnCategories } from '../../learn/categories/model.ts';
import { agreeing, counted } from '../../model/counted.ts';
import { LEARNT } from '../../model/importTables.ts';
import type { TableName } from '../../model/tableName.ts';
import { filedRows, type LearningRow, type Records, readRecords } from '../../postgres/imports/learnt.ts';
import { learnNeeds, requireRights } from '../../postgres/imports/rights.ts';
import { ensureSideTables } from '../../postgres/imports/sideTables.ts';
import { beginImport } from '../../postgres/imports/transaction.ts';
import { withPostgres } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import { findTable } from '../../postgres/transactionsTable.ts';
import { initTable } from '../init.ts';

export interface LearnRequest {
  readonly config: Config;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onWait?: (holder: string) => void;
  /** Told what is being done. */
  readonly onStep?: (text: string) => void;
}

/** Where categories are learnt and filed, within one transaction. */
export interface LearningPlace {
  readonly session: PgSession;
  readonly table: TableName;
  readonly records: Records;
}

/** The latest filed rows that are learnt from: a hundred thousand take a few seconds. */
export const MOST_ROWS_LEARNT = 100_000;

/**
 * Runs `use` in one transaction: committed where it writes, rolled back where it does not or fails.
 * @throws FinanceDbError USAGE when there is no table of transactions; the PG_ family
 */
export async function inLearningTransaction<T>(
  request: LearnRequest,
  writes: boolean,
  use: (place: LearningPlace) => Promise<T>,
): Promise<T> {
  const { config, signal } = request;
  const table = initTable(config);
  return withPostgres({ target: config.postgres, now: request.now(), signal }, async (server) => {
    const session = await server.connect();
    try {
      await requireRights(session, learnNeeds(table, writes));
      await beginImport(session, config.lockWaitMs, request.onWait);
      if ((await findTable(session, table)) === null)
        throw new FinanceDbError('USAGE', `there is no table ${table.name} in ${server.where} to file rows of`, {
          remedy: 'import some bank files first: docs/import.md shows how',
        });
      if (writes) await ensureSideTables(session, table, [LEARNT]);
      const result = await use({ session, table, records: await readRecords(session, table) });
      await session.query(writes ? 'COMMIT' : 'ROLLBACK');
      return result;
    } catch (error) {
      signal.throwIfAborted();
      await session.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

/**
 * Learns from the rows that a person, a rule or the bank has filed.
 * @throws FinanceDbError USAGE when they are too few
 */
export async function learnFrom(place: LearningPlace, most = MOST_ROWS_LEARNT): Promise<CategoryModel> {
  const rows = await trainingRows(place, most);
  const model = learnCategories(rows);
  if (model !== null) return model;
  const one = rows.length >= FEWEST_ROWS ? ', all under one category' : '';
  throw new FinanceDbError(
    'USAGE',
    `there is too little to learn from: ${counted(rows.length, 'row')} ${agreeing(rows.length, 'was', 'were')} filed by you, a rule or a bank${one}, and it takes ${FEWEST_ROWS} of at least two categories`,
    { remedy: 'write rules (docs/import.md) or file some rows in PostgreSQL; what was guessed is never learnt from' },
  );
}

/** Filed rows in order of time, as the model takes them. */
export async function trainingRows({ session, table, records }: LearningPlace, most: number): Promise<DatedRow[]> {
  return (await filedRows(session, table, records, most)).map((row) => ({ ...row, category: row.category ?? '' }));
}

export type DatedRow = FiledRow & Pick<LearningRow, 'day' | 'txId'>;
