import { FinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { type ManifestEntry, readManifest, STATUS } from './iceberg/manifest.ts';
import { type ManifestFile, readManifestList } from './iceberg/manifestList.ts';
import { currentSnapshot, type IcebergSnapshot, parseMetadata, type TableMetadata } from './iceberg/metadata.ts';
import type { LakeStore } from './store/store.ts';

/** The pointer that readers of a path begin with. The newest `vN.metadata.json` counts; the hint may be behind. */
export const HINT = 'metadata/version-hint.text';

/** Property of the metadata that names the run that wrote it. */
export const RUN_PROPERTY = 'finance-db.run';

/** A table of the lake as one reader sees it. */
export interface LakeTable {
  readonly version: number;
  readonly metadata: TableMetadata;
  readonly snapshot: IcebergSnapshot | null;
  readonly manifests: readonly ManifestFile[];
  /** The files that the table consists of now. */
  readonly entries: readonly (ManifestEntry & { readonly manifest: string })[];
}

export function metadataKey(version: number): string {
  return `metadata/v${version}.metadata.json`;
}

/** The newest version's number; 0 when there is no table. */
export async function findVersion(store: LakeStore): Promise<number> {
  const hint = await readHint(store);
  let version = hint ?? 0;
  if (hint === null || (await store.size(metadataKey(hint))) === null)
    version = (await store.list('metadata/v')).reduce((most, key) => {
      const [, number] = /^metadata\/v(\d+)\.metadata\.json$/.exec(key) ?? [];
      return Math.max(most, Number(number ?? 0));
    }, 0);
  if (version === 0) return 0;
  while ((await store.size(metadataKey(version + 1))) !== null) version++;
  return version;
}

export async function readHint(store: LakeStore): Promise<number | null> {
  const text = (await store.read(HINT))?.toString().trim() ?? '';
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** @throws FinanceDbError LAKE_UNREADABLE, LAKE_NOT_OURS */
export async function readMetadata(store: LakeStore, version: number): Promise<TableMetadata> {
  const key = metadataKey(version);
  const content = await required(store, key);
  try {
    return parseMetadata(content.toString());
  } catch (error) {
    const why = messageOf(error);
    throw new FinanceDbError(
      /another program/.test(why) ? 'LAKE_NOT_OURS' : 'LAKE_UNREADABLE',
      `${store.location}/${key}: ${why}`,
      { cause: error, details: { location: store.location, file: key } },
    );
  }
}

/**
 * Reads the newest version of a table with the list of its files.
 * @returns null when there is none
 * @throws FinanceDbError LAKE_UNREADABLE naming the file that is missing or damaged
 */
export async function loadTable(store: LakeStore): Promise<LakeTable | null> {
  const version = await findVersion(store);
  return version === 0 ? null : loadVersion(store, version, await readMetadata(store, version));
}

/** As `loadTable`, of a version whose metadata were read. @throws FinanceDbError LAKE_UNREADABLE */
export async function loadVersion(store: LakeStore, version: number, metadata: TableMetadata): Promise<LakeTable> {
  const snapshot = currentSnapshot(metadata) ?? null;
  const manifests = snapshot === null ? [] : await readManifests(store, metadata, snapshot);
  const entries: LakeTable['entries'][number][] = [];
  for (const { path } of manifests)
    for (const entry of await readEntries(store, metadata, path))
      if (entry.status !== STATUS.deleted) entries.push({ ...entry, manifest: path });
  return { version, metadata, snapshot, manifests, entries };
}

/** The manifests of one snapshot. */
export async function readManifests(
  store: LakeStore,
  metadata: TableMetadata,
  snapshot: IcebergSnapshot,
): Promise<ManifestFile[]> {
  return decoded(store, keyOf(metadata, snapshot['manifest-list']), readManifestList);
}

/** The entries of one manifest, deleted ones included. */
export async function readEntries(store: LakeStore, metadata: TableMetadata, path: string): Promise<ManifestEntry[]> {
  return decoded(store, keyOf(metadata, path), readManifest);
}

/** The key of a file that the metadata names by its whole path. @throws FinanceDbError LAKE_UNREADABLE for one outside of the table */
export function keyOf(metadata: TableMetadata, path: string): string {
  const start = `${metadata.location}/`;
  if (path.startsWith(start) && !path.includes('/../')) return path.slice(start.length);
  throw new FinanceDbError('LAKE_UNREADABLE', `${path} lies outside of its table ${metadata.location}`);
}

async function decoded<T>(store: LakeStore, key: string, decode: (content: Buffer) => T): Promise<T> {
  const content = await required(store, key);
  try {
    return decode(content);
  } catch (error) {
    throw new FinanceDbError('LAKE_UNREADABLE', `${store.location}/${key} is damaged: ${messageOf(error)}`, {
      cause: error,
      details: { location: store.location, file: key },
    });
  }
}

async function required(store: LakeStore, key: string): Promise<Buffer> {
  const content = await store.read(key);
  if (content !== null) return content;
  throw new FinanceDbError('LAKE_UNREADABLE', `${store.location}/${key} is missing`, {
    details: { location: store.location, file: key },
  });
}

/**
 * Makes `metadata` the version after `base`, unless another writer was first: then nothing has changed.
 * @throws FinanceDbError LAKE_CONFLICT
 */
export async function commitVersion(store: LakeStore, base: number, metadata: TableMetadata): Promise<number> {
  const version = base + 1;
  const written = await store.writeNew(metadataKey(version), Buffer.from(JSON.stringify(metadata)));
  // Whose base was removed as too old found the number of a version free that had been there.
  const stale = written && base > 0 && (await store.size(metadataKey(base))) === null;
  if (!written || stale)
    throw new FinanceDbError(
      'LAKE_CONFLICT',
      `another writer has changed ${store.location} meanwhile (version ${version}); nothing of this run was published`,
      { details: { location: store.location, version } },
    );
  await pointTo(store, version);
  return version;
}

/** Brings the hint up to a version, if it is behind. */
export async function pointTo(store: LakeStore, version: number): Promise<void> {
  if (((await readHint(store)) ?? 0) < version) await store.write(HINT, Buffer.from(String(version)));
}
