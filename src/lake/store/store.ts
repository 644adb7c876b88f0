/** Where a lake lies. Keys are relative to its root, with `/` between their parts. */
export interface LakeStore {
  /** How Iceberg's metadata names the root: `/srv/lake`, `s3://bucket/prefix`. */
  readonly location: string;
  /** Where the root is reached by HTTP: `https://bucket.s3.eu-west-1.amazonaws.com/prefix`; null for a folder. */
  readonly address: string | null;
  /** The root as a folder of this machine; null where files have to be fetched. */
  readonly folder: string | null;
  /** @returns null when there is no such file. @throws FinanceDbError LAKE_STORE, LAKE_UNREADABLE */
  read(key: string): Promise<Buffer | null>;
  /** Size of a file in bytes; null when there is none. */
  size(key: string): Promise<number | null>;
  /** Keys that begin with `prefix`. */
  list(prefix: string): Promise<string[]>;
  write(key: string, content: Buffer): Promise<void>;
  /** Writes a file unless there is one. @returns whether it was written; false: another writer was first */
  writeNew(key: string, content: Buffer): Promise<boolean>;
  /** Takes a local file in. For a folder it lies at its place already, and is put on the disk for good. */
  upload(key: string, localFile: string): Promise<void>;
  /** A local file with the contents of `key`, for reading; `cache` is where fetched ones are kept. */
  fetch(key: string, cache: string): Promise<string>;
  /** A file that is not there is no error. */
  remove(key: string): Promise<void>;
  /** Gives up uploads of these that were begun and never ended; nobody sees them, but stores keep them. */
  dropUploads(keys: readonly string[]): Promise<void>;
}
