import { quoteLiteral } from '../model/identifier.ts';
import type { TableName } from '../model/tableName.ts';

/** Whether there is a catalogue of Citus, and whether this role may read it. */
export type CitusCatalogue = 'absent' | 'readable' | 'hidden';

/** What the query tells of one table. */
export interface TableDocument {
  oid: number;
  kind: string;
  persistence: string;
  readable: boolean;
  row_security: boolean;
  inherited: boolean;
  pages: number;
  deletes: string | null;
  access_method: string | null;
  /** Null: a table may have no columns at all. */
  columns: ColumnDocument[] | null;
  key: string[] | null;
  filenode: string;
  divided_by: string | null;
  leaves: LeafDocument[];
  children: PartDocument[];
}

/** A leaf partition, or a child by inheritance. */
export interface PartDocument {
  oid: number;
  kind: string;
  persistence: string;
  access_method: string | null;
  /** Columns that may hold NULL here, though the table's are declared NOT NULL. */
  nullable: string[] | null;
}

export interface LeafDocument extends PartDocument {
  pages: number;
  deletes: string | null;
  schema: string;
  name: string;
  filenode: string;
  readable: boolean;
  is_default: boolean;
  constraint: string | null;
}

export interface ColumnDocument {
  name: string;
  number: number;
  not_null: boolean;
  generated: string;
  expression: string | null;
  /** The column's type first, then whatever it is made of: base types, elements, attributes, subtypes. */
  types: TypeDocument[];
}

