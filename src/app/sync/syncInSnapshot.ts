import fs from 'node:fs';
import { compactFile, isBloated } from '../../duckdb/compact.ts';
import type { PublishedFile } from '../../duckdb/fileState.ts';
import { createIndexes } from '../../duckdb/indexes.ts';
import { rememberCheck, renewCheck } from '../../duckdb/lastCheck.ts';
import { writeAndFollow } from '../../duckdb/movedRows.ts';
import type { Workspace } from '../../duckdb/publish.ts';
import { carryReceipts } from '../../duckdb/receipts.ts';
import { rememberSampleTables } from '../../duckdb/sampleTables.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { planTable } from '../../model/syncPlan.ts';
import { displayName } from '../../model/tableName.ts';
import { mapColumns } from '../../model/typeMapping.ts';
import type { PgServer } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import {
  findHoldBack,
  isDurable,
  openSnapshot,
  type SnapshotTaker,
  type SourcePosition,
  type SourceSnapshot,
} from '../../postgres/snapshot.ts';
import { HAS_WAL_SUMMARIES, readMark } from '../../postgres/walSummaries.ts';
import { labelSums } from './baseCurrency.ts';
import { settledByLog, unchanged } from './gate.ts';
import { requireIndexColumns } from './indexColumns.ts';
import { noteOrder } from './keptOrder.ts';
import { markLack } from './otherWays.ts';
import { coversFile, findState, isSame, rowsAfter } from './published.ts';
import { createReadyViews } from './readyViews.ts';
import { COMPACT_MEMORY, copyOptions, loadContext, openCopy } from './syncCopy.ts';
import { describeSource } from './syncedFrom.ts';
import type { SyncRequest, SyncResult, TableResult } from './syncRequest.ts';
import { secondsSince } from './syncTable.ts';
import { findUnread } from './unread.ts';
import { type Planned, stateBefore, writeTables } from './writeTables.ts';

/**
 * Opens a snapshot of the source, brings a copy of the published file up to it, and publishes that; or finds that there is nothing to do.
 * @param position where the source stood before
 * @param file what is published now
 * @param started when the sync began, by performance.now()
 * @param take brings the snapshot to sync in; what it sees is read and published in any case
 */
export async function syncInSnapshot(
  request: SyncRequest,
  workspace: Workspace,
  server: PgServer,
  session: PgSession,
  position: SourcePosition,
  file: PublishedFile,
  started: number,
  take?: SnapshotTaker,
): Promise<SyncResult> {
  const hasIdentity = position.identity.systemIdentifier !== null;
  const summarizes = position.serverVersionNumber >= HAS_WAL_SUMMARIES;
  const mark = summarizes && take === undefined ? await readMark(session, false) : null;
  const snapshot = await openSnapshot(server, session, request.tables, hasIdentity, take);
  const found = await plan(request, server, snapshot, file);
  const later = summarizes ? await readMark(session, true) : null;
  const planned = { ...found, marks: [mark, later].filter((one) => one !== null) };
  // Who takes a snapshot of his own needs a file of that snapshot.
  if (planned.known !== null && take === undefined) {
    const untouched = await settledByLog(request, planned.known, planned.work, planned.looks);
    if (untouched !== null) {
      if (coversFile(request, file)) rememberCheck(workspace.publishedPath, request.now());
      return unchanged(describeSource(server, snapshot), untouched, workspace.publishedPath, started);
    }
  }
  workspace.clearCopy();
  if (planned.keeps) workspace.copyPublished();
  const copy = await openCopy(request, workspace);
  try {
    const written = await write(request, workspace, server, snapshot, copy, planned);
    const heldBack = await findHoldBack(session, snapshot.snapshot);
    const warnings = file.kind === 'unusable' ? [`the file that was there could not be used: ${file.why}`] : [];
    warnings.push(...written.warnings, ...(await doubts(request, snapshot)));
    warnings.push(...(await publish(request, workspace, copy, file, planned, written)));
    return {
      ...describeSource(server, snapshot),
      tables: written.tables,
      duckdb: { path: workspace.publishedPath, bytes: fs.statSync(workspace.publishedPath).size },
      seconds: secondsSince(started),
      published: true,
      warnings,
      heldBack,
      sampleTables: written.sampleTables,
    };
  } catch (error) {
    copy.abandon();
    request.signal.throwIfAborted();
    throw markLack(error, planned);
  }
}

