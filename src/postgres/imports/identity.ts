import { badValue } from '../../ingest/problem.ts';
import { beside, IMPORT_ROWS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { holds } from './answers.ts';
import { createEntries, ENTRIES } from './entries.ts';
import { matchSeen, type ToMatch } from './matchSeen.ts';
import { matchSameFile } from './sameFile.ts';
import { readSeen, SEEN } from './seen.ts';
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
  /** SHA-256 of the file's bytes. */
  readonly fileHash: string;
  /** For banks that export only what is new: nothing is taken for known by its text. */
  readonly allNew: boolean;
  /** What was staged. */
  readonly staged: Omit<ToMatch, 'open'>;
  readonly earlier: Earlier;
}

/** Whether there is anything that entries could be compared with: the first file, as long as it may be, is not. */
export interface Earlier {
  /** Rows of `transactions`. */
  readonly rows: boolean;
  /** What became of the entries of earlier imports. */
  readonly records: boolean;
}

export async function readEarlier(session: PgSession, table: TableName): Promise<Earlier> {
  return {
    rows: await holds(session, `SELECT FROM ${postgresTable(table)}`),
    records: await holds(session, `SELECT FROM ${postgresTable(beside(table, IMPORT_ROWS))}`),
  };
}

/**
 * Decides of each staged entry which row it is, to be read from ENTRIES.
 * @returns whether some of them may be new
 */
export async function decideIdentity(
  session: PgSession,
  { table, source, fileHash, allNew, staged, earlier }: IdentityOptions,
): Promise<boolean> {
  await createEntries(session);
  if (staged.withBankId > 0) await setSharedIdsAside(session);
  if (earlier.records) {
    const open = staged.entries - (await matchSameFile(session, table, fileHash));
    if (open === 0) return false;
    await readSeen(session, table, source);
    if ((await matchSeen(session, { ...staged, open }, allNew)) === 0) return false;
  }
  await session.query(numberFreshSql(earlier));
  if (earlier.records) await takeUndoneIds(session);
  if (!earlier.rows) return staged.entries > 0;
  // A row that is there under its key without any record of an import (the side tables were lost) is known by it.
  await session.query(`
UPDATE ${STAGED} s SET known_id = t.tx_id
FROM ${postgresTable(table)} t
-- Compared as the table's index is sorted, so that a small file does not read all of a large table.
WHERE s.known_id IS NULL AND t.tx_id = coalesce(s.other_id, s.first_id) COLLATE "default"`);
  return true;
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

/** An id that several entries of the file have tells none of them: they go by their text. */
async function setSharedIdsAside(session: PgSession): Promise<void> {
  await session.query(`
UPDATE ${STAGED} s SET id_shared = true, other_id = CASE WHEN own_id IS NULL THEN ${idByText('text_key', "'1'")} END
FROM (SELECT account_id, bank_id FROM ${STAGED} WHERE bank_id IS NOT NULL
      GROUP BY account_id, bank_id HAVING pg_catalog.count(*) > 1) shared
WHERE s.account_id = shared.account_id AND s.bank_id = shared.bank_id`);
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

/**
 * Keys of the rows that are new: the hash of the bank key, or of the text key and the number of the occurrence, counted on from
 * those seen; nearly all are the first, which they have already. So the same file gives the same keys in any database.
 */
function numberFreshSql({ records }: Earlier): string {
  const seen = records
    ? `SELECT text_key, pg_catalog.count(DISTINCT tx_id) AS rows FROM ${SEEN}
  WHERE text_key IN (SELECT text_key FROM ${STAGED} WHERE known_id IS NULL)
  GROUP BY text_key`
    : 'SELECT NULL::uuid AS text_key, 0 AS rows WHERE false';
  return `
WITH seen AS (${seen}), several AS (
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
