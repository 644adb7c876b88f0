import { TRANSFER_WORDS } from '../../ingest/transferWords.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { beside, IMPORT_ROWS, STATEMENTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/** A card often books a payment days before the account does. */
const DAYS = 4;

/** A row that moves money between own accounts by its words or its counter account, whose other leg is not there. */
export interface UnpairedLeg {
  readonly txId: string;
  readonly account: string;
  readonly day: string;
  readonly amount: string;
  readonly currency: string;
  readonly text: string;
}

/**
 * Finds the other legs of this import's new rows: the opposite amount in another own account within four days, in either order,
 * where one of the two names the other account or, neither having a category, one speaks of a transfer. Each leg is paired once,
 * with the nearest that has none nearer itself. Both get the category Transfer. An own account is one that statements came from.
 *
 * Step by step, so that each knows how much the one before it found: few rows speak of a transfer, and only those are joined.
 * @returns how many pairs were made
 */
export async function pairTransfers(session: PgSession, table: TableName, importId: string): Promise<number> {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const target = postgresTable(table);
  const own = `SELECT DISTINCT account_id FROM ${postgresTable(beside(table, STATEMENTS))}`;
  if (!(await hasSeveralAccounts(session, table))) return 0;
  await session.query(`
DROP TABLE IF EXISTS pg_temp.finance_db_legs;
CREATE TEMP TABLE finance_db_legs ON COMMIT DROP AS
WITH span AS (
  SELECT pg_catalog.min(booked) - interval '${DAYS + 1} days' AS first, pg_catalog.max(booked) + interval '${DAYS + 1} days' AS last
  FROM ${rows} WHERE import_id = ${importId} AND outcome = 'new'
)
SELECT DISTINCT ON (r.tx_id) r.tx_id, r.account_id, r.booked::date AS day, r.amount, r.currency, r.counter_account,
  r.category IS NULL AND r.mcc IS NULL AND t.category IS NULL AS quiet,
  r.text ~* ${quoteLiteral(TRANSFER_WORDS)} AS speaks, r.import_id = ${importId} AS new
FROM ${rows} r
JOIN ${target} t ON t.tx_id = r.tx_id
WHERE r.booked >= (SELECT first FROM span) AND r.booked < (SELECT last FROM span) AND NOT r.undone
  AND r.amount <> 0 AND r.transfer_of IS NULL AND coalesce(r.category_by, '') IN ('', 'history', 'mcc')
  AND (r.counter_account IS NOT NULL OR (r.category IS NULL AND r.mcc IS NULL))
  AND r.account_id IN (${own})
ORDER BY r.tx_id, r.import_id;
ANALYZE pg_temp.finance_db_legs`);
  const [row] = await session.query<{ pairs: string }>(`
WITH naming AS MATERIALIZED (
  -- Rows that name an own account, or speak of a transfer where nothing else is known of them: one of each pair is one.
  SELECT l.*, o.account_id AS named
  FROM pg_temp.finance_db_legs l
  LEFT JOIN (${own}) o ON o.account_id <> l.account_id AND ${namesAccount('l.counter_account', 'o.account_id')}
  WHERE o.account_id IS NOT NULL OR (l.quiet AND l.speaks)
), legs AS (
  SELECT n.tx_id AS one, o.tx_id AS two, pg_catalog.abs(n.day - o.day) AS days
  FROM naming n
  JOIN pg_temp.finance_db_legs o ON o.currency = n.currency AND o.amount = -n.amount AND o.account_id <> n.account_id
    AND o.day BETWEEN n.day - ${DAYS} AND n.day + ${DAYS}
  WHERE (n.new OR o.new) AND (n.named = o.account_id OR (n.named IS NULL AND n.quiet AND o.quiet))
), nearest AS (
  SELECT one, two,
    pg_catalog.row_number() OVER (PARTITION BY one ORDER BY days, two) AS for_one,
    pg_catalog.row_number() OVER (PARTITION BY two ORDER BY days, one) AS for_two
  FROM (SELECT one, two, days FROM legs UNION SELECT two, one, days FROM legs) both_ways
), pairs AS (
  SELECT one AS tx_id, two AS transfer_of FROM nearest WHERE for_one = 1 AND for_two = 1
), filed AS (
  UPDATE ${target} t SET category = 'Transfer', subcategory = NULL FROM pairs p WHERE t.tx_id = p.tx_id RETURNING 1
), recorded AS (
  UPDATE ${rows} r SET category = 'Transfer', subcategory = NULL, category_by = 'transfer', transfer_of = p.transfer_of
  FROM pairs p WHERE r.tx_id = p.tx_id AND NOT r.undone RETURNING 1
)
SELECT pg_catalog.count(*) / 2 AS pairs, (SELECT pg_catalog.count(*) FROM filed), (SELECT pg_catalog.count(*) FROM recorded) FROM pairs`);
  return Number(row?.pairs ?? 0);
}

/**
 * New rows that name an own account as the other party and whose other leg is missing: its statement has not come yet.
 * @param most how many to name
 */
export async function unpairedLegs(
  session: PgSession,
  table: TableName,
  importId: string,
  most: number,
): Promise<{ count: number; legs: UnpairedLeg[] }> {
  if (!(await hasSeveralAccounts(session, table))) return { count: 0, legs: [] };
  const found = await session.query<Record<string, string>>(`
SELECT r.tx_id, r.account_id, r.booked::date AS day, r.amount, r.currency, r.text, pg_catalog.count(*) OVER () AS count
FROM ${postgresTable(beside(table, IMPORT_ROWS))} r
WHERE r.import_id = ${importId} AND r.outcome = 'new' AND r.transfer_of IS NULL AND r.counter_account IS NOT NULL AND EXISTS (
  SELECT FROM (SELECT DISTINCT account_id FROM ${postgresTable(beside(table, STATEMENTS))}) own
  WHERE own.account_id <> r.account_id AND ${namesAccount('r.counter_account', 'own.account_id')}
)
ORDER BY r.record
LIMIT ${most}`);
  return {
    count: Number(found[0]?.count ?? 0),
    legs: found.map((row) => ({
      txId: row.tx_id ?? '',
      account: row.account_id ?? '',
      day: row.day ?? '',
      amount: row.amount ?? '',
      currency: row.currency ?? '',
      text: row.text ?? '',
    })),
  };
}

/** With one account there is no transfer, however many rows there are to look through. */
async function hasSeveralAccounts(session: PgSession, table: TableName): Promise<boolean> {
  const [accounts] = await session.query<{ count: string }>(
    `SELECT pg_catalog.count(DISTINCT account_id) AS count FROM ${postgresTable(beside(table, STATEMENTS))}`,
  );
  return Number(accounts?.count ?? 0) > 1;
}

/** Whether a counter account is that account: blanks aside, and by the number alone where the file names the bank too. */
function namesAccount(counter: string, account: string): string {
  const bare = (sql: string): string => `pg_catalog.replace(${sql}, ' ', '')`;
  return `(${bare(counter)} = ${bare(account)} OR ${bare(counter)} = pg_catalog.split_part(${bare(account)}, '/', 2))`;
}
