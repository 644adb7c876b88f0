import { isFinanceDbError } from '../errors/financeDbError.ts';
import type { PgSession } from './session.ts';

/** What one look at the catalogue may take beyond waiting for locks: seconds for thousands of tables, never minutes. */
const CATALOGUE_MS = 120_000;

/**
 * SQL that pins, for this transaction only, so that a pooler's next client is not touched, everything that decides what
 * names mean and how values are written. It holds no name that a search path could lead astray and comes first in every
 * transaction of ours; the path keeps other schemas' functions, operators and tables out, temporary ones too.
 */
function pins(lockWaitMs: number): string {
  return [
    'SET LOCAL search_path = pg_catalog, pg_temp',
    patience(lockWaitMs),
    'SET LOCAL statement_timeout = 0',
    'SET LOCAL idle_in_transaction_session_timeout = 0',
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    'SET LOCAL extra_float_digits = 1',
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL client_encoding = 'UTF8'",
    'SET LOCAL standard_conforming_strings = on',
    "SET LOCAL lc_monetary = 'C'",
    "SET LOCAL xmloption = 'content'",
    // Compiling costs more than it gains where rows are handed on or counted.
    'SET LOCAL jit = off',
  ].join('; ');
}

/** SQL that limits how long a statement of this transaction waits for a lock. */
export function patience(lockWaitMs: number): string {
  return `SET LOCAL lock_timeout = ${lockWaitMs}`;
}

/** Sessions that were given what begins a snapshot, and have not ended it. */
const inSnapshot = new WeakSet<PgSession>();

/** SQL that begins a transaction of this session which sees one snapshot; `endSnapshot` ends it. */
export function beginSnapshot(session: PgSession): string {
  inSnapshot.add(session);
  return `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${pins(session.lockWaitMs)}`;
}

/**
 * Ends the session's snapshot, if it has one, when all of it was read. Who only reads writes to the server's log all the same
 * (pages are cleaned on the way); after a COMMIT the server puts that on its disk in a moment, after a connection that just ends
 * not before somebody commits, and the next sync of an idle server would wait for it (`isDurable`).
 */
export async function endSnapshot(session: PgSession): Promise<void> {
  if (inSnapshot.delete(session)) await session.query('COMMIT').catch(() => undefined);
}

/**
 * Asks one question outside of a snapshot, in a pinned transaction of its own: one round trip.
 * @throws FinanceDbError mapped from whatever went wrong; the session can be used afterwards
 */
export async function askPinned<R>(session: PgSession, question: string): Promise<R[]> {
  const limit = session.lockWaitMs + CATALOGUE_MS;
  const begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ${pins(session.lockWaitMs)}; SET LOCAL statement_timeout = ${limit}`;
  try {
    return await againAfterDeadlock(session, () => session.query<R>(`${begin}; ${question}; COMMIT`));
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** PostgreSQL ends one side of a deadlock after a second, so that the other, which gains nothing from us, has long gone on. */
const DEADLOCKS = 4;

/**
 * Asks what begins a transaction, and asks again when PostgreSQL took it for the victim of a deadlock with somebody who changes
 * definitions: nothing has been read by then.
 */
export async function againAfterDeadlock<T>(session: PgSession, begin: () => Promise<T>): Promise<T> {
  for (let left = DEADLOCKS; ; left--) {
    try {
      return await begin();
    } catch (error) {
      if (left === 0 || !isFinanceDbError(error) || error.details['sqlstate'] !== '40P01') throw error;
      await session.query('ROLLBACK');
    }
  }
}
