import { fingerprint, type SourceTable } from './sourceTable.ts';
import { displayName } from './tableName.ts';
import { MAPPING_VERSION } from './typeMapping.ts';
import { nothingHappened, type Snapshot, type SourceIdentity, watermarkObjection } from './watermark.ts';

export type SyncMode = 'full' | 'incremental' | 'none';

/** What the DuckDB file knows of a table: written with its rows, in the same transaction. */
export interface TableState {
  readonly schema: string;
  readonly name: string;
  readonly identity: SourceIdentity;
  readonly tableOid: string;
  readonly fingerprint: string;
  readonly snapshot: Snapshot;
  /** As PostgreSQL wrote it. */
  readonly snapshotText: string;
  readonly rows: bigint;
  /** Oids of the leaf partitions that were read. */
  readonly leaves: readonly string[];
  /** Whether its rows can change only through a transaction with an id: see `changesNeedTransaction`. */
  readonly gated: boolean;
  /** How many rows the server had counted as deleted then: see `deletesOf`. Empty when the file does not say. */
  readonly deletes: ReadonlyMap<string, string>;
  /** Its parts as of its snapshot, by their oids; null when the file does not say. */
  readonly parts: ReadonlyMap<string, PartState> | null;
  /** Of which parts the file knows in which blocks their rows lay, and as of when; null when of none. */
  readonly places: KnownPlaces | null;
}

/** Where rows of a table lay, as of a snapshot that may be older than that of the table. */
export interface KnownPlaces {
  /** Rows that came to the file since then have this number in DuckDB, or a later one. */
  readonly tail: bigint;
  readonly snapshot: Snapshot;
  /** As PostgreSQL wrote it. */
  readonly snapshotText: string;
  readonly parts: ReadonlyMap<string, PartState>;
}

/** What the file knows of one part of a table. */
export interface PartState {
  /** The file that held its rows: another one after a rewrite. */
  readonly filenode: string;
  readonly rows: bigint;
}

export interface TablePlan {
  readonly source: SourceTable;
  readonly fingerprint: string;
  readonly mode: SyncMode;
  /** Why, in words. */
  readonly reason: string;
  /** Partitions whose rows may be older than the watermark, since they were attached after it. */
  readonly newLeaves: readonly string[];
  /** Whether rows may be gone with partitions that were detached. */
  readonly lostLeaves: boolean;
}

/**
 * Chooses how to bring one table up to date. Whatever makes the watermark doubtful leads to a full load.
 * @param forceFull whether it is to be loaded in full in any case, or why
 */
export function planTable(
  source: SourceTable,
  state: TableState | null,
  current: { identity: SourceIdentity; snapshot: Snapshot },
  forceFull: boolean | string,
): TablePlan {
  const print = fingerprint(source, MAPPING_VERSION);
  const plan = { source, fingerprint: print, newLeaves: [], lostLeaves: false };
  const full = (reason: string): TablePlan => ({ ...plan, mode: 'full', reason });
  if (forceFull !== false) return full(forceFull === true ? '--full was given' : forceFull);
  if (state === null) return full('first sync of this table');
  const objection = watermarkObjection(state, current);
  if (objection !== null) return full(objection);
  if (state.tableOid !== source.oid) return full('the table was dropped and made again');
  const untracked = tracksRows(source);
  if (untracked !== null) return full(untracked);
  if (state.fingerprint !== print) return full('the definition of the table changed');
  const newLeaves = source.leaves.map((leaf) => leaf.oid).filter((oid) => !state.leaves.includes(oid));
  const lostLeaves = state.leaves.some((oid) => !source.leaves.some((leaf) => leaf.oid === oid));
  const partitionsChanged = newLeaves.length > 0 || lostLeaves;
  // An unlogged table is emptied by crash recovery without a transaction.
  if (nothingHappened(state.snapshot, current.snapshot) && !source.unlogged && !partitionsChanged)
    return { ...plan, mode: 'none', reason: 'no transaction since the last sync' };
  const reason = partitionsChanged ? 'partitions were attached or detached' : 'changes since the last sync';
  return { ...plan, mode: 'incremental', reason, newLeaves, lostLeaves };
}

/**
 * Whether what this role sees of the table can change only through a transaction with an id. Not so for unlogged tables
 * (emptied by crash recovery), views (they may ask the clock), what is not kept in heap tables of this server, and under
 * row-level security.
 */
export function changesNeedTransaction(source: SourceTable): boolean {
  return !source.unlogged && source.otherStorage === null && source.kind !== 'v' && !source.rowSecurity;
}

/** Why a table cannot be followed row by row, in words; null when it can. */
export function tracksRows(source: SourceTable): string | null {
  if (source.otherStorage !== null) return source.otherStorage;
  if (source.kind === 'v') return 'a view has no row versions to follow';
  if (source.kind === 'm') return 'a materialized view is rewritten as a whole';
  if (source.inherited) return 'the table has children by inheritance, whose keys are not unique together';
  if (source.rowSecurity) return 'row-level security decides which rows this role sees';
  if (source.key === null)
    return `${displayName(source.table)} has no primary key or other unique key over not-null columns`;
  return null;
}
