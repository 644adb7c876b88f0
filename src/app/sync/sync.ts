import fs from 'node:fs';
import os from 'node:os';
import type { Config } from '../../config/config.ts';
import { compactFile, isBloated, rememberFreshSql } from '../../duckdb/compact.ts';
import { type PublishedFile, readPublishedFile } from '../../duckdb/fileState.ts';
import { openWorkspace, type Workspace } from '../../duckdb/publish.ts';
import { carryReceipts } from '../../duckdb/receipts.ts';
import { STATE_DDL, STATE_FORMAT, writeStateSql } from '../../duckdb/syncState.ts';
import { openWorkingCopy, type WorkingCopy, type WorkingCopyOptions } from '../../duckdb/workingCopy.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import {
  changesNeedTransaction,
  planTable,
  type SyncMode,
  type TablePlan,
  type TableState,
} from '../../model/syncPlan.ts';
import { displayName, duckdbSchema, duckdbTable, STATE_SCHEMA, type TableName } from '../../model/tableName.ts';
import { type ColumnMapping, mapColumns } from '../../model/typeMapping.ts';
import { nothingHappened, watermarkObjection } from '../../model/watermark.ts';
import { type PgServer, withPostgres } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import {
  findHoldBack,
  type HoldBack,
  isDurable,
  openSnapshot,
  readPosition,
  type SourcePosition,
  type SourceSnapshot,
} from '../../postgres/snapshot.ts';
import { VERSION } from '../../version.ts';
import { fullLoad, type LoadContext, type LoadProgress } from './fullLoad.ts';
import { applyChanges } from './incremental.ts';
import { createReadyViews } from './readyViews.ts';

export interface SyncRequest {
  readonly config: Config;
  /** The tables to sync; config.tables unless --tables narrows them. */
  readonly tables: readonly TableName[];
  readonly full: boolean;
  readonly jobs: number | null;
  readonly waitSeconds: number;
  /** Columns to index in the DuckDB file. */
  readonly indexes: readonly string[];
  /** What DuckDB may use, such as '400MB'. */
  readonly memory: string | null;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
  /** Called with the finished working copy, in the snapshot it was made from, before it is published. */
  readonly beforePublish?: ((ready: ReadyToPublish) => Promise<void>) | undefined;
}

/** What a check before publishing gets to see. */
export interface ReadyToPublish {
  readonly copy: WorkingCopy;
  readonly snapshot: SourceSnapshot;
  readonly tables: readonly { readonly plan: TablePlan; readonly columns: readonly ColumnMapping[] }[];
}

export interface TableResult {
  readonly table: string;
  readonly mode: SyncMode;
  readonly reason: string;
  readonly rows: bigint;
  readonly upserted: bigint;
  readonly deleted: bigint;
  readonly seconds: number;
}

export interface SyncResult {
  readonly source: { readonly kind: 'embedded' | 'postgres'; readonly database: string; readonly version: string };
  readonly tables: readonly TableResult[];
  readonly snapshot: string;
  readonly duckdb: { readonly path: string; readonly bytes: number };
  readonly seconds: number;
  /** False when there was nothing to publish. */
  readonly published: boolean;
  /** Things worth knowing that are no errors. */
  readonly warnings: readonly string[];
  readonly heldBack: HoldBack | null;
}

/** DuckDB's memory for a sync unless --memory says otherwise; peak resident memory is measured in docs/performance.md. */
const DEFAULT_MEMORY = '320MB';
/** Disk for rows on their way from PostgreSQL to DuckDB. */
const SPOOL_BYTES = 512 << 20;

/**
 * Brings the DuckDB file up to date: afterwards its tables equal those of PostgreSQL as of one snapshot.
 * @throws FinanceDbError; nothing was published then
 */
export async function sync(request: SyncRequest): Promise<SyncResult> {
  const { config, signal, now } = request;
  const workspace = await openWorkspace(config.duckdbPath, { waitMs: request.waitSeconds * 1000, now: now(), signal });
  try {
    return await withPostgres({ target: config.postgres, now: now(), signal }, async (server) => {
      const started = performance.now();
      const session = await server.connect();
      const position = await readPosition(session);
      const file = await readPublishedFile(workspace.publishedPath);
      const untouched = gate(request, position, file);
      if (untouched !== null) return unchanged(server, position, untouched, workspace, started);
      try {
        return await syncInSnapshot(request, workspace, server, session, position, file, started);
      } catch (error) {
        const damage = damageOf(error, file);
        if (damage === null) throw error;
        const again = await server.connect();
        return await syncInSnapshot(request, workspace, server, again, await readPosition(again), damage, started);
      }
    });
  } finally {
    workspace.close();
  }
}

