import { findExpired } from './expire.ts';
import { type DataFile, type ManifestEntry, STATUS, writeManifest } from './iceberg/manifest.ts';
import { describeManifest, type ManifestFile, writeManifestList } from './iceberg/manifestList.ts';
import type { IcebergSnapshot } from './iceberg/metadata.ts';
import { type Journal, settle, writeJournal } from './journal.ts';
import { type Base, type LaidOut, nextMoment, withProperties, withSnapshot } from './nextMetadata.ts';
import { type LakeState, STATE_PROPERTY } from './state.ts';
import type { LakeStore } from './store/store.ts';
import { commitVersion, type LakeTable } from './table.ts';

/** Manifests are merged into one when there are more, so that planning a query stays cheap. */
const MOST_MANIFESTS = 24;

/** Who writes, on what, and how long history is kept. */
export interface Commit {
  readonly store: LakeStore;
  readonly run: string;
  readonly now: Date;
  /** Snapshots whose successor is older than so many milliseconds go. */
  readonly expireMs: number;
}

/** What a new snapshot is to hold. */
export interface SnapshotChange {
  readonly laidOut: LaidOut;
  readonly snapshotId: number;
  readonly added: readonly DataFile[];
  /** Entries of `table` that the added files take the place of. */
  readonly removed: ReadonlySet<string>;
  readonly state: LakeState;
}

/** Keys of what a snapshot's commit writes beside data files. */
export function snapshotKeys(run: string, snapshotId: number): { manifest: string; list: string } {
  return { manifest: `metadata/${run}-m0.avro`, list: `metadata/snap-${snapshotId}-${run}.avro` };
}

/**
 * Commits a snapshot, and lets old ones expire with it.
 * @param base the metadata to build on; version 0 for a new table
 * @param table what is there; null for a new table
 * @param journal what was noted so far, data files included
 * @throws FinanceDbError LAKE_CONFLICT, after which the caller takes back what the journal names
 */
export async function commitSnapshot(
  commit: Commit,
  base: Base,
  table: LakeTable | null,
  change: SnapshotChange,
  journal: Journal,
): Promise<{ version: number; snapshot: IcebergSnapshot; expired: number }> {
  const { store, run } = commit;
  const moment = nextMoment(base.metadata, commit.now);
  const expiry = await findExpired(store, base.metadata, moment - commit.expireMs);
  await writeJournal(store, { ...journal, deletes: expiry.deletes });
  const sequenceNumber = base.metadata['last-sequence-number'] + 1;
  const { manifests, entries } = arrange(table, change, sequenceNumber);
  const keys = snapshotKeys(run, change.snapshotId);
  const { schema } = change.laidOut.evolution;
  const { spec, order } = change.laidOut;
  const all: ManifestFile[] = [...manifests];
  if (entries.length > 0) {
    const content = writeManifest(entries, schema, spec, order['order-id']);
    await store.write(keys.manifest, content);
    const written = {
      path: `${store.location}/${keys.manifest}`,
      bytes: BigInt(content.length),
      specId: spec['spec-id'],
      sequenceNumber: BigInt(sequenceNumber),
      snapshotId: BigInt(change.snapshotId),
    };
    all.unshift(describeManifest(entries, written, spec.fields.length > 0));
  }
  const parent = table?.snapshot?.['snapshot-id'];
  const list = writeManifestList(all, {
    id: BigInt(change.snapshotId),
    parentId: parent === undefined ? null : BigInt(parent),
    sequenceNumber: BigInt(sequenceNumber),
  });
  await store.write(keys.list, list);
  const snapshot: IcebergSnapshot = {
    'snapshot-id': change.snapshotId,
    ...(parent === undefined ? {} : { 'parent-snapshot-id': parent }),
    'sequence-number': sequenceNumber,
    'timestamp-ms': moment,
    'manifest-list': `${store.location}/${keys.list}`,
    summary: summaryOf(table, change),
    'schema-id': schema['schema-id'],
  };
  const properties = withProperties(base, { run, moment, properties: {}, expiry });
  const version = await commitVersion(store, base.version, withSnapshot(properties, change.laidOut, snapshot));
  await settle(store, { ...journal, deletes: expiry.deletes });
  return { version, snapshot, expired: expiry.snapshots.length };
}

