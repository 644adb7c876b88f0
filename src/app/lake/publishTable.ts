import { randomUUID } from 'node:crypto';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { type Commit, commitSnapshot, type SnapshotChange, snapshotKeys } from '../../lake/commit.ts';
import type { DataFile } from '../../lake/iceberg/manifest.ts';
import { currentSchema, currentSpec, newSnapshotId } from '../../lake/iceberg/metadata.ts';
import { type Evolution, evolveSchema, type FieldNumbers } from '../../lake/iceberg/schema.ts';
import { clearDeadRuns, isCommitted, type Journal, takeBack, writeJournal } from '../../lake/journal.ts';
import { monthColumn, unitOfKey } from '../../lake/months.ts';
import { type Base, layOut, NUMBERS_PROPERTY, newMetadata } from '../../lake/nextMetadata.ts';
import { type LakeState, stateOf, type UnitState } from '../../lake/state.ts';
import type { LakeStore } from '../../lake/store/store.ts';
import { findVersion, keyOf, type LakeTable, loadTable, pointTo, readMetadata } from '../../lake/table.ts';
import { displayName } from '../../model/tableName.ts';
import { type TableOutcome, warnOfOldDates } from './result.ts';
import type { LakeSource } from './source.ts';
import { readUnits, type Unit } from './units.ts';
import { planFiles, type WritePlan, writeFile } from './writeUnit.ts';

/** One table's publication. */
export interface PublishContext extends Commit {
  readonly copy: Pick<WorkingCopy, 'all'>;
  /** For files on their way to a store that is no folder. */
  readonly folder: string;
  /** An estimate, until there are files to go by. */
  readonly bytesPerRow: number;
  /** Write everything anew, whatever is there. */
  readonly rebuild: boolean;
  readonly fileBytes?: number;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
}

/**
 * Makes a table of the lake equal to `source`: files of the months whose rows changed are replaced, in one snapshot.
 * @throws FinanceDbError LAKE_CONFLICT, LAKE_NOT_OURS, VALUE_REFUSED …; nothing was published then
 */
export async function publishTable(context: PublishContext, source: LakeSource): Promise<TableOutcome> {
  const { store, copy } = context;
  const name = displayName(source.table);
  const table = await openTable(context);
  const state = table === null ? null : stateOf(table);
  const evolution = evolve(table, source);
  const month = monthColumn(source.columns)?.name ?? null;
  const sort = sortColumns(month, source);
  const laidOut = layOut(table, evolution, { month, sort });
  const respec = table !== null && currentSpec(table.metadata)?.['spec-id'] !== laidOut.spec['spec-id'];
  const anew = context.rebuild || state === null || state.mode !== 'file' || evolution.rewrite || respec;
  if (table !== null && !anew && evolution.changes.length === 0 && isSameState(state, source))
    return unchanged(name, context, table);
  context.onStep(`${name}: looking for changed months`);
  const units = await readUnits(copy, source);
  const known = anew || state.duckdb !== source.state.duckdb ? {} : state.units;
  const changed = units.filter((unit) => !isSameUnit(known[unit.name], unit));
  const live = new Map((table?.entries ?? []).map((entry) => [entry.file.path, unitOf(table, entry.file.path)]));
  const stays = new Set(units.filter((unit) => !changed.includes(unit)).map((unit) => unit.name));
  const removed = new Set([...live].filter(([, unit]) => !stays.has(unit)).map(([path]) => path));
  if (table !== null && changed.length === 0 && removed.size === 0 && evolution.changes.length === 0)
    return unchanged(name, context, table);
  const plan: WritePlan = { source, schema: evolution.schema, sort };
  const next: LakeState = {
    ...source.state,
    mode: 'file',
    units: Object.fromEntries(units.map(({ name: unit, rows, digest }) => [unit, { rows, digest }])),
  };
  const base: Base = table ?? { version: 0, metadata: newMetadata(randomUUID(), store.location) };
  const published = await writeAndCommit(context, base, table, plan, changed, { laidOut, removed, state: next });
  return {
    ...published,
    table: name,
    rows: BigInt(source.state.rows),
    changes: evolution.changes,
    newVersion: evolution.newVersion,
    units: { all: units.length, changed: changed.length },
    files: {
      added: published.added.length,
      removed: removed.size,
      all: live.size - removed.size + published.added.length,
    },
    warnings: warnOfOldDates(name, evolution.schema, published.added),
    location: store.location,
    published: true,
  };
}

