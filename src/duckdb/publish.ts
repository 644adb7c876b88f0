import fs from 'node:fs';
import path from 'node:path';
import { FinanceDbError } from '../errors/financeDbError.ts';
import { mapFileError } from '../files/fileErrors.ts';
import { acquireLock, type HeldLock, isHeldLock, type LockHolder, lockHolder } from '../files/lockFile.ts';
import { makePrivateFolder } from '../files/privateFile.ts';
import { processExists } from '../files/processIdentity.ts';
import { hasLog, moveCompanions, requireNoWriter } from './companions.ts';
import { currentFollower } from './followNote.ts';
import { rememberPublished } from './lastCheck.ts';
import { openReader } from './reader.ts';

/**
 * The private place of a sync, beside the published file so that the last step is a rename within one file system:
 * `FILE.work/` with the working copy, spool files and DuckDB's temporary files, and `FILE.lock`.
 */
export interface Workspace {
  readonly publishedPath: string;
  /** The working copy: to be made, or a copy of the published file. */
  readonly copyPath: string;
  readonly spoolFolder: string;
  readonly temporaryFolder: string;
  /** A private folder for whatever else belongs to this run. */
  readonly folder: string;
  /** Removes a working copy that failed. */
  clearCopy(): void;
  /** Makes the working copy from the published file; shares its blocks where the file system can. */
  copyPublished(): void;
  /** Where the published file can be opened without what another program has left beside it. */
  pathWithoutLog(): string;
  /**
   * Keeps what is at the published place, with all that belongs to it, under another name; the file itself also stays.
   * @returns what was kept, in words; null when there is nothing new to keep
   */
  setAside(now: Date): string | null;
  /**
   * Puts the working copy in the place of the published file: readers see the old one or the new one, nothing else. Opens it
   * there as they would.
   * @param from another finished file of the workspace than the working copy
   * @returns what was set aside because another program wrote beside the file meanwhile, in words, or null
   * @throws FinanceDbError when the lock was lost, another program writes to the file, or the rename fails
   */
  publish(now: Date, from?: string): Promise<string | null>;
  /** Removes what is left and gives the lock back. */
  close(): void;
}

/**
 * Takes the sync lock of the file at `publishedPath` and clears what a dead sync left.
 * @throws FinanceDbError SYNC_LOCKED naming the holder; DUCKDB_NOT_WRITABLE.
 */
export async function openWorkspace(
  publishedPath: string,
  options: { waitMs: number; now: Date; signal: AbortSignal; fileMode: number },
): Promise<Workspace> {
  const target = resolveLink(publishedPath);
  let lock: HeldLock;
  try {
    makePrivateFolder(path.dirname(target));
    const outcome = await acquireLock(`${target}.lock`, options);
    if (!isHeldLock(outcome)) throw locked(target, outcome);
    lock = outcome;
  } catch (error) {
    throw mapFileError(error, target);
  }
  const folder = `${target}.work`;
  try {
    removeDeadSpills(target);
    fs.rmSync(folder, { recursive: true, force: true });
    makePrivateFolder(folder);
    makePrivateFolder(path.join(folder, 'tmp'));
  } catch (error) {
    lock.release();
    throw mapFileError(error, target);
  }
  const copyPath = path.join(folder, 'copy.duckdb');
  return {
    publishedPath: target,
    copyPath,
    folder,
    spoolFolder: path.join(folder, 'spool'),
    temporaryFolder: path.join(folder, 'tmp'),
    clearCopy: () => {
      for (const name of [copyPath, `${copyPath}.wal`]) fs.rmSync(name, { force: true });
    },
    copyPublished: () => {
      try {
        fs.copyFileSync(target, copyPath, fs.constants.COPYFILE_FICLONE);
      } catch (error) {
        throw mapFileError(error, target);
      }
    },
    pathWithoutLog: () => {
      if (!hasLog(target) || !fs.existsSync(target)) return target;
      const alone = path.join(folder, 'alone.duckdb');
      fs.rmSync(alone, { force: true });
      secondName(target, alone);
      return alone;
    },
    setAside: (now) => {
      try {
        return setAside(target, now);
      } catch (error) {
        throw mapFileError(error, target);
      }
    },
    publish: async (now, from = copyPath) => {
      await requireNoWriter(target);
      // Should the lock have been taken from us (see lockFile.ts), the other sync's file must not be overwritten.
      if (!lock.isHeld()) throw lockLost(target);
      try {
        const aside = hasLog(target) ? setAside(target, now) : null;
        fs.chmodSync(from, options.fileMode);
        fs.renameSync(from, target);
        syncFolder(path.dirname(target));
        rememberPublished(target);
        return (await openPublished(target, now)) ?? aside;
      } catch (error) {
        throw mapFileError(error, target);
      }
    },
    close: () => {
      fs.rmSync(folder, { recursive: true, force: true });
      lock.release();
    },
  };
}

