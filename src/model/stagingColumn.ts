import type { ColumnMapping, TypeFamily } from './typeMapping.ts';

/** A column of text that PostgreSQL computes for us, on its way into a temporary table. */
export function textColumn(name: string): ColumnMapping {
  return {
    name,
    family: 'text',
    duckdbType: 'VARCHAR',
    postgresType: 'text',
    notNull: false,
    element: null,
    copyExpression: name,
    mayBeEscaped: true,
    fromText: (value: string) => value,
  };
}

/** The same for a column of a type whose text needs no escapes. @param duckdbType as SQL */
export function plainColumn(name: string, family: TypeFamily, duckdbType: string): ColumnMapping {
  return {
    ...textColumn(name),
    family,
    duckdbType,
    mayBeEscaped: false,
    fromText: (value: string) => `CAST(${value} AS ${duckdbType})`,
  };
}