/** Reads the table, after ending what killed runs began; brings the pointer up to date. */
async function openTable({ store, rebuild }: PublishContext): Promise<LakeTable | null> {
  const table = rebuild ? await loadLeniently(store) : await loadTable(store);
  await clearDeadRuns(store, table?.version ?? 0);
  if (table === null) return null;
  await pointTo(store, table.version);
  if (table.metadata.location !== store.location)
    throw new FinanceDbError(
      'LAKE_NOT_OURS',
      `the table in ${store.location} says that it lies in ${table.metadata.location}: its files are named so, and engines look for them there`,
    );
  if (table.snapshot !== null && table.snapshot.summary['finance-db.postgres-snapshot'] === undefined && !rebuild)
    throw new FinanceDbError(
      'LAKE_NOT_OURS',
      `the newest snapshot of ${store.location} (${table.snapshot['snapshot-id']}) was written by another program`,
      { remedy: 'publish to another place (--to), or write the table anew with --rebuild' },
    );
  return table;
}

/** For a table that is written anew it does not matter that lists of its files are damaged. */
async function loadLeniently(store: LakeStore): Promise<LakeTable | null> {
  try {
    return await loadTable(store);
  } catch (error) {
    if (!isFinanceDbError(error) || error.code !== 'LAKE_UNREADABLE') throw error;
    const version = await findVersion(store);
    return { version, metadata: await readMetadata(store, version), snapshot: null, manifests: [], entries: [] };
  }
}

function evolve(table: LakeTable | null, source: LakeSource): Evolution {
  const columns = source.columns.map(({ name, duckdbType, number }) => ({ name, duckdbType, number: number ?? null }));
  const schema = table === null ? undefined : currentSchema(table.metadata);
  if (table === null || schema === undefined) return evolveSchema(columns, null);
  return evolveSchema(columns, {
    schema,
    lastColumnId: table.metadata['last-column-id'],
    numbers: JSON.parse(table.metadata.properties[NUMBERS_PROPERTY] ?? '{}') as FieldNumbers,
    nextSchemaId: table.metadata.schemas.reduce((most, known) => Math.max(most, known['schema-id']), 0) + 1,
  });
}

/** By time, so that a few days of a month are few row groups, and by key among equals. */
function sortColumns(month: string | null, { state, columns }: LakeSource): string[] {
  const keys = (state.key ?? []).filter((key) => key !== month);
  const sortable = (name: string): boolean =>
    columns.some((column) => column.name === name && !column.duckdbType.endsWith('[]'));
  return [...(month === null ? [] : [month]), ...keys].filter(sortable);
}

/** Whether the lake was made from this very state of the table. */
function isSameState(state: LakeState | null, { state: now }: LakeSource): boolean {
  return (
    state !== null &&
    now.gated &&
    state.snapshot === now.snapshot &&
    state.tableOid === now.tableOid &&
    state.fingerprint === now.fingerprint &&
    state.syncedAt === now.syncedAt &&
    JSON.stringify(state.identity) === JSON.stringify(now.identity)
  );
}

function isSameUnit(known: UnitState | undefined, unit: Unit): boolean {
  return known?.rows === unit.rows && known.digest === unit.digest;
}

function unitOf(table: LakeTable | null, path: string): string {
  return table === null ? '' : unitOfKey(keyOf(table.metadata, path));
}

