import { beside, IMPORT_ROWS, IMPORTS, STATEMENTS } from '../../model/importTables.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/** One import as it is listed; numbers as text, as PostgreSQL gives them. */
export interface ListedImport {
  readonly id: string;
  readonly file: string;
  readonly format: string;
  readonly source: string;
  readonly importedAt: string;
  readonly undoneAt: string | null;
  readonly accounts: readonly string[];
  readonly rows: string;
  readonly newRows: string;
  readonly known: string;
  readonly possibleDuplicates: string;
  readonly first: string | null;
  readonly last: string | null;
  readonly sum: string | null;
}

/** All imports, or one, the latest last. */
export async function listImports(session: PgSession, table: TableName, id: string | null): Promise<ListedImport[]> {
  const rows = await session.query<Record<string, string | null>>(`
SELECT i.import_id, i.file, i.format, i.source, ${utc('i.imported_at')} AS imported_at, ${utc('i.undone_at')} AS undone_at,
  i.read_rows, i.new_rows, i.known_rows, i.possible_duplicates, i.first_day, i.last_day, pg_catalog.trim_scale(i.total) AS total,
  (SELECT pg_catalog.json_agg(DISTINCT s.account_id) FROM ${postgresTable(beside(table, STATEMENTS))} s WHERE s.import_id = i.import_id) AS accounts
FROM ${postgresTable(beside(table, IMPORTS))} i
${id === null ? '' : `WHERE i.import_id = ${id}`}
ORDER BY i.import_id`);
  return rows.map((row) => ({
    id: row.import_id ?? '',
    file: row.file ?? '',
    format: row.format ?? '',
    source: row.source ?? '',
    importedAt: row.imported_at ?? '',
    undoneAt: row.undone_at ?? null,
    accounts: JSON.parse(row.accounts ?? '[]') as string[],
    rows: row.read_rows ?? '0',
    newRows: row.new_rows ?? '0',
    known: row.known_rows ?? '0',
    possibleDuplicates: row.possible_duplicates ?? '0',
    first: row.first_day ?? null,
    last: row.last_day ?? null,
    sum: row.total ?? null,
  }));
}

/** Whether the very bytes were imported before, by an import that stands. */
export async function hasLiveImport(session: PgSession, table: TableName, fileHash: string): Promise<boolean> {
  const [row] = await session.query<{ any: string }>(
    `SELECT EXISTS (SELECT FROM ${postgresTable(beside(table, IMPORTS))} WHERE file_hash = $1 AND undone_at IS NULL) AS any`,
    [fileHash],
  );
  return row?.any === 't';
}

/** What became of one entry of an import, and why: every column of the side table but the hashes. */
export type ListedRow = Readonly<Record<string, string | null>>;

const HIDDEN = new Set(['import_id', 'bank_key', 'text_key']);

/** Columns of the rows that `listRows` gives, in order. */
export const LISTED_COLUMNS = IMPORT_ROWS.columns.map(({ name }) => name).filter((name) => !HIDDEN.has(name));

const PAGE = 1000;

/** The entries of an import, in the order of its file, page by page: memory is that of a page. */
export async function* listRows(session: PgSession, table: TableName, id: string): AsyncGenerator<ListedRow[]> {
  let after = '0';
  for (;;) {
    const rows = await session.query<ListedRow>(`
SELECT ${LISTED_COLUMNS.join(', ')} FROM ${postgresTable(beside(table, IMPORT_ROWS))}
WHERE import_id = ${id} AND record > ${after} ORDER BY record LIMIT ${PAGE}`);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)?.record ?? after;
  }
}

function utc(column: string): string {
  return `pg_catalog.to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
}
