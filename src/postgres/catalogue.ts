import { FinanceDbError } from '../errors/financeDbError.ts';
import { quoteLiteral } from '../model/identifier.ts';
import type { SourceColumn, SourceTable, SourceType } from '../model/sourceTable.ts';
import { displayName, type TableName } from '../model/tableName.ts';
import type { PgSession } from './session.ts';

/**
 * Describes the tables from PostgreSQL's catalogue, as the session's transaction sees them.
 * @param ask how to ask: in the transaction that is open and pinned, or pinned for itself
 * @throws FinanceDbError PG_TABLE_MISSING naming the first table that does not exist; PG_PERMISSION for one that
 *   the role may not read.
 */
export async function describeTables(
  session: PgSession,
  tables: readonly TableName[],
  ask: <R>(session: PgSession, question: string) => Promise<R[]> = inTransaction,
): Promise<SourceTable[]> {
  const [row] = await ask<{ document: string }>(session, catalogueSql(tables));
  const documents = JSON.parse(row?.document ?? '[]') as (TableDocument | null)[];
  return tables.map((table, index) => {
    const document = documents[index];
    if (document === null || document === undefined) throw missing(table, session.where);
    if (!document.readable) throw notReadable(table);
    return toSourceTable(table, document);
  });
}

function inTransaction<R>(session: PgSession, question: string): Promise<R[]> {
  return session.query<R>(question);
}

function missing(table: TableName, where: string): FinanceDbError {
  return new FinanceDbError('PG_TABLE_MISSING', `the table ${displayName(table)} does not exist in ${where}`, {
    details: { table: displayName(table) },
  });
}

function notReadable(table: TableName): FinanceDbError {
  return new FinanceDbError('PG_PERMISSION', `permission denied for table ${displayName(table)}`, {
    details: { table: displayName(table) },
  });
}

interface TableDocument {
  oid: number;
  kind: string;
  persistence: string;
  readable: boolean;
  row_security: boolean;
  inherited: boolean;
  pages: number;
  deletes: string | null;
  /** Null: a table may have no columns at all. */
  columns: ColumnDocument[] | null;
  key: string[] | null;
  leaves: { oid: number; kind: string; pages: number; schema: string; name: string; persistence: string }[];
}

interface ColumnDocument {
  name: string;
  number: number;
  not_null: boolean;
  generated: string;
  expression: string | null;
  /** The column's type first, then whatever it is made of: base types, elements, attributes, subtypes. */
  types: TypeDocument[];
}

interface TypeDocument {
  oid: number;
  name: string;
  schema: string;
  kind: string;
  typmod: number;
  formatted: string;
  base: number;
  element: number;
  labels: string[] | null;
  attributes: string[] | null;
}

/** int2vector and oidvector count as arrays too, but begin at 0 and are written in another way. */
const IS_LIST =
  "t.typtype = 'b' AND t.typcategory = 'A' AND t.typelem <> 0 AND t.typname NOT IN ('int2vector', 'oidvector')";

/**
 * One query for all tables, so that it costs one round trip. It reads the catalogue and its statistics only, which every role may.
 * The key is the primary key, else the smallest unique index over plain not-null columns that holds immediately.
 */
