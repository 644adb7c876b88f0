import type { PgSession } from '../session.ts';

/** Whether a SELECT finds any row. */
export async function holds(session: PgSession, select: string): Promise<boolean> {
  const [row] = await session.query<{ any: string }>(`SELECT EXISTS (${select}) AS any`);
  return row?.any === 't';
}

/** Runs an UPDATE, and tells how many rows it changed. */
export async function countOf(session: PgSession, update: string): Promise<number> {
  // A WITH within the UPDATE may stay where it is.
  const [row] = await session.query<{ rows: string }>(
    `WITH done AS (${update} RETURNING 1) SELECT pg_catalog.count(*) AS rows FROM done`,
  );
  return Number(row?.rows ?? 0);
}
