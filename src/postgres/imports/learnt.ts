import { beside, IMPORT_ROWS, LEARNT } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import { copyIn } from '../copyIn.ts';
import type { PgSession } from '../session.ts';
import { GUESSED } from './history.ts';
import { hasSideTable } from './sideTables.ts';

/** Which of the side tables that say who filed a row are there. */
export interface Records {
  readonly imports: boolean;
  readonly learnt: boolean;
}

export async function readRecords(session: PgSession, table: TableName): Promise<Records> {
  return {
    imports: await hasSideTable(session, table, IMPORT_ROWS),
    learnt: await hasSideTable(session, table, LEARNT),
  };
}

/** A row of `transactions` as categories are learnt from it and suggested for it. */
export interface LearningRow {
  readonly txId: string;
  readonly day: string;
  /** The payee, or what the bank wrote where it has none. */
  readonly payee: string;
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  /** In the base currency; null where it could not be put into it. */
  readonly normalized: string | null;
  readonly mcc: string | null;
  readonly category: string | null;
  readonly subcategory: string | null;
}

const PAGE = 5000;

/** SQL that is true where nobody chose the category of row t. */
function isGuess(table: TableName, records: Records): string {
  const guessed = GUESSED.map((by) => `'${by}'`).join(', ');
  const tests = [
    ...(records.imports
      ? [
          `EXISTS (SELECT FROM ${postgresTable(beside(table, IMPORT_ROWS))} r
    WHERE r.tx_id = t.tx_id AND r.outcome = 'new' AND r.category_by IN (${guessed}) AND r.category = t.category)`,
        ]
      : []),
    ...(records.learnt ? [learntTest(table)] : []),
  ];
  return tests.length === 0 ? 'false' : `(${tests.join(' OR ')})`;
}

/** SQL that is true where row t has the category that `categorize` gave it without anybody looking. */
function learntTest(table: TableName): string {
  return `EXISTS (SELECT FROM ${postgresTable(beside(table, LEARNT))} l
    WHERE l.tx_id = t.tx_id AND l.chosen_by = 'learnt' AND l.undone_at IS NULL AND l.category = t.category)`;
}

/**
 * The latest rows that a person, a rule or the bank has filed, in order of time. Guesses are left out, so that none proves itself,
 * and so are categories that say that there is none.
 * @param most how many
 */
export async function filedRows(
  session: PgSession,
  table: TableName,
  records: Records,
  most: number,
): Promise<LearningRow[]> {
  const rows: LearningRow[] = [];
  const condition = `t.category IS NOT NULL AND t.category !~* '^\\s*$|^uncategori[sz]ed$|^unknown$|^none$' AND NOT ${isGuess(table, records)}`;
  for await (const page of pages(session, table, records, condition, `DESC LIMIT ${most}`)) rows.push(...page);
  return rows.reverse();
}

/**
 * Rows without a category, page by page. What a person has taken a category away from stays without one.
 */
export function unfiledRows(
  session: PgSession,
  table: TableName,
  records: Records,
): AsyncGenerator<LearningRow[], void, undefined> {
  const emptied = records.imports
    ? ` AND NOT EXISTS (SELECT FROM ${postgresTable(beside(table, IMPORT_ROWS))} r
    WHERE r.tx_id = t.tx_id AND r.outcome = 'new' AND r.category IS NOT NULL)`
    : '';
  return pages(session, table, records, `t.category IS NULL${emptied}`, '');
}

/** Whether an import has new rows that nothing has filed. */
export async function hasUnfiled(session: PgSession, table: TableName, importId: string): Promise<boolean> {
  const [row] = await session.query<{ any: string }>(`SELECT EXISTS (
  SELECT FROM ${postgresTable(beside(table, IMPORT_ROWS))} r
  WHERE r.import_id = ${importId} AND r.outcome = 'new' AND r.category IS NULL AND r.transfer_of IS NULL) AS any`);
  return row?.any === 't';
}

