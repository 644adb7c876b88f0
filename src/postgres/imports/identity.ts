import { badValue } from '../../ingest/problem.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { beside, IMPORT_ROWS, IMPORTS, STATEMENTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { idByText, STAGED } from './stage.ts';

/**
 * Which of a file's entries have come before, and under which key the others are stored. docs/import.md argues it; in short:
 *
 * - An entry's **bank key** is the bank's own id with account, day, amount and currency (ids such as "1" come again in the next
 *   file), where the id is unique in the file; its **text key** is account, day, amount, currency and the words of its text.
 * - Per key the larger number counts: two equal purchases in a file are two, however often the file comes.
 * - What a live import has seen (a *sighting*) is known, also when the user has deleted the row since.
 * - Days strictly between the first and the last of a file are complete in it. Where a day is complete in an earlier import and
 *   in this file, both list the same entries, so that what is left over on both sides with equal amounts is the same entry
 *   under another text or id. On other days that is no proof, and such rows are new, and listed as possible duplicates.
 */
export interface IdentityOptions {
  /** The transactions table. */
  readonly table: TableName;
  /** Whose texts and ids these are: format, and profile for CSV. */
  readonly source: string;
  /** For banks that export only what is new: nothing is taken for known by its text. */
  readonly allNew: boolean;
}

/**
 * The staged entries with what was decided of them: all their columns, and `day`; `bank_key`; `fresh_id`, the key of the row if it
 * is new, and `tx_id`, that of the row that it is; `outcome`, 'new' or 'known'. A view: what is decided is written to STAGED.
 */
export const ENTRIES = 'pg_temp.finance_db_entries';
/** One row a sighting by an earlier import that this file could meet. */
const SEEN = 'pg_temp.finance_db_seen';
/** First and last day of each account: in this file (import_id null), and in each import that stands. */
const SPANS = 'pg_temp.finance_db_spans';

/** Decides of each staged entry which row it is, to be read from ENTRIES. */
export async function decideIdentity(session: PgSession, options: IdentityOptions): Promise<void> {
  await session.query(entriesSql());
  await setSharedIdsAside(session);
  await session.query(seenSql(options));
  await matchSeen(session, options);
  await session.query(numberFreshSql());
  await takeUndoneIds(session);
  // A row that is there under its key without any record of an import (the side tables were lost) is known by it.
  await session.query(`
UPDATE ${STAGED} s SET known_id = t.tx_id
FROM ${postgresTable(options.table)} t
-- Compared as the table's index is sorted, so that a small file does not read all of a large table.
WHERE s.known_id IS NULL AND t.tx_id = coalesce(s.other_id, s.first_id) COLLATE "default"`);
}

/**
 * A file in our own columns names each row itself, and each name may come once.
 * @throws FinanceDbError BAD_INPUT naming the lines
 */
export async function refuseDoubleIds(session: PgSession, file: string): Promise<void> {
  const [twice] = await session.query<{ own_id: string; first: string; again: string }>(`
SELECT own_id, pg_catalog.min(line) AS first, pg_catalog.max(line) AS again FROM ${STAGED}
WHERE own_id IS NOT NULL GROUP BY own_id HAVING pg_catalog.count(*) > 1 ORDER BY 2 LIMIT 1`);
  if (twice === undefined) return;
  const place = { line: Number(twice.again), record: 0 };
  throw badValue(
    file,
    place,
    'tx_id',
    twice.own_id,
    `it is already in line ${twice.first}, and each tx_id may occur once`,
  );
}

function entriesSql(): string {
  return `
CREATE OR REPLACE TEMP VIEW finance_db_entries AS
SELECT *, booked::date AS day, CASE WHEN id_shared IS NULL THEN bank_hash END AS bank_key, coalesce(other_id, first_id) AS fresh_id,
  coalesce(known_id, other_id, first_id) AS tx_id, CASE WHEN known_id IS NULL THEN 'new' ELSE 'known' END AS outcome
FROM ${STAGED}`;
}

/** An id that several entries of the file have tells none of them: they go by their text. */
async function setSharedIdsAside(session: PgSession): Promise<void> {
  if (!(await holds(session, `SELECT FROM ${STAGED} WHERE bank_id IS NOT NULL`))) return;
  await session.query(`
UPDATE ${STAGED} s SET id_shared = true, other_id = CASE WHEN own_id IS NULL THEN ${idByText('text_key', "'1'")} END
FROM (SELECT account_id, bank_id FROM ${STAGED} WHERE bank_id IS NOT NULL
      GROUP BY account_id, bank_id HAVING pg_catalog.count(*) > 1) shared
WHERE s.account_id = shared.account_id AND s.bank_id = shared.bank_id`);
}

/**
 * Sightings of the file's accounts on its days, with whether their day is complete in this file and in an earlier import. Those
 * that were undone are no evidence any more; they are here so that no key is given twice.
 */
