import { createHash } from 'node:crypto';
import { type PublishedFile, readPublishedFile } from '../../duckdb/fileState.ts';
import type { Workspace } from '../../duckdb/publish.ts';
import { readSlots } from '../../duckdb/slotRecord.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { fingerprint, type SourceTable } from '../../model/sourceTable.ts';
import { MAPPING_VERSION } from '../../model/typeMapping.ts';
import { describeTables } from '../../postgres/catalogue.ts';
import { askPinned } from '../../postgres/pinned.ts';
import { backendPid } from '../../postgres/replication/backendPid.ts';
import {
  type FollowableTable,
  followable,
  readIdentities,
  type ScannedTable,
  sortOut,
} from '../../postgres/replication/followable.ts';
import { CatalogueGuard, catalogueChange, type GuardLook } from '../../postgres/replication/guard.ts';
import { readSlot, type ServerSlot } from '../../postgres/replication/keptSlot.ts';
import { ensurePublication, requirePublication } from '../../postgres/replication/publication.ts';
import {
  connectReplication,
  createSlot,
  type NewSlot,
  requireReplication,
  temporarySlotName,
} from '../../postgres/replication/slot.ts';
import { type ReplicationStream, type StreamListener, startStream } from '../../postgres/replication/stream.ts';
import { givingWay, isGivingWay } from '../../postgres/replication/waiters.ts';
import type { PgServer } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import { readPosition } from '../../postgres/snapshot.ts';
import { behind, unchanged } from '../sync/gate.ts';
import { syncInto } from '../sync/sync.ts';
import type { SyncResult } from '../sync/syncRequest.ts';
import type { FollowRequest } from './followRequest.ts';
import { continuation, ensureKeptSlot } from './keptSlot.ts';
import { leanly } from './memory.ts';
import { Restart } from './restart.ts';

/** A file that was just compared by a scan, and the stream that tells all that the scan did not see. */
export interface Beginning {
  readonly scan: SyncResult;
  readonly file: Extract<PublishedFile, { kind: 'ours' }>;
  readonly tables: readonly FollowableTable[];
  /** Tables that no stream tells exactly. */
  readonly scanned: readonly ScannedTable[];
  /** When it was begun to look at either side. */
  readonly begunAt: Date;
  readonly guard: CatalogueGuard;
  /** What the guard saw when the slot was made, and saw again after the scan. */
  readonly look: GuardLook;
  /** The stream begins here. */
  readonly from: bigint;
  /** As PostgreSQL wrote the snapshot of the scan. */
  readonly snapshotText: string;
  readonly slot: string;
  /** The slot that outlives the connection; null for one that goes with it. */
  readonly keptSlot: string | null;
  /** Whether the stream goes on where the file was, without a scan. */
  readonly resumed: boolean;
  start(listener: StreamListener): Promise<ReplicationStream>;
}

/** Why the file is not believed to be what it says. */
export interface Doubt {
  /** The stream of the file was given up for a reason other than the connection: only a scan may begin the next. */
  readonly scan: boolean;
  /** Tables whose rows in the file are in doubt. */
  readonly fullTables: readonly string[];
}

/** What is known of the tables under the lock, before anything is read. */
interface Described {
  readonly sources: readonly SourceTable[];
  readonly tables: readonly FollowableTable[];
  readonly scanned: readonly ScannedTable[];
  readonly guard: CatalogueGuard;
  readonly look: GuardLook;
}

/**
 * Begins to follow: locks the tables, makes a slot, syncs in the snapshot that the slot exports, and so leaves no gap between the
 * scan and the stream (docs/follow.md).
 *
 * With a kept slot the stream goes on where the file is, if all that it lacks can be told by it; else the scan is done in the
 * snapshot of a temporary slot, and the kept one is streamed from that one's position.
 * @throws FinanceDbError when the server, the role or a table cannot be followed, each with its remedy; Restart when a
 *   definition changed meanwhile
 */
