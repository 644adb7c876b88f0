import { quoteLiteral } from '../../model/identifier.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';

/** How large a partition is, with all that lies below it. */
export interface PartitionSize {
  /** As of the last ANALYZE or VACUUM of it; null where there was none. */
  readonly rows: bigint | null;
  /** With indexes and long values. */
  readonly bytes: bigint;
}

/** Sizes of the partitions of a table, by schema and name as `partitionKey` puts them together. No right is needed. */
export async function readSizes(session: PgSession, table: TableName): Promise<ReadonlyMap<string, PartitionSize>> {
  const rows = await session.query<{ schema: string; name: string; rows: string | null; bytes: string }>(`
SELECT n.nspname AS schema, l.relname AS name, sum(pg_catalog.pg_total_relation_size(leaf.oid)) AS bytes,
  CASE WHEN bool_and(leaf.reltuples >= 0 OR (leaf.relkind = 'r' AND pg_catalog.pg_relation_size(leaf.oid) = 0))
    THEN sum(greatest(leaf.reltuples, 0))::numeric::bigint END AS rows
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class l ON l.oid = i.inhrelid JOIN pg_catalog.pg_namespace n ON n.oid = l.relnamespace
CROSS JOIN LATERAL pg_catalog.pg_partition_tree(l.oid) t JOIN pg_catalog.pg_class leaf ON leaf.oid = t.relid
WHERE i.inhparent = ${quoteLiteral(postgresTable(table))}::pg_catalog.regclass GROUP BY 1, 2`);
  return new Map(
    rows.map((row) => [
      partitionKey(row),
      { rows: row.rows === null ? null : BigInt(row.rows), bytes: BigInt(row.bytes) },
    ]),
  );
}

export function partitionKey({ schema, name }: TableName): string {
  return JSON.stringify([schema, name]);
}

/** How many rows a partition holds, counted; null where this role may not read it by its own name. */
export async function countPartition(session: PgSession, partition: TableName): Promise<bigint | null> {
  const name = postgresTable(partition);
  const [row] = await session.query<{ reads: string }>(
    `SELECT pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')
       AND NOT pg_catalog.row_security_active(c.oid) AS reads
     FROM pg_catalog.pg_class c WHERE c.oid = ${quoteLiteral(name)}::pg_catalog.regclass`,
  );
  if (row?.reads !== 't') return null;
  const [counted] = await session.query<{ rows: string }>(`SELECT count(*) AS rows FROM ${name}`);
  return BigInt(counted?.rows ?? 0);
}
