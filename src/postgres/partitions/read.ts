import { quoteLiteral } from '../../model/identifier.ts';
import { type Partition, type Partitioning, parseRange } from '../../model/partitions.ts';
import type { TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/** A partitioned table of the source. */
export interface PartitionedTable extends Partitioning {
  readonly table: TableName;
  readonly owner: string;
  /** The role of this session. */
  readonly role: string;
  /** Whether it may do what the owner may. */
  readonly owned: boolean;
  /** Whether it may create tables in the table's schema. */
  readonly creates: boolean;
  /** Whether the server detaches partitions without locking anybody out: from PostgreSQL 14 on. */
  readonly concurrent: boolean;
  /** By what it is partitioned, in SQL: `RANGE ("timestamp")`. */
  readonly key: string;
}

interface Document {
  owner: string;
  role: string;
  owned: boolean;
  creates: boolean;
  concurrent: boolean;
  key: string;
  column: string | null;
  type: string | null;
  partitions: { schema: string; name: string; bound: string; pending: boolean }[];
}

/**
 * Reads from the catalogue, which every role may, how a table is partitioned; null for any other table, and for none. Bounds are
 * written as this transaction's DateStyle and time zone say, which must be ISO and UTC.
 */
export async function readPartitions(session: PgSession, table: TableName): Promise<PartitionedTable | null> {
  const [row] = await session.query<{ document: string }>(`
SELECT json_build_object(
  'owner', pg_catalog.pg_get_userbyid(c.relowner), 'role', current_user, 'owned', pg_catalog.pg_has_role(c.relowner, 'USAGE'),
  'creates', pg_catalog.has_schema_privilege(n.oid, 'CREATE'), 'key', pg_catalog.pg_get_partkeydef(c.oid),
  'concurrent', current_setting('server_version_num')::int >= 140000,
  'column', a.attname, 'type', pg_catalog.format_type(a.atttypid, NULL),
  'partitions', (SELECT coalesce(json_agg(json_build_object('schema', ln.nspname, 'name', l.relname,
      'bound', pg_catalog.pg_get_expr(l.relpartbound, l.oid), 'pending', coalesce((to_jsonb(i) ->> 'inhdetachpending')::boolean, false))), '[]')
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class l ON l.oid = i.inhrelid
    JOIN pg_catalog.pg_namespace ln ON ln.oid = l.relnamespace WHERE i.inhparent = c.oid)
)::text AS document
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = c.oid
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND p.partstrat = 'r' AND p.partnatts = 1 AND a.attnum = p.partattrs[0]
WHERE n.nspname = ${quoteLiteral(table.schema)} AND c.relname = ${quoteLiteral(table.name)}`);
  if (row === undefined) return null;
  const { partitions, ...rest } = JSON.parse(row.document) as Document;
  return { table, ...rest, partitions: partitions.map(toPartition).sort(byBounds) };
}

function toPartition(document: Document['partitions'][number]): Partition {
  const { bound } = document;
  return { ...document, range: parseRange(bound), isDefault: bound === 'DEFAULT' };
}

/** In the order of their bounds, one from ever on first and the default one last; years of five digits do not come up. */
function byBounds(a: Partition, b: Partition): number {
  const key = ({ range, bound, isDefault }: Partition): string =>
    isDefault ? '~' : range === null ? bound : (range.from ?? '');
  return key(a) < key(b) ? -1 : 1;
}
