import fs from 'node:fs';
import os from 'node:os';
import { compactFile, isBloated, rememberFreshSql } from '../../duckdb/compact.ts';
import { hasLog } from '../../duckdb/companions.ts';
import { type PublishedFile, readPublishedFile } from '../../duckdb/fileState.ts';
import { currentFollower } from '../../duckdb/followNote.ts';
import { carryFollowStateSql } from '../../duckdb/followState.ts';
import { createIndexes } from '../../duckdb/indexes.ts';
import { rememberCheck, renewCheck } from '../../duckdb/lastCheck.ts';
import { dropOtherPlaces } from '../../duckdb/places.ts';
import { openWorkspace, type Workspace } from '../../duckdb/publish.ts';
import { carryReceipts } from '../../duckdb/receipts.ts';
import { rememberSampleTables } from '../../duckdb/sampleTables.ts';
import {
  type KnownParts,
  rememberDeletesSql,
  rememberPartsSql,
  rememberSourceSql,
  STATE_DDL,
  STATE_FORMAT,
} from '../../duckdb/syncState.ts';
import { openWorkingCopy, type WorkingCopy, type WorkingCopyOptions } from '../../duckdb/workingCopy.ts';
import { mapFileError } from '../../files/fileErrors.ts';
import { type FileSource, isOtherSource, sourceText } from '../../model/fileSource.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { planTable, type TableState } from '../../model/syncPlan.ts';
import { displayName, STATE_SCHEMA } from '../../model/tableName.ts';
import { mapColumns } from '../../model/typeMapping.ts';
import { keepMarks } from '../../model/walSummaries.ts';
import { parseSnapshot } from '../../model/watermark.ts';
import { type PgServer, withPostgres } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import {
  findHoldBack,
  isDurable,
  openSnapshot,
  readPosition,
  type SnapshotTaker,
  type SourcePosition,
  type SourceSnapshot,
} from '../../postgres/snapshot.ts';
import { HAS_WAL_SUMMARIES, readMark } from '../../postgres/walSummaries.ts';
import { VERSION } from '../../version.ts';
import { nameBadText } from './badText.ts';
import { labelSums } from './baseCurrency.ts';
import { besideFollower } from './besideFollower.ts';
import type { LoadContext } from './fullLoad.ts';
import { behind, gate, settledByLog, unchanged } from './gate.ts';
import { requireIndexColumns } from './indexColumns.ts';
import { knownParts, knownPlaces, partsAfter, placesAfter, strayRows } from './partState.ts';
import {
  damageOf,
  findState,
  isSame,
  ownerOf,
  requireNotForeign,
  requireOwnPlaces,
  requireOwnSource,
  rowsAfter,
} from './published.ts';
import { createReadyViews } from './readyViews.ts';
import type { SyncRequest, SyncResult, TableResult, TableWork } from './syncRequest.ts';
import { secondsSince, stateOf, syncTable } from './syncTable.ts';
import { TableBatch } from './tableBatch.ts';
import { findUnread } from './unread.ts';

/** DuckDB's memory for a sync unless --memory says otherwise; peak resident memory is measured in docs/performance.md. */
export const DEFAULT_MEMORY = '320MB';
/** Disk for rows on their way from PostgreSQL to DuckDB. */
const SPOOL_BYTES = 512 << 20;

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
  const session = await server.connect();
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
  try {
    const result = await syncInSnapshot(request, workspace, server, session, position, file, started, take);
    return { ...result, warnings: [...warnings, ...result.warnings] };
  } catch (error) {
    const damage = damageOf(error, file);
    if (damage === null || take !== undefined) throw error;
    // The failed one first: a role may have no more than one connection.
    await session.close();
    const again = await server.connect();
    return await syncInSnapshot(request, workspace, server, again, await readPosition(again), damage, started);
  } finally {
    // A snapshot that stays open keeps the server from cleaning up.
    if (take !== undefined) await session.close();
  }
}

