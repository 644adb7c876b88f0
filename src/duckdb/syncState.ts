import type { FileSource } from '../model/fileSource.ts';
import { quoteLiteral } from '../model/identifier.ts';
import type { MonthsDocument } from '../model/monthRecord.ts';
import type { KnownPlaces, PartState, SyncMode, TableState } from '../model/syncPlan.ts';
import { STATE_SCHEMA, type TableName } from '../model/tableName.ts';
import type { CheckpointMark } from '../model/walSummaries.ts';
import { parseSnapshot, type SourceIdentity } from '../model/watermark.ts';
import type { DuckDbReader } from './reader.ts';
import { isOneOf, SEALS_DDL, sealStateSql } from './stateSeal.ts';

/** Raised when the tables below change; a file of another format is loaded anew. */
export const STATE_FORMAT = '1';

/** The tool's own tables in the DuckDB file. */
export const STATE_DDL = [
  `CREATE SCHEMA IF NOT EXISTS ${STATE_SCHEMA}`,
  `CREATE TABLE IF NOT EXISTS ${STATE_SCHEMA}.about (name VARCHAR NOT NULL, value VARCHAR NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${STATE_SCHEMA}.sync_state (
    table_schema VARCHAR NOT NULL, table_name VARCHAR NOT NULL,
    system_identifier VARCHAR, database_oid VARCHAR NOT NULL, timeline VARCHAR, lsn VARCHAR, table_oid VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL, snapshot VARCHAR NOT NULL, leaves VARCHAR[] NOT NULL, gated BOOLEAN NOT NULL,
    key_columns VARCHAR[], columns JSON NOT NULL,
    row_count BIGINT NOT NULL, mode VARCHAR NOT NULL, reason VARCHAR NOT NULL, upserted BIGINT NOT NULL, deleted BIGINT NOT NULL,
    seconds DOUBLE NOT NULL, synced_at TIMESTAMPTZ NOT NULL, tool_version VARCHAR NOT NULL
  )`,
  SEALS_DDL,
];

/** One table's row of sync_state, as a sync writes it. */
export interface StateRow {
  readonly table: TableName;
  readonly identity: SourceIdentity;
  readonly tableOid: string;
  readonly fingerprint: string;
  readonly snapshot: string;
  readonly leaves: readonly string[];
  readonly gated: boolean;
  readonly key: readonly string[] | null;
  readonly columns: readonly {
    name: string;
    family: string;
    duckdbType: string;
    postgresType: string;
    number?: number;
    /** Whether it is the time by whose ranges the source divides the table; left out when it is not. */
    divides?: boolean;
  }[];
  readonly rows: bigint;
  readonly mode: SyncMode | 'sample' | 'follow';
  readonly reason: string;
  readonly upserted: bigint;
  readonly deleted: bigint;
  readonly seconds: number;
  readonly syncedAt: string;
  readonly toolVersion: string;
}

/** SQL that puts `rows` in the place of what the state of their tables was: at once, since tables may be thousands. */
export function writeStateSql(rows: readonly StateRow[]): string[] {
  if (rows.length === 0) return [];
  const tables = rows.map(({ table }) => table);
  return [
    `DELETE FROM ${STATE_SCHEMA}.sync_state WHERE ${isOneOf(tables)}`,
    `INSERT INTO ${STATE_SCHEMA}.sync_state VALUES ${rows.map(valuesOf).join(', ')}`,
    ...sealStateSql(tables),
  ];
}

