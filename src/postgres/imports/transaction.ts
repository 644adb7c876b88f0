import type { PgSession } from '../session.ts';

/** Any number, the same for every import into a database: two at once would both take the same entry for new. */
const IMPORT_LOCK = 7_236_451_909;

/** A table that somebody rewrites or drops meanwhile is waited for so long. */
const LOCK_TIMEOUT = '60s';

/**
 * Begins the transaction of an import, pinned so that no setting of the role or database changes what is read or written, and
 * waits for its turn where another import runs. Each statement must see what the import before has committed, so that a
 * database whose default is one snapshot a transaction would make two at once take the same entries for new.
 * @param onWait told once when it has to wait
 */
export async function beginImport(session: PgSession, onWait?: () => void): Promise<void> {
  await session.query(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL search_path = pg_catalog;
SET LOCAL TIME ZONE 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL jit = off;
SET LOCAL work_mem = '64MB'`);
  const [free] = await session.query<{ free: string }>(`SELECT pg_try_advisory_xact_lock(${IMPORT_LOCK}) AS free`);
  if (free?.free !== 't') {
    onWait?.();
    await session.query(`SELECT pg_advisory_xact_lock(${IMPORT_LOCK})`);
  }
  await session.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
}