function seenSql({ table, source }: IdentityOptions): string {
  const rows = postgresTable(beside(table, IMPORT_ROWS));
  const imports = postgresTable(beside(table, IMPORTS));
  const statements = postgresTable(beside(table, STATEMENTS));
  // The spans come first and are few; a plan for all at once would rest on guesses, since rows imported just now are not analysed.
  return `DROP TABLE IF EXISTS ${SEEN}; DROP TABLE IF EXISTS ${SPANS};
CREATE TEMP TABLE finance_db_spans ON COMMIT DROP AS
SELECT account_id, pg_catalog.min(day) AS first_day, pg_catalog.max(day) AS last_day, NULL::bigint AS import_id
FROM ${ENTRIES} GROUP BY account_id;
INSERT INTO ${SPANS}
SELECT s.account_id, pg_catalog.min(s.first_day), pg_catalog.max(s.last_day), s.import_id
FROM ${statements} s JOIN ${imports} i USING (import_id)
WHERE i.undone_at IS NULL AND s.account_id IN (SELECT account_id FROM ${SPANS})
GROUP BY s.account_id, s.import_id;
ANALYZE ${SPANS};
CREATE TEMP TABLE finance_db_seen ON COMMIT DROP AS
SELECT r.tx_id, r.account_id, r.booked::date AS day, r.amount, r.currency, r.text_key, r.bank_key, r.merchant, r.record,
  r.import_id, NOT r.undone AS live, i.source = ${quoteLiteral(source)} AS same_source,
  r.booked >= f.first_day + 1 AND r.booked < f.last_day
    AND EXISTS (
      SELECT FROM ${SPANS} p
      WHERE p.import_id IS NOT NULL AND p.account_id = r.account_id AND r.booked >= p.first_day + 1 AND r.booked < p.last_day
    ) AS complete
FROM ${SPANS} f
JOIN ${rows} r ON r.account_id = f.account_id AND r.booked >= f.first_day AND r.booked < f.last_day + 1
JOIN ${imports} i ON i.import_id = r.import_id
WHERE f.import_id IS NULL;
ANALYZE ${SEEN}`;
}

async function matchSeen(session: PgSession, { allNew }: IdentityOptions): Promise<void> {
  if (!(await holds(session, `SELECT FROM ${SEEN} WHERE live`))) return;
  await session.query(`
UPDATE ${STAGED} k SET known_id = s.tx_id
FROM (SELECT DISTINCT ON (account_id, bank_key) account_id, bank_key, tx_id FROM ${SEEN}
      WHERE live AND bank_key IS NOT NULL ORDER BY account_id, bank_key, import_id) s
WHERE k.account_id = s.account_id AND k.bank_hash = s.bank_key AND k.id_shared IS NULL`);
  await session.query(`
UPDATE ${STAGED} k SET known_id = k.own_id
FROM (SELECT DISTINCT tx_id FROM ${SEEN} WHERE live) s
WHERE k.own_id = s.tx_id AND k.known_id IS NULL`);
  if (allNew) return;
  // An id of this source that differs tells two entries apart, so that what has none meets first.
  await pair(session, { by: ['text_key'], staged: 'k.bank_key IS NOT NULL', seen: 'NOT s.has_id' });
  await pair(session, { by: ['text_key'], staged: 'k.bank_key IS NULL', seen: 'true' });
  // Some banks make their ids anew for each download. Complete days show it, and then it holds for the others.
  const anew = await pair(session, { by: ['text_key'], staged: 'true', seen: 's.complete' });
  if (anew > 0 && !(await anyMetById(session))) await pair(session, { by: ['text_key'], staged: 'true', seen: 'true' });
  // Another source writes other texts.
  const amount = ['day', 'amount', 'currency'];
  await pair(session, { by: [...amount, 'merchant'], staged: 'true', seen: 'NOT s.same_source' });
  await pair(session, { by: amount, staged: 'true', seen: 'NOT s.same_source AND s.complete' });
}

interface Pairing {
  /** Columns that must be equal, beside the account. */
  readonly by: readonly string[];
  /** Which entries of the file (k) and which rows seen (s) may meet. */
  readonly staged: string;
  readonly seen: string;
}

/**
 * Pairs the n-th entry that is still new with the n-th row seen that no entry has claimed, within equal columns. A row that was
 * seen under two texts could be claimed twice, so only the first claim stands, and the rest tries again.
 * @returns how many were paired
 */
