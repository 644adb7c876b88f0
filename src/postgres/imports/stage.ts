import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { STAGED_COLUMNS } from '../../ingest/stagedRow.ts';
import type { StatementSummary } from '../../ingest/statementCounts.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { STATEMENTS } from '../../model/importTables.ts';
import { copyIn, type RowSource } from '../copyIn.ts';
import type { PgSession } from '../session.ts';

/** Where the rows of one file wait to be compared with what is there, and what was decided of them; gone with the transaction. */
export const STAGED = 'pg_temp.finance_db_staged';

/** The statements of the file: the columns of the side table, but for the import's number, which comes later. */
export const STAGED_STATEMENTS = 'pg_temp.finance_db_staged_statements';
export const STATEMENT_COLUMNS = STATEMENTS.columns.filter(({ name }) => name !== 'import_id');

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
    `DROP TABLE IF EXISTS ${STAGED}, ${STAGED_STATEMENTS} CASCADE;
CREATE TEMP TABLE finance_db_staged (${[...columns, ...COMPUTED, ...DECIDED].join(', ')}) ON COMMIT DROP;
CREATE TEMP TABLE finance_db_staged_statements (${STATEMENT_COLUMNS.map(({ name, type }) => `${name} ${type}`).join(', ')}) ON COMMIT DROP`,
  );
}

/**
 * Streams rows into it; memory stays that of one piece.
 * @param before rows of the file that are there already
 * @returns how many came
 * @throws FinanceDbError with `details.before`, since the server counts the lines of what it was sent now
 */
export async function stageRows(
  session: PgSession,
  rows: RowSource,
  before: number,
  options: { readonly signal?: AbortSignal | undefined; readonly onRows?: (rows: number) => void },
): Promise<number> {
  try {
    return await copyIn(session, { schema: 'pg_temp', name: 'finance_db_staged' }, NAMES, rows, options);
  } catch (error) {
    if (before === 0 || !isFinanceDbError(error) || error.cause === undefined) throw error;
    const { code, message, remedy, details, cause } = error;
    throw new FinanceDbError(code, message, { remedy, details: { ...details, before }, cause });
  }
}

/** Lets PostgreSQL look at the staged rows before they are compared with others. */
export async function analyzeStaged(session: PgSession): Promise<void> {
  await session.query(
    `ANALYZE ${STAGED} (record, account_id, booked, merchant, category, own_id, text_key, bank_hash, first_id, known_id)`,
  );
}

/** Adds statements of the file. */
export async function stageStatements(session: PgSession, statements: readonly StatementSummary[]): Promise<void> {
  const flag = (value: boolean | null): string | null => (value === null ? null : value ? 't' : 'f');
  // Rows in our own columns may have no account, of which there is nothing to say.
  const told = statements.filter(({ accountId }) => accountId !== '');
  if (told.length === 0) return;
  await copyIn(
    session,
    { schema: 'pg_temp', name: 'finance_db_staged_statements' },
    STATEMENT_COLUMNS.map(({ name }) => name),
    told.map((one) => [
      String(one.number),
      one.accountId,
      one.currency,
      one.opening?.amount ?? null,
      one.opening?.date ?? null,
      one.closing?.amount ?? null,
      one.closing?.date ?? null,
      String(one.entries),
      one.total,
      flag(one.closes),
      one.firstDay,
      one.lastDay,
    ]),
  );
}