function valuesOf(row: StateRow): string {
  const text = (value: string | null): string => (value === null ? 'NULL' : quoteLiteral(value));
  const list = (values: readonly string[]): string => `[${values.map(quoteLiteral).join(', ')}]::VARCHAR[]`;
  const values = [
    text(row.table.schema),
    text(row.table.name),
    text(row.identity.systemIdentifier),
    text(row.identity.databaseOid),
    text(row.identity.timeline),
    text(row.identity.lsn),
    text(row.tableOid),
    text(row.fingerprint),
    text(row.snapshot),
    list(row.leaves),
    String(row.gated),
    row.key === null ? 'NULL' : list(row.key),
    text(JSON.stringify(row.columns)),
    String(row.rows),
    text(row.mode),
    text(row.reason),
    String(row.upserted),
    String(row.deleted),
    row.seconds.toFixed(3),
    text(row.syncedAt),
    text(row.toolVersion),
  ];
  return `(${values.join(', ')})`;
}

/** SQL that keeps how many deletes PostgreSQL had counted, by table and leaf, so that the next sync sees whether there were more. */
export function rememberDeletesSql(tables: readonly Pick<TableState, 'deletes'>[]): string {
  const counts = Object.fromEntries(tables.flatMap(({ deletes }) => [...deletes]));
  return `INSERT INTO ${STATE_SCHEMA}.about VALUES ('deletes', ${quoteLiteral(JSON.stringify(counts))})`;
}

/** The parts of a table as of a snapshot. */
export interface KnownParts {
  readonly tableOid: string;
  /** As PostgreSQL wrote it. */
  readonly snapshot: string;
  readonly parts: ReadonlyMap<string, PartState>;
  /** Of places: the number in DuckDB from which on rows lie that came to the file since. */
  readonly tail?: bigint;
}

/** Of each table: the snapshot, of each part its oid, file and rows, and of places their tail. */
export type PartsDocument = Record<
  string,
  [snapshot: string, parts: [oid: string, filenode: string, rows: string][], tail?: string]
>;

/**
 * SQL that keeps what is known of parts, and the checkpoints that a later sync may begin at.
 * @param places of which parts it is known in which blocks their rows lay, and as of when
 */
export function rememberPartsSql(
  tables: readonly KnownParts[],
  places: readonly KnownParts[],
  marks: readonly CheckpointMark[],
): string {
  const values = { parts: toDocument(tables), placed: toDocument(places), checkpoints: marks };
  const rows = Object.entries(values).map(([name, value]) => `('${name}', ${quoteLiteral(JSON.stringify(value))})`);
  return `INSERT INTO ${STATE_SCHEMA}.about VALUES ${rows.join(', ')}`;
}

function toDocument(tables: readonly KnownParts[]): PartsDocument {
  const document: PartsDocument = {};
  for (const { tableOid, snapshot, parts, tail } of tables) {
    const states = [...parts].map(([oid, { filenode, rows }]): [string, string, string] => [
      oid,
      filenode,
      String(rows),
    ]);
    document[tableOid] = tail === undefined ? [snapshot, states] : [snapshot, states, String(tail)];
  }
  return document;
}

/** @param stored what `rememberPartsSql` kept */
export function toMarks(stored: string | undefined): CheckpointMark[] {
  return JSON.parse(stored ?? '[]') as CheckpointMark[];
}

/** What is known of a table's parts counts for the snapshot that it was written with, and for no other that came to the table since. */
function toParts(known: PartsDocument, row: StoredRow): ReadonlyMap<string, PartState> | null {
  const [snapshot, parts] = known[row.table_oid] ?? [];
  if (parts === undefined || snapshot !== row.snapshot) return null;
  return toPartStates(parts);
}

/** Places are of the source, and of their own snapshot: they stay true whatever comes to the table in the file. */
function toPlaces(known: PartsDocument, row: StoredRow): KnownPlaces | null {
  const [snapshotText, parts, tail] = known[row.table_oid] ?? [];
  if (snapshotText === undefined || parts === undefined || tail === undefined) return null;
  return { snapshotText, snapshot: parseSnapshot(snapshotText), parts: toPartStates(parts), tail: BigInt(tail) };
}

function toPartStates(parts: readonly [oid: string, filenode: string, rows: string][]): ReadonlyMap<string, PartState> {
  return new Map(parts.map(([oid, filenode, rows]) => [oid, { filenode, rows: BigInt(rows) }]));
}

