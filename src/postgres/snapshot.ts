import { setTimeout as delay } from 'node:timers/promises';
import { FinanceDbError, isFinanceDbError } from '../errors/financeDbError.ts';
import type { SourceTable } from '../model/sourceTable.ts';
import { postgresTable, type TableName } from '../model/tableName.ts';
import { parseSnapshot, type Snapshot, type SourceIdentity, toXid32 } from '../model/watermark.ts';
import { describeTables } from './catalogue.ts';
import { againAfterDeadlock, askPinned, beginSnapshot, patience } from './pinned.ts';
import type { PgServer } from './server.ts';
import type { PgSession } from './session.ts';

/** Where the source stands: who it is, and which transactions have ended. */
export interface SourcePosition {
  readonly identity: SourceIdentity;
  readonly snapshot: Snapshot;
  /** As PostgreSQL wrote it. */
  readonly snapshotText: string;
  /** Whether it is a standby, which replays another server's log. */
  readonly standby: boolean;
  /** Whether the server summarizes its log, so that a sync need not read what did not change; null before version 17. */
  readonly summarizesLog: boolean | null;
  readonly serverVersion: string;
  readonly serverVersionNumber: number;
}

/** One snapshot of the source, in which any number of sessions may read. */
export interface SourceSnapshot extends SourcePosition {
  readonly session: PgSession;
  readonly tables: readonly SourceTable[];
  /** Another session in the same snapshot; null where there cannot be one, and the first must do. */
  join(): Promise<PgSession | null>;
  /** Why the server granted fewer sessions than were asked for, in words; null while it grants them. */
  refusal(): string | null;
}

/**
 * A second session must not wait for locks: a command that wants the table for itself (TRUNCATE, REINDEX, VACUUM FULL)
 * queues up behind our first session, the second one behind the command, and the first would wait for the second for
 * ever. So each session takes all its locks at once, those of indexes included, by planning a query of each table; the
 * second one gives up if it cannot have them right away.
 */
const JOIN_PATIENCE_MS = 50;

/** The control file learns of a promotion with the next checkpoint only; the name of the log's file tells at once. */
const TIMELINE = `CASE WHEN pg_catalog.pg_is_in_recovery() THEN (SELECT timeline_id::int8 FROM pg_catalog.pg_control_checkpoint()) ELSE ('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int8 END::text`;

/** SQL of how far the log is: what was written, or what a standby has replayed. */
export const LOG_POSITION =
  'CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_insert_lsn() END::text';

/** `identity` false leaves out what a server may forbid to ordinary roles. */
function positionSql(identity: boolean): string {
  const guarded = identity
    ? `(SELECT system_identifier::text FROM pg_catalog.pg_control_system()) AS system, ${TIMELINE} AS timeline, ${LOG_POSITION} AS lsn`
    : 'NULL AS system, NULL AS timeline, NULL AS lsn';
  return `SELECT ${guarded}, (SELECT oid::text FROM pg_catalog.pg_database WHERE datname = current_database()) AS database, pg_catalog.pg_current_snapshot()::text AS snapshot, pg_catalog.pg_is_in_recovery()::text AS standby, current_setting('summarize_wal', true) AS summaries, current_setting('server_version') AS version, current_setting('server_version_num') AS number`;
}

/** Where the source stands now: one round trip. */
export async function readPosition(session: PgSession): Promise<SourcePosition> {
  try {
    return toPosition(await askPinned(session, positionSql(true)));
  } catch (error) {
    if (isFinanceDbError(error) && error.code === 'PG_PERMISSION')
      return toPosition(await askPinned(session, positionSql(false)));
    throw error;
  }
}

/** Takes a snapshot that somebody else exports, when the tables are locked by a session that may not be asked anything. @returns its id */
export type SnapshotTaker = (locked: PgSession) => Promise<string>;

/**
 * Opens one snapshot for all tables. The tables are locked (ACCESS SHARE: writers go on, only a change of definition
 * waits) before the snapshot is taken, so that no TRUNCATE or rewrite can come between the snapshot and the reading.
 * @param take brings a snapshot of another session instead of a new one
 * @throws FinanceDbError PG_TABLE_MISSING, PG_PERMISSION, PG_QUERY …
 */
export async function openSnapshot(
  server: PgServer,
  session: PgSession,
  tables: readonly TableName[],
  hasIdentity: boolean,
  take?: SnapshotTaker,
): Promise<SourceSnapshot> {
  const before = await describeTables(session, tables, askPinned);
  const lockable = before
    .filter((source) => source.kind === 'r' || source.kind === 'p')
    .map((source) => postgresTable(source.table));
  const lock = lockable.length === 0 ? '' : `; LOCK TABLE ${lockable.join(', ')} IN ACCESS SHARE MODE`;
  const begin = `${beginSnapshot(session)}${lock}`;
  if (take !== undefined) await againAfterDeadlock(session, () => session.query(begin));
  const first = take === undefined ? begin : `SET TRANSACTION SNAPSHOT '${await take(session)}'`;
  const ask = (): Promise<Record<string, string | null>[]> => session.query(`${first}; ${positionSql(hasIdentity)}`);
  const position = toPosition(await (take === undefined ? againAfterDeadlock(session, ask) : ask()));
  const described = await describeTables(session, tables);
  const lockAll = described.map((source) => `EXPLAIN SELECT FROM ${postgresTable(source.table)}`).join('; ');
  await session.query(lockAll);
  let exported: string | null | undefined;
  let refusal: string | null = null;
  return {
    ...position,
    session,
    tables: described,
    refusal: () => refusal,
    join: async () => {
      if (refusal !== null) return null;
      exported ??= await exportSnapshot(session);
      if (exported === null) return null;
      const other = await connectIfGranted(server);
      if (typeof other === 'string') {
        refusal = other;
        return null;
      }
      return joinSnapshot(other, exported, lockAll);
    },
  };
}

