import fs from 'node:fs';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { currentFollower, type FollowNote } from '../duckdb/followNote.ts';
import { lastCheck } from '../duckdb/lastCheck.ts';
import { currentSync } from '../duckdb/publish.ts';
import { openReader } from '../duckdb/reader.ts';
import { toSampleTables } from '../duckdb/sampleTables.ts';
import { readSlots, type SlotRecord } from '../duckdb/slotRecord.ts';
import { readAbout, toFileSource } from '../duckdb/syncState.ts';
import { codeOf, isFinanceDbError, messageOf } from '../errors/financeDbError.ts';
import type { LockHolder } from '../files/lockFile.ts';
import { type FileSource, isOtherSource } from '../model/fileSource.ts';
import type { SampleTable } from '../model/sampleRows.ts';
import { displayName, STATE_SCHEMA } from '../model/tableName.ts';
import { nothingHappened, parseLsn, parseSnapshot } from '../model/watermark.ts';
import { embeddedServerExists } from '../postgres/embedded/server.ts';
import { readSlot } from '../postgres/replication/keptSlot.ts';
import { type RowChanges, readScanSize, type ScanSize } from '../postgres/scanSize.ts';
import { describeTarget, withPostgres } from '../postgres/server.ts';
import type { PgSession } from '../postgres/session.ts';
import { readPosition, type SourcePosition } from '../postgres/snapshot.ts';

export interface StatusTable {
  readonly table: string;
  readonly rows: bigint;
  readonly syncedAt: string;
  readonly mode: string;
  /** Whether PostgreSQL has ended transactions since; null when that cannot be told. */
  readonly behind: boolean | null;
  /** Why it cannot: PostgreSQL was not asked, or the rows change without a transaction (a view over the clock). */
  readonly behindUnknown: 'not_asked' | 'needs_reading' | null;
}

export interface Status {
  readonly postgres: {
    readonly reachable: boolean;
    readonly kind: 'embedded' | 'postgres';
    /** `host:port`, or EMBEDDED_PLACE. */
    readonly place: string;
    readonly database: string;
    readonly version: string | null;
    /** Whether the server summarizes its log, which spares syncs reading; null when it cannot, or was not asked. */
    readonly summaries: boolean | null;
    /** What a sync reads without them; null where they are on, or cannot be. */
    readonly scan: ScanSize | null;
    /** Why it is not reachable. */
    readonly problem: string | null;
  };
  readonly duckdb: {
    readonly path: string;
    readonly exists: boolean;
    readonly bytes: number;
    readonly sample: boolean;
    /** Tables with sample rows that `init` put into PostgreSQL. */
    readonly sampleTables: readonly SampleTable[];
    /** When a sync last compared it with PostgreSQL, changed or not; null when not known. */
    readonly checkedAt: Date | null;
    /** Whose data it holds; null when that is nobody's, or cannot be told. */
    readonly source: FileSource | null;
    /** Whether that is another database than the one that answers. */
    readonly otherSource: boolean;
    readonly problem: string | null;
  };
  readonly tables: readonly StatusTable[];
  readonly lastValidation: Record<string, unknown> | null;
  readonly lock: LockHolder | null;
  /** Who follows PostgreSQL's changes into the file now; null when nobody does. */
  readonly follow: StatusFollow | null;
  /** Slots that followers of the file made and left at the server. */
  readonly slots: readonly StatusSlot[];
  /** Bytes free where the file is. */
  readonly diskFree: number | null;
}

export interface StatusFollow extends FollowNote {
  /** Bytes of the server's log that the file does not have yet, most of them of no followed table; null when not known. */
  readonly lagBytes: number | null;
}

/** A slot that keeps the server's log for this file, whether anybody follows or not. */
export interface StatusSlot {
  readonly name: string;
  /** `lost`: it is gone, or the log that it needs is; `elsewhere`: it was made in another database; `unknown`: the server was not asked. */
  readonly state: 'streaming' | 'waiting' | 'lost' | 'elsewhere' | 'unknown';
  /** Bytes of its log that the server keeps for it. */
  readonly heldBytes: number | null;
  /** Bytes of its log that the file does not have. */
  readonly lagBytes: number | null;
  /** Whether max_slot_wal_keep_size limits what it may hold. */
  readonly limited: boolean | null;
}