async function syncInSnapshot(
  request: SyncRequest,
  workspace: Workspace,
  server: PgServer,
  session: PgSession,
  position: SourcePosition,
  file: PublishedFile,
  started: number,
  take?: SnapshotTaker,
): Promise<SyncResult> {
  const warnings: string[] = [];
  const hasIdentity = position.identity.systemIdentifier !== null;
  const summarizes = position.serverVersionNumber >= HAS_WAL_SUMMARIES;
  const mark = summarizes && take === undefined ? await readMark(session, false) : null;
  const snapshot = await openSnapshot(server, session, request.tables, hasIdentity, take);
  const known = file.kind === 'ours' && !file.sample;
  const work = snapshot.tables.map((source) => ({
    plan: planTable(source, known ? findState(file, source.table) : null, snapshot, isFull(request, source)),
    columns: mapColumns(source),
  }));
  requireIndexColumns(request, work);
  const stateBefore = ({ plan }: TableWork): TableState | null => (known ? findState(file, plan.source.table) : null);
  const looks = await findUnread(
    request,
    snapshot,
    work,
    stateBefore,
    known ? file.marks : [],
    server.kind === 'embedded',
  );
  const later = summarizes ? await readMark(session, true) : null;
  // Who takes a snapshot of his own needs a file of that snapshot.
  if (known && take === undefined) {
    const untouched = await settledByLog(request, file, work, looks);
    if (untouched !== null) {
      if (coversFile(request, file)) rememberCheck(workspace.publishedPath, request.now());
      return unchanged(describeSource(server, snapshot), untouched, workspace.publishedPath, started);
    }
  }
  if (file.kind === 'unusable') warnings.push(`the file that was there could not be used: ${file.why}`);
  // When everything in the file is loaded anew, a new file is smaller and faster than a copy that is emptied.
  const keeps =
    known &&
    !file.tables.every((state) => work.some(({ plan }) => plan.mode === 'full' && isSame(plan.source.table, state)));
  workspace.clearCopy();
  if (keeps) workspace.copyPublished();
  const copy = await openCopy(request, workspace);
  try {
    const context = loadContext(request, workspace, snapshot, copy);
    if (known && !keeps) await carryReceipts(copy, workspace.publishedPath);
    const batch = new TableBatch(copy);
    await copy.run('BEGIN TRANSACTION');
    for (const statement of STATE_DDL) await copy.run(statement);
    await copy.run(`DELETE FROM ${STATE_SCHEMA}.about`);
    await copy.run(
      `INSERT INTO ${STATE_SCHEMA}.about VALUES ('format', ${quoteLiteral(STATE_FORMAT)}), ('sample', 'false'), ('tool', ${quoteLiteral(VERSION)})`,
    );
    await copy.run(rememberSourceSql(sourceOf(server, snapshot)));
    if (keeps) await copy.run(rememberFreshSql(file.fresh));
    if (keeps && request.besideStream === true && file.followed !== null)
      await copy.run(carryFollowStateSql(file.followed));
    const read = work.map(({ plan: { source } }) => ({ tableOid: source.oid, deletes: source.deletes }));
    await copy.run(rememberDeletesSql([...(keeps ? file.tables : []), ...read]));
    const tables: TableResult[] = [];
    const isOther = (state: TableState): boolean => !work.some(({ plan }) => isSame(plan.source.table, state));
    const parts: KnownParts[] = keeps ? file.tables.flatMap(knownParts) : [];
    const places: KnownParts[] = keeps ? file.tables.filter(isOther).flatMap(knownPlaces) : [];
    for (const { plan, columns } of work) {
      const state = stateBefore({ plan, columns });
      const done = await syncTable(context, plan, columns, state, looks.of(plan.source.oid)).catch(
        async (error: unknown) => {
          throw await nameBadText(error, server, plan.source, columns);
        },
      );
      await batch.add(stateOf(context, plan, columns, done.result, request.now()));
      tables.push(done.result);
      parts.push(...partsAfter(context, plan, state, done));
      places.push(...placesAfter(context, plan, columns, state, done));
      warnings.push(...strayRows(plan, done));
    }
    await batch.end();
    const marks = [...(known ? file.marks : []), mark, later].filter((one) => one !== null);
    const held = [...(keeps ? file.tables : []), snapshot].map((state) => state.snapshot.xmin);
    held.push(...places.map((known) => parseSnapshot(known.snapshot).xmin));
    const [oldest = 0n] = held.sort((a, b) => Number(a - b));
    await copy.run(rememberPartsSql(parts, places, keepMarks(marks, oldest)));
    await dropOtherPlaces(
      copy,
      places.map(({ tableOid }) => tableOid),
    );
    const stored = work.map(({ plan, columns }) => ({ table: plan.source.table, columns }));
    warnings.push(...(await createReadyViews(copy, stored)));
    warnings.push(
      ...(await labelSums(copy, request.config, known && request.newSource !== true ? file.baseCurrency : null)),
    );
    const sampleTables = await rememberSampleTables(
      copy,
      stored,
      keeps ? file.sampleTables.filter(({ table }) => !tables.some((done) => done.table === table)) : [],
    );
    await copy.run('COMMIT');
    for (const { plan, columns } of work) {
      const names = columns.map((column) => column.name);
      await createIndexes(copy, plan.source.table, names, request.indexes);
    }
    await request.beforePublish?.({ copy, snapshot, tables: work });
    const heldBack = await findHoldBack(session, snapshot.snapshot);
    if (!(await isDurable(snapshot, request.signal)))
      warnings.push(
        'the server has not yet written all that was read to its disk; should it crash now, run `finance-db sync --full`',
      );
    const refusal = snapshot.refusal();
    if (refusal !== null) warnings.push(`read with fewer connections than --jobs: ${refusal}`);
    request.signal.throwIfAborted();
    await copy.close();
    if (keeps) {
      const rows = rowsAfter(file.tables, work, tables);
      if (isBloated(fs.statSync(copy.path).size, rows, file.fresh))
        await compactFile(copy.path, copyOptions(request, workspace), rows, file.fresh);
    }
    request.signal.throwIfAborted();
    if (file.kind === 'unusable')
      warnings.push(workspace.setAside(request.now()) ?? 'it was not kept, since an earlier one lies beside it');
    const aside = await workspace.publish(request.now());
    if (aside !== null) warnings.push(aside);
    if (!keeps || coversFile(request, file)) renewCheck(workspace.publishedPath, request.now());
    return {
      ...describeSource(server, snapshot),
      tables,
      duckdb: { path: workspace.publishedPath, bytes: fs.statSync(workspace.publishedPath).size },
      seconds: secondsSince(started),
      published: true,
      warnings,
      heldBack,
      sampleTables,
    };
  } catch (error) {
    copy.abandon();
    request.signal.throwIfAborted();
    throw error;
  }
}