export async function begin(
  request: FollowRequest,
  workspace: Workspace,
  server: PgServer,
  doubt: Doubt,
): Promise<Beginning> {
  const begunAt = request.now();
  const session = await server.connect();
  const position = await readPosition(session);
  const { serverVersionNumber: version } = position;
  const { keepSlot } = request;
  const atStandby = position.standby ? session : null;
  for (const text of await requireReplication(session, version, server.kind))
    request.onEvent({ kind: 'warning', text });
  const published = await readPublishedFile(workspace.pathWithoutLog(), workspace.publishedPath);
  if (behind({ tables: request.config.tables, full: false }, position, published) !== null)
    throw new FinanceDbError(
      'PG_STANDBY',
      `${session.where} is a standby that has not yet replayed what the file holds`,
      {
        remedy: 'wait until it has, or follow the primary',
      },
    );
  if (server.kind === 'embedded') {
    const sources = await describeTables(session, request.config.tables, askPinned);
    const identities = await readIdentities(session, sources);
    // In a publication, a table without a key could no longer be updated.
    const { followed } = sortOut(sources, (source) => followable(source, identities));
    const streamed = followed.map(({ source }) => source);
    await ensurePublication(session, request.publication, streamed, version);
  }
  // For its errors: they should come before anything else is done.
  await describe(request, session, version);
  const streaming = await connectReplication(server);
  // This session is ours alone, and has nothing to ask for hours when nothing happens. It is one for itself where the other one is.
  await session.query('SET idle_session_timeout = 0');
  const isNew = !readSlots(workspace.publishedPath).some(({ name }) => name === keepSlot);
  const kept =
    keepSlot === null
      ? null
      : await ensureKeptSlot(keepSlot, workspace.publishedPath, position, session, streaming, request.now());
  if (kept !== null) warnOfDisk(request, kept);
  const streams = { request, session, streaming };
  if (kept !== null && !isNew && !doubt.scan) {
    const resumed = await resume(streams, workspace, server, kept, version, begunAt);
    if (typeof resumed !== 'string') return resumed;
    request.onEvent({ kind: 'warning', text: `a scan begins the stream: ${resumed}` });
  }
  let found: (Described & { slot: NewSlot }) | undefined;
  let scanned: readonly SourceTable[] = [];
  const { config, now, onProgress } = request;
  // Of its own: a sync listens to its signal for as long as that lives, and there may be many scans.
  const signal = AbortSignal.any([request.signal]);
  const scan = await syncInto(
    {
      ...{
        config: leanly(request),
        tables: config.tables,
        full: false,
        fullTables: new Set(doubt.fullTables),
        jobs: null,
        waitSeconds: 0,
      },
      ...{ indexes: config.indexes, now, signal, onProgress },
      beforePublish: async ({ tables }) => {
        scanned = tables.map(({ plan }) => plan.source);
      },
    },
    workspace,
    server,
    async (locked) => {
      found = await givingWay({ server, locked }, [session, streaming], async () => {
        const described = await describe(request, session, version);
        return { ...described, slot: await createSlot(streaming, temporarySlotName(), true, atStandby) };
      }).catch((error: unknown) => {
        throw isGivingWay(error) ? new Restart(error.message) : error;
      });
      return found.slot.snapshot;
    },
  );
  if (found === undefined) throw new FinanceDbError('INTERNAL', 'the scan took no snapshot');
  const { sources, tables, scanned: beside, guard, look, slot } = found;
  const after = await guard.look();
  const change = catalogueChange(look, after) ?? differingTable(sources, scanned);
  if (change !== null) throw new Restart(`while the file was compared, something changed: ${change}`);
  const file = await readPublishedFile(workspace.publishedPath);
  if (file.kind !== 'ours') throw new FinanceDbError('INTERNAL', 'the file that was just published is not ours');
  // It has served: its position is one at which the kept slot tells the same.
  if (kept !== null) await streaming.query(`DROP_REPLICATION_SLOT "${slot.name}"`);
  const name = kept?.name ?? slot.name;
  return {
    ...{ scan, file, tables, guard, from: slot.consistentPoint, slot: name, keptSlot: kept?.name ?? null },
    ...{ resumed: false, look: after, snapshotText: scan.snapshot, scanned: beside, begunAt },
    start: (listener) => startAt(streams, name, kept !== null, slot.consistentPoint, listener),
  };
}

interface Streams {
  readonly request: FollowRequest;
  /** Asks. */
  readonly session: PgSession;
  readonly streaming: PgSession;
}

