import fs from 'node:fs';
import path from 'node:path';
import { lockHolder } from '../files/lockFile.ts';

/*
 * What a running follower tells to other commands, and they to it, in FILE.work, for as long as it holds the lock of the file:
 * follow.json says where it stands, what is put into `receipts` it takes into the file, and `scan` and `reload` are wishes.
 */

export interface FollowNote {
  readonly pid: number;
  readonly publication: string;
  /** The tables that it follows, by their display names. */
  readonly tables: readonly string[];
  /** Those that no stream tells of, which it scans now and then. */
  readonly scanned: readonly string[];
  /** When the last scan of those began, whose result is in the published file. */
  readonly scanned_at: string | null;
  readonly since: string;
  /** When the note was written. */
  readonly at: string;
  readonly state: 'scanning' | 'streaming' | 'waiting';
  readonly why: string | null;
  /** All that was committed before it is in the published file; null before the first publish. */
  readonly position: string | null;
  readonly lag_seconds: number;
  readonly published_at: string | null;
  /** When it last began to look for changes of which no message tells. */
  readonly looked_at: string | null;
  /** What was committed before this moment is in the published file, but for what is scanned. */
  readonly as_of: string | null;
  readonly slot: string | null;
}

const NAME = 'follow.json';
const RECEIPTS = 'receipts';
const SCAN = 'scan';
const RELOAD = 'reload';

/** Writes the note whole: whoever reads meanwhile finds the old one. Never fails what it tells of. */
export function writeFollowNote(folder: string, note: FollowNote): void {
  try {
    writeWhole(path.join(folder, NAME), JSON.stringify(note));
  } catch {
    // The note is a comfort.
  }
}

/** Who follows into the file now; null when nobody does. */
export function currentFollower(publishedPath: string): FollowNote | null {
  const file = resolvedPath(publishedPath);
  const holder = lockHolder(`${file}.lock`);
  if (holder === null) return null;
  try {
    const note = JSON.parse(fs.readFileSync(path.join(`${file}.work`, NAME), 'utf8')) as FollowNote;
    return note.pid === holder.pid ? note : null;
  } catch {
    return null;
  }
}

/** Hands something to the follower of a file, which will take it into the file. @param document text of JSON */
export function handToFollower(publishedPath: string, name: string, document: string): void {
  const folder = path.join(`${resolvedPath(publishedPath)}.work`, RECEIPTS);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(path.join(folder, `${name}.json`), document);
}

/** Asks the follower of a file to scan the tables that it does not follow, at its next look around. */
export function wishForScan(publishedPath: string): void {
  try {
    fs.writeFileSync(path.join(`${resolvedPath(publishedPath)}.work`, SCAN), '', { mode: 0o600 });
  } catch {
    // It has just ended.
  }
}

/** Whether somebody wishes for a scan; it is granted with that. @param folder FILE.work */
export function takeScanWish(folder: string): boolean {
  const wish = path.join(folder, SCAN);
  if (!fs.existsSync(wish)) return false;
  fs.rmSync(wish, { force: true });
  return true;
}

/** Asks the follower of a file to load tables anew whose rows were found damaged. @param tables their display names */
export function wishForReload(publishedPath: string, tables: readonly string[]): void {
  writeWhole(reloadWish(`${resolvedPath(publishedPath)}.work`), JSON.stringify(tables));
}

/** Whether the follower has not yet taken notice of what was asked by `wishForReload`. */
export function isReloadWished(publishedPath: string): boolean {
  return fs.existsSync(reloadWish(`${resolvedPath(publishedPath)}.work`));
}

/** Which tables somebody wishes to be loaded anew; it is granted with that. @param folder FILE.work */
export function takeReloadWish(folder: string): readonly string[] {
  const wish = reloadWish(folder);
  if (!fs.existsSync(wish)) return [];
  const tables = JSON.parse(fs.readFileSync(wish, 'utf8')) as readonly string[];
  fs.rmSync(wish, { force: true });
  return tables;
}

function reloadWish(folder: string): string {
  return path.join(folder, RELOAD);
}

/** What was handed to us: the names of the files. @param folder FILE.work */
export function handedOver(folder: string): string[] {
  const place = path.join(folder, RECEIPTS);
  if (!fs.existsSync(place)) return [];
  const names = fs.readdirSync(place).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => path.join(place, name));
}

/** Writes a file whole: whoever reads meanwhile finds the old one. */
export function writeWhole(file: string, text: string): void {
  fs.writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}

/** Where a file really is: what belongs to it lies beside that. */
export function resolvedPath(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}
