import { ANY_TRANSFER_WORDS, OWN_TRANSFER_WORDS } from '../../ingest/transferWords.ts';
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

/** Legs that only speak of some transfer: that is little, so they have to be near. */
const DAYS_BY_WORDS = 1;

/** Equal transfers between the same accounts: a round pairs the nearest, the next one those behind them. */
const MOST_ROUNDS = 1000;

/**
 * Finds the other legs of this import's new rows: the opposite amount in another own account, in either order. That alone is no
 * evidence; it takes
 * - a counter account that is the other leg's own, up to four days apart, or
 * - neither having a category, words that are said of own accounts only (`Umbuchung`), up to four days apart, or
 * - words in both that are said of other payments too (`transfer`), a day apart at most, and no counter account in either.
 *
 * Each leg is paired once, with the strongest and nearest that has none better itself; where two accounts have equally good ones,
 * with neither. Both get the category Transfer, unless they have one that somebody chose. An own account is one that statements came from.
 *
 * Step by step, so that each knows how much the one before it found: few rows speak of a transfer, and only those are joined.
 * @returns how many pairs were made
 */
export async function pairTransfers(session: PgSession, table: TableName, importId: string): Promise<number> {
  if (!(await hasSeveralAccounts(session, table))) return 0;
  await collectLegs(session, table, importId);
  let pairs = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const found = await pairNearest(session, table);
    if (found === 0) break;
    pairs += found;
  }
  return pairs;
}

async function collectLegs(session: PgSession, table: TableName, importId: string): Promise<void> {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const own = ownAccounts(table);
  // A guess from what the row says is less than its other leg.
  const unfiled = "(r.category IS NULL OR r.category_by = 'learnt')";
  await session.query(`
DROP TABLE IF EXISTS pg_temp.finance_db_legs, pg_temp.finance_db_candidates;
CREATE TEMP TABLE finance_db_legs ON COMMIT DROP AS
WITH span AS (
  SELECT pg_catalog.min(booked) - interval '${DAYS + 1} days' AS first, pg_catalog.max(booked) + interval '${DAYS + 1} days' AS last
  FROM ${rows} WHERE import_id = ${importId} AND outcome = 'new'
)
SELECT DISTINCT ON (r.tx_id) r.tx_id, r.account_id, r.booked::date AS day, r.amount, r.currency, r.counter_account,
  ${unfiled} AND r.mcc IS NULL AS quiet,
  CASE WHEN r.text ~* ${quoteLiteral(OWN_TRANSFER_WORDS)} THEN 2 WHEN r.text ~* ${quoteLiteral(ANY_TRANSFER_WORDS)} THEN 1 ELSE 0 END AS speaks,
  r.import_id = ${importId} AS new
FROM ${rows} r
JOIN ${postgresTable(table)} t ON t.tx_id = r.tx_id
WHERE r.booked >= (SELECT first FROM span) AND r.booked < (SELECT last FROM span) AND NOT r.undone
  AND r.amount <> 0 AND r.transfer_of IS NULL
  -- What a person, a rule, the bank or the user's own history has filed stays so.
  AND coalesce(r.category_by, '') IN ('', 'mcc', 'learnt') AND t.category IS NOT DISTINCT FROM r.category
  AND (r.counter_account IS NOT NULL OR (${unfiled} AND r.mcc IS NULL))
  AND r.account_id IN (${own})
ORDER BY r.tx_id, r.outcome = 'new' DESC, r.import_id;
ANALYZE pg_temp.finance_db_legs;
CREATE TEMP TABLE finance_db_candidates ON COMMIT DROP AS
WITH speaking AS MATERIALIZED (
  -- Rows that name an own account, or speak of a transfer where nothing else is known of them: one of each pair is one.
  SELECT l.*, o.account_id AS named
  FROM pg_temp.finance_db_legs l
  LEFT JOIN (${own}) o ON o.account_id <> l.account_id AND ${namesAccount('l.counter_account', 'o.account_id')}
  WHERE o.account_id IS NOT NULL OR (l.quiet AND l.speaks > 0)
), legs AS (
  SELECT n.tx_id AS one, n.account_id AS one_account, o.tx_id AS two, o.account_id AS two_account, pg_catalog.abs(n.day - o.day) AS days,
    CASE WHEN n.named = o.account_id THEN 3
      -- Whoever names one own account does not mean another.
      WHEN n.named IS NOT NULL OR NOT n.quiet OR NOT o.quiet THEN 0
      WHEN n.speaks = 2 THEN 2
      WHEN o.speaks > 0 AND n.counter_account IS NULL AND o.counter_account IS NULL
        AND pg_catalog.abs(n.day - o.day) <= ${DAYS_BY_WORDS} THEN 1 ELSE 0 END AS strength
  FROM speaking n
  JOIN pg_temp.finance_db_legs o ON o.currency = n.currency AND o.amount = -n.amount AND o.account_id <> n.account_id
    AND o.day BETWEEN n.day - ${DAYS} AND n.day + ${DAYS}
  WHERE n.new OR o.new
), both_ways AS (
  SELECT one, two, two_account, days, strength FROM legs WHERE strength > 0
  UNION ALL SELECT two, one, one_account, days, strength FROM legs WHERE strength > 0
)
SELECT one, two, two_account, pg_catalog.min(days) AS days, pg_catalog.max(strength) AS strength FROM both_ways GROUP BY one, two, two_account`);
}

