import type { DuckDbReader } from '../../duckdb/reader.ts';
import { givesRows, splitStatements } from '../../duckdb/statements.ts';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import type { ResultColumn } from '../../model/resultColumn.ts';
import { runQuery } from '../query/query.ts';
import { listSavedQueries, type SavedQuery, savedQuery } from '../query/savedQueries.ts';

export interface SqlView {
  readonly sql: string;
  readonly saved: readonly Pick<SavedQuery, 'name' | 'about' | 'builtIn'>[];
  readonly schema: readonly SchemaTable[];
  /** Null where nothing was asked. */
  readonly result: SqlResult | null;
  readonly problem: FinanceDbError | null;
}

export interface SchemaTable {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export interface SqlResult {
  /** The statement that gave it, where the SQL has several. */
  readonly statement: string;
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Whether there are more rows than are shown. */
  readonly truncated: boolean;
  readonly seconds: number;
}

export interface SqlRequest {
  /** What to run; empty: nothing. */
  readonly sql: string;
  /** The name of a saved query, to be shown and run. */
  readonly saved: string | null;
  /** Only shown: the SQL of a report. */
  readonly draft: string | null;
  readonly home: string;
  readonly signal: AbortSignal;
}

export const MOST_SQL_ROWS = 1000;
export const MOST_SQL_SECONDS = 10;

/** Runs what was typed, and lists what can be asked. What is wrong with the SQL is part of the page. */
export async function readSqlPage(reader: DuckDbReader, request: SqlRequest): Promise<SqlView> {
  const sql =
    request.sql !== '' ? request.sql : request.saved === null ? '' : await savedQuery(request.home, request.saved);
  const saved = listSavedQueries(request.home).map(({ name, about, builtIn }) => ({ name, about, builtIn }));
  const schema = await readSchema(reader);
  const answer = { sql: sql === '' ? (request.draft ?? '') : sql, saved, schema, result: null, problem: null };
  if (sql.trim() === '') return answer;
  try {
    return { ...answer, result: await run(reader, sql, request.signal) };
  } catch (error) {
    if (isFinanceDbError(error) && !request.signal.aborted) return { ...answer, problem: error };
    throw error;
  }
}

async function run(reader: DuckDbReader, sql: string, signal: AbortSignal): Promise<SqlResult> {
  const late = AbortSignal.timeout(MOST_SQL_SECONDS * 1000);
  const begun = performance.now();
  const statement = splitStatements(sql).find(({ text }) => givesRows(text))?.text ?? sql;
  try {
    // The first result that has rows; a page shows one table.
    for await (const { columns, chunks } of runQuery(reader, {
      sql,
      params: [],
      signal: AbortSignal.any([signal, late]),
    })) {
      const rows: (readonly (string | null)[])[] = [];
      for await (const chunk of chunks) {
        for (let index = 0; index < chunk.rowCount && rows.length <= MOST_SQL_ROWS; index++)
          rows.push(chunk.columns.map((column) => column[index] ?? null));
        if (rows.length > MOST_SQL_ROWS) break;
      }
      return {
        statement,
        columns,
        rows: rows.slice(0, MOST_SQL_ROWS),
        truncated: rows.length > MOST_SQL_ROWS,
        seconds: (performance.now() - begun) / 1000,
      };
    }
  } catch (error) {
    if (late.aborted && !signal.aborted)
      throw new FinanceDbError('QUERY_FAILED', `stopped after ${MOST_SQL_SECONDS} s`, {
        remedy: '`finance-db query` in a terminal has no such limit',
        cause: error,
      });
    throw error;
  }
  return { statement, columns: [], rows: [], truncated: false, seconds: (performance.now() - begun) / 1000 };
}

async function readSchema(reader: DuckDbReader): Promise<SchemaTable[]> {
  const rows = await reader.all<{ table: string; name: string; type: string }>(
    `SELECT CASE WHEN schema_name = 'main' THEN table_name ELSE schema_name || '.' || table_name END AS "table",
  column_name AS name, data_type AS type
FROM duckdb_columns()
WHERE NOT internal AND database_name = current_database()
ORDER BY "table" LIKE 'finance_db%', "table", column_index
LIMIT 2000`,
  );
  const tables = new Map<string, { name: string; type: string }[]>();
  for (const { table, name, type } of rows) {
    const columns = tables.get(table) ?? [];
    columns.push({ name, type });
    tables.set(table, columns);
  }
  return [...tables].map(([table, columns]) => ({ table, columns }));
}
