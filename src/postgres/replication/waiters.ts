import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import type { PgServer } from '../server.ts';
import type { PgSession } from '../session.ts';
import { backendPid } from './backendPid.ts';

const LOOK_MS = 500;

/** Whose locks are held while something is waited for. */
export interface HeldLocks {
  readonly server: PgServer;
  /** It is asked nothing: it waits for its snapshot. */
  readonly locked: PgSession;
}

const GAVE_WAY =
  'somebody who changes a definition waited for a table that is held while a slot waits for transactions that write';

/**
 * Does what has to be done while tables are held, and gives it up when somebody waits for them: he may change a definition, writers
 * wait behind him, and a slot that is made waits for those writers, or a look at the catalogue behind him. The server sees no
 * deadlock there, since the session that holds the tables waits for nothing.
 * @param working the sessions that do it
 * @throws FinanceDbError PG_LOCKED with `gaveWay` in its details; what the work throws
 */
export async function givingWay<T>(held: HeldLocks, working: readonly PgSession[], work: () => Promise<T>): Promise<T> {
  const pids = await Promise.all(working.map(backendPid));
  const waiters = watch(held, pids);
  try {
    return await work();
  } catch (error) {
    if (!waiters.gaveWay()) throw error;
    throw new FinanceDbError('PG_LOCKED', GAVE_WAY, { cause: error, details: { gaveWay: true } });
  } finally {
    await waiters.stop();
  }
}

/** Whether an error is that of work that gave way. */
export function isGivingWay(error: unknown): error is FinanceDbError {
  return isFinanceDbError(error) && error.details['gaveWay'] === true;
}

function watch({ server, locked }: HeldLocks, pids: readonly number[]): { gaveWay(): boolean; stop(): Promise<void> } {
  const { processID } = locked.client as unknown as { readonly processID: number | null };
  let observer: PgSession | undefined;
  let gave = false;
  let looking: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    observer ??= await server.connect({ retryMs: 0 });
    const waiting = await observer.query(
      `SELECT 1 AS found FROM pg_catalog.pg_locks w WHERE NOT w.granted AND ${processID ?? 0} = ANY (pg_catalog.pg_blocking_pids(w.pid)) LIMIT 1`,
    );
    // Again at each look: between two questions there is nothing to cancel.
    if (waiting.length === 0) return;
    gave = true;
    for (const pid of pids) await observer.query(`SELECT pg_catalog.pg_cancel_backend(${pid})`);
  };
  const timer = setInterval(() => {
    looking ??= look()
      .then(() => {
        looking = null;
      })
      // Where no further connection is to be had, nobody looks.
      .catch(() => undefined);
  }, LOOK_MS);
  return {
    gaveWay: () => gave,
    stop: async () => {
      clearInterval(timer);
      await looking;
      await observer?.close();
    },
  };
}
