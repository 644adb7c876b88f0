import { STAGED_COLUMNS } from '../../ingest/stagedRow.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { copyIn, type RowSource } from '../copyIn.ts';
import type { PgSession } from '../session.ts';

/** Where the rows of one file wait to be compared with what is there; gone with the transaction. */
export const STAGED = 'pg_temp.finance_db_staged';

const NAMES = STAGED_COLUMNS.map(({ name }) => name);

/** Makes the empty temporary table, within the caller's transaction. */
export async function createStaging(session: PgSession): Promise<void> {
  // By bytes, whatever the database sorts by: it is cheaper, and equal means equal.
  const columns = STAGED_COLUMNS.map(
    ({ name, type }) => `${quoteIdentifier(name)} ${type}${type === 'text' ? ' COLLATE "C"' : ''}`,
  );
  await session.query(
    `DROP TABLE IF EXISTS ${STAGED}; CREATE TEMP TABLE finance_db_staged (${columns.join(', ')}) ON COMMIT DROP`,
  );
}

/**
 * Streams rows into it; memory stays that of one piece.
 * @returns how many
 */
export async function stageRows(
  session: PgSession,
  rows: RowSource,
  options: { readonly signal?: AbortSignal | undefined; readonly onRows?: (rows: number) => void },
): Promise<number> {
  const count = await copyIn(session, { schema: 'pg_temp', name: 'finance_db_staged' }, NAMES, rows, options);
  await session.query(`ANALYZE ${STAGED} (record, account_id, booked, merchant, category)`);
  return count;
}
