import { createHash } from 'node:crypto';
import { type PublishedFile, readPublishedFile } from '../../duckdb/fileState.ts';
import type { Workspace } from '../../duckdb/publish.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { fingerprint, type SourceTable } from '../../model/sourceTable.ts';
import { MAPPING_VERSION } from '../../model/typeMapping.ts';
import { describeTables } from '../../postgres/catalogue.ts';
import { askPinned } from '../../postgres/pinned.ts';
import { type FollowableTable, followable, readIdentities } from '../../postgres/replication/followable.ts';
import { CatalogueGuard, catalogueChange, type GuardLook } from '../../postgres/replication/guard.ts';
import { ensurePublication, requirePublication } from '../../postgres/replication/publication.ts';
import {
  connectReplication,
  createSlot,
  isSynchronous,
  type NewSlot,
  requireReplication,
  temporarySlotName,
} from '../../postgres/replication/slot.ts';
import { type ReplicationStream, type StreamListener, startStream } from '../../postgres/replication/stream.ts';
import type { PgServer } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import { readPosition } from '../../postgres/snapshot.ts';
import { syncInto } from '../sync/sync.ts';
import type { SyncResult } from '../sync/syncRequest.ts';
import type { FollowRequest } from './followRequest.ts';
import { Restart } from './restart.ts';

/** A file that was just compared by a scan, and the stream that tells all that the scan did not see. */
export interface Beginning {
  readonly scan: SyncResult;
  readonly file: Extract<PublishedFile, { kind: 'ours' }>;
  readonly tables: readonly FollowableTable[];
  readonly guard: CatalogueGuard;
  /** What the guard saw when the slot was made, and saw again after the scan. */
  readonly look: GuardLook;
  /** The stream begins here. */
  readonly from: bigint;
  /** As PostgreSQL wrote the snapshot of the scan. */
  readonly snapshotText: string;
  readonly slot: string;
  start(listener: StreamListener): Promise<ReplicationStream>;
}

/** What is known of the tables under the lock, before anything is read. */
interface Described {
  readonly sources: readonly SourceTable[];
  readonly tables: readonly FollowableTable[];
  readonly guard: CatalogueGuard;
  readonly look: GuardLook;
}

/**
 * Begins to follow: locks the tables, makes a slot, syncs in the snapshot that the slot exports, and so leaves no gap between the
 * scan and the stream (docs/follow.md).
 * @param fullTables tables whose rows in the file are in doubt
 * @throws FinanceDbError when the server, the role or a table cannot be followed, each with its remedy; Restart when a
 *   definition changed meanwhile
 */
export async function begin(
  request: FollowRequest,
  workspace: Workspace,
  server: PgServer,
  fullTables: readonly string[],
): Promise<Beginning> {
  const session = await server.connect();
  // This session is ours alone, and has nothing to ask for hours when nothing happens.
  await session.query('SET idle_session_timeout = 0');
  const { serverVersionNumber: version } = await readPosition(session);
  for (const text of await requireReplication(session, version, server.kind))
    request.onEvent({ kind: 'warning', text });
  if (server.kind === 'embedded') {
    const sources = await describeTables(session, request.config.tables, askPinned);
    await ensurePublication(session, request.publication, sources, version);
  }
  // For its errors: they should come before anything else is done.
  await describe(request, session, version);
  const streaming = await connectReplication(server);
  let found: (Described & { slot: NewSlot }) | undefined;
  let scanned: readonly SourceTable[] = [];
  const { config, now, onProgress } = request;
  // Of its own: a sync listens to its signal for as long as that lives, and there may be many scans.
  const signal = AbortSignal.any([request.signal]);
  const scan = await syncInto(
    {
      ...{ config, tables: config.tables, full: false, fullTables: new Set(fullTables), jobs: null, waitSeconds: 0 },
      ...{ indexes: config.indexes, now, signal, onProgress },
      beforePublish: async ({ tables }) => {
        scanned = tables.map(({ plan }) => plan.source);
      },
    },
    workspace,
    server,
    async () => {
      const described = await describe(request, session, version);
      found = { ...described, slot: await createSlot(streaming, temporarySlotName(), true) };
      return found.slot.snapshot;
    },
  );
  if (found === undefined) throw new FinanceDbError('INTERNAL', 'the scan took no snapshot');
  const { sources, tables, guard, look, slot } = found;
  const after = await guard.look();
  const change = catalogueChange(look, after) ?? differingTable(sources, scanned);
  if (change !== null) throw new Restart(`while the file was compared, something changed: ${change}`);
  const file = await readPublishedFile(workspace.publishedPath);
  if (file.kind !== 'ours') throw new FinanceDbError('INTERNAL', 'the file that was just published is not ours');
  return {
    ...{ scan, file, tables, guard, from: slot.consistentPoint, slot: slot.name },
    look: after,
    snapshotText: scan.snapshot,
    start: async (listener) => {
      const stream = await startStream(
        streaming,
        { slot: slot.name, from: slot.consistentPoint, publication: request.publication },
        listener,
      );
      const { processID } = streaming.client as unknown as { readonly processID: number };
      if (await isSynchronous(session, processID)) {
        stream.close();
        throw new FinanceDbError('PG_SYNC_STANDBY', `commits in ${session.where} would wait for this file`);
      }
      return stream;
    },
  };
}

async function describe(request: FollowRequest, session: PgSession, version: number): Promise<Described> {
  const { config, publication } = request;
  const sources = await describeTables(session, config.tables, askPinned);
  const identities = await readIdentities(session, sources);
  const tables = sources.map((source) => followable(source, identities));
  await requirePublication(session, publication, sources, version);
  const guard = await CatalogueGuard.open(session, sources, publication, version);
  return { sources, tables, guard, look: await guard.look() };
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