/** @returns why the stream cannot go on where the file is, in words, or how it does */
async function resume(
  streams: Streams,
  workspace: Workspace,
  server: PgServer,
  kept: ServerSlot,
  version: number,
  begunAt: Date,
): Promise<Beginning | string> {
  const { request, session } = streams;
  const started = performance.now();
  const { tables, scanned, guard, look } = await describe(request, session, version);
  const streamed = tables.map(({ source: table }) => table);
  const position = await readPosition(session);
  const found = await continuation(kept, workspace.publishedPath, streamed, position, catalogueDigest(look));
  if (typeof found === 'string') return found;
  const { file, states, from, snapshotText } = found;
  const source = {
    kind: server.kind === 'embedded' ? ('embedded' as const) : ('postgres' as const),
    ...{ database: server.database, place: server.place, version: position.serverVersion },
  };
  const { sampleTables } = file;
  const reason = `goes on from the slot ${kept.name}`;
  const scan = unchanged(
    { source, snapshot: snapshotText },
    { states, sampleTables, reason },
    workspace.publishedPath,
    started,
  );
  return {
    ...{ scanned, begunAt },
    ...{ scan, file, tables, guard, look, from, slot: kept.name, keptSlot: kept.name, resumed: true, snapshotText },
    start: (listener) => startAt(streams, kept.name, true, from, listener),
  };
}

async function startAt(
  { request, session, streaming }: Streams,
  slot: string,
  kept: boolean,
  from: bigint,
  listener: StreamListener,
): Promise<ReplicationStream> {
  const pid = await backendPid(streaming);
  const stream = await startStream(streaming, { slot, from, publication: request.publication }, listener);
  try {
    // Now nobody else can move it; where it had been moved further, the server left out what lies between, without a word.
    const now = kept ? await readSlot(session, slot) : null;
    if (kept && (now === null || now.activePid !== pid || now.confirmed > from))
      throw new Restart(`somebody else has moved the slot ${slot}`);
    return stream;
  } catch (error) {
    stream.close();
    throw error;
  }
}

/** A kept slot holds the server's log while nobody follows. */
function warnOfDisk({ onEvent }: FollowRequest, { name, heldBytes, limited }: ServerSlot): void {
  if (limited) return;
  const holds = heldBytes === null ? '' : ` (${Math.ceil(heldBytes / 1e6)} MB now)`;
  onEvent({
    kind: 'warning',
    text: `while nobody follows, the slot ${name} keeps the server's log${holds} and may fill its disk: set max_slot_wal_keep_size, or \`finance-db follow --drop-slot ${name}\` when it is not needed`,
  });
}

async function describe(request: FollowRequest, session: PgSession, version: number): Promise<Described> {
  const { config, publication } = request;
  const sources = await describeTables(session, config.tables, askPinned);
  const identities = await readIdentities(session, sources);
  const { followed, scanned } = sortOut(sources, (source) => followable(source, identities));
  const streamed = followed.map(({ source }) => source);
  const requireTold = await requirePublication(session, publication, streamed, version);
  const told = await toldBy(requireTold, streamed, async () => {
    const again = await describeTables(session, config.tables, askPinned);
    return differingTable(sources, again);
  });
  const guard = await CatalogueGuard.open(session, told.followed, publication, version);
  return {
    ...{ sources, guard, look: await guard.look() },
    tables: followed.filter(({ source }) => told.followed.includes(source)),
    scanned: [...scanned, ...told.scanned].sort((a, b) => sources.indexOf(a.source) - sources.indexOf(b.source)),
  };
}

/**
 * Which tables the publication tells.
 * @param changed which table is another one than when it was described; null when none is
 * @throws Restart when a partition came or went between a look at the tables and one at the publication; FinanceDbError PG_PUBLICATION
 */
async function toldBy(
  requireTold: (source: SourceTable) => void,
  streamed: readonly SourceTable[],
  changed: () => Promise<string | null>,
): Promise<ReturnType<typeof sortOut<SourceTable>>> {
  try {
    return sortOut(streamed, (source) => {
      requireTold(source);
      return source;
    });
  } catch (error) {
    const table = await changed();
    throw table === null ? error : new Restart(`${table} changed while it was looked at`);
  }
}

/** Which table was described otherwise under the lock than in the snapshot; null when none was. */
function differingTable(before: readonly SourceTable[], after: readonly SourceTable[]): string | null {
  const shape = (source: SourceTable | undefined): string =>
    source === undefined
      ? ''
      : JSON.stringify([source.oid, fingerprint(source, MAPPING_VERSION), source.leaves.map(({ oid }) => oid)]);
  const at = before.findIndex((source, index) => shape(source) !== shape(after[index]));
  return at === -1 ? null : (before[at]?.table.name ?? '');
}

/** A short form of what the guard saw, to be kept in the file. */
export function catalogueDigest(look: GuardLook): string {
  return createHash('sha256').update(JSON.stringify(look.catalogue)).digest('hex').slice(0, 32);
}
