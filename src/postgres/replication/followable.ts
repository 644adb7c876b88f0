import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { displayName, postgresTable } from '../../model/tableName.ts';
import { askPinned } from '../pinned.ts';
import type { PgSession } from '../session.ts';

/** How the stream tells the rows of one relation apart: of a table, or of one partition. */
export interface RelationIdentity {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relreplident: d default, n nothing, f full, i index. */
  readonly replicaIdentity: string;
  /** The columns of the primary key or of the chosen index, by name, sorted; empty for full and nothing. */
  readonly columns: readonly string[];
}

/** A table that can be followed, and by which columns its rows are told apart. */
export interface FollowableTable {
  readonly source: SourceTable;
  /** In the order of the table. */
  readonly key: readonly string[];
  /** Its own oid and those of its leaves: relations of the stream. */
  readonly relations: readonly string[];
}

/** A table that no stream tells exactly: scans keep it exact, beside the tables that are followed. */
export interface ScannedTable {
  readonly source: SourceTable;
  /** In words. */
  readonly why: string;
}

/** Reads how the rows of tables and their leaves are told apart. */
export async function readIdentities(session: PgSession, sources: readonly SourceTable[]): Promise<RelationIdentity[]> {
  const oids = sources.flatMap((source) => (source.kind === 'p' ? source.leaves.map(({ oid }) => oid) : [source.oid]));
  const rows = await askPinned<{ document: string }>(
    session,
    `SELECT coalesce(json_agg(json_build_object('oid', c.oid::text, 'schema', n.nspname, 'name', c.relname, 'replicaIdentity', c.relreplident,
       'columns', coalesce((SELECT json_agg(a.attname ORDER BY a.attname)
          FROM pg_catalog.pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(number, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
          WHERE i.indrelid = c.oid AND k.position <= i.indnkeyatts AND i.indisvalid AND i.indislive
            AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END), '[]'))), '[]')::text AS document
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ('{${oids.join(',')}}'::oid[])`,
  );
  return JSON.parse(rows[0]?.document ?? '[]') as RelationIdentity[];
}

/**
 * Decides how a table is followed.
 * @throws FinanceDbError FOLLOW_REFUSED with the reason, and what its owner can do
 */
export function followable(source: SourceTable, identities: readonly RelationIdentity[]): FollowableTable {
  const why = notStreamed(source);
  if (why !== null) throw refused(source, why);
  const oids = source.kind === 'p' ? source.leaves.map(({ oid }) => oid) : [source.oid];
  const own = identities.filter(({ oid }) => oids.includes(oid));
  let key: readonly string[] | null = source.kind === 'p' ? source.key : null;
  for (const identity of own) {
    const columns = keyOf(source, identity);
    if (source.kind === 'p' && !sameColumns(columns, source.key ?? []))
      throw refused(source, `its partition ${identity.name} tells rows apart by other columns than its key`);
    key = columns;
  }
  if (key === null) throw refused(source, 'it has no primary key or other unique key over not-null columns');
  const known = key;
  const ordered = source.columns.map(({ name }) => name).filter((name) => known.includes(name));
  return { source, key: ordered, relations: [source.oid, ...oids.filter((oid) => oid !== source.oid)] };
}

/**
 * Tells the tables that can be followed from those that are scanned beside them.
 * @param judge throws FOLLOW_REFUSED for what cannot be followed
 * @throws FinanceDbError FOLLOW_REFUSED of the first one when none can be
 */
export function sortOut<T>(
  sources: readonly SourceTable[],
  judge: (source: SourceTable) => T,
): { readonly followed: T[]; readonly scanned: ScannedTable[] } {
  const followed: T[] = [];
  const refusals: { readonly table: ScannedTable; readonly error: FinanceDbError }[] = [];
  for (const source of sources) {
    try {
      followed.push(judge(source));
    } catch (error) {
      if (!isFinanceDbError(error) || error.code !== 'FOLLOW_REFUSED') throw error;
      refusals.push({ table: { source, why: String(error.details?.['why']) }, error });
    }
  }
  const [first] = refusals;
  if (followed.length === 0 && first !== undefined) throw first.error;
  return { followed, scanned: refusals.map(({ table }) => table) };
}

function keyOf(source: SourceTable, identity: RelationIdentity): readonly string[] {
  const table = `${quoteIdentifier(identity.schema)}.${quoteIdentifier(identity.name)}`;
  if (identity.replicaIdentity === 'f') {
    if (source.key !== null) return source.key;
    throw refused(source, 'it has no primary key or other unique key over not-null columns');
  }
  if (identity.columns.length > 0) return identity.columns;
  throw refused(
    source,
    `${identity.name} has no replica identity, so that the log does not tell which rows change`,
    source.key === null
      ? `give it a primary key, or leave it to \`finance-db sync\` (FINANCE_DB_TABLES)`
      : `ALTER TABLE ${table} REPLICA IDENTITY FULL, or USING INDEX with its unique index; or leave it to \`finance-db sync\` (FINANCE_DB_TABLES)`,
  );
}

/** Why no stream tells a table's changes exactly, in words; null when one may. */
export function notStreamed(source: SourceTable): string | null {
  if (source.kind === 'v' || source.kind === 'm') return 'a view has no changes of its own in the log';
  if (source.kind === 'f') return 'the rows of a foreign table are elsewhere';
  if (source.otherStorage !== null) return source.otherStorage;
  if (source.unlogged) return 'what is written to an unlogged table is not in the log';
  if (source.inherited) return 'the table has children by inheritance, whose keys are not unique together';
  if (source.rowSecurity) return 'row-level security hides rows from this role, and the log does not';
  const array = source.columns.find(({ type: { element } }) => element?.kind === 'b' && !element.builtIn);
  return array === undefined ? null : `the column ${array.name} is an array of a type that an extension made`;
}

/** The error of a table that no stream tells exactly. */
export function refused(
  source: SourceTable,
  why: string,
  remedy?: string,
  details: Readonly<Record<string, string>> = {},
): FinanceDbError {
  return new FinanceDbError('FOLLOW_REFUSED', `${displayName(source.table)} cannot be followed: ${why}`, {
    ...(remedy === undefined ? {} : { remedy }),
    details: { table: displayName(source.table), postgres: postgresTable(source.table), why, ...details },
  });
}

function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
