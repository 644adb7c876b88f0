import type { PgSession } from '../session.ts';

/** The server's process of a session. The driver knows what stands between them, if that says numbers of its own. */
export async function backendPid(session: PgSession): Promise<number> {
  const [row] = await session.query<{ pid: string }>('SELECT pg_catalog.pg_backend_pid()::text AS pid');
  return Number(row?.pid);
}
