import { readyViews, VIEW_COLUMNS } from '../../analytics/views.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { displayName, duckdbSchema, duckdbTable, type TableName } from '../../model/tableName.ts';
import { readShape } from '../stats/readShape.ts';

/** A table of the DuckDB file: its columns by name, with their DuckDB types. */
export interface StoredTable {
  readonly table: TableName;
  readonly columns: readonly { readonly name: string; readonly duckdbType: string }[];
}

const NAMES = ['monthly_spending', 'category_month', 'recurring_charges', 'account_balance_changes'] as const;

/**
 * Makes the ready-made views of docs/queries.md beside every table called transactions, and removes those of an earlier sync
 * that no longer fit. A table of the source that is called like a view comes first. A sync is about tables: no view makes it fail.
 * @returns which views could not be made, and why; nothing about tables that are no transactions at all
 */
export async function createReadyViews(copy: WorkingCopy, tables: readonly StoredTable[]): Promise<string[]> {
  const warnings: string[] = [];
  for (const { table, columns } of tables) {
    if (table.name !== 'transactions') continue;
    const schema = duckdbSchema(table);
    const free: string[] = [];
    for (const name of NAMES) {
      if (await isTable(copy, schema, name)) continue;
      await copy.run(`DROP VIEW IF EXISTS ${duckdbTable({ schema: table.schema, name })}`);
      free.push(name);
    }
    const stored = columns.map(({ name, duckdbType }) => ({ name, type: duckdbType }));
    const shape = await readShape(duckdbTable(table), stored, VIEW_COLUMNS, (sql) => copy.all(sql));
    if (shape.kind === 'refused') {
      warnings.push(`the ready-made views were not made: ${displayName(table)} ${shape.why}`);
      continue;
    }
    for (const view of readyViews(table, shape.relation)) {
      if (!free.includes(view.name)) continue;
      const failure = await tryOut(copy, view.sql);
      if (failure !== null) warnings.push(`the ready-made view ${view.name} was not made: ${failure}`);
    }
  }
  return warnings;
}

/** What DuckDB cannot make of the view's SQL, or null. The transaction goes on: DuckDB had not begun to change anything. */
async function tryOut(copy: WorkingCopy, sql: string): Promise<string | null> {
  try {
    await copy.run(sql);
    return null;
  } catch (error) {
    if (!isFinanceDbError(error) || error.code !== 'INTERNAL') throw error;
    return messageOf(error.cause).split('\n')[0] ?? '';
  }
}

async function isTable(copy: WorkingCopy, schema: string, name: string): Promise<boolean> {
  const found = await copy.all(
    `SELECT 1 AS one FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ${quoteLiteral(schema)} AND lower(table_name) = ${quoteLiteral(name)}`,
  );
  return found.length > 0;
}