/** New rows of one import that nothing has filed. */
export function unfiledOfImport(
  session: PgSession,
  table: TableName,
  records: Records,
  importId: string,
): AsyncGenerator<LearningRow[], void, undefined> {
  const condition = `t.category IS NULL AND EXISTS (SELECT FROM ${postgresTable(beside(table, IMPORT_ROWS))} r
    WHERE r.import_id = ${importId} AND r.tx_id = t.tx_id AND r.outcome = 'new' AND r.category IS NULL AND r.transfer_of IS NULL)`;
  return pages(session, table, records, condition, '');
}

async function* pages(
  session: PgSession,
  table: TableName,
  records: Records,
  condition: string,
  tail: string,
): AsyncGenerator<LearningRow[], void, undefined> {
  const text = records.imports
    ? `(SELECT r.text FROM ${postgresTable(beside(table, IMPORT_ROWS))} r WHERE r.tx_id = t.tx_id AND t.merchant IS NULL ORDER BY r.import_id LIMIT 1)`
    : 'NULL';
  // Two may be open at once: rows are learnt from when the first one without a category has come.
  const cursor = tail === '' ? 'finance_db_unfiled' : 'finance_db_filed';
  const [direction = '', ...limit] = tail.split(' ');
  // All of it will be fetched: a plan for the first rows alone would look up each row of millions.
  await session.query(`SET LOCAL cursor_tuple_fraction = 1;
DECLARE ${cursor} NO SCROLL CURSOR FOR
SELECT t.tx_id, t."timestamp"::date AS day, coalesce(nullif(t.merchant, ''), ${text}, '') AS payee, t.account_id, t.amount, t.currency, t.normalized_amount,
  t.mcc, t.category, t.subcategory
FROM ${postgresTable(table)} t
WHERE ${condition}
ORDER BY t."timestamp" ${direction}, t.tx_id ${direction} ${limit.join(' ')}`);
  for (;;) {
    const rows = await session.query<Record<string, string | null>>(`FETCH ${PAGE} FROM ${cursor}`);
    if (rows.length === 0) break;
    yield rows.map((row) => ({
      txId: row.tx_id ?? '',
      day: row.day ?? '',
      payee: row.payee ?? '',
      account: row.account_id ?? '',
      amount: row.amount ?? '',
      currency: row.currency ?? '',
      normalized: row.normalized_amount ?? null,
      mcc: row.mcc ?? null,
      category: row.category ?? null,
      subcategory: row.subcategory ?? null,
    }));
  }
  await session.query(`CLOSE ${cursor}`);
}

/** What one row is to be filed under. */
export interface Filing {
  readonly txId: string;
  readonly category: string;
  readonly subcategory: string | null;
  readonly confidence: number | null;
  readonly chosenBy: 'learnt' | 'person';
}

const FILINGS = 'pg_temp.finance_db_filings';

/** Makes room for filings, within the caller's transaction. */
export async function createFilings(session: PgSession): Promise<void> {
  await session.query(`DROP TABLE IF EXISTS ${FILINGS};
CREATE TEMP TABLE finance_db_filings (tx_id text, category text, subcategory text, confidence numeric, chosen_by text) ON COMMIT DROP`);
}

export async function stageFilings(session: PgSession, filings: readonly Filing[]): Promise<void> {
  if (filings.length === 0) return;
  await copyIn(
    session,
    { schema: 'pg_temp', name: 'finance_db_filings' },
    ['tx_id', 'category', 'subcategory', 'confidence', 'chosen_by'],
    filings.map(({ txId, category, subcategory, confidence, chosenBy }) => [
      txId,
      category,
      subcategory,
      confidence === null ? null : confidence.toFixed(3),
      chosenBy,
    ]),
  );
}

/**
 * Files the staged rows that still have no category, and records it as a run of its own.
 * @returns the run's number, and how many rows were filed
 */
