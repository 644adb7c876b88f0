import type { PgSession } from '../session.ts';
import { countOf, holds } from './answers.ts';
import { ENTRIES } from './entries.ts';
import { SEEN } from './seen.ts';
import { STAGED } from './stage.ts';

/** The entries of a file. */
export interface ToMatch {
  readonly entries: number;
  readonly withBankId: number;
  readonly withOwnId: number;
  /** Those that are not known yet. */
  readonly open: number;
}

/**
 * Finds the rows that entries were seen as.
 * @param allNew nothing is taken for known by its text
 * @returns how many are not known then either
 */
export async function matchSeen(session: PgSession, staged: ToMatch, allNew: boolean): Promise<number> {
  let { open } = staged;
  if (!(await holds(session, `SELECT FROM ${SEEN} WHERE live`))) return open;
  if (staged.withBankId > 0)
    open -= await countOf(
      session,
      `UPDATE ${STAGED} k SET known_id = s.tx_id
FROM (SELECT DISTINCT ON (account_id, bank_key) account_id, bank_key, tx_id FROM ${SEEN}
      WHERE live AND bank_key IS NOT NULL ORDER BY account_id, bank_key, import_id) s
WHERE k.account_id = s.account_id AND k.bank_hash = s.bank_key AND k.id_shared IS NULL AND k.known_id IS NULL`,
    );
  if (staged.withOwnId > 0)
    open -= await countOf(
      session,
      `UPDATE ${STAGED} k SET known_id = k.own_id
FROM (SELECT DISTINCT tx_id FROM ${SEEN} WHERE live) s
WHERE k.own_id = s.tx_id AND k.known_id IS NULL`,
    );
  // A file in our own columns names each of its rows itself.
  if (allNew || staged.withOwnId === staged.entries) return open;
  const paired = async (pairing: Pairing): Promise<number> => {
    const count = await pair(session, pairing, open);
    open -= count;
    return count;
  };
  // An id of this source that differs tells two entries apart, so that what has none meets first.
  if (staged.withBankId > 0) await paired({ by: ['text_key'], staged: 'k.bank_key IS NOT NULL', seen: 'NOT s.has_id' });
  await paired({ by: ['text_key'], staged: 'k.bank_key IS NULL', seen: 'true' });
  // Some banks make their ids anew for each download. Complete days show it, and then it holds for the others.
  const anew = await paired({ by: ['text_key'], staged: 'true', seen: 's.complete' });
  if (anew > 0 && !(await anyMetById(session))) await paired({ by: ['text_key'], staged: 'true', seen: 'true' });
  // Another source writes other texts.
  const amount = ['day', 'amount', 'currency', 'account_id'];
  await paired({ by: ['merchant', ...amount], staged: 'true', seen: 'NOT s.same_source' });
  await paired({ by: amount, staged: 'true', seen: 'NOT s.same_source AND s.complete' });
  return open;
}

interface Pairing {
  /** Columns that must be equal, those that differ most first: they are sorted by. The account is in a text key. */
  readonly by: readonly string[];
  /** Which entries of the file (k) and which rows seen (s) may meet. */
  readonly staged: string;
  readonly seen: string;
}

/**
 * Pairs the n-th entry that is still new with the n-th row seen that no entry has claimed, within equal columns. A row that was
 * seen under two texts could be claimed twice, so only the first claim stands, and the rest tries again.
 * @param open entries that are not known yet
 * @returns how many were paired
 */
async function pair(session: PgSession, { by, staged, seen }: Pairing, open: number): Promise<number> {
  const columns = by.join(', ');
  const sql = `
WITH open_staged AS (
  SELECT record, ${columns} FROM ${ENTRIES} k WHERE k.known_id IS NULL AND k.own_id IS NULL AND ${staged}
), first_seen AS (
  SELECT DISTINCT ON (tx_id, ${columns}) tx_id, ${columns}, import_id, record
  FROM ${SEEN} s
  WHERE live AND ${seen} AND (${columns}) IN (SELECT ${columns} FROM open_staged)
    AND NOT EXISTS (SELECT FROM ${STAGED} k WHERE k.known_id = s.tx_id)
  ORDER BY tx_id, ${columns}, import_id, record
), placed_seen AS (
  SELECT *, pg_catalog.row_number() OVER (PARTITION BY ${columns} ORDER BY import_id, record) AS place FROM first_seen
), placed_staged AS (
  SELECT record, ${columns}, pg_catalog.row_number() OVER (PARTITION BY ${columns} ORDER BY record) AS place
  FROM open_staged
), pairs AS (
  SELECT DISTINCT ON (s.tx_id) s.tx_id, k.record
  FROM placed_staged k JOIN placed_seen s USING (${columns}, place)
  ORDER BY s.tx_id, k.record
)
UPDATE ${STAGED} k SET known_id = p.tx_id FROM pairs p WHERE k.record = p.record`;
  let total = 0;
  while (total < open) {
    const paired = await countOf(session, sql);
    if (paired === 0) break;
    total += paired;
  }
  return total;
}

function anyMetById(session: PgSession): Promise<boolean> {
  return holds(
    session,
    `SELECT FROM ${ENTRIES} k JOIN ${SEEN} s ON s.account_id = k.account_id AND s.bank_key = k.bank_key WHERE s.live`,
  );
}