async function pair(session: PgSession, { by, staged, seen }: Pairing): Promise<number> {
  const columns = ['account_id', ...by].join(', ');
  const sql = `
WITH open_rows AS (
  SELECT tx_id, account_id, day, amount, currency, text_key, merchant,
    pg_catalog.bool_or(complete) OVER tx AS complete, pg_catalog.bool_or(same_source) OVER tx AS same_source,
    pg_catalog.bool_or(bank_key IS NOT NULL AND same_source) OVER tx AS has_id, record, import_id
  FROM ${SEEN} v
  WHERE live AND NOT EXISTS (SELECT FROM ${ENTRIES} k WHERE k.known_id = v.tx_id)
  WINDOW tx AS (PARTITION BY tx_id)
), first_seen AS (
  SELECT DISTINCT ON (tx_id, ${columns}) * FROM open_rows s WHERE ${seen} ORDER BY tx_id, ${columns}, import_id, record
), placed_seen AS (
  SELECT *, pg_catalog.row_number() OVER (PARTITION BY ${columns} ORDER BY import_id, record) AS place FROM first_seen
), placed_staged AS (
  SELECT record, ${columns}, pg_catalog.row_number() OVER (PARTITION BY ${columns} ORDER BY record) AS place
  FROM ${ENTRIES} k WHERE k.known_id IS NULL AND k.own_id IS NULL AND ${staged}
), pairs AS (
  SELECT DISTINCT ON (s.tx_id) s.tx_id, k.record
  FROM placed_staged k JOIN placed_seen s USING (${columns}, place)
  ORDER BY s.tx_id, k.record
), done AS (
  UPDATE ${STAGED} k SET known_id = p.tx_id FROM pairs p WHERE k.record = p.record RETURNING 1
)
SELECT pg_catalog.count(*) AS paired FROM done`;
  let total = 0;
  for (;;) {
    if (!(await holds(session, `SELECT FROM ${ENTRIES} WHERE known_id IS NULL AND own_id IS NULL`))) return total;
    const [row] = await session.query<{ paired: string }>(sql);
    const paired = Number(row?.paired ?? 0);
    total += paired;
    if (paired === 0) return total;
  }
}

/**
 * An entry whose import was undone gets the key back that it had, so that restoring that import later finds the row there instead
 * of bringing a second one.
 */
async function takeUndoneIds(session: PgSession): Promise<void> {
  if (!(await holds(session, `SELECT FROM ${SEEN} WHERE NOT live`))) return;
  await session.query(`
WITH undone AS (
  SELECT DISTINCT ON (tx_id) tx_id, account_id, text_key, record, import_id
  FROM ${SEEN} v
  WHERE bank_key IS NULL AND NOT EXISTS (SELECT FROM ${SEEN} o WHERE o.tx_id = v.tx_id AND (o.live OR o.bank_key IS NOT NULL))
  ORDER BY tx_id, import_id, record
), placed_undone AS (
  SELECT *, pg_catalog.row_number() OVER (PARTITION BY account_id, text_key ORDER BY import_id, record) AS place FROM undone
), placed_staged AS (
  SELECT record, account_id, text_key,
    pg_catalog.row_number() OVER (PARTITION BY account_id, text_key ORDER BY record) AS place
  FROM ${ENTRIES} WHERE known_id IS NULL AND own_id IS NULL AND bank_key IS NULL
)
UPDATE ${STAGED} k SET other_id = u.tx_id
FROM placed_staged s JOIN placed_undone u USING (account_id, text_key, place)
WHERE k.record = s.record`);
}

function anyMetById(session: PgSession): Promise<boolean> {
  return holds(
    session,
    `SELECT FROM ${ENTRIES} k JOIN ${SEEN} s ON s.account_id = k.account_id AND s.bank_key = k.bank_key WHERE s.live`,
  );
}

async function holds(session: PgSession, select: string): Promise<boolean> {
  const [row] = await session.query<{ any: string }>(`SELECT EXISTS (${select}) AS any`);
  return row?.any === 't';
}

/**
 * Keys of the rows that are new: the hash of the bank key, or of the text key and the number of the occurrence, counted on from
 * those seen; nearly all are the first, which they have already. So the same file gives the same keys in any database.
 */
function numberFreshSql(): string {
  return `
WITH seen AS (
  SELECT text_key, pg_catalog.count(DISTINCT tx_id) AS rows FROM ${SEEN} GROUP BY text_key
), several AS (
  SELECT text_key FROM ${ENTRIES} WHERE known_id IS NULL AND bank_key IS NULL AND own_id IS NULL
  GROUP BY text_key HAVING pg_catalog.count(*) > 1
), numbered AS (
  SELECT k.record, coalesce(s.rows, 0) + pg_catalog.row_number() OVER (PARTITION BY k.text_key ORDER BY k.record) AS number
  FROM ${ENTRIES} k LEFT JOIN seen s USING (text_key)
  WHERE k.known_id IS NULL AND k.bank_key IS NULL AND k.own_id IS NULL
    AND (s.rows > 0 OR k.text_key IN (SELECT text_key FROM several))
)
UPDATE ${STAGED} k SET other_id = ${idByText('k.text_key', 'n.number::text')}
FROM numbered n
WHERE n.record = k.record AND n.number > 1`;
}
