import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { parseLsn, parseSnapshot, type Snapshot } from '../../model/watermark.ts';
import { askPinned } from '../pinned.ts';
import type { PgSession } from '../session.ts';
import { isSynchronous } from './synchronous.ts';

/** One look at the server, for which one round trip is enough. */
export interface GuardLook {
  readonly snapshot: Snapshot;
  readonly snapshotText: string;
  /** The log's position, read after the snapshot was taken: what the snapshot sees was committed before it. */
  readonly lsn: bigint;
  /** How far the log was on the server's disk; at a standby how far it was replayed. What lies beyond is not sent. */
  readonly flushed: bigint;
  /** Digests of what decides how rows are to be read and which rows belong to a table, by what it is called. */
  readonly catalogue: Readonly<Record<string, string>>;
}

/**
 * Watches what no message of the stream tells of: partitions that come and go, definitions, names of enum values, rewrites,
 * truncated partitions, the publication. Every change of the catalogue writes a row version with another `xmin`, also one that
 * is taken back.
 */
export class CatalogueGuard {
  private constructor(
    private readonly session: PgSession,
    private readonly sql: string,
  ) {}

  /** @param publication its name */
  static async open(
    session: PgSession,
    sources: readonly SourceTable[],
    publication: string,
    version: number,
  ): Promise<CatalogueGuard> {
    const relations = await askPinned<{ oid: string }>(session, relationsSql(sources));
    const tables = relations.map(({ oid }) => oid);
    const types = await askPinned<{ oid: string }>(session, typesSql(tables));
    return new CatalogueGuard(
      session,
      lookSql(
        sources,
        tables,
        types.map(({ oid }) => oid),
        publication,
        version,
      ),
    );
  }

  /** @throws FinanceDbError PG_SYNC_STANDBY when commits would wait for what we confirm, which waits for them */
  async look(): Promise<GuardLook> {
    const [row] = await askPinned<Record<string, string>>(this.session, this.sql);
    const { snapshot = '', lsn = '', flushed = '', standbys = '', program = '', ...catalogue } = row ?? {};
    if (isSynchronous(standbys, program))
      throw new FinanceDbError('PG_SYNC_STANDBY', `commits in ${this.session.where} would wait for this file`);
    return {
      snapshot: parseSnapshot(snapshot),
      snapshotText: snapshot,
      lsn: positionAfter(lsn),
      flushed: parseLsn(flushed),
      catalogue,
    };
  }
}

const REPLAYED = 'replayed ';

/**
 * The position that was read after a snapshot, behind which nothing lies that it sees. A standby shows a commit a moment before it says
 * to have replayed its record: what the snapshot sees ends where that said, or with the next record. So only what is beyond counts.
 */
export function positionAfter(text: string): bigint {
  return text.startsWith(REPLAYED) ? parseLsn(text.slice(REPLAYED.length)) + 1n : parseLsn(text);
}

/** What differs between two looks, in words; null when nothing does. */
export function catalogueChange(before: GuardLook, after: GuardLook): string | null {
  const changed = Object.keys(before.catalogue).filter((name) => before.catalogue[name] !== after.catalogue[name]);
  return changed.length === 0 ? null : changed.map((name) => name.replaceAll('_', ' ')).join(', ');
}

function relationsSql(sources: readonly SourceTable[]): string {
  const oids = sources.map(({ oid }) => oid).join(',');
  return `SELECT DISTINCT r.oid::text AS oid FROM unnest('{${oids}}'::oid[]) t(oid) CROSS JOIN LATERAL (SELECT t.oid UNION SELECT p.relid FROM pg_catalog.pg_partition_tree(t.oid) p) r(oid)`;
}

/** The types of all columns and what they are made of, but for those that every server has. */
function typesSql(tables: readonly string[]): string {
  return `WITH RECURSIVE part(oid) AS (
      SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY ('{${tables.join(',')}}'::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
      UNION
      SELECT next.oid FROM part JOIN pg_catalog.pg_type t ON t.oid = part.oid CROSS JOIN LATERAL (
        SELECT t.typbasetype AS oid WHERE t.typtype = 'd' UNION ALL SELECT t.typelem WHERE t.typelem <> 0
        UNION ALL SELECT x.atttypid FROM pg_catalog.pg_attribute x WHERE t.typtype = 'c' AND x.attrelid = t.typrelid AND x.attnum > 0 AND NOT x.attisdropped
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)) next)
    SELECT oid::text AS oid FROM part WHERE oid >= 16384`;
}

