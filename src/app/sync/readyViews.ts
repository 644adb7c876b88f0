import { readyViews, VIEW_COLUMNS } from '../../analytics/views.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { duckdbSchema, duckdbTable, type TableName } from '../../model/tableName.ts';

/** A table of the DuckDB file: its columns by name, with their DuckDB types. */
export interface StoredTable {
  readonly table: TableName;
  readonly columns: readonly { readonly name: string; readonly duckdbType: string }[];
}

/**
 * Makes the ready-made views of docs/queries.md beside every table that looks like transactions, and removes those of an
 * earlier sync that no longer fit. A table of the source that is called like a view comes first.
 */
export async function createReadyViews(copy: WorkingCopy, tables: readonly StoredTable[]): Promise<void> {
  for (const { table, columns } of tables) {
    if (table.name !== 'transactions') continue;
    const schema = duckdbSchema(table);
    const scale = scaleOf(columns);
    const fits =
      scale !== null && VIEW_COLUMNS.every((name) => isExpected(columns.find((column) => column.name === name)));
    for (const view of readyViews(table, scale ?? 2)) {
      if (await isTable(copy, schema, view.name)) continue;
      await copy.run(`DROP VIEW IF EXISTS ${duckdbTable({ schema: table.schema, name: view.name })}`);
      if (fits) await copy.run(view.sql);
    }
  }
}

/** The types that the views' SQL is written for. */
function isExpected(column: StoredTable['columns'][number] | undefined): boolean {
  if (column === undefined) return false;
  if (column.name === 'normalized_amount') return column.duckdbType.startsWith('DECIMAL');
  return column.duckdbType === (column.name === 'timestamp' ? 'TIMESTAMP' : 'VARCHAR');
}

/** Digits after the point of normalized_amount; null when it is not a DECIMAL, over which nothing exact can be summed. */
function scaleOf(columns: StoredTable['columns']): number | null {
  const type = columns.find((column) => column.name === 'normalized_amount')?.duckdbType ?? '';
  const scale = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1];
  return scale === undefined ? null : Number(scale);
}

async function isTable(copy: WorkingCopy, schema: string, name: string): Promise<boolean> {
  const found = await copy.all(
    `SELECT 1 AS one FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ${quoteLiteral(schema)} AND lower(table_name) = ${quoteLiteral(name)}`,
  );
  return found.length > 0;
}