/** Looks at everything without changing anything. Never throws for what it is there to report. */
export async function status(config: Config, now: Date, signal: AbortSignal): Promise<Status> {
  // Both at once: each mostly waits.
  const looked = lookAtFile(config.duckdbPath);
  const last = async (): Promise<RowChanges> => changesOf((await looked).rows);
  const [file, source] = await Promise.all([looked, lookAtSource(config, now, signal, last)]);
  return {
    postgres: source.report,
    duckdb: { ...file.report, otherSource: isOther(file.report.source, source) },
    tables: file.rows.map((row) => ({
      table: displayName({ schema: row.table_schema, name: row.table_name }),
      rows: BigInt(row.row_count),
      syncedAt: row.synced_at,
      mode: row.mode,
      ...lagOf(row, file.report.sample ? null : source.position),
    })),
    lastValidation: file.lastValidation,
    lock: currentSync(config.duckdbPath),
    follow: followOf(config.duckdbPath, source.position),
    slots: source.slots,
    diskFree: diskFree(config.duckdbPath),
  };
}

function followOf(path: string, position: SourcePosition | null): StatusFollow | null {
  const note = currentFollower(path);
  if (note === null) return null;
  const now = position?.identity.lsn ?? null;
  const known = note.position !== null && now !== null;
  const lag = known ? parseLsn(now) - parseLsn(note.position) : null;
  return { ...note, lagBytes: lag === null ? null : Number(lag < 0n ? 0n : lag) };
}

function isOther(owner: FileSource | null, source: Awaited<ReturnType<typeof lookAtSource>>): boolean {
  if (owner === null || source.position === null) return false;
  const { place, database } = source.report;
  return isOtherSource(owner, { ...source.position.identity, place, database });
}

interface StateRow {
  table_schema: string;
  table_name: string;
  row_count: string;
  synced_at: string;
  mode: string;
  snapshot: string;
  system_identifier: string | null;
  database_oid: string;
  gated: boolean;
  upserted: string;
  deleted: string;
}

/** What the last sync changed, of tables that it did not load in full. */
function changesOf(rows: readonly StateRow[]): RowChanges {
  const some = rows.filter(({ mode }) => mode === 'incremental');
  const sum = (of: (row: StateRow) => string): number => some.reduce((all, row) => all + Number(of(row)), 0);
  return { upserted: sum(({ upserted }) => upserted), deleted: sum(({ deleted }) => deleted) };
}

/** A table's lag. That nothing happened says nothing of rows that change without a transaction. */
function lagOf(row: StateRow, position: SourcePosition | null): Pick<StatusTable, 'behind' | 'behindUnknown'> {
  if (position === null) return { behind: null, behindUnknown: 'not_asked' };
  if (isBehind(row, position)) return { behind: true, behindUnknown: null };
  return row.gated ? { behind: false, behindUnknown: null } : { behind: null, behindUnknown: 'needs_reading' };
}

function isBehind(row: StateRow, position: SourcePosition): boolean {
  const same =
    row.system_identifier === position.identity.systemIdentifier && row.database_oid === position.identity.databaseOid;
  return !same || !nothingHappened(parseSnapshot(row.snapshot), position.snapshot);
}