export interface TypeDocument {
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

/** The declaration alone may be NOT VALID (from 18 on): rows of before may hold NULL. `column`: an alias of pg_attribute. */
const isNotNull = (column: string): string =>
  `(${column}.attnotnull AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint nn WHERE nn.conrelid = ${column}.attrelid AND nn.contype = 'n' AND nn.conkey = ARRAY[${column}.attnum] AND NOT nn.convalidated))`;

/** What is asked of a relation `l` that holds rows of the table `c`, the first ones of a PartDocument. */
const PART = `'oid', l.oid::bigint, 'kind', l.relkind, 'persistence', l.relpersistence,
        'access_method', (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = l.relam),
        'nullable', (SELECT json_agg(x.attname) FROM pg_catalog.pg_attribute x
          WHERE x.attrelid = l.oid AND x.attnum > 0 AND NOT x.attisdropped AND NOT ${isNotNull('x')}
            AND EXISTS (SELECT FROM pg_catalog.pg_attribute p WHERE p.attrelid = c.oid AND p.attname = x.attname AND p.attnotnull))`;

/**
 * Whether this role reads the same from the leaf `l` itself as through its table `c`: with rights of its own on the leaf, no
 * policy there, and no column that is computed from an expression of the leaf's.
 */
const IS_READABLE = `has_table_privilege(l.oid, 'SELECT') AND has_schema_privilege(l.relnamespace, 'USAGE') AND NOT row_security_active(l.oid)
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute v WHERE v.attrelid = c.oid AND v.attgenerated = 'v')`;

/**
 * The condition that all rows of the leaf `l` fulfil, where the planner finds the leaf by it and nothing but a damaged index of
 * values could break it: bounds of plain columns without a collation. Null for the others: hashes, expressions, texts, defaults.
 */
const CONSTRAINT = `CASE WHEN NOT EXISTS (
            SELECT FROM pg_catalog.pg_partition_ancestors(l.oid) a JOIN pg_catalog.pg_partitioned_table pt ON a.relid IN (pt.partrelid, pt.partdefid)
            WHERE pt.partdefid = a.relid OR pt.partstrat = 'h' OR 0 = ANY (pt.partattrs::int2[]) OR 0 <> ANY (pt.partcollation::oid[]))
          THEN pg_catalog.pg_get_partition_constraintdef(l.oid) END`;

/** The bounds of the leaf `l`, those of the partitions that it is a part of before them: sorted by its own alone, months of four hashes each would come hash by hash. */
const BOUNDS = `ARRAY(
          SELECT replace(pg_catalog.pg_get_expr(b.relpartbound, b.oid), 'FROM (MINVALUE', 'FROM (!') COLLATE "C" FROM pg_catalog.pg_partition_ancestors(l.oid) WITH ORDINALITY a(relid, height)
          JOIN pg_catalog.pg_class b ON b.oid = a.relid WHERE b.relispartition ORDER BY a.height DESC)`;

/**
 * One query for all tables, so that it costs one round trip. It reads the catalogue and its statistics only, which every role may.
 * The key is the primary key, else the smallest unique index over plain not-null columns that is complete and holds
 * immediately; none for a table with children by inheritance, which no index spans.
 */
export function catalogueSql(tables: readonly TableName[]): string {
  const names = tables
    .map((table, i) => `(${i}, ${quoteLiteral(table.schema)}, ${quoteLiteral(table.name)})`)
    .join(', ');
  return `
WITH wanted(position, schema, name) AS (VALUES ${names})
SELECT json_agg(document ORDER BY position)::text AS document, (
  SELECT CASE WHEN dist IS NULL THEN 'absent' WHEN has_table_privilege(dist, 'SELECT') THEN 'readable' ELSE 'hidden' END
  FROM (SELECT to_regclass('pg_catalog.pg_dist_partition') AS dist) citus
) AS citus FROM (
  SELECT w.position, CASE WHEN c.oid IS NOT NULL THEN json_build_object(
    'oid', c.oid::bigint, 'kind', c.relkind, 'persistence', c.relpersistence,
    'readable', has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE'),
    'row_security', row_security_active(c.oid),
    'inherited', c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid),
    'pages', CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) / current_setting('block_size')::int ELSE 0 END,
    'deletes', CASE c.relkind WHEN 'r' THEN pg_catalog.pg_stat_get_tuples_deleted(c.oid)::text
      WHEN 'p' THEN (SELECT sum(pg_catalog.pg_stat_get_tuples_deleted(p.relid))::text FROM pg_catalog.pg_partition_tree(c.oid) p WHERE p.isleaf) END,
    'filenode', c.relfilenode::text,
    'columns', (
      SELECT json_agg(json_build_object(
        'name', a.attname, 'number', a.attnum, 'not_null', ${isNotNull('a')}, 'generated', a.attgenerated,
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
              UNION ALL SELECT r.rngsubtype, -1 FROM pg_catalog.pg_range r WHERE t.typtype IN ('r', 'm') AND t.oid IN (r.rngtypid, (to_jsonb(r) ->> 'rngmultitypid')::oid)
            ) next WHERE next.oid <> ALL (part.path)
          )
          SELECT json_agg(json_build_object(
            'oid', t.oid::bigint, 'name', t.typname, 'schema', n.nspname, 'kind', t.typtype, 'typmod', part.typmod,
            'formatted', format_type(t.oid, part.typmod), 'base', t.typbasetype::bigint,
            'element', CASE WHEN ${IS_LIST} THEN t.typelem::bigint ELSE 0 END,
            -- With the transaction that named it: rows that were read between a renaming and its taking back have a name that nothing else tells of.
            'labels', (SELECT json_agg(e.enumlabel || ' ' || e.xmin ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
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
      WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indisready AND i.indislive
        AND NOT i.indisexclusion AND i.indpred IS NULL AND i.indexprs IS NULL
        AND (c.relkind <> 'r' OR NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid))
        AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number WHERE k.position <= i.indnkeyatts AND NOT ${isNotNull('a')})
      ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1),
    'divided_by', (
      SELECT a.attname FROM pg_catalog.pg_partitioned_table pt JOIN pg_catalog.pg_attribute a ON a.attrelid = pt.partrelid AND a.attnum = pt.partattrs[0]
      WHERE pt.partrelid = c.oid AND pt.partstrat = 'r'),
    'leaves', COALESCE((
      SELECT json_agg(json_build_object(${PART},
        'pages', CASE WHEN l.relkind = 'r' THEN pg_catalog.pg_relation_size(l.oid) / current_setting('block_size')::int ELSE 0 END,
        'deletes', pg_catalog.pg_stat_get_tuples_deleted(l.oid)::text,
        'schema', ln.nspname, 'name', l.relname, 'filenode', l.relfilenode::text,
        'is_default', pg_catalog.pg_get_expr(l.relpartbound, l.oid) = 'DEFAULT',
        'readable', ${IS_READABLE},
        'constraint', ${CONSTRAINT}) ORDER BY ${BOUNDS}, l.oid)
      FROM pg_catalog.pg_partition_tree(c.oid) p JOIN pg_catalog.pg_class l ON l.oid = p.relid JOIN pg_catalog.pg_namespace ln ON ln.oid = l.relnamespace
      WHERE c.relkind = 'p' AND p.isleaf AND l.oid <> c.oid), '[]'),
    'access_method', (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = c.relam AND c.relkind <> 'p'),
    'children', COALESCE((
      WITH RECURSIVE child(oid) AS (
        SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid AND c.relkind = 'r'
        UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN child ON i.inhparent = child.oid
      ) SELECT json_agg(json_build_object(${PART})) FROM child JOIN pg_catalog.pg_class l ON l.oid = child.oid), '[]')
  ) END AS document
  FROM wanted w
  LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
  LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
) documents`;
}