export async function applyFilings(
  session: PgSession,
  table: TableName,
  records: Records,
): Promise<{ readonly run: string; readonly rows: number }> {
  const learnt = postgresTable(beside(table, LEARNT));
  const [run] = await session.query<{ run: string }>(
    `ANALYZE ${FILINGS}; SELECT coalesce(pg_catalog.max(run), 0) + 1 AS run FROM ${learnt}`,
  );
  const number = run?.run ?? '1';
  const [filed] = await session.query<{ rows: string }>(`
WITH filed AS (
  UPDATE ${postgresTable(table)} t SET category = f.category, subcategory = f.subcategory
  FROM ${FILINGS} f WHERE f.tx_id = t.tx_id AND t.category IS NULL
  RETURNING t.tx_id, f.category, f.subcategory, f.confidence, f.chosen_by
), kept AS (
  INSERT INTO ${learnt} (run, tx_id, category, subcategory, confidence, chosen_by)
  SELECT ${number}, tx_id, category, subcategory, confidence, chosen_by FROM filed RETURNING 1
)
SELECT pg_catalog.count(*) AS rows FROM kept`);
  // What a person chose differs from what the import gave, as anything that a person changes does.
  if (records.imports) await markRows(session, table, `l.run = ${number} AND l.chosen_by = 'learnt'`);
  return { run: number, rows: Number(filed?.rows ?? 0) };
}

/** Says in the records of imports which of their rows were filed by what was learnt. */
async function markRows(session: PgSession, table: TableName, condition: string): Promise<void> {
  await session.query(`
UPDATE ${postgresTable(beside(table, IMPORT_ROWS))} r
SET category = l.category, subcategory = l.subcategory, category_by = 'learnt'
FROM ${postgresTable(beside(table, LEARNT))} l
WHERE l.tx_id = r.tx_id AND r.category IS NULL AND ${condition}`);
}

/** Files new rows of an import by what was learnt, in its own transaction: `import --undo` takes them with it. */
export async function fileImported(session: PgSession, table: TableName, importId: string): Promise<void> {
  await session.query(`
ANALYZE ${FILINGS};
UPDATE ${postgresTable(table)} t SET category = f.category, subcategory = f.subcategory
FROM ${FILINGS} f WHERE f.tx_id = t.tx_id AND t.category IS NULL;
UPDATE ${postgresTable(beside(table, IMPORT_ROWS))} r SET category = f.category, subcategory = f.subcategory, category_by = 'learnt'
FROM ${FILINGS} f WHERE f.tx_id = r.tx_id AND r.import_id = ${importId} AND r.outcome = 'new' AND r.category IS NULL`);
}

/** What taking a run back did. */
export interface UndoneRun {
  readonly run: string;
  readonly filedAt: string;
  /** Rows that have no category any more. */
  readonly rows: number;
  /** Rows that somebody has filed otherwise since; they stay. */
  readonly changed: number;
}

/**
 * Takes the latest run back that stands: rows that still have what it gave them lose it.
 * @returns null where there is none
 */
export async function undoFilings(session: PgSession, table: TableName, records: Records): Promise<UndoneRun | null> {
  const learnt = postgresTable(beside(table, LEARNT));
  const [latest] = await session.query<Record<string, string>>(`
SELECT run, pg_catalog.min(filed_at)::timestamp(0) AS filed_at, pg_catalog.count(*) AS rows FROM ${learnt}
WHERE undone_at IS NULL GROUP BY run ORDER BY run DESC LIMIT 1`);
  if (latest?.run === undefined) return null;
  const { run } = latest;
  const [done] = await session.query<{ rows: string }>(`
WITH taken AS (
  UPDATE ${postgresTable(table)} t SET category = NULL, subcategory = NULL
  FROM ${learnt} l
  WHERE l.run = ${run} AND l.undone_at IS NULL AND l.tx_id = t.tx_id AND t.category = l.category
    AND t.subcategory IS NOT DISTINCT FROM l.subcategory
  RETURNING t.tx_id
)
SELECT pg_catalog.count(*) AS rows FROM taken`);
  if (records.imports)
    await session.query(`
UPDATE ${postgresTable(beside(table, IMPORT_ROWS))} r SET category = NULL, subcategory = NULL, category_by = NULL
FROM ${learnt} l, ${postgresTable(table)} t
WHERE l.run = ${run} AND l.tx_id = r.tx_id AND t.tx_id = r.tx_id AND t.category IS NULL AND r.category_by = 'learnt'`);
  await session.query(`UPDATE ${learnt} SET undone_at = pg_catalog.now() WHERE run = ${run}`);
  const rows = Number(done?.rows ?? 0);
  return { run, filedAt: latest.filed_at ?? '', rows, changed: Number(latest.rows ?? 0) - rows };
}