/** A reader that was killed leaves the folder of its temporary files; its name tells the reader's pid. */
function removeDeadSpills(target: string): void {
  const prefix = `${path.basename(target)}.spill-`;
  for (const name of fs.readdirSync(path.dirname(target))) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : 0;
    const spill = path.join(path.dirname(target), name);
    // A reader on another host cannot be asked; one that has not touched its files for an hour is gone.
    if (pid > 0 && !processExists(pid) && Date.now() - fs.statSync(spill).mtimeMs > 3_600_000)
      fs.rmSync(spill, { recursive: true, force: true });
  }
}

/** Who is syncing now, if anybody. */
export function currentSync(publishedPath: string): LockHolder | null {
  return lockHolder(`${resolveLink(publishedPath)}.lock`);
}

function locked(target: string, holder: LockHolder): FinanceDbError {
  const details = { pid: holder.pid, host: holder.host, since: holder.since };
  const who = `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  // One that follows does not end by itself.
  if (currentFollower(target) !== null)
    return new FinanceDbError('SYNC_LOCKED', `${target} is followed already: ${who}`, {
      details,
      remedy: 'stop that one first; `finance-db sync` works beside it, and `finance-db status` says how far it is',
    });
  return new FinanceDbError('SYNC_LOCKED', `another sync of ${target} is running: ${who}`, { details });
}

function lockLost(target: string): FinanceDbError {
  const removed = !fs.existsSync(`${target}.lock`);
  return new FinanceDbError(
    'SYNC_LOCKED',
    `the lock ${target}.lock was ${removed ? 'removed while it was held' : 'taken by another process'}; nothing was published`,
    removed ? { remedy: 'run the command again, and let nothing remove its files while it runs' } : {},
  );
}

/** Opens the file that was just published as a reader would, and once more without what was written beside it meanwhile. */
async function openPublished(target: string, now: Date): Promise<string | null> {
  try {
    (await openReader(target)).close();
    return null;
  } catch (error) {
    if (!hasLog(target)) throw error;
    const aside = setAside(target, now);
    (await openReader(target)).close();
    return aside;
  }
}

/** What was set aside is called so, with the time. */
const ASIDE = '.damaged-';

/**
 * A log is somebody's work and kept with the file that it belongs to. A damaged file of ours can be made again from
 * PostgreSQL: one is kept to look at, and no further ones, which would fill the disk.
 */
function setAside(target: string, now: Date): string | null {
  const log = hasLog(target);
  const folder = path.dirname(target);
  const earlier = fs.readdirSync(folder).find((name) => name.startsWith(path.basename(target) + ASIDE));
  if (!log && earlier !== undefined) return null;
  const aside = freeName(target, now);
  // A second name, so that there is a file at the published place at every moment.
  if (fs.existsSync(target)) secondName(target, aside);
  moveCompanions(target, aside);
  syncFolder(folder);
  return log
    ? `another program wrote to the file and did not finish: that was kept as ${aside}, with its .wal`
    : `it was kept as ${aside}`;
}

function freeName(target: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace(/\..*/, '');
  for (let number = 0; ; number++) {
    const name = `${target}${ASIDE}${stamp}${number === 0 ? '' : `-${number}`}`;
    if (!fs.existsSync(name) && !hasLog(name)) return name;
  }
}

/** Another name for the same file; a copy of it where the file system has no such names. */
function secondName(file: string, name: string): void {
  try {
    fs.linkSync(file, name);
  } catch {
    fs.copyFileSync(file, name, fs.constants.COPYFILE_FICLONE);
  }
}

/** A symbolic link at the published place stays one: its target is what gets replaced. */
function resolveLink(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