/** How each table is to be brought up to date, and what of it need not be read. */
async function plan(
  request: SyncRequest,
  server: PgServer,
  snapshot: SourceSnapshot,
  file: PublishedFile,
): Promise<Omit<Planned, 'marks'>> {
  const known = file.kind === 'ours' && !file.sample ? file : null;
  const work = snapshot.tables.map((source) => ({
    plan: planTable(source, known && findState(known, source.table), snapshot, isFull(request, source)),
    columns: mapColumns(source),
  }));
  requireIndexColumns(request, work);
  const looks = await findUnread(
    request,
    snapshot,
    work,
    (one) => stateBefore(known, one),
    known?.marks ?? [],
    server.kind === 'embedded',
  );
  // When everything in the file is loaded anew, a new file is smaller and faster than a copy that is emptied.
  const keeps =
    known !== null &&
    !known.tables.every((state) =>
      work.some((one) => one.plan.mode === 'full' && isSame(one.plan.source.table, state)),
    );
  return { work, looks, known, keeps };
}

/** Writes the rows, what the file says of itself, and what makes it ready to read. */
async function write(
  request: SyncRequest,
  workspace: Workspace,
  server: PgServer,
  snapshot: SourceSnapshot,
  copy: WorkingCopy,
  planned: Planned,
): Promise<Pick<SyncResult, 'sampleTables' | 'warnings'> & { tables: TableResult[]; disordered: boolean }> {
  const { work, known, keeps } = planned;
  const context = loadContext(request, workspace, snapshot, copy);
  if (known !== null && !keeps) await carryReceipts(copy, workspace.publishedPath);
  const { tables, warnings, relabelled, placed } = await writeTables(request, server, context, planned);
  const stored = work.map((one) => ({ table: one.plan.source.table, columns: one.columns }));
  warnings.push(...(await createReadyViews(copy, stored)));
  const label = known !== null && request.newSource !== true ? known.baseCurrency : null;
  warnings.push(...(await labelSums(copy, request.config, label, relabelled)));
  const others = keeps && known !== null ? known.sampleTables : [];
  const sampleTables = await rememberSampleTables(
    copy,
    stored,
    others.filter(({ table }) => !tables.some((done) => done.table === table)),
  );
  const disordered = await noteOrder(copy, planned, tables);
  await copy.run('COMMIT');
  if (placed.length > 0) await writeAndFollow(copy, placed);
  for (const { table, columns } of stored) {
    const names = columns.map((column) => column.name);
    await createIndexes(copy, table, names, request.indexes);
  }
  await request.beforePublish?.({ copy, snapshot, tables: work });
  return { tables, warnings, sampleTables, disordered };
}

/** What somebody should know of how it was read. */
async function doubts(request: SyncRequest, snapshot: SourceSnapshot): Promise<string[]> {
  const warnings: string[] = [];
  if (!(await isDurable(snapshot, request.signal)))
    warnings.push(
      'the server has not yet written all that was read to its disk; should it crash now, run `finance-db sync --full`',
    );
  const refusal = snapshot.refusal();
  if (refusal !== null) warnings.push(`read with fewer connections than --jobs: ${refusal}`);
  return warnings;
}

/** Puts the copy in the place of the published file. @returns what somebody should know of what lay there */
async function publish(
  request: SyncRequest,
  workspace: Workspace,
  copy: WorkingCopy,
  file: PublishedFile,
  { work, known, keeps }: Planned,
  { tables, disordered }: { readonly tables: readonly TableResult[]; readonly disordered: boolean },
): Promise<string[]> {
  const warnings: string[] = [];
  request.signal.throwIfAborted();
  await copy.close();
  if (keeps && known !== null) {
    const rows = rowsAfter(known.tables, work, tables);
    if (disordered || isBloated(fs.statSync(copy.path).size, rows, known.fresh)) {
      const tries = COMPACT_MEMORY.map((memory) => copyOptions(request, workspace, memory));
      await compactFile(copy.path, tries, rows, known.fresh);
    }
  }
  request.signal.throwIfAborted();
  if (file.kind === 'unusable')
    warnings.push(workspace.setAside(request.now()) ?? 'it was not kept, since an earlier one lies beside it');
  const aside = await workspace.publish(request.now());
  if (aside !== null) warnings.push(aside);
  if (!keeps || coversFile(request, file)) renewCheck(workspace.publishedPath, request.now());
  return warnings;
}

/** Whether a table is to be loaded anew whatever is known of it, or why it is. */
function isFull({ full, fullTables, fullBecause }: SyncRequest, { table }: SourceTable): boolean | string {
  return full || (fullTables?.has(displayName(table)) === true && (fullBecause ?? true));
}
