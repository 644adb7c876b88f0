import { hasLog } from '../../duckdb/companions.ts';
import { type PublishedFile, readPublishedFile } from '../../duckdb/fileState.ts';
import { currentFollower } from '../../duckdb/followNote.ts';
import { rememberCheck } from '../../duckdb/lastCheck.ts';
import { openWorkspace, type Workspace } from '../../duckdb/publish.ts';
import { mapFileError } from '../../files/fileErrors.ts';
import { isOtherSource, sourceText } from '../../model/fileSource.ts';
import { type PgServer, withPostgres } from '../../postgres/server.ts';
import { readPosition, type SnapshotTaker } from '../../postgres/snapshot.ts';
import { besideFollower } from './besideFollower.ts';
import { behind, gate, unchanged } from './gate.ts';
import { otherWay, type Way } from './otherWays.ts';
import { coversFile, ownerOf, requireNotForeign, requireOwnPlaces, requireOwnSource } from './published.ts';
import { describeSource, sourceOf } from './syncedFrom.ts';
import { syncInSnapshot } from './syncInSnapshot.ts';
import type { SyncRequest, SyncResult } from './syncRequest.ts';

const STANDBY_BEHIND =
  'the source is a standby that has not yet replayed what the file holds; nothing was done (--full loads what it has)';

/**
 * Brings the DuckDB file up to date: afterwards its tables equal those of PostgreSQL as of one snapshot.
 * @throws FinanceDbError; nothing was published then
 */
export async function sync(request: SyncRequest): Promise<SyncResult> {
  const { config, signal, now } = request;
  const { postgres: target, lockWaitMs } = config;
  const options = { waitMs: request.waitSeconds * 1000, fileMode: config.fileMode, now: now(), signal };
  let workspace: Workspace;
  try {
    // A follower does not end: to wait for it is to wait until it has come so far.
    const waitMs = currentFollower(config.duckdbPath) === null ? options.waitMs : 0;
    workspace = await openWorkspace(config.duckdbPath, { ...options, waitMs });
  } catch (error) {
    const followed = await besideFollower(request, error);
    if (followed === null) throw error;
    return followed;
  }
  try {
    return await withPostgres({ target, now: now(), signal, lockWaitMs }, (server) =>
      syncInto(request, workspace, server),
    );
  } catch (error) {
    throw mapFileError(error, workspace.publishedPath);
  } finally {
    workspace.close();
  }
}

/**
 * The sync itself, for those who hold the workspace and the server already.
 * @param take brings the snapshot to sync in; what it sees is read and published in any case
 */
export async function syncInto(
  request: SyncRequest,
  workspace: Workspace,
  server: PgServer,
  take?: SnapshotTaker,
): Promise<SyncResult> {
  const { now } = request;
  const started = performance.now();
  let session = await server.connect();
  const position = await readPosition(session);
  const published = await readPublishedFile(workspace.pathWithoutLog(), workspace.publishedPath);
  requireNotForeign(published, workspace.publishedPath);
  const source = sourceOf(server, position);
  const owner = ownerOf(published);
  if (request.newSource !== true) requireOwnSource(owner, source, workspace.publishedPath);
  const replaces = owner !== null && isOtherSource(owner, source);
  const strangers = hasLog(workspace.publishedPath) ? workspace.setAside(now()) : null;
  const warnings = replaces ? [`the data of ${sourceText(owner)} was replaced`] : [];
  if (strangers !== null) warnings.push(strangers);
  const file: PublishedFile = replaces ? { kind: 'missing' } : published;
  requireOwnPlaces(request.tables, file);
  const late = take === undefined ? behind(request, position, file) : null;
  if (late !== null) {
    const result = unchanged(describeSource(server, position), late, workspace.publishedPath, started);
    return { ...result, warnings: [...warnings, STANDBY_BEHIND] };
  }
  const untouched = take === undefined ? await gate(request, position, file) : null;
  if (untouched !== null) {
    if (coversFile(request, published)) rememberCheck(workspace.publishedPath, now());
    const result = unchanged(describeSource(server, position), untouched, workspace.publishedPath, started);
    return { ...result, warnings };
  }
  let way: Way = { request, file, warnings };
  try {
    for (let now = position; ; now = await readPosition(session))
      try {
        const result = await syncInSnapshot(way.request, workspace, server, session, now, way.file, started, take);
        return { ...result, warnings: [...way.warnings, ...result.warnings] };
      } catch (error) {
        const other = take === undefined ? otherWay(way, error) : null;
        if (other === null) throw error;
        way = other;
        // The failed one first: a role may have no more than one connection.
        await session.close();
        session = await server.connect();
      }
  } finally {
    // A snapshot that stays open keeps the server from cleaning up.
    if (take !== undefined) await session.close();
  }
}
