import {
  amountsAsText,
  type Numerals,
  numeralsSql,
  type SourceShape,
  type StoredColumn,
  shapeOf,
} from '../../analytics/source.ts';

/**
 * Finds out how a table can be read, measuring the amounts that are kept as text.
 * @param table quoted, schema-qualified name in DuckDB
 * @param needed columns that must be there
 * @param all runs SQL where the table is, with 64-bit integers as text
 */
export async function readShape(
  table: string,
  columns: readonly StoredColumn[],
  needed: readonly string[],
  all: (sql: string) => Promise<Numerals[]>,
): Promise<SourceShape> {
  const measured: Record<string, Numerals> = {};
  for (const name of amountsAsText(columns)) {
    const [numerals] = await all(numeralsSql(table, name));
    if (numerals !== undefined) measured[name] = numerals;
  }
  return shapeOf(table, columns, needed, measured);
}
