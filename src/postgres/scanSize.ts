import { quoteLiteral } from '../model/identifier.ts';
import type { TableName } from '../model/tableName.ts';
import { askPinned } from './pinned.ts';
import type { PgSession } from './session.ts';

/** What a sync reads of PostgreSQL when it has to read everything. */
export interface ScanSize {
  /** Null where one of the parts was never vacuumed nor analyzed. */
  readonly bytes: number | null;
  /** Tables, and leaves of partitioned ones: what the server's log can spare one by one. */
  readonly parts: number;
  /** What the last sync would have had to read if the log had told it where: at the most; null when it changed nothing, or loaded all. */
  readonly needed: { readonly rows: number; readonly bytes: number } | null;
  /** Whether a reload is not enough to have the log summarized: with `wal_level = minimal` the server would not even start again. */
  readonly restart: boolean;
}

/** Rows that a sync put in and took out. */
export interface RowChanges {
  readonly upserted: number;
  readonly deleted: number;
}

/**
 * As of the last VACUUM or ANALYZE of each; it takes no lock and needs no right.
 * @param last what the last sync changed
 */
export async function readScanSize(
  session: PgSession,
  tables: readonly TableName[],
  { upserted, deleted }: RowChanges,
): Promise<ScanSize> {
  const names = tables.map(({ schema, name }) => `(${quoteLiteral(schema)}, ${quoteLiteral(name)})`).join(', ');
  const [row] = await askPinned<{ bytes: string | null; parts: string; block: string; level: string }>(
    session,
    `SELECT CASE WHEN bool_and(l.reltuples >= 0) THEN sum(l.relpages::int8) * current_setting('block_size')::int8 END AS bytes,
       count(*) AS parts, current_setting('block_size') AS block, current_setting('wal_level') AS level
     FROM (VALUES ${names}) AS wanted (schema, name)
     JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
     JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name AND c.relkind IN ('r', 'p', 'm')
     CROSS JOIN LATERAL (SELECT c.oid WHERE c.relkind <> 'p'
       UNION ALL SELECT t.relid FROM pg_catalog.pg_partition_tree(c.oid) t WHERE c.relkind = 'p' AND t.isleaf) part
     JOIN pg_catalog.pg_class l ON l.oid = part.oid AND l.relkind IN ('r', 'm')`,
  );
  const bytes = row?.bytes == null ? null : Number(row.bytes);
  const rows = upserted + deleted;
  // A row that was updated has left one block and lies in another.
  const needed = (2 * upserted + deleted) * Number(row?.block ?? 0);
  return {
    bytes,
    parts: Number(row?.parts ?? 0),
    needed: rows === 0 ? null : { rows, bytes: Math.min(needed, bytes ?? needed) },
    restart: row?.level === 'minimal',
  };
}
