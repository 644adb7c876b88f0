import { beside, IMPORT_ROWS, IMPORTS, STATEMENTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { STAGED } from './stage.ts';

/** An account whose rows are in other currencies than a file's are taken for. */
export interface OtherCurrency {
  readonly account: string;
  readonly currency: string;
  /** The import that brought such rows last, and its file. */
  readonly importId: string;
  readonly file: string;
}

/** Files without a currency are mostly of one account; of more, these are looked at. */
const MOST_ACCOUNTS = 10;
/** A wallet may hold several currencies: so many of its latest statements are looked at. */
const LATEST = 3;

/**
 * The staged rows were taken for a currency that nothing names. Where an account had others so far, that is hardly right: a
 * currency is part of what a row is known by, so that all its rows would come a second time, as other money.
 * @returns the first such account; null where there is none
 */
export async function findOtherCurrency(
  session: PgSession,
  table: TableName,
  assumed: string,
): Promise<OtherCurrency | null> {
  const [statements, imports, rows] = [STATEMENTS, IMPORTS, IMPORT_ROWS].map((side) =>
    postgresTable(beside(table, side)),
  );
  const found = await session.query<{ account: string; currency: string | null; id: string; file: string }>(`
WITH accounts AS (SELECT DISTINCT account_id FROM ${STAGED} WHERE account_id <> '' LIMIT ${MOST_ACCOUNTS})
SELECT a.account_id AS account, s.import_id::text AS id, s.file, r.currency
FROM accounts a
CROSS JOIN LATERAL (
  SELECT s.import_id, i.file FROM ${statements} s JOIN ${imports} i USING (import_id)
  WHERE s.account_id = a.account_id AND s.entries > 0 AND i.undone_at IS NULL
  ORDER BY s.import_id DESC LIMIT ${LATEST}
) s
CROSS JOIN LATERAL (
  SELECT r.currency FROM ${rows} r WHERE r.import_id = s.import_id AND r.account_id = a.account_id LIMIT 1
) r
ORDER BY a.account_id, s.import_id DESC`);
  const known = new Set(found.flatMap(({ account, currency }) => (currency === assumed ? [account] : [])));
  const other = found.find(({ account, currency }) => currency !== null && !known.has(account));
  if (other === undefined) return null;
  return { account: other.account, currency: other.currency ?? '', importId: other.id, file: other.file };
}
