import { beside, IMPORT_ROWS, IMPORTS, STATEMENTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { ENTRIES } from './entries.ts';
import { HISTORY } from './history.ts';
import { inBaseSql, RATED } from './normalize.ts';
import { STAGED_STATEMENTS, STATEMENT_COLUMNS } from './stage.ts';

/** What entries are joined with for what was decided of them: looking for it where there is none takes a tenth of the time. */
export interface Decisions {
  /** Whether HISTORY has payees. */
  readonly history: boolean;
  /** Whether RATED has rates. */
  readonly rates: boolean;
}

/** SQL of the entries (s) with all that was decided of them. */
function decided({ history, rates }: Decisions) {
  const byRate = rates ? inBaseSql('s.amount', 'r') : 'NULL';
  return {
    from: `
FROM ${ENTRIES} s
${history ? `LEFT JOIN ${HISTORY} h ON h.merchant = s.merchant AND s.category IS NULL` : ''}
${rates ? `LEFT JOIN ${RATED} r ON r.currency = s.currency AND r.day = s.day AND s.normalized_amount IS NULL` : ''}`,
    category: history ? 'coalesce(s.category, h.category, s.mcc_category)' : 'coalesce(s.category, s.mcc_category)',
    subcategory: `CASE WHEN s.category IS NOT NULL THEN s.subcategory ${history ? 'WHEN h.category IS NOT NULL THEN h.subcategory' : ''} ELSE s.mcc_subcategory END`,
    categoryBy: `CASE WHEN s.category IS NOT NULL THEN s.category_by ${history ? "WHEN h.category IS NOT NULL THEN 'history'" : ''} WHEN s.mcc_category IS NOT NULL THEN 'mcc' END`,
    normalizedAmount: rates ? `coalesce(s.normalized_amount, ${byRate})` : 's.normalized_amount',
    normalizedBy: rates
      ? `coalesce(s.normalized_by, CASE WHEN ${byRate} IS NOT NULL THEN 'rates' END)`
      : 's.normalized_by',
    rateDay: rates ? `CASE WHEN ${byRate} IS NOT NULL THEN r.rate_day END` : 'NULL::date',
  };
}

/** Puts the new entries into `transactions`. */
export async function insertNew(session: PgSession, table: TableName, decisions: Decisions): Promise<void> {
  const sql = decided(decisions);
  await session.query(`
INSERT INTO ${postgresTable(table)} (tx_id, "timestamp", amount, currency, merchant, mcc, account_id, city, state, channel,
  category, subcategory, is_recurring, normalized_amount)
SELECT s.tx_id, s.booked, s.amount, nullif(s.currency, ''), s.merchant, s.mcc, nullif(s.account_id, ''), s.city, s.state, s.channel,
  ${sql.category}, ${sql.subcategory}, s.is_recurring, ${sql.normalizedAmount}
${sql.from}
WHERE s.known_id IS NULL`);
}

/** SQL of the times of what `insertNew` puts in. */
export function newTimes(): string {
  return `SELECT s.booked AS time FROM ${ENTRIES} s WHERE s.outcome = 'new'`;
}

/** Records what became of each entry. */
export async function insertImportRows(
  session: PgSession,
  table: TableName,
  importId: string,
  decisions: Decisions,
): Promise<void> {
  const sql = decided(decisions);
  await session.query(`
INSERT INTO ${postgresTable(beside(table, IMPORT_ROWS))} (import_id, record, line, tx_id, outcome, account_id, booked, value_day,
  amount, currency, bank_id, bank_key, text_key, text, payee, counter_account, code, merchant, merchant_by, mcc, city, state,
  channel, category, subcategory, category_by, is_recurring, original_amount, original_currency, normalized_amount, normalized_by, rate_day,
  balance, possible_duplicate_of)
SELECT ${importId}, s.record, s.line, s.tx_id, s.outcome, s.account_id, s.booked, s.value_day,
  s.amount, s.currency, s.bank_id, s.bank_key, s.text_key, s.text, s.payee, s.counter_account, s.code, s.merchant, s.merchant_by,
  s.mcc, s.city, s.state, s.channel, ${sql.category}, ${sql.subcategory}, ${sql.categoryBy}, s.is_recurring, s.original_amount, s.original_currency,
  ${sql.normalizedAmount}, ${sql.normalizedBy}, ${sql.rateDay}, s.balance, s.possible_duplicate_of
${sql.from}`);
}

/** What is recorded of a file. */
export interface ImportRecord {
  readonly file: string;
  readonly fileHash: string;
  readonly format: string;
  readonly source: string;
  readonly readRows: number;
  readonly skipped: { readonly pending: number; readonly investment: number; readonly other: number };
  readonly total: string;
  readonly outcome: Outcome;
}

/** @returns the number of the import */
export async function insertImport(session: PgSession, table: TableName, record: ImportRecord): Promise<string> {
  const { skipped, outcome } = record;
  const [row] = await session.query<{ import_id: string }>(
    `
INSERT INTO ${postgresTable(beside(table, IMPORTS))} (file, file_hash, format, source, read_rows, new_rows, known_rows,
  possible_duplicates, skipped_pending, skipped_investment, skipped_other, first_day, last_day, total)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
RETURNING import_id`,
    [
      record.file,
      record.fileHash,
      record.format,
      record.source,
      record.readRows,
      outcome.newRows,
      outcome.known,
      outcome.possibleDuplicates,
      skipped.pending,
      skipped.investment,
      skipped.other,
      outcome.first,
      outcome.last,
      record.total,
    ],
  );
  return row?.import_id ?? '';
}

/** Records what the statements of the file say. */
export async function insertStatements(session: PgSession, table: TableName, importId: string): Promise<void> {
  const columns = STATEMENT_COLUMNS.map(({ name }) => name).join(', ');
  await session.query(
    `INSERT INTO ${postgresTable(beside(table, STATEMENTS))} (import_id, ${columns}) SELECT ${importId}, ${columns} FROM ${STAGED_STATEMENTS}`,
  );
}

/** What came of a file, counted where it is. */
export interface Outcome {
  readonly newRows: number;
  readonly known: number;
  readonly possibleDuplicates: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly normalized: Readonly<Record<'same' | 'bank' | 'rates' | 'missing', number>>;
}

export async function readOutcome(session: PgSession, rates: boolean): Promise<Outcome> {
  const sql = decided({ history: false, rates });
  const groups = await session.query<Record<string, string | null>>(`
SELECT s.outcome, coalesce(${sql.normalizedBy}, 'missing') AS normalized_by,
  pg_catalog.count(*) AS rows, pg_catalog.count(s.possible_duplicate_of) AS alike, pg_catalog.min(s.day) AS first, pg_catalog.max(s.day) AS last
${sql.from}
GROUP BY 1, 2`);
  const count = (column: string, test: (group: Record<string, string | null>) => boolean): number =>
    groups.filter(test).reduce((sum, group) => sum + Number(group[column] ?? 0), 0);
  const isNew = (group: Record<string, string | null>): boolean => group.outcome === 'new';
  const by = <K extends string>(column: string, values: readonly K[]): Record<K, number> =>
    Object.fromEntries(
      values.map((value) => [value, count('rows', (group) => isNew(group) && group[column] === value)]),
    ) as Record<K, number>;
  const days = groups
    .flatMap(({ first, last }) => [first ?? '', last ?? ''])
    .filter((day) => day !== '')
    .sort();
  return {
    newRows: count('rows', isNew),
    known: count('rows', (group) => !isNew(group)),
    possibleDuplicates: count('alike', () => true),
    first: days[0] ?? null,
    last: days.at(-1) ?? null,
    normalized: by('normalized_by', ['same', 'bank', 'rates', 'missing']),
  };
}

/** How new rows got their category. */
export const CATEGORY_SOURCES = ['file', 'rule', 'history', 'mcc', 'learnt', 'transfer', 'none'] as const;
export type CategoryCounts = Readonly<Record<(typeof CATEGORY_SOURCES)[number], number>>;

/** New rows of an import by how they got their category, once transfers were paired. */
export async function countCategories(session: PgSession, table: TableName, importId: string): Promise<CategoryCounts> {
  const counts = CATEGORY_SOURCES.map(
    (by) => `pg_catalog.count(*) FILTER (WHERE coalesce(category_by, 'none') = '${by}') AS "${by}"`,
  );
  const [row] = await session.query<Record<string, string>>(
    `SELECT ${counts.join(', ')} FROM ${postgresTable(beside(table, IMPORT_ROWS))} WHERE import_id = ${importId} AND outcome = 'new'`,
  );
  return Object.fromEntries(CATEGORY_SOURCES.map((by) => [by, Number(row?.[by] ?? 0)])) as Record<
    (typeof CATEGORY_SOURCES)[number],
    number
  >;
}
