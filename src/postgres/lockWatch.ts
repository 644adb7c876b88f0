import type { PgServer } from './server.ts';
import type { PgSession } from './session.ts';

const LOOK_MS = 1000;

/** Who holds up a session, as of the last look; null when nobody does. */
export interface LockWatch {
  readonly waitingFor: () => string | null;
  stop(): Promise<void>;
}

/**
 * Looks once a second who holds up `session`, from a connection of its own, which is made when the first second has
 * passed; tells each holder once. Where no further connection is to be had, nothing is told.
 * @param onWait `waiting for process 71 (app, user ann), in a transaction since …`
 */
export function watchLocks(server: PgServer, session: PgSession, onWait: (text: string) => void): LockWatch {
  const told = new Set<string>();
  let waitingFor: string | null = null;
  let observer: PgSession | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    observer ??= await server.connect({ retryMs: 0 });
    waitingFor = await blockers(observer, session);
    if (waitingFor === null || told.has(waitingFor)) return;
    told.add(waitingFor);
    onWait(`waiting for ${waitingFor}`);
  };
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    looking = look()
      .then(() => {
        busy = false;
      })
      // A watcher that cannot look stays busy for good.
      .catch(() => undefined);
  }, LOOK_MS);
  timer.unref();
  return {
    waitingFor: () => waitingFor,
    stop: async () => {
      clearInterval(timer);
      await looking;
      await observer?.close();
    },
  };
}

async function blockers(observer: PgSession, session: PgSession): Promise<string | null> {
  const { processID } = session.client as unknown as { readonly processID: number | null };
  if (processID === null) return null;
  const rows = await observer.query<{ who: string }>(
    sessionsSql(`a.pid = ANY (pg_catalog.pg_blocking_pids(${processID}))`),
  );
  return rows.length === 0 ? null : rows.map(({ who }) => who).join(', ');
}

/**
 * SQL of rows `who` that name sessions: process, program, user, and since when their transaction runs.
 * @param condition SQL over `a`, a row of pg_stat_activity
 */
export function sessionsSql(condition: string): string {
  return `SELECT pg_catalog.format('process %s (%s, user %s), in a transaction since %s', a.pid,
        coalesce(nullif(a.application_name, ''), 'no name'), coalesce(a.usename, '?'),
        coalesce(pg_catalog.to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), '?')) AS who
      FROM pg_catalog.pg_stat_activity a WHERE ${condition}`;
}