/** Another session, or why the server grants none. */
async function connectIfGranted(server: PgServer): Promise<PgSession | string> {
  try {
    return await server.connect({ retryMs: 0 });
  } catch (error) {
    if (isFinanceDbError(error) && error.code === 'PG_TOO_MANY_CONNECTIONS') return error.message;
    throw error;
  }
}

/** Puts a session into a snapshot; null, and the session is closed, when it would have to wait for a lock there. */
async function joinSnapshot(other: PgSession, snapshot: string, lockAll: string): Promise<PgSession | null> {
  try {
    await other.query(
      `${beginSnapshot(other)}; SET TRANSACTION SNAPSHOT '${snapshot}'; ${patience(JOIN_PATIENCE_MS)}; ${lockAll}; ${patience(other.lockWaitMs)}`,
    );
    return other;
  } catch (error) {
    await other.close();
    const sqlstate = isFinanceDbError(error) ? error.details['sqlstate'] : undefined;
    if (sqlstate === '55P03') return null;
    // A snapshot lives as long as the session that shares it.
    if (sqlstate === '42704')
      throw new FinanceDbError('PG_CONNECTION_LOST', 'the connection to PostgreSQL that held the snapshot ended', {
        cause: error,
      });
    throw error;
  }
}

async function exportSnapshot(session: PgSession): Promise<string | null> {
  const [row] = await session.query<{ id: string }>('SELECT pg_catalog.pg_export_snapshot() AS id');
  return row?.id ?? null;
}

/** SQL that is true for rows changed since the watermark (docs/sync.md): xids compared in their circle. */
export function changedSince(watermark: Snapshot, newLeaves: readonly string[]): string {
  // The age of the watermark in a subquery: PostgreSQL would compute it for each row. Most rows fail the first comparison.
  const changed = `(age(xmin) <= (SELECT age('${toXid32(watermark.xmin)}'::xid)) AND age(xmin) >= 0)`;
  return newLeaves.length === 0 ? changed : `(${changed} OR tableoid = ANY ('{${newLeaves.join(',')}}'::oid[]))`;
}

/** Commits without a wait for the disk (synchronous_commit = off) are written within three rounds of 200 ms, on a busy machine later. */
const DURABLE_WAIT_MS = 10_000;

/**
 * Waits until all that the snapshot saw is on the server's disk. With synchronous_commit = off a commit can be seen before
 * it is, and a crash would take it back and give its transaction id to another.
 * @returns whether it is; true as well where nobody can tell, on a standby
 */
export async function isDurable(snapshot: SourceSnapshot, signal: AbortSignal): Promise<boolean> {
  const { lsn } = snapshot.identity;
  if (lsn === null) return true;
  const deadline = performance.now() + DURABLE_WAIT_MS;
  for (;;) {
    const [row] = await snapshot.session.query<{ flushed: string }>(
      `SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN true ELSE pg_catalog.pg_current_wal_flush_lsn() >= '${lsn}'::pg_lsn END AS flushed`,
    );
    if (row?.flushed === 't') return true;
    if (performance.now() > deadline) return false;
    await delay(50, undefined, { signal });
  }
}

/** A transaction that keeps the watermark from advancing. */
export interface HoldBack {
  /** `pid 123`, or `prepared transaction 'name'`. */
  readonly holder: string;
  readonly seconds: number;
}

/** Who holds the watermark back, when somebody does and PostgreSQL tells us. */
export async function findHoldBack(session: PgSession, snapshot: Snapshot): Promise<HoldBack | null> {
  if (snapshot.xmin === snapshot.xmax) return null;
  const xid = toXid32(snapshot.xmin);
  const [row] = await session.query<{ holder: string; seconds: string }>(
    `SELECT 'pid ' || pid AS holder, floor(extract(epoch FROM clock_timestamp() - xact_start))::text AS seconds FROM pg_catalog.pg_stat_activity WHERE backend_xid = '${xid}'::xid
     UNION ALL SELECT 'prepared transaction ' || quote_literal(gid), floor(extract(epoch FROM clock_timestamp() - prepared))::text FROM pg_catalog.pg_prepared_xacts WHERE transaction = '${xid}'::xid LIMIT 1`,
  );
  if (row === undefined) return null;
  return { holder: row.holder, seconds: Number(row.seconds) };
}

function toPosition(rows: Record<string, string | null>[]): SourcePosition {
  const [row] = rows;
  if (row === undefined) throw new FinanceDbError('INTERNAL', 'PostgreSQL did not tell its position');
  const snapshotText = row['snapshot'] ?? '';
  return {
    identity: {
      systemIdentifier: row['system'] ?? null,
      databaseOid: row['database'] ?? '',
      timeline: row['timeline'] ?? null,
      lsn: row['lsn'] ?? null,
    },
    snapshot: parseSnapshot(snapshotText),
    snapshotText,
    standby: row['standby'] === 'true',
    summarizesLog: row['summaries'] == null ? null : row['summaries'] === 'on',
    serverVersion: row['version'] ?? '',
    serverVersionNumber: Number(row['number']),
  };
}