function lookSql(
  sources: readonly SourceTable[],
  tables: readonly string[],
  types: readonly string[],
  publication: string,
  version: number,
): string {
  const relations = `'{${tables.join(',')}}'::oid[]`;
  const made = `'{${types.join(',')}}'::oid[]`;
  const names = sources.map(({ table }) => `(${quoteLiteral(table.schema)}, ${quoteLiteral(table.name)})`).join(', ');
  const digest = (rows: string): string =>
    `(SELECT md5(coalesce(string_agg(v, ',' ORDER BY v), '')) FROM (${rows}) AS found(v))`;
  const published = `(SELECT p.oid FROM pg_catalog.pg_publication p WHERE p.pubname = ${quoteLiteral(publication)})`;
  const publications = [
    `SELECT p.oid || ':' || p.xmin FROM pg_catalog.pg_publication p WHERE p.pubname = ${quoteLiteral(publication)}`,
    `SELECT r.oid || ':' || r.xmin FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = ${published}`,
    ...(version >= 150_000
      ? [`SELECT n.oid || ':' || n.xmin FROM pg_catalog.pg_publication_namespace n WHERE n.pnpubid = ${published}`]
      : []),
  ];
  const parts: Record<string, string> = {
    the_names_of_tables: `SELECT c.oid || ':' || n.xmin FROM (VALUES ${names}) w(schema, name) JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name`,
    the_definition_of_a_table: `SELECT c.oid || ':' || c.xmin || ':' || c.relfilenode FROM pg_catalog.pg_class c WHERE c.oid = ANY (${relations})`,
    columns: `SELECT a.attrelid || ':' || a.attnum || ':' || a.xmin FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY (${relations}) AND a.attnum > 0
      UNION ALL SELECT d.oid || ':' || d.xmin FROM pg_catalog.pg_attrdef d WHERE d.adrelid = ANY (${relations})`,
    keys: `SELECT i.indexrelid || ':' || i.xmin FROM pg_catalog.pg_index i WHERE i.indrelid = ANY (${relations}) AND i.indisunique`,
    partitions: `SELECT i.inhrelid || ':' || i.xmin FROM pg_catalog.pg_inherits i WHERE i.inhparent = ANY (${relations})`,
    types: `SELECT t.oid || ':' || t.xmin FROM pg_catalog.pg_type t WHERE t.oid = ANY (${made})
      UNION ALL SELECT e.oid || ':' || e.xmin FROM pg_catalog.pg_enum e WHERE e.enumtypid = ANY (${made})
      UNION ALL SELECT a.attrelid || ':' || a.attnum || ':' || a.xmin FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.typrelid = a.attrelid WHERE t.oid = ANY (${made}) AND t.typtype = 'c'`,
    the_publication: publications.join(' UNION ALL '),
  };
  const digests = Object.entries(parts).map(([name, rows]) => `${digest(rows)} AS ${name}`);
  // The standby may become a primary at any moment: one expression says both.
  const replayed = 'pg_catalog.pg_last_wal_replay_lsn()::text';
  const at = (text: string, position: string): string =>
    `CASE WHEN pg_catalog.pg_is_in_recovery() THEN ${text} ELSE pg_catalog.${position}()::text END`;
  return `SELECT pg_catalog.pg_current_snapshot()::text AS snapshot, ${at(`'${REPLAYED}' || ${replayed}`, 'pg_current_wal_insert_lsn')} AS lsn, ${at(replayed, 'pg_current_wal_flush_lsn')} AS flushed,
    CASE WHEN pg_catalog.pg_is_in_recovery() THEN '' ELSE pg_catalog.current_setting('synchronous_standby_names') END AS standbys, pg_catalog.current_setting('application_name') AS program, ${digests.join(', ')}`;
}