/** Manifests that stay as they are, and the entries of the new one. */
function arrange(
  table: LakeTable | null,
  change: SnapshotChange,
  sequenceNumber: number,
): { manifests: ManifestFile[]; entries: ManifestEntry[] } {
  const current = table?.entries ?? [];
  const touched = new Set(current.filter(({ file }) => change.removed.has(file.path)).map(({ manifest }) => manifest));
  const live = new Set(current.map(({ manifest }) => manifest));
  const specId = change.laidOut.spec['spec-id'];
  // A manifest is of one partition spec: those of another are replaced as a whole, or stay.
  const merge = live.size > MOST_MANIFESTS;
  const rewritten = (manifest: ManifestFile): boolean =>
    touched.has(manifest.path) || (merge && manifest.specId === specId);
  const manifests = (table?.manifests ?? []).filter((manifest) => live.has(manifest.path) && !rewritten(manifest));
  const stays = new Set(manifests.map(({ path }) => path));
  const [snapshotId, number] = [BigInt(change.snapshotId), BigInt(sequenceNumber)];
  const entries = [
    ...change.added.map((file) => ({
      ...{ status: STATUS.added, snapshotId, sequenceNumber: number, fileSequenceNumber: number },
      file,
    })),
    ...current
      .filter(({ manifest }) => !stays.has(manifest))
      .map((entry) =>
        change.removed.has(entry.file.path)
          ? { ...entry, status: STATUS.deleted, snapshotId }
          : { ...entry, status: STATUS.existing },
      ),
  ];
  return { manifests, entries };
}

function summaryOf(table: LakeTable | null, { added, removed, state }: SnapshotChange): Record<string, string> {
  const current = (table?.entries ?? []).map(({ file }) => file);
  const gone = current.filter(({ path }) => removed.has(path));
  const kept = current.filter(({ path }) => !removed.has(path));
  const sum = (files: readonly DataFile[], count: (file: DataFile) => bigint): string =>
    String(files.reduce((total, file) => total + count(file), 0n));
  const after = [...kept, ...added];
  return {
    operation: gone.length === 0 ? 'append' : added.length === 0 ? 'delete' : 'overwrite',
    'added-data-files': String(added.length),
    'deleted-data-files': String(gone.length),
    'added-records': sum(added, ({ rows }) => rows),
    'deleted-records': sum(gone, ({ rows }) => rows),
    'added-files-size': sum(added, ({ bytes }) => bytes),
    'removed-files-size': sum(gone, ({ bytes }) => bytes),
    'total-records': sum(after, ({ rows }) => rows),
    'total-data-files': String(after.length),
    'total-files-size': sum(after, ({ bytes }) => bytes),
    'total-delete-files': '0',
    'total-position-deletes': '0',
    'total-equality-deletes': '0',
    'finance-db.postgres-snapshot': state.snapshot,
    [STATE_PROPERTY]: JSON.stringify(state),
  };
}

/** Commits properties alone, or lets snapshots expire. @returns null when there was nothing to do */
export async function commitProperties(
  commit: Commit,
  table: LakeTable,
  properties: Readonly<Record<string, string>>,
  always: boolean,
): Promise<{ version: number; expired: number } | null> {
  const { store, run } = commit;
  const moment = nextMoment(table.metadata, commit.now);
  const expiry = await findExpired(store, table.metadata, moment - commit.expireMs);
  if (!always && expiry.snapshots.length === 0 && expiry.deletes.length === 0) return null;
  const journal = { run, base: table.version, writes: [], deletes: expiry.deletes };
  await writeJournal(store, journal);
  const version = await commitVersion(store, table.version, withProperties(table, { run, moment, properties, expiry }));
  await settle(store, journal);
  return { version, expired: expiry.snapshots.length };
}
