import type { DuckDbReader } from '../../duckdb/reader.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { beside, IMPORT_ROWS, IMPORTS } from '../../model/importTables.ts';
import { displayName, duckdbSchema, duckdbTable, type TableName } from '../../model/tableName.ts';

/** An entry of a bank file that became a transaction, or had come before. */
export type ImportRecord = {
  readonly import_id: string;
  /** Number of the entry in its file, and the line that it begins on. */
  readonly record: string;
  readonly line: string;
  /** new, or known. */
  readonly outcome: string;
  readonly undone: boolean;
  /** All that the bank wrote. */
  readonly text: string;
  readonly merchant_by: string | null;
  readonly category: string | null;
  readonly category_by: string | null;
  readonly normalized_by: string | null;
  readonly rate_day: string | null;
  readonly possible_duplicate_of: string | null;
  readonly transfer_of: string | null;
  /** Of its import; null where that table is not in the file. */
  readonly file: string | null;
  readonly format: string | null;
  /** `2026-11-25 14:05:00`, in UTC. */
  readonly imported_at: string | null;
  readonly undone_at: string | null;
};

/** Where a transaction came from, as far as the file knows. */
export interface Provenance {
  /** Oldest import first. */
  readonly records: readonly ImportRecord[];
  /** Finds them; null where their table is not in the file. */
  readonly sql: string | null;
  /** Tables that are not in the file, as FINANCE_DB_TABLES has them. */
  readonly missing: readonly string[];
}

/** More imports than this have hardly seen one row. */
const MOST_RECORDS = 50;

const OF_ROWS = [
  'import_id',
  'record',
  'line',
  'outcome',
  'undone',
  'text',
  'merchant_by',
  'category',
  'category_by',
  'normalized_by',
  'possible_duplicate_of',
  'transfer_of',
] as const;

/**
 * @param transactions the table that the transaction is in; the tables of imports lie beside it
 * @param id its tx_id
 */
export async function readProvenance(reader: DuckDbReader, transactions: TableName, id: string): Promise<Provenance> {
  const [rows, imports] = [beside(transactions, IMPORT_ROWS), beside(transactions, IMPORTS)];
  const there = await tablesThere(reader);
  const missing = [imports, rows].filter((table) => !there.has(keyOf(table))).map(displayName);
  if (!there.has(keyOf(rows))) return { records: [], sql: null, missing };
  const hasImports = there.has(keyOf(imports));
  const moment = (column: string): string =>
    hasImports ? `strftime(i.${column}::TIMESTAMPTZ AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S')` : 'NULL::VARCHAR';
  const sql = `SELECT ${OF_ROWS.map((name) => `r.${name}`).join(', ')}, r.rate_day::VARCHAR AS rate_day,
  ${hasImports ? 'i.file, i.format' : 'NULL::VARCHAR AS file, NULL::VARCHAR AS format'},
  ${moment('imported_at')} AS imported_at, ${moment('undone_at')} AS undone_at
FROM ${duckdbTable(rows)} AS r${hasImports ? `\nLEFT JOIN ${duckdbTable(imports)} AS i ON i.import_id = r.import_id` : ''}
WHERE r.tx_id = ${quoteLiteral(id)}
ORDER BY r.import_id, r.record
LIMIT ${MOST_RECORDS}`;
  try {
    return { records: await reader.all<ImportRecord>(sql), sql, missing };
  } catch (error) {
    if (isFinanceDbError(error)) throw error;
    // A table of another program has that name, and other columns.
    return { records: [], sql: null, missing: [displayName(rows)] };
  }
}

async function tablesThere(reader: DuckDbReader): Promise<ReadonlySet<string>> {
  const tables = await reader.all<{ schema_name: string; table_name: string }>(
    `SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()
UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = current_database() AND NOT internal`,
  );
  return new Set(tables.map((each) => `${each.schema_name}.${each.table_name}`));
}

function keyOf(table: TableName): string {
  return `${duckdbSchema(table)}.${table.name}`;
}