/** One round: pairs those that are each other's best, and forgets what can be no pair any more. */
async function pairNearest(session: PgSession, table: TableName): Promise<number> {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const best = 'PARTITION BY one ORDER BY strength DESC, days';
  const [row] = await session.query<{ pairs: string }>(`
WITH ranked AS (
  SELECT one, two, pg_catalog.rank() OVER (${best}) AS place, pg_catalog.row_number() OVER (${best}, two) AS number, two_account
  FROM pg_temp.finance_db_candidates
), best AS (
  SELECT one, pg_catalog.min(two) FILTER (WHERE number = 1) AS two
  FROM ranked WHERE place = 1 GROUP BY one HAVING pg_catalog.count(DISTINCT two_account) = 1
), pairs AS (
  SELECT a.one AS tx_id, a.two AS transfer_of FROM best a JOIN best b ON b.one = a.two AND b.two = a.one
), filed AS (
  UPDATE ${postgresTable(table)} t SET category = 'Transfer', subcategory = NULL FROM pairs p WHERE t.tx_id = p.tx_id RETURNING 1
), recorded AS (
  UPDATE ${rows} r SET category = 'Transfer', subcategory = NULL, category_by = 'transfer', transfer_of = p.transfer_of
  FROM pairs p WHERE r.tx_id = p.tx_id AND NOT r.undone RETURNING 1
), done AS (
  DELETE FROM pg_temp.finance_db_candidates
  WHERE one IN (SELECT tx_id FROM pairs) OR two IN (SELECT tx_id FROM pairs) RETURNING 1
)
SELECT pg_catalog.count(*) / 2 AS pairs, (SELECT pg_catalog.count(*) FROM filed), (SELECT pg_catalog.count(*) FROM recorded),
  (SELECT pg_catalog.count(*) FROM done)
FROM pairs`);
  return Number(row?.pairs ?? 0);
}

function ownAccounts(table: TableName): string {
  return `SELECT DISTINCT account_id FROM ${postgresTable(beside(table, STATEMENTS))}`;
}

/**
 * New rows that name an own account as the other party, or say in words that they move money between own accounts, and whose
 * other leg is missing: its statement has not come yet, or two could be it. To be asked after `pairTransfers`, in its transaction.
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
FROM pg_temp.finance_db_legs l
JOIN ${postgresTable(beside(table, IMPORT_ROWS))} r ON r.import_id = ${importId} AND r.tx_id = l.tx_id
WHERE l.new AND r.outcome = 'new' AND r.transfer_of IS NULL AND ((l.quiet AND l.speaks = 2) OR (
  -- Most rows name none, and a file may hold thousands of accounts.
  l.counter_account IS NOT NULL AND EXISTS (
  SELECT FROM (${ownAccounts(table)}) own
  WHERE own.account_id <> l.account_id AND ${namesAccount('l.counter_account', 'own.account_id')}
)))
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
