import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { sessionsSql } from '../lockWatch.ts';
import type { PgSession } from '../session.ts';

/** Any number, the same for every import into a database: two at once would both take the same entry for new. */
const IMPORT_LOCK = 7_236_451_909;

/** A table that somebody rewrites or drops meanwhile is waited for so long, unless FINANCE_DB_LOCK_WAIT says otherwise. */
const TABLE_WAIT_MS = 60_000;
/** So long an import may keep the next ones waiting; a longer one is more likely one that hangs. */
const IMPORT_WAIT_MS = 600_000;

/**
 * Begins the transaction of an import, pinned so that no setting of the role or database changes what is read or written, and
 * waits for its turn where another import runs. Each statement must see what the import before has committed, so that a
 * database whose default is one snapshot a transaction would make two at once take the same entries for new.
 * @param waitMs how long to wait for its turn, and for each table; undefined: as long as is usual
 * @param onWait told once when it has to wait, and for whom
 * @throws FinanceDbError IMPORT_LOCKED naming who kept it waiting for too long
 */
export async function beginImport(
  session: PgSession,
  waitMs: number | undefined,
  onWait?: (holder: string) => void,
): Promise<void> {
  await session.query(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL search_path = pg_catalog;
SET LOCAL TIME ZONE 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL jit = off;
SET LOCAL work_mem = '64MB'`);
  const [free] = await session.query<{ free: string }>(`SELECT pg_try_advisory_xact_lock(${IMPORT_LOCK}) AS free`);
  if (free?.free !== 't') {
    onWait?.(await holderOf(session));
    await waitForTurn(session, waitMs ?? IMPORT_WAIT_MS);
  }
  await session.query(`SET LOCAL lock_timeout = ${waitMs ?? TABLE_WAIT_MS}`);
}

async function waitForTurn(session: PgSession, waitMs: number): Promise<void> {
  await session.query(`SET LOCAL lock_timeout = ${waitMs}; SAVEPOINT turn`);
  try {
    await session.query(`SELECT pg_advisory_xact_lock(${IMPORT_LOCK})`);
  } catch (error) {
    if (!isFinanceDbError(error) || error.code !== 'PG_LOCKED') throw error;
    await session.query('ROLLBACK TO SAVEPOINT turn');
    throw new FinanceDbError(
      'IMPORT_LOCKED',
      `another import keeps this one waiting for more than ${waitMs / 1000} s: ${await holderOf(session)}`,
      { cause: error },
    );
  }
}

/** Whose turn it is, for messages; in a moment it may be somebody else's. */
async function holderOf(session: PgSession): Promise<string> {
  // How pg_locks shows a key of 64 bits.
  const [high, low] = [Math.floor(IMPORT_LOCK / 2 ** 32), IMPORT_LOCK % 2 ** 32];
  const [row] = await session.query<{ who: string }>(
    sessionsSql(`a.pid IN (
      SELECT l.pid FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
      WHERE l.locktype = 'advisory' AND l.granted AND d.datname = pg_catalog.current_database()
        AND l.classid = ${high} AND l.objid = ${low} AND l.objsubid = 1)`),
  );
  return row?.who ?? 'it has ended by now';
}
