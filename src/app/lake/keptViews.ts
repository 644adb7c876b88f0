import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { makePrivateFolder, PRIVATE_FILE } from '../../files/privateFile.ts';

/** Raised when files of views are made in another way by the same version of the tool. */
const FORMAT = 1;

/** Which file of views is wanted. */
export interface ViewsKey {
  /** Where they are kept; there is one file a slot. */
  readonly folder: string;
  /** What is asked for: of which tables, and for whom. */
  readonly slot: string;
  /** All that the views depend on. */
  readonly content: string;
}

interface Kept {
  readonly content: string;
  /** sha256 of the file: one that was cut short by a crash, or is being replaced, is none. */
  readonly digest: string;
  readonly readable: readonly string[];
}

/**
 * Views on a lake's files take longer to make than most reports take to run, and the metadata of the tables says all of what they
 * depend on: a file of them is kept, and counts for that metadata alone.
 * @param about what is asked for
 * @param metadata of each table, and whatever else the views depend on
 */
export function viewsKey(folder: string, about: readonly string[], metadata: readonly unknown[]): ViewsKey {
  return { folder, slot: sha256(JSON.stringify(about)), content: sha256(JSON.stringify([FORMAT, about, metadata])) };
}

/**
 * Copies what is kept to `file`.
 * @returns the Parquet files that its views read; null when nothing of use is kept, or one of those files is not there any more
 */
export function takeKeptViews(key: ViewsKey, file: string): readonly string[] | null {
  try {
    const kept = JSON.parse(fs.readFileSync(place(key, 'json'), 'utf8')) as Kept;
    if (kept.content !== key.content || !kept.readable.every((name) => fs.existsSync(name))) return null;
    const views = fs.readFileSync(place(key, 'duckdb'));
    if (sha256(views) !== kept.digest) return null;
    fs.writeFileSync(file, views, { mode: PRIVATE_FILE });
    return kept.readable;
  } catch {
    return null;
  }
}

/** Keeps a file of views in the place of the one before. Where that cannot be written, the next command makes its own. */
export function keepViews(key: ViewsKey, file: string, readable: readonly string[]): void {
  try {
    makePrivateFolder(key.folder);
    const views = fs.readFileSync(file);
    const kept: Kept = { content: key.content, digest: sha256(views), readable };
    replace(place(key, 'duckdb'), views);
    replace(place(key, 'json'), JSON.stringify(kept));
  } catch {
    // A home that is full or read-only.
  }
}

function place({ folder, slot }: ViewsKey, ending: string): string {
  return path.join(folder, `${slot.slice(0, 32)}.${ending}`);
}

function replace(target: string, content: Buffer | string): void {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, content, { mode: PRIVATE_FILE });
    fs.renameSync(temporary, target);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