/**
 * Damage in the middle of the file shows only when DuckDB comes to the place. What it refuses to do in a copy of the
 * published file, in a new file it will not: the file counts as unusable then. Null for all other failures.
 */
function damageOf(error: unknown, file: PublishedFile): PublishedFile | null {
  if (file.kind !== 'ours' || !isFinanceDbError(error)) return null;
  if (error.code !== 'DUCKDB_UNREADABLE' && !(error.code === 'INTERNAL' && 'sql' in error.details)) return null;
  return { kind: 'unusable', why: error.message };
}

/** The states of all tables when no transaction can have changed any; null when it takes a closer look. */
function gate(request: SyncRequest, position: SourcePosition, file: PublishedFile): TableState[] | null {
  if (request.full || request.beforePublish !== undefined || file.kind !== 'ours' || file.sample) return null;
  const states = request.tables.map((table) => findState(file, table));
  const settled = states.every(
    (state) =>
      state?.gated === true &&
      nothingHappened(state.snapshot, position.snapshot) &&
      watermarkObjection(state, position) === null,
  );
  return settled ? states.filter((state) => state !== null) : null;
}

function unchanged(
  server: PgServer,
  position: SourcePosition,
  states: readonly TableState[],
  workspace: Workspace,
  started: number,
): SyncResult {
  return {
    ...describeSource(server, position),
    tables: states.map((state) => ({
      table: displayName(state),
      mode: 'none',
      reason: 'no transaction since the last sync',
      rows: state.rows,
      upserted: 0n,
      deleted: 0n,
      seconds: 0,
    })),
    duckdb: { path: workspace.publishedPath, bytes: fs.statSync(workspace.publishedPath).size },
    seconds: secondsSince(started),
    published: false,
    warnings: [],
    heldBack: null,
  };
}

async function syncInSnapshot(
  request: SyncRequest,
  workspace: Workspace,
  server: PgServer,
  session: PgSession,
  position: SourcePosition,
  file: PublishedFile,
  started: number,
): Promise<SyncResult> {
  const warnings: string[] = [];
  const snapshot = await openSnapshot(server, session, request.tables, position.identity.systemIdentifier !== null);
  const known = file.kind === 'ours' && !file.sample;
  const work = snapshot.tables.map((source) => ({
    plan: planTable(source, known ? findState(file, source.table) : null, snapshot, request.full),
    columns: mapColumns(source),
  }));
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
    await copy.run('BEGIN TRANSACTION');
    for (const statement of STATE_DDL) await copy.run(statement);
    await copy.run(`DELETE FROM ${STATE_SCHEMA}.about`);
    await copy.run(
      `INSERT INTO ${STATE_SCHEMA}.about VALUES ('format', ${quoteLiteral(STATE_FORMAT)}), ('sample', 'false'), ('tool', ${quoteLiteral(VERSION)}), ('base_currency', ${quoteLiteral(request.config.baseCurrency)})`,
    );
    if (keeps) await copy.run(rememberFreshSql(file.fresh));
    const tables: TableResult[] = [];
    for (const { plan, columns } of work) {
      const state = known ? findState(file, plan.source.table) : null;
      const result = await syncTable(context, plan, columns, state);
      await writeState(request, context, plan, columns, result);
      tables.push(result);
    }
    await copy.run('COMMIT');
    await createReadyViews(
      copy,
      work.map(({ plan, columns }) => ({ table: plan.source.table, columns })),
    );
    await createIndexes(copy, request.indexes, work);
    await request.beforePublish?.({ copy, snapshot, tables: work });
    const heldBack = await findHoldBack(session, snapshot.snapshot);
    if (!(await isDurable(snapshot, request.signal)))
      warnings.push(
        'the server has not yet written all that was read to its disk; should it crash now, run `finance-db sync --full`',
      );
    request.signal.throwIfAborted();
    await copy.close();
    if (keeps) {
      const rows = rowsAfter(file.tables, work, tables);
      if (isBloated(fs.statSync(copy.path).size, rows, file.fresh))
        await compactFile(copy.path, copyOptions(request, workspace), rows, file.fresh);
    }
    request.signal.throwIfAborted();
    const aside = workspace.publish(file.kind === 'unusable', request.now());
    if (aside !== null) warnings.push(`it was kept as ${aside}`);
    return {
      ...describeSource(server, snapshot),
      tables,
      duckdb: { path: workspace.publishedPath, bytes: fs.statSync(workspace.publishedPath).size },
      seconds: secondsSince(started),
      published: true,
      warnings,
      heldBack,
    };
  } catch (error) {
    copy.abandon();
    request.signal.throwIfAborted();
    throw error;
  }
}

