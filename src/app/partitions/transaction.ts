import { patience } from '../../postgres/pinned.ts';
import type { PgSession } from '../../postgres/session.ts';

/** Runs `work` in a transaction in which bounds are written alike whatever the role's settings are. */
export async function inTransaction<T>(session: PgSession, waitMs: number, work: () => Promise<T>): Promise<T> {
  await session.query(`BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL statement_timeout = 0; ${patience(waitMs)}`);
  try {
    const result = await work();
    await session.query('COMMIT');
    return result;
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
