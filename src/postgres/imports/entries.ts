import type { PgSession } from '../session.ts';
import { STAGED } from './stage.ts';

/**
 * The staged entries with what was decided of them: all their columns, and `day`; `bank_key`; `fresh_id`, the key of the row if it
 * is new, and `tx_id`, that of the row that it is; `outcome`, 'new' or 'known'. A view: what is decided is written to STAGED.
 */
export const ENTRIES = 'pg_temp.finance_db_entries';

/** Makes the view; `stage.ts` drops it with its table. */
export async function createEntries(session: PgSession): Promise<void> {
  await session.query(`
CREATE OR REPLACE TEMP VIEW finance_db_entries AS
SELECT *, booked::date AS day, CASE WHEN id_shared IS NULL THEN bank_hash END AS bank_key, coalesce(other_id, first_id) AS fresh_id,
  coalesce(known_id, other_id, first_id) AS tx_id, CASE WHEN known_id IS NULL THEN 'new' ELSE 'known' END AS outcome
FROM ${STAGED}`);
}
