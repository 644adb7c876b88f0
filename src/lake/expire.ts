import { STATUS } from './iceberg/manifest.ts';
import type { IcebergSnapshot, TableMetadata } from './iceberg/metadata.ts';
import type { LakeStore } from './store/store.ts';
import { keyOf, readEntries, readManifests } from './table.ts';

/** What of a table's history is to go, and the files that nothing needs then. */
export interface Expiry {
  readonly snapshots: readonly IcebergSnapshot[];
  readonly metadataLog: TableMetadata['metadata-log'];
  readonly deletes: readonly string[];
}

/**
 * Finds the snapshots that another took the place of before `before`, of a history that is one line and has no branches or tags:
 * of others nothing expires. So the current one stays, and whoever began to read one can go on for that long.
 */
export async function findExpired(store: LakeStore, metadata: TableMetadata, before: number): Promise<Expiry> {
  const log = metadata['metadata-log'];
  const oldLog = log.filter((entry, index) => entry['timestamp-ms'] < before && index < log.length - 1);
  const metadataFiles = oldLog.map((entry) => keyOf(metadata, entry['metadata-file']));
  const none = { snapshots: [], metadataLog: log.filter((e) => !oldLog.includes(e)), deletes: metadataFiles };
  const { snapshots } = metadata;
  if (!isOneLine(metadata)) return { snapshots: [], metadataLog: log, deletes: [] };
  // A snapshot is in use until the next one takes its place.
  const expired = snapshots.filter((_, index) => {
    const next = snapshots[index + 1];
    return next !== undefined && next['timestamp-ms'] < before;
  });
  const oldest = snapshots[expired.length];
  if (expired.length === 0 || oldest === undefined) return none;
  const deletes = new Set<string>();
  const kept = new Set((await readManifests(store, metadata, oldest)).map(({ path }) => path));
  const gone = new Set([...expired, oldest].map((snapshot) => BigInt(snapshot['snapshot-id'])));
  for (const snapshot of [...expired, oldest]) {
    for (const manifest of await readManifests(store, metadata, snapshot)) {
      if (gone.has(manifest.addedSnapshotId) && manifest.files.deleted > 0)
        for (const entry of await readEntries(store, metadata, manifest.path))
          if (entry.status === STATUS.deleted && gone.has(entry.snapshotId))
            deletes.add(keyOf(metadata, entry.file.path));
      if (!kept.has(manifest.path)) deletes.add(keyOf(metadata, manifest.path));
    }
    if (snapshot !== oldest) deletes.add(keyOf(metadata, snapshot['manifest-list']));
  }
  return { ...none, snapshots: expired, deletes: [...deletes, ...metadataFiles] };
}

function isOneLine({ snapshots, refs, ...metadata }: TableMetadata): boolean {
  if (Object.keys(refs).some((name) => name !== 'main')) return false;
  if (snapshots.at(-1)?.['snapshot-id'] !== metadata['current-snapshot-id']) return snapshots.length === 0;
  return snapshots.every((snapshot, index) => {
    const previous = snapshots[index - 1];
    return previous === undefined || snapshot['parent-snapshot-id'] === previous['snapshot-id'];
  });
}