async function lookAtFile(file: string): Promise<{
  report: Omit<Status['duckdb'], 'otherSource'>;
  rows: StateRow[];
  lastValidation: Record<string, unknown> | null;
}> {
  const report = {
    path: file,
    exists: false,
    bytes: 0,
    sample: false,
    sampleTables: [] as readonly SampleTable[],
    checkedAt: lastCheck(file),
    source: null as FileSource | null,
    problem: null as string | null,
  };
  try {
    const reader = await openReader(file);
    try {
      report.exists = true;
      report.bytes = fs.statSync(file).size;
      const about = await readAbout(reader);
      report.sample = about.get('sample') === 'true';
      report.sampleTables = toSampleTables(about);
      const rows = await reader.all<StateRow>(
        `SELECT table_schema, table_name, row_count::VARCHAR AS row_count, strftime(synced_at, '%Y-%m-%dT%H:%M:%SZ') AS synced_at, mode, snapshot, system_identifier, database_oid, gated, upserted::VARCHAR AS upserted, deleted::VARCHAR AS deleted FROM ${STATE_SCHEMA}.sync_state ORDER BY table_schema, table_name`,
      );
      const [first] = rows;
      if (first !== undefined && !report.sample)
        report.source = toFileSource(about.get('source'), {
          systemIdentifier: first.system_identifier,
          databaseOid: first.database_oid,
        });
      const validations = await reader
        .all<Record<string, unknown>>(`SELECT * FROM ${STATE_SCHEMA}.validations ORDER BY validated_at DESC LIMIT 1`)
        .catch(() => []);
      return { report, rows, lastValidation: validations[0] ?? null };
    } finally {
      reader.close();
    }
  } catch (error) {
    const missing = isFinanceDbError(error) && error.code === 'DUCKDB_MISSING';
    if (!missing) {
      report.exists = true;
      report.bytes = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      report.problem = isFinanceDbError(error)
        ? `${error.message}; ${error.remedy}`
        : 'finance-db did not write this file, and `finance-db sync` refuses to replace it';
    }
    return { report, rows: [], lastValidation: null };
  }
}

async function lookAtSource(
  config: Config,
  now: Date,
  signal: AbortSignal,
  last: () => Promise<RowChanges>,
): Promise<{ report: Status['postgres']; position: SourcePosition | null; slots: readonly StatusSlot[] }> {
  const kind = config.postgres.kind === 'embedded' ? 'embedded' : 'postgres';
  const { place, database } = describeTarget(config.postgres);
  const records = readSlots(config.duckdbPath);
  const unknown = records.map(({ name }) => slotOf(name, 'unknown'));
  if (config.postgres.kind === 'embedded' && !embeddedServerExists(config.postgres.folder))
    return {
      report: {
        reachable: false,
        kind,
        place,
        database,
        version: null,
        summaries: null,
        scan: null,
        problem: 'the embedded server was not made yet; run `finance-db init`',
      },
      position: null,
      slots: unknown,
    };
  try {
    const { position, scan, slots } = await withPostgres(
      { target: config.postgres, now, signal, retryMs: 0, lockWaitMs: config.lockWaitMs },
      async (server) => {
        const session = await server.connect();
        const found = await readPosition(session);
        return {
          position: found,
          scan: found.summarizesLog === false ? await readScanSize(session, config.tables, await last()) : null,
          slots: await lookAtSlots(session, records, found),
        };
      },
    );
    return {
      report: {
        reachable: true,
        kind,
        place,
        database,
        version: position.serverVersion,
        summaries: position.summarizesLog,
        scan,
        problem: null,
      },
      position,
      slots,
    };
  } catch (error) {
    signal.throwIfAborted();
    // A system's error too: an embedded server cannot be started in a folder that is read-only.
    if (!isFinanceDbError(error) && codeOf(error) === undefined) throw error;
    return {
      report: {
        reachable: false,
        kind,
        place,
        database,
        version: null,
        summaries: null,
        scan: null,
        problem: messageOf(error),
      },
      position: null,
      slots: unknown,
    };
  }
}

async function lookAtSlots(
  session: PgSession,
  records: readonly SlotRecord[],
  { identity: { systemIdentifier, databaseOid } }: SourcePosition,
): Promise<StatusSlot[]> {
  const slots: StatusSlot[] = [];
  for (const { name, ...made } of records) {
    if (made.systemIdentifier !== systemIdentifier || made.databaseOid !== databaseOid) {
      slots.push(slotOf(name, 'elsewhere'));
      continue;
    }
    const found = await readSlot(session, name);
    if (found === null || found.lost || !found.fits) slots.push(slotOf(name, 'lost'));
    else {
      const { activePid, heldBytes, lagBytes, limited } = found;
      slots.push({ name, state: activePid === null ? 'waiting' : 'streaming', heldBytes, lagBytes, limited });
    }
  }
  return slots;
}

function slotOf(name: string, state: StatusSlot['state']): StatusSlot {
  return { name, state, heldBytes: null, lagBytes: null, limited: null };
}

function diskFree(file: string): number | null {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    try {
      const stat = fs.statfsSync(folder);
      return stat.bavail * stat.bsize;
    } catch {
      if (path.dirname(folder) === folder) return null;
    }
  }
}
