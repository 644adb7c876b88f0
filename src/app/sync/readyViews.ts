import { createHash } from 'node:crypto';
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
 * Those that are there as they would be made stay: making them costs more than many a sync.
 * @returns which views could not be made, and why; nothing about tables that are no transactions at all
 */
export async function createReadyViews(copy: WorkingCopy, tables: readonly StoredTable[]): Promise<string[]> {
  const warnings: string[] = [];
  for (const { table, columns } of tables) {
    if (table.name !== 'transactions') continue;
    const schema = duckdbSchema(table);
    const taken = await tablesCalledSo(copy, schema);
    const stored = columns.map(({ name, duckdbType }) => ({ name, type: duckdbType }));
    const shape = await readShape(duckdbTable(table), stored, VIEW_COLUMNS, (sql) => copy.all(sql));
    const wanted = shape.kind === 'refused' ? [] : readyViews(table, shape.relation);
    const mark = (sql: string): string => `made by finance-db, ${md5(JSON.stringify([sql, stored]))}`;
    const marks = new Map<string, string>(wanted.map(({ name, sql }) => [name, mark(sql)]));
    const made = await marksOf(copy, schema);
    const isMade = (name: string): boolean => made.has(name) && made.get(name) === marks.get(name);
    for (const name of NAMES)
      if (!taken.has(name) && made.has(name) && !isMade(name))
        await copy.run(`DROP VIEW ${duckdbTable({ schema: table.schema, name })}`);
    if (shape.kind === 'refused') {
      warnings.push(`the ready-made views were not made: ${displayName(table)} ${shape.why}`);
      continue;
    }
    for (const view of wanted) {
      if (taken.has(view.name) || isMade(view.name)) continue;
      const failure = await tryOut(copy, view.sql);
      if (failure !== null) warnings.push(`the ready-made view ${view.name} was not made: ${failure}`);
      else
        await copy.run(
          `COMMENT ON VIEW ${duckdbTable({ schema: table.schema, name: view.name })} IS ${quoteLiteral(mark(view.sql))}`,
        );
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

const LISTED = NAMES.map(quoteLiteral).join(', ');

async function tablesCalledSo(copy: WorkingCopy, schema: string): Promise<ReadonlySet<string>> {
  const found = await copy.all<{ name: string }>(
    `SELECT lower(table_name) AS name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ${quoteLiteral(schema)} AND lower(table_name) IN (${LISTED})`,
  );
  return new Set(found.map(({ name }) => name));
}

/** What the views say of how they were made, by their names; null for those that say nothing. */
async function marksOf(copy: WorkingCopy, schema: string): Promise<ReadonlyMap<string, string | null>> {
  const found = await copy.all<{ name: string; mark: string | null }>(
    `SELECT lower(view_name) AS name, comment AS mark FROM duckdb_views() WHERE database_name = current_database() AND schema_name = ${quoteLiteral(schema)} AND lower(view_name) IN (${LISTED})`,
  );
  return new Map(found.map(({ name, mark }) => [name, mark]));
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
