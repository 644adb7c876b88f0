import type { Config } from '../../config/config.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { IMPORT_ROWS, IMPORTS } from '../../model/importTables.ts';
import type { TableName } from '../../model/tableName.ts';
import { type ListedImport, type ListedRow, listImports, listRows } from '../../postgres/imports/list.ts';
import { type Restored, restoreImport } from '../../postgres/imports/restore.ts';
import { manageNeeds, requireRights } from '../../postgres/imports/rights.ts';
import { hasSideTable } from '../../postgres/imports/sideTables.ts';
import { beginImport } from '../../postgres/imports/transaction.ts';
import { type Undone, undoImport } from '../../postgres/imports/undo.ts';
import { withPostgres } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import { initTable } from '../init.ts';

export type { ListedImport, ListedRow, Restored, Undone };

export interface ManageRequest {
  readonly config: Config;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onWait?: (holder: string) => void;
}

/** All imports so far, the latest last; empty where there was none. */
export function readImports(request: ManageRequest): Promise<ListedImport[]> {
  return reading(request, async (session, table) =>
    (await hasSideTable(session, table, IMPORTS)) ? listImports(session, table, null) : [],
  );
}

/**
 * One import, and what became of each of its entries and why, handed over page by page.
 * @throws FinanceDbError USAGE when there is none of that number
 */
export function readImport(
  request: ManageRequest,
  id: string,
  take: (one: ListedImport, pages: AsyncGenerator<ListedRow[]>) => Promise<void>,
): Promise<void> {
  return reading(request, async (session, table) => {
    const one = await findImport(session, table, id);
    await take(one, listRows(session, table, id));
  });
}

/**
 * Takes an import back, in one transaction.
 * @throws FinanceDbError USAGE when there is none of that number, or it was undone
 */
export function undo(request: ManageRequest, id: string, force: boolean): Promise<Undone> {
  return writing(request, 'DELETE', async (session, table) => {
    const one = await findImport(session, table, id);
    if (one.undoneAt !== null && !force)
      throw new FinanceDbError('USAGE', `import ${id} (${one.file}) was undone at ${one.undoneAt}`, {
        remedy: `\`finance-db import --restore ${id}\` brings its rows back; --force deletes rows that were kept as edited`,
        details: { import: Number(id) },
      });
    return undoImport(session, table, id, force);
  });
}

/**
 * Brings back what is gone of an import, in one transaction.
 * @throws FinanceDbError USAGE when there is none of that number
 */
export function restore(request: ManageRequest, id: string): Promise<Restored> {
  return writing(request, 'INSERT', async (session, table) => {
    await findImport(session, table, id);
    return restoreImport(session, table, id);
  });
}

async function findImport(session: PgSession, table: TableName, id: string): Promise<ListedImport> {
  const found = /^[1-9]\d{0,17}$/.test(id) && (await hasSideTable(session, table, IMPORT_ROWS));
  const [one] = found ? await listImports(session, table, id) : [];
  if (one !== undefined) return one;
  throw new FinanceDbError('USAGE', `there is no import ${id}`, { remedy: 'see `finance-db import --list`' });
}

function reading<T>(request: ManageRequest, use: (session: PgSession, table: TableName) => Promise<T>): Promise<T> {
  const { config, signal } = request;
  return withPostgres({ target: config.postgres, now: request.now(), signal }, async (server) =>
    use(await server.connect(), initTable(config)),
  );
}

function writing<T>(
  request: ManageRequest,
  change: 'DELETE' | 'INSERT',
  use: (session: PgSession, table: TableName) => Promise<T>,
): Promise<T> {
  return reading(request, async (session, table) => {
    try {
      await requireRights(session, manageNeeds(table, change));
      await beginImport(session, request.config.lockWaitMs, request.onWait);
      const result = await use(session, table);
      await session.query('COMMIT');
      return result;
    } catch (error) {
      request.signal.throwIfAborted();
      await session.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}
