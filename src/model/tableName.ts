import { FinanceDbError } from '../errors/financeDbError.ts';
import { quoteIdentifier } from './identifier.ts';

/** A table of the source. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** The schema of the DuckDB file that holds the tool's own tables; no source schema may have its name. */
export const STATE_SCHEMA = 'finance_db';

/** Ours, and names that mean something of their own in DuckDB, where `temp.t` is a temporary table. */
const RESERVED_SCHEMAS = new Set([
  STATE_SCHEMA,
  'finance_db_copy',
  'information_schema',
  'pg_catalog',
  'temp',
  'system',
  'memory',
]);

/** Views that DuckDB has of its own in the schema that stands for `public`: a table of that name cannot be told from them. */
export const DUCKDB_VIEWS: ReadonlySet<string> = new Set([
  'duckdb_columns',
  'duckdb_constraints',
  'duckdb_databases',
  'duckdb_indexes',
  'duckdb_logs',
  'duckdb_schemas',
  'duckdb_tables',
  'duckdb_types',
  'duckdb_views',
  'pragma_database_list',
  'sqlite_master',
  'sqlite_schema',
  'sqlite_temp_master',
  'sqlite_temp_schema',
]);

/**
 * Parses one entry of FINANCE_DB_TABLES: `[schema.]table`, each part plain or in double quotes (`"My Schema"."a.b"`).
 * Unlike SQL it keeps the case of plain parts.
 * @throws FinanceDbError CONFIG when the text is not of that form.
 */
export function parseTableName(text: string): TableName {
  const parts = readParts(text.trim());
  const [first, second] = parts;
  if (first === undefined || parts.length > 2 || parts.some((part) => part === ''))
    throw new FinanceDbError('CONFIG', `not a table name: ${JSON.stringify(text)}`, {
      remedy: 'give [schema.]table, with names of other than letters, digits and _ in double quotes',
    });
  const table = second === undefined ? { schema: 'public', name: first } : { schema: first, name: second };
  if (RESERVED_SCHEMAS.has(table.schema.toLowerCase()))
    throw new FinanceDbError('CONFIG', `the schema ${table.schema} is reserved`, {
      remedy: 'name other tables, or make a view of it in another schema',
    });
  // Our temporary tables are called so, and would be taken for it.
  if (table.name.toLowerCase().startsWith('finance_db_'))
    throw new FinanceDbError('CONFIG', `table names that begin with finance_db_ are reserved: ${table.name}`, {
      remedy: 'name other tables, or make a view of it that is called otherwise',
    });
  if (['public', 'main'].includes(table.schema.toLowerCase()) && DUCKDB_VIEWS.has(table.name.toLowerCase()))
    throw new FinanceDbError('CONFIG', `${table.name} is the name of a view that DuckDB has of its own`, {
      remedy: 'make a view of it that is called otherwise, and name that',
    });
  return table;
}

/**
 * Parses a comma-separated list of tables; commas within double quotes belong to the name.
 * @throws FinanceDbError CONFIG when a name is malformed, named twice, or the list is empty.
 */
export function parseTableList(text: string): TableName[] {
  const entries = text.match(/(?:"(?:[^"]|"")*"|[^,])+/g) ?? [];
  const tables = entries.filter((entry) => entry.trim() !== '').map(parseTableName);
  if (tables.length === 0)
    throw new FinanceDbError('CONFIG', 'the list of tables is empty', { remedy: 'name at least one table' });
  const seen = new Set<string>();
  for (const table of tables) {
    // DuckDB matches names without regard to case, so two tables that differ in case alone cannot both be kept.
    const key = duckdbTable(table).toLowerCase();
    if (seen.has(key))
      throw new FinanceDbError(
        'CONFIG',
        `the table ${displayName(table)} is named twice (case does not tell DuckDB tables apart)`,
      );
    seen.add(key);
  }
  return tables;
}

/** The name as people write it: without `public`. */
export function displayName(table: TableName): string {
  return table.schema === 'public' ? table.name : `${table.schema}.${table.name}`;
}

/** Quoted, schema-qualified name for PostgreSQL. */
export function postgresTable(table: TableName): string {
  return `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`;
}

/** The DuckDB schema that holds a table: `main` stands for `public`. */
export function duckdbSchema(table: TableName): string {
  return table.schema === 'public' ? 'main' : table.schema;
}

/** Quoted, schema-qualified name for DuckDB. */
export function duckdbTable(table: TableName): string {
  return `${quoteIdentifier(duckdbSchema(table))}.${quoteIdentifier(table.name)}`;
}

function readParts(text: string): string[] {
  const parts: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^."\s]+))\s*(\.|$)/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return [];
    parts.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return parts;
    if (pattern.lastIndex === text.length) return [];
  }
  return parts;
}