function isFull({ full, fullTables }: SyncRequest, { table }: SourceTable): boolean {
  return full || fullTables?.has(displayName(table)) === true;
}

/** Whether all that the file holds was asked for, so that all of it was checked. */
function coversFile({ tables }: SyncRequest, file: PublishedFile): boolean {
  return file.kind === 'ours' && file.tables.every((state) => tables.some((table) => isSame(table, state)));
}

async function openCopy(request: SyncRequest, workspace: Workspace): Promise<WorkingCopy> {
  const copy = await openWorkingCopy(workspace.copyPath, copyOptions(request, workspace));
  request.signal.addEventListener('abort', () => copy.interrupt?.(), { once: true });
  return copy;
}

function copyOptions(request: SyncRequest, workspace: Workspace): WorkingCopyOptions {
  return {
    memory: request.config.memory ?? DEFAULT_MEMORY,
    threads: os.availableParallelism(),
    temporaryFolder: workspace.temporaryFolder,
  };
}

function loadContext(
  request: SyncRequest,
  workspace: Workspace,
  snapshot: SourceSnapshot,
  copy: WorkingCopy,
): LoadContext {
  return {
    snapshot,
    copy,
    spoolFolder: workspace.spoolFolder,
    jobs: request.jobs ?? Math.min(4, os.availableParallelism()),
    spoolBytes: request.config.spoolBytes ?? SPOOL_BYTES,
    signal: request.signal,
    onProgress: request.onProgress,
    placesFrom: request.placesFrom,
  };
}

function sourceOf({ place, database }: PgServer, { identity }: SourcePosition): FileSource {
  const { systemIdentifier, databaseOid } = identity;
  return { systemIdentifier, databaseOid, database, place };
}

function describeSource(server: PgServer, position: SourcePosition): Pick<SyncResult, 'source' | 'snapshot'> {
  return {
    source: {
      kind: server.kind === 'embedded' ? 'embedded' : 'postgres',
      database: server.database,
      place: server.place,
      version: position.serverVersion,
    },
    snapshot: position.snapshotText,
  };
}