/** Rows of the whole file: what was synced, and tables of the file that were not asked for. */
function rowsAfter(
  before: readonly TableState[],
  work: ReadyToPublish['tables'],
  done: readonly TableResult[],
): bigint {
  const others = before.filter((state) => !work.some(({ plan }) => isSame(plan.source.table, state)));
  return [...others, ...done].reduce((sum, { rows }) => sum + rows, 0n);
}

async function syncTable(
  context: LoadContext,
  plan: TablePlan,
  columns: readonly ColumnMapping[],
  state: TableState | null,
): Promise<TableResult> {
  const { source } = plan;
  const started = performance.now();
  const finish = (mode: SyncMode, reason: string, rows: bigint, upserted: bigint, deleted: bigint): TableResult => ({
    ...{ table: displayName(source.table), mode, reason, rows, upserted, deleted },
    seconds: secondsSince(started),
  });
  if (plan.mode === 'none' && state !== null) return finish('none', plan.reason, state.rows, 0n, 0n);
  let reason = plan.reason;
  if (plan.mode === 'incremental' && state !== null) {
    const outcome = await applyChanges(context, source, columns, state, plan.newLeaves);
    if (outcome.kind === 'applied') {
      const touched = outcome.upserted > 0n || outcome.deleted > 0n;
      if (!touched) reason = 'transactions since the last sync changed nothing in this table';
      return finish('incremental', reason, outcome.rows, outcome.upserted, outcome.deleted);
    }
    reason = outcome.reason;
  }
  await context.copy.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(duckdbSchema(source.table))}`);
  const rows = await fullLoad(context, source, columns);
  return finish('full', reason, rows, rows, 0n);
}

async function writeState(
  request: SyncRequest,
  context: LoadContext,
  plan: TablePlan,
  columns: readonly ColumnMapping[],
  result: TableResult,
): Promise<void> {
  const { source } = plan;
  const statements = writeStateSql({
    identity: context.snapshot.identity,
    tableOid: source.oid,
    fingerprint: plan.fingerprint,
    snapshot: context.snapshot.snapshotText,
    leaves: source.leaves.map((leaf) => leaf.oid),
    gated: changesNeedTransaction(source),
    key: source.key,
    columns: columns.map(({ name, family, duckdbType, postgresType }) => ({ name, family, duckdbType, postgresType })),
    ...result,
    table: source.table,
    syncedAt: request.now().toISOString(),
    toolVersion: VERSION,
  });
  for (const statement of statements) await context.copy.run(statement);
}

async function openCopy(request: SyncRequest, workspace: Workspace): Promise<WorkingCopy> {
  const copy = await openWorkingCopy(workspace.copyPath, copyOptions(request, workspace));
  request.signal.addEventListener('abort', () => copy.interrupt?.(), { once: true });
  return copy;
}

function copyOptions(request: SyncRequest, workspace: Workspace): WorkingCopyOptions {
  return {
    memory: request.memory ?? request.config.memory ?? DEFAULT_MEMORY,
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
  };
}

async function createIndexes(
  copy: WorkingCopy,
  indexes: readonly string[],
  work: ReadyToPublish['tables'],
): Promise<void> {
  for (const { plan, columns } of work)
    for (const name of indexes)
      if (columns.some((column) => column.name === name))
        await copy.run(
          `CREATE INDEX IF NOT EXISTS ${quoteIdentifier(indexName(plan.source.table, name))} ON ${duckdbTable(plan.source.table)} (${quoteIdentifier(name)})`,
        );
}

/** `idx_timestamp` for the main table, as its PostgreSQL indexes are called; others carry the table's name. */
function indexName(table: TableName, column: string): string {
  return displayName(table) === 'transactions' ? `idx_${column}` : `idx_${table.name}_${column}`;
}

function describeSource(server: PgServer, position: SourcePosition): Pick<SyncResult, 'source' | 'snapshot'> {
  return {
    source: {
      kind: server.kind === 'embedded' ? 'embedded' : 'postgres',
      database: server.database,
      version: position.serverVersion,
    },
    snapshot: position.snapshotText,
  };
}

function findState(file: PublishedFile, table: TableName): TableState | null {
  if (file.kind !== 'ours') return null;
  return file.tables.find((state) => isSame(table, state)) ?? null;
}

function isSame(a: TableName, b: TableName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1000;
}
