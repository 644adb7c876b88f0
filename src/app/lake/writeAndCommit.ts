import { randomUUID } from 'node:crypto';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { type Commit, commitSnapshot, type SnapshotChange, snapshotKeys } from '../../lake/commit.ts';
import type { DataFile } from '../../lake/iceberg/manifest.ts';
import { newSnapshotId } from '../../lake/iceberg/metadata.ts';
import { isCommitted, type Journal, takeBack, writeJournal } from '../../lake/journal.ts';
import { unitOfKey } from '../../lake/months.ts';
import { type Base, newMetadata } from '../../lake/nextMetadata.ts';
import { findVersion, keyOf, type LakeTable } from '../../lake/table.ts';
import { displayName } from '../../model/tableName.ts';
import type { Prepared } from './prepare.ts';
import { type TableOutcome, warnOfOldDates } from './result.ts';
import type { RowSource } from './source.ts';
import type { Unit } from './units.ts';
import { type WriteContext, writeFiles } from './writeFiles.ts';
import { planFiles, type WritePlan } from './writeUnit.ts';

/** One table's publication. */
export interface PublishContext extends Commit, WriteContext {
  /** An estimate, until there are files to go by. */
  readonly bytesPerRow: number;
  /** Write everything anew, whatever is there. */
  readonly rebuild: boolean;
  readonly fileBytes?: number;
}

/** Writes the files of some parts of a table, as `source` has them in DuckDB. @param perRow a better estimate than the context's, in bytes */
export type WriteUnits = (source: RowSource, units: readonly Unit[], perRow?: number) => Promise<void>;

/** What a new snapshot is, once its files are there. */
export interface Produced extends Pick<SnapshotChange, 'state' | 'removed'> {
  /** Parts that were written, and all of them. */
  readonly changed: number;
  readonly all: number;
}

/**
 * Notes, writes, commits; what was written is taken back when any of it fails.
 * @param produce writes what is to be written and then says what the snapshot equals; null, having written nothing, for no snapshot
 * @throws FinanceDbError LAKE_CONFLICT …; nothing was published then
 */
export async function writeAndCommit<P extends Produced | null>(
  context: PublishContext,
  { table, evolution, laidOut, sort }: Prepared,
  name: string,
  produce: (write: WriteUnits) => Promise<P>,
): Promise<TableOutcome | Exclude<P, Produced>> {
  const { store, copy, run, signal } = context;
  const base: Base = table ?? { version: 0, metadata: newMetadata(randomUUID(), store.location) };
  const known = bytesPerRow(table);
  const snapshotId = newSnapshotId();
  let journal: Journal = {
    ...{ run, base: base.version, deletes: [] },
    writes: Object.values(snapshotKeys(run, snapshotId)),
  };
  const added: DataFile[] = [];
  const write: WriteUnits = async (source, units, loaded) => {
    const plan: WritePlan = { source, schema: evolution.schema, sort };
    const perRow = known ?? loaded ?? context.bytesPerRow;
    const planned = await planFiles(copy, plan, units, run, perRow, context.fileBytes);
    journal = { ...journal, writes: [...journal.writes, ...planned.map(({ key }) => key)] };
    await writeJournal(store, journal);
    const written = await writeFiles(context, plan, planned, name);
    requireAllRows(source, units, written);
    added.push(...written);
  };
  try {
    const produced = await produce(write);
    if (produced === null) return null as Exclude<P, Produced>;
    const { changed, all, ...change } = produced;
    signal.throwIfAborted();
    context.onStep(`${name}: committing`);
    const done = await commitSnapshot(context, base, table, { ...change, laidOut, snapshotId, added }, journal);
    const kept = (table?.entries ?? []).filter(({ file }) => !change.removed.has(file.path)).map(({ file }) => file);
    const files = [...kept, ...added];
    return {
      ...{ table: name, location: store.location, version: done.version, snapshotId },
      rows: files.reduce((sum, { rows }) => sum + rows, 0n),
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0n),
      changes: evolution.changes,
      newVersion: evolution.newVersion,
      units: { all, changed },
      files: { added: added.length, removed: change.removed.size, all: files.length },
      expired: done.expired,
      warnings: warnOfOldDates(name, evolution.schema, added),
      published: true,
    };
  } catch (error) {
    await abandon(context, journal, error);
    throw error;
  }
}

/** The part that a file of the table belongs to. */
export function unitOf(table: LakeTable, path: string): string {
  return unitOfKey(keyOf(table.metadata, path));
}

/** What is reported of a table that was left as it was. */
export function unchanged(name: string, { store }: Pick<PublishContext, 'store'>, table: LakeTable): TableOutcome {
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

/** What was counted and what was written are two readings of the table: they have to agree. */
function requireAllRows({ table }: RowSource, units: readonly Unit[], written: readonly DataFile[]): void {
  const counted = units.reduce((sum, { rows }) => sum + BigInt(rows), 0n);
  const rows = written.reduce((sum, file) => sum + file.rows, 0n);
  if (counted !== rows)
    throw new FinanceDbError('INTERNAL', `${displayName(table)}: ${counted} rows were to be written, and ${rows} were`);
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
