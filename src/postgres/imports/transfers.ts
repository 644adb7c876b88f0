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
 * @returns how many pairs were made
 */
export async function pairTransfers(session: PgSession, table: TableName, importId: string): Promise<number> {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const target = postgresTable(table);
  const [row] = await session.query<{ pairs: string }>(`
WITH own AS (
  SELECT DISTINCT account_id FROM ${postgresTable(beside(table, STATEMENTS))}
), newest AS (
  SELECT tx_id, account_id, booked, amount, currency, category, category_by, mcc, counter_account, text, transfer_of
  FROM ${rows}
  WHERE import_id = ${importId} AND outcome = 'new' AND NOT undone
), span AS (
  SELECT pg_catalog.min(booked) - interval '${DAYS + 1} days' AS first, pg_catalog.max(booked) + interval '${DAYS + 1} days' AS last FROM newest
), others AS (
  SELECT DISTINCT ON (r.tx_id) r.tx_id, r.account_id, r.booked, r.amount, r.currency, t.category, r.category_by, r.mcc,
    r.counter_account, r.text, r.transfer_of
  FROM ${rows} r
  JOIN own USING (account_id)
  JOIN ${target} t ON t.tx_id = r.tx_id
  WHERE r.booked >= (SELECT first FROM span) AND r.booked < (SELECT last FROM span) AND NOT r.undone
  ORDER BY r.tx_id, r.import_id
), legs AS (
  SELECT n.tx_id AS new_leg, o.tx_id AS other_leg, pg_catalog.abs(n.booked::date - o.booked::date) AS days
  FROM newest n
  JOIN others o ON o.currency = n.currency AND o.amount = -n.amount AND o.account_id <> n.account_id
    AND o.booked::date BETWEEN n.booked::date - ${DAYS} AND n.booked::date + ${DAYS}
  WHERE n.amount <> 0 AND n.account_id IN (SELECT account_id FROM own)
    AND n.transfer_of IS NULL AND o.transfer_of IS NULL
    AND coalesce(n.category_by, '') IN ('', 'history', 'mcc') AND coalesce(o.category_by, '') IN ('', 'history', 'mcc')
    AND (${namesAccount('n.counter_account', 'o.account_id')} OR ${namesAccount('o.counter_account', 'n.account_id')}
      OR (n.category IS NULL AND o.category IS NULL AND n.mcc IS NULL AND o.mcc IS NULL
        AND (n.text ~* ${quoteLiteral(TRANSFER_WORDS)} OR o.text ~* ${quoteLiteral(TRANSFER_WORDS)})))
), nearest AS (
  SELECT new_leg, other_leg,
    pg_catalog.row_number() OVER (PARTITION BY new_leg ORDER BY days, other_leg) AS for_new,
    pg_catalog.row_number() OVER (PARTITION BY other_leg ORDER BY days, new_leg) AS for_other
  FROM legs
), pairs AS (
  -- Two new rows of one import find each other twice.
  SELECT DISTINCT least(new_leg, other_leg) AS one, greatest(new_leg, other_leg) AS two
  FROM nearest WHERE for_new = 1 AND for_other = 1
), both_ways AS (
  SELECT one AS tx_id, two AS transfer_of FROM pairs UNION ALL SELECT two, one FROM pairs
), filed AS (
  UPDATE ${target} t SET category = 'Transfer', subcategory = NULL FROM both_ways b WHERE t.tx_id = b.tx_id RETURNING 1
), recorded AS (
  UPDATE ${rows} r SET category = 'Transfer', subcategory = NULL, category_by = 'transfer', transfer_of = b.transfer_of
  FROM both_ways b WHERE r.tx_id = b.tx_id AND NOT r.undone AND r.booked >= (SELECT first FROM span) RETURNING 1
)
SELECT pg_catalog.count(*) AS pairs, (SELECT pg_catalog.count(*) FROM filed), (SELECT pg_catalog.count(*) FROM recorded) FROM pairs`);
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
  const found = await session.query<Record<string, string>>(`
SELECT r.tx_id, r.account_id, r.booked::date AS day, r.amount, r.currency, r.text, pg_catalog.count(*) OVER () AS count
FROM ${postgresTable(beside(table, IMPORT_ROWS))} r
WHERE r.import_id = ${importId} AND r.outcome = 'new' AND r.transfer_of IS NULL AND EXISTS (
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

/** Whether a counter account is that account: blanks aside, and by the number alone where the file names the bank too. */
function namesAccount(counter: string, account: string): string {
  const bare = (sql: string): string => `pg_catalog.replace(${sql}, ' ', '')`;
  return `(${bare(counter)} = ${bare(account)} OR ${bare(counter)} = pg_catalog.split_part(${bare(account)}, '/', 2))`;
}