function catalogueSql(tables: readonly TableName[]): string {
  const names = tables
    .map((table, i) => `(${i}, ${quoteLiteral(table.schema)}, ${quoteLiteral(table.name)})`)
    .join(', ');
  return `
WITH wanted(position, schema, name) AS (VALUES ${names})
SELECT json_agg(document ORDER BY position)::text AS document FROM (
  SELECT w.position, CASE WHEN c.oid IS NOT NULL THEN json_build_object(
    'oid', c.oid::bigint, 'kind', c.relkind, 'persistence', c.relpersistence,
    'readable', has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE'),
    'row_security', row_security_active(c.oid),
    'inherited', c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid),
    'pages', CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) / current_setting('block_size')::int ELSE 0 END,
    'deletes', CASE WHEN c.relkind = 'r' THEN pg_catalog.pg_stat_get_tuples_deleted(c.oid)::text END,
    'columns', (
      SELECT json_agg(json_build_object(
        'name', a.attname, 'number', a.attnum, 'not_null', a.attnotnull, 'generated', a.attgenerated,
        'expression', CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
        'types', (
          WITH RECURSIVE part(oid, typmod, path) AS (
            SELECT a.atttypid, a.atttypmod, ARRAY[a.atttypid]
            UNION ALL
            SELECT next.oid, next.typmod, part.path || next.oid FROM part JOIN pg_catalog.pg_type t ON t.oid = part.oid
            CROSS JOIN LATERAL (
              SELECT t.typbasetype AS oid, t.typtypmod AS typmod WHERE t.typtype = 'd'
              UNION ALL SELECT t.typelem, part.typmod WHERE ${IS_LIST}
              UNION ALL SELECT x.atttypid, x.atttypmod FROM pg_catalog.pg_attribute x WHERE t.typtype = 'c' AND x.attrelid = t.typrelid AND x.attnum > 0 AND NOT x.attisdropped
              UNION ALL SELECT r.rngsubtype, -1 FROM pg_catalog.pg_range r WHERE t.typtype IN ('r', 'm') AND t.oid IN (r.rngtypid, r.rngmultitypid)
            ) next WHERE next.oid <> ALL (part.path)
          )
          SELECT json_agg(json_build_object(
            'oid', t.oid::bigint, 'name', t.typname, 'schema', n.nspname, 'kind', t.typtype, 'typmod', part.typmod,
            'formatted', format_type(t.oid, part.typmod), 'base', t.typbasetype::bigint,
            'element', CASE WHEN ${IS_LIST} THEN t.typelem::bigint ELSE 0 END,
            'labels', (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
            'attributes', (SELECT json_agg(x.attname || ' ' || format_type(x.atttypid, x.atttypmod) ORDER BY x.attnum)
              FROM pg_catalog.pg_attribute x WHERE t.typtype = 'c' AND x.attrelid = t.typrelid AND x.attnum > 0 AND NOT x.attisdropped)
          ) ORDER BY cardinality(part.path), part.path)
          FROM part JOIN pg_catalog.pg_type t ON t.oid = part.oid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        )) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'key', (
      SELECT (SELECT json_agg(a.attname ORDER BY k.position)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number WHERE k.position <= i.indnkeyatts)
      FROM pg_catalog.pg_index i
      WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
        AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number WHERE k.position <= i.indnkeyatts AND NOT a.attnotnull)
      ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1),
    'leaves', COALESCE((
      SELECT json_agg(json_build_object('oid', l.oid::bigint, 'kind', l.relkind, 'persistence', l.relpersistence,
        'pages', CASE WHEN l.relkind = 'r' THEN pg_catalog.pg_relation_size(l.oid) / current_setting('block_size')::int ELSE 0 END,
        'schema', ln.nspname, 'name', l.relname) ORDER BY l.oid)
      FROM pg_catalog.pg_partition_tree(c.oid) p JOIN pg_catalog.pg_class l ON l.oid = p.relid JOIN pg_catalog.pg_namespace ln ON ln.oid = l.relnamespace
      WHERE c.relkind = 'p' AND p.isleaf AND l.oid <> c.oid), '[]')
  ) END AS document
  FROM wanted w
  LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
  LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
) documents`;
}

function toSourceTable(table: TableName, document: TableDocument): SourceTable {
  return {
    table,
    oid: String(document.oid),
    kind: document.kind,
    unlogged: document.persistence === 'u' || document.leaves.some((leaf) => leaf.persistence === 'u'),
    rowSecurity: document.row_security,
    inherited: document.inherited,
    pages: document.pages,
    deletes: document.deletes,
    columns: (document.columns ?? []).map(toColumn),
    key: document.key,
    leaves: document.leaves.map((leaf) => ({ ...leaf, oid: String(leaf.oid) })),
  };
}

function toColumn(document: ColumnDocument): SourceColumn {
  const [first] = document.types;
  if (first === undefined) throw new FinanceDbError('INTERNAL', `the column ${document.name} has no type`);
  return {
    name: document.name,
    number: document.number,
    notNull: document.not_null,
    generated: document.generated === '' ? null : document.expression,
    type: resolveType(first, document.types),
    typeParts: document.types.map(({ formatted, labels, attributes }) => ({ formatted, labels, attributes })),
  };
}

/** Follows domains to their base type and arrays to their element. The innermost domain's typmod counts. */
function resolveType(document: TypeDocument, all: readonly TypeDocument[]): SourceType {
  const find = (oid: number): TypeDocument | undefined => all.find((candidate) => candidate.oid === oid);
  if (document.kind === 'd') {
    const base = find(document.base);
    if (base !== undefined) return resolveType(base, all);
  }
  const element = document.element === 0 ? undefined : find(document.element);
  return {
    name: document.schema === 'pg_catalog' ? document.name : `${document.schema}.${document.name}`,
    bareName: document.name,
    builtIn: document.schema === 'pg_catalog',
    kind: document.kind,
    typmod: document.typmod,
    formatted: document.formatted,
    element: element === undefined ? null : resolveType(element, all),
  };
}