function unchanged(name: string, { store }: PublishContext, table: LakeTable): TableOutcome {
  return {
    table: name,
    location: store.location,
    version: table.version,
    snapshotId: table.snapshot?.['snapshot-id'] ?? null,
    rows: table.entries.reduce((sum, { file }) => sum + file.rows, 0n),
    bytes: table.entries.reduce((sum, { file }) => sum + file.bytes, 0n),
    changes: [],
    newVersion: false,
    units: { all: new Set(table.entries.map(({ file }) => unitOf(table, file.path))).size, changed: 0 },
    files: { added: 0, removed: 0, all: table.entries.length },
    expired: 0,
    warnings: [],
    published: false,
  };
}

/** Notes, writes, commits; what was written is taken back when any of it fails. */
export async function writeAndCommit(
  context: PublishContext,
  base: Base,
  table: LakeTable | null,
  plan: WritePlan,
  units: readonly Unit[],
  change: Omit<SnapshotChange, 'snapshotId' | 'added'>,
): Promise<Pick<TableOutcome, 'version' | 'snapshotId' | 'bytes' | 'expired'> & { added: readonly DataFile[] }> {
  const { store, copy, run, signal } = context;
  const perRow = bytesPerRow(table) ?? context.bytesPerRow;
  const planned = await planFiles(copy, plan, units, run, perRow, context.fileBytes);
  const snapshotId = newSnapshotId();
  const journal: Journal = {
    run,
    base: base.version,
    writes: [...planned.map(({ key }) => key), ...Object.values(snapshotKeys(run, snapshotId))],
    deletes: [],
  };
  await writeJournal(store, journal);
  try {
    const added: DataFile[] = [];
    for (const file of planned) {
      signal.throwIfAborted();
      context.onStep(
        `${displayName(plan.source.table)}: writing ${file.unit.name} (${added.length + 1} of ${planned.length})`,
      );
      const written = await writeFile(copy, store, plan, file, context.folder);
      if (written.rows > 0n) added.push(written);
    }
    requireAllRows(plan, units, added);
    signal.throwIfAborted();
    context.onStep(`${displayName(plan.source.table)}: committing`);
    const done = await commitSnapshot(context, base, table, { ...change, snapshotId, added }, journal);
    const kept = (table?.entries ?? []).filter(({ file }) => !change.removed.has(file.path)).map(({ file }) => file);
    return {
      version: done.version,
      snapshotId,
      expired: done.expired,
      bytes: [...kept, ...added].reduce((sum, file) => sum + file.bytes, 0n),
      added,
    };
  } catch (error) {
    await abandon(context, journal, error);
    throw error;
  }
}

/** What was counted and what was written are two readings of the table: they have to agree. */
function requireAllRows({ source }: WritePlan, units: readonly Unit[], added: readonly DataFile[]): void {
  const counted = units.reduce((sum, { rows }) => sum + BigInt(rows), 0n);
  const written = added.reduce((sum, { rows }) => sum + rows, 0n);
  if (counted !== written)
    throw new FinanceDbError(
      'INTERNAL',
      `${displayName(source.table)}: ${counted} rows were to be written, and ${written} were`,
    );
}

/**
 * Takes back what did not commit; what cannot be taken back now, the next run will. A store that failed may have taken the
 * commit all the same, and the run may have failed after its commit, with another one on top of it by now: those files stay.
 */
async function abandon({ store }: PublishContext, journal: Journal, error: unknown): Promise<void> {
  if (isFinanceDbError(error) && error.code === 'LAKE_STORE') return;
  try {
    const committed = await isCommitted(store, journal, await findVersion(store));
    if (committed === false) await takeBack(store, journal);
  } catch {
    // The journal stays, and names all of it.
  }
}

function bytesPerRow(table: LakeTable | null): number | null {
  const rows = (table?.entries ?? []).reduce((sum, { file }) => sum + file.rows, 0n);
  if (rows === 0n) return null;
  return Number((table?.entries ?? []).reduce((sum, { file }) => sum + file.bytes, 0n)) / Number(rows);
}
