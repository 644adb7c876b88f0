import type { LakeStore } from '../../src/lake/store/store.ts';
import { keyOf, loadTable, metadataKey, readEntries, readManifests } from '../../src/lake/table.ts';

/** Those of a table's files that no snapshot of its newest version refers to. */
export async function unreachable(store: LakeStore, files: readonly string[]): Promise<string[]> {
  const table = await loadTable(store);
  const known = new Set(['metadata/version-hint.text', metadataKey(table?.version ?? 0)]);
  if (table === null) return [...files];
  const { metadata } = table;
  for (const entry of metadata['metadata-log']) known.add(keyOf(metadata, entry['metadata-file']));
  for (const snapshot of metadata.snapshots) {
    known.add(keyOf(metadata, snapshot['manifest-list']));
    for (const { path: manifest } of await readManifests(store, metadata, snapshot)) {
      known.add(keyOf(metadata, manifest));
      for (const { file } of await readEntries(store, metadata, manifest)) known.add(keyOf(metadata, file.path));
    }
  }
  return files.filter((file) => !known.has(file));
}
