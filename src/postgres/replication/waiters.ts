import type { PgServer } from '../server.ts';
import type { PgSession } from '../session.ts';
import { backendPid } from './backendPid.ts';

const LOOK_MS = 500;

/** Whose locks are held while a slot waits for transactions that write. */
export interface HeldLocks {
  readonly server: PgServer;
  /** It is asked nothing: it waits for its snapshot. */
  readonly locked: PgSession;
}

export interface Waiters {
  /** Whether somebody waited for the locks, so that the slot was given up. */
  gaveWay(): boolean;
  stop(): Promise<void>;
}

/**
 * Gives a slot up that is being made when somebody waits for tables that we hold: he may change a definition, writers wait behind
 * him, and the slot for those writers. The server sees no deadlock there, since the session that holds the tables waits for nothing.
 * @param slotting the session that makes the slot
 */
export async function giveWay({ server, locked }: HeldLocks, slotting: PgSession): Promise<Waiters> {
  const pid = await backendPid(slotting);
  const { processID } = locked.client as unknown as { readonly processID: number | null };
  let observer: PgSession | undefined;
  let gave = false;
  let looking: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    observer ??= await server.connect({ retryMs: 0 });
    const waiting = await observer.query(
      `SELECT 1 AS found FROM pg_catalog.pg_locks w WHERE NOT w.granted AND ${processID ?? 0} = ANY (pg_catalog.pg_blocking_pids(w.pid)) LIMIT 1`,
    );
    if (waiting.length === 0) return;
    gave = true;
    await observer.query(`SELECT pg_catalog.pg_cancel_backend(${pid})`);
  };
  const timer = setInterval(() => {
    if (gave || looking !== null) return;
    looking = look()
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
