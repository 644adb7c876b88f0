import type { PgSession } from './session.ts';
import type { SourceSnapshot } from './snapshot.ts';

/** The snapshot's session and others that share it, `wanted` of them or as many as the server has; the others are to be closed. */
export async function joinSessions(snapshot: SourceSnapshot, wanted: number): Promise<PgSession[]> {
  const sessions = [snapshot.session];
  while (sessions.length < wanted) {
    const joined = await snapshot.join();
    if (joined === null) break;
    sessions.push(joined);
  }
  return sessions;
}

/**
 * Does `work` for each item, several at a time, on sessions that share the snapshot.
 * @param jobs how many sessions at the most; with fewer when the server has no more
 * @param prepare SQL for each session beforehand
 * @throws whatever the first failing item threw; no item is at work then
 */
export async function shareWork<T>(
  snapshot: SourceSnapshot,
  jobs: number,
  prepare: string,
  items: readonly T[],
  work: (session: PgSession, item: T) => Promise<void>,
): Promise<void> {
  const sessions = await joinSessions(snapshot, Math.min(jobs, items.length));
  const queue = [...items];
  const run = async (session: PgSession): Promise<void> => {
    await session.query(prepare);
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(session, item);
  };
  try {
    const outcomes = await Promise.allSettled(
      sessions.map((session) =>
        run(session).catch((error: unknown) => {
          queue.length = 0;
          throw error;
        }),
      ),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  } finally {
    await Promise.all(sessions.filter((session) => session !== snapshot.session).map((session) => session.close()));
  }
}
