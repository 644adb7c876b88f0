import { quoteIdentifier } from '../model/identifier.ts';
import { displayName, duckdbSchema, duckdbTable, type TableName } from '../model/tableName.ts';
import { openReader } from './reader.ts';
import type { WorkingCopy } from './workingCopy.ts';

/** A column, and what its index is called. */
interface WantedIndex {
  readonly column: string;
  readonly name: string;
}

/** Creates those indexes of a table that it has columns for and that are missing. */
export async function createIndexes(
  copy: WorkingCopy,
  table: TableName,
  columns: readonly string[],
  wanted: readonly string[],
): Promise<void> {
  for (const { column, name } of indexesOf(table, columns, wanted))
    await copy.run(
      `CREATE INDEX IF NOT EXISTS ${quoteIdentifier(name)} ON ${duckdbTable(table)} (${quoteIdentifier(column)})`,
    );
}

/**
 * Whether the published file lacks an index that one of these tables could have.
 * @param required columns that one of the tables must have: without them it lacks something, too
 * @throws FinanceDbError as `openReader` does
 */
export async function lacksIndexes(
  file: string,
  tables: readonly TableName[],
  wanted: readonly string[],
  required: readonly string[],
): Promise<boolean> {
  if (wanted.length === 0) return false;
  const reader = await openReader(file);
  try {
    const columns = await reader.all<{ schema_name: string; table_name: string; column_name: string }>(
      'SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE database_name = current_database()',
    );
    const indexes = await reader.all<{ schema_name: string; index_name: string }>(
      'SELECT schema_name, index_name FROM duckdb_indexes() WHERE database_name = current_database()',
    );
    const known = columns.filter((column) =>
      tables.some((table) => column.schema_name === duckdbSchema(table) && column.table_name === table.name),
    );
    if (required.some((name) => !known.some((column) => column.column_name === name))) return true;
    return tables.some((table) => {
      const schema = duckdbSchema(table);
      const own = columns.filter((column) => column.schema_name === schema && column.table_name === table.name);
      const names = own.map((column) => column.column_name);
      return indexesOf(table, names, wanted).some(
        ({ name }) => !indexes.some((index) => index.schema_name === schema && index.index_name === name),
      );
    });
  } finally {
    reader.close();
  }
}

/** `idx_timestamp` for the main table, as its PostgreSQL indexes are called; those of others carry the table's name. */
function indexesOf(table: TableName, columns: readonly string[], wanted: readonly string[]): WantedIndex[] {
  const prefix = displayName(table) === 'transactions' ? 'idx' : `idx_${table.name}`;
  return wanted.filter((column) => columns.includes(column)).map((column) => ({ column, name: `${prefix}_${column}` }));
}
