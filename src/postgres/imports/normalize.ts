import type { PgSession } from '../session.ts';

/** One row an entry whose amount an exchange rate puts into the base currency. */
export const NORMALIZED = 'pg_temp.finance_db_normalized';

/** Stand-in until the rates are there: no entry is normalised by a rate. */
export async function normalizeStaged(session: PgSession): Promise<void> {
  await session.query(`
DROP TABLE IF EXISTS ${NORMALIZED};
CREATE TEMP TABLE finance_db_normalized (record bigint, normalized_amount numeric(15,2), normalized_by text, rate_day date) ON COMMIT DROP`);
}
