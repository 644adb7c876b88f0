import { STAGED_COLUMNS } from '../../ingest/stagedRow.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { copyIn, type RowSource } from '../copyIn.ts';
import type { PgSession } from '../session.ts';

/** Where the rows of one file wait to be compared with what is there, and what was decided of them; gone with the transaction. */
export const STAGED = 'pg_temp.finance_db_staged';

const NAMES = STAGED_COLUMNS.map(({ name }) => name);

/** What identity counts besides the words or the bank's id. */
const COMMON = `account_id || '|' || day_text || '|' || amount::text || '|' || currency || '|'`;
const TEXT_KEY = `pg_catalog.md5(${COMMON} || words)::uuid`;
const BANK_HASH = `pg_catalog.md5(${COMMON} || bank_id)::uuid`;

/** The key of an entry's row by its text, counted among those of equal text. */
export function idByText(textKey: string, number: string): string {
  return `'i' || pg_catalog.md5('text|' || ${textKey}::text || '|' || ${number})`;
}

/**
 * What the server computes while rows arrive, when it would wait for the next of them otherwise; and what identity.ts and
 * lookalikes.ts decide later, of few rows as a rule.
 */
const COMPUTED = [
  `text_key uuid GENERATED ALWAYS AS (${TEXT_KEY}) STORED`,
  `bank_hash uuid GENERATED ALWAYS AS (${BANK_HASH}) STORED`,
  `first_id text COLLATE "C" GENERATED ALWAYS AS (coalesce(own_id, CASE WHEN bank_id IS NULL THEN ${idByText(TEXT_KEY, "'1'")}
    ELSE 'i' || pg_catalog.md5('bank|' || ${BANK_HASH}::text) END)) STORED`,
];
const DECIDED = [
  /** Another entry of the file has the same id of the bank. */
  'id_shared boolean',
  /** The row that the entry was seen as. */
  'known_id text COLLATE "C"',
  /** The key of a new row, where it is not `first_id`. */
  'other_id text COLLATE "C"',
  'possible_duplicate_of text COLLATE "C"',
  /**
   * Read by nobody. An UPDATE that concerns no computed column makes PostgreSQL 18 parse the expressions of all of them again for each
   * row (50 us a row, ten times the update itself); as one depends on what is decided, it keeps what it has parsed.
   */
  `is_decided boolean GENERATED ALWAYS AS (id_shared OR known_id IS NOT NULL OR other_id IS NOT NULL OR possible_duplicate_of IS NOT NULL) STORED`,
];

/** Makes the empty temporary table, within the caller's transaction. */
export async function createStaging(session: PgSession): Promise<void> {
  // By bytes, whatever the database sorts by: it is cheaper, and equal means equal.
  const columns = STAGED_COLUMNS.map(
    ({ name, type }) => `${quoteIdentifier(name)} ${type}${type === 'text' ? ' COLLATE "C"' : ''}`,
  );
  await session.query(
    `DROP TABLE IF EXISTS ${STAGED} CASCADE;
CREATE TEMP TABLE finance_db_staged (${[...columns, ...COMPUTED, ...DECIDED].join(', ')}) ON COMMIT DROP`,
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
  await session.query(
    `ANALYZE ${STAGED} (record, account_id, booked, merchant, category, own_id, text_key, bank_hash, first_id, known_id)`,
  );
  return count;
}