/** What the file says of when months of its tables changed last, by this name in `about`. */
export const MONTHS = 'months';

/** SQL that keeps it. */
export function rememberMonthsSql(document: MonthsDocument): string {
  return `INSERT INTO ${STATE_SCHEMA}.about VALUES ('${MONTHS}', ${quoteLiteral(JSON.stringify(document))})`;
}

/** SQL that forgets it: for who changes rows otherwise than a sync does. */
export const FORGET_MONTHS = `DELETE FROM ${STATE_SCHEMA}.about WHERE name = '${MONTHS}'`;

/** SQL that keeps who the file was synced from. */
export function rememberSourceSql(source: FileSource): string {
  return `INSERT INTO ${STATE_SCHEMA}.about VALUES ('source', ${quoteLiteral(JSON.stringify(source))})`;
}

/**
 * Who a file was synced from; null for one that nobody was synced into.
 * @param stored what `rememberSourceSql` kept; nothing in files of an older version, where the identity of a table tells
 */
export function toFileSource(
  stored: string | undefined,
  identity: Pick<SourceIdentity, 'systemIdentifier' | 'databaseOid'> | undefined,
): FileSource | null {
  if (stored !== undefined) return JSON.parse(stored) as FileSource;
  if (identity === undefined) return null;
  const { systemIdentifier, databaseOid } = identity;
  return { systemIdentifier, databaseOid, database: null, place: null };
}

/** What the file says of itself, by name. */
export async function readAbout(reader: Pick<DuckDbReader, 'all'>): Promise<ReadonlyMap<string, string>> {
  const rows = await reader.all<{ name: string; value: string }>(`SELECT name, value FROM ${STATE_SCHEMA}.about`);
  return new Map(rows.map(({ name, value }) => [name, value]));
}

/**
 * SQL whose rows `toTableState` understands.
 * @param more expressions that a caller reads besides
 */
export function readStateSql(more: readonly string[] = []): string {
  const plain =
    'table_schema, table_name, system_identifier, database_oid, timeline, lsn, table_oid, fingerprint, snapshot, leaves, gated';
  return `SELECT ${[plain, 'row_count::VARCHAR AS row_count', ...more].join(', ')} FROM ${STATE_SCHEMA}.sync_state`;
}

export interface StoredRow {
  table_schema: string;
  table_name: string;
  system_identifier: string | null;
  database_oid: string;
  timeline: string | null;
  lsn: string | null;
  table_oid: string;
  fingerprint: string;
  snapshot: string;
  leaves: string[];
  gated: boolean;
  row_count: string;
}

/** Which source a table was read from, and as of where in its log. */
export function identityOf({ system_identifier, database_oid, timeline, lsn }: StoredRow): SourceIdentity {
  return { systemIdentifier: system_identifier, databaseOid: database_oid, timeline, lsn };
}

/**
 * @param deletes what `rememberDeletesSql` kept; none in files of an older version
 * @param parts what `rememberPartsSql` kept of parts
 * @param places what it kept of places
 */
export function toTableState(
  row: StoredRow,
  deletes: string | undefined,
  parts: PartsDocument,
  places: PartsDocument,
): TableState {
  const counts = JSON.parse(deletes ?? '{}') as Record<string, string | null>;
  return {
    schema: row.table_schema,
    name: row.table_name,
    identity: identityOf(row),
    tableOid: row.table_oid,
    fingerprint: row.fingerprint,
    snapshot: parseSnapshot(row.snapshot),
    rows: BigInt(row.row_count),
    leaves: row.leaves,
    gated: row.gated,
    deletes: new Map(
      [row.table_oid, ...row.leaves].flatMap((oid): [string, string][] => {
        const count = counts[oid] ?? null;
        return count === null ? [] : [[oid, count]];
      }),
    ),
    parts: toParts(parts, row),
    places: toPlaces(places, row),
    snapshotText: row.snapshot,
  };
}
