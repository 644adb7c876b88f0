import fs from 'node:fs';
import path from 'node:path';
import { FinanceDbError } from '../errors/financeDbError.ts';
import { mapFileError } from '../files/fileErrors.ts';
import { acquireLock, type HeldLock, isHeldLock, type LockHolder, lockHolder } from '../files/lockFile.ts';
import { makePrivateFolder } from '../files/privateFile.ts';
import { processExists } from '../files/processIdentity.ts';

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
  /** Removes a working copy that failed. */
  clearCopy(): void;
  /** Makes the working copy from the published file; shares its blocks where the file system can. */
  copyPublished(): void;
  /**
   * Puts the working copy in the place of the published file: readers see the old one or the new one, nothing else.
   * @param setAside true keeps what was there under another name, which is returned
   * @throws FinanceDbError when the lock was lost, or the rename fails
   */
  publish(setAside: boolean, now: Date): string | null;
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
    publish: (setAside, now) => {
      // Should the lock have been taken from us (see lockFile.ts), the other sync's file must not be overwritten.
      if (!lock.isHeld()) throw lockLost(target);
      try {
        const aside = setAside ? moveAside(target, now) : null;
        fs.chmodSync(copyPath, options.fileMode);
        fs.renameSync(copyPath, target);
        syncFolder(path.dirname(target));
        return aside;
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
  return new FinanceDbError(
    'SYNC_LOCKED',
    `another sync of ${target} is running: process ${holder.pid} on ${holder.host}, since ${holder.since}`,
    {
      details: { pid: holder.pid, host: holder.host, since: holder.since },
    },
  );
}

function lockLost(target: string): FinanceDbError {
  const removed = !fs.existsSync(`${target}.lock`);
  return new FinanceDbError(
    'SYNC_LOCKED',
    `the lock ${target}.lock was ${removed ? 'removed while it was held' : 'taken by another process'}; nothing was published`,
    removed ? { remedy: 'run the command again, and let nothing remove its files while it runs' } : {},
  );
}

function moveAside(target: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace(/\..*/, '');
  for (let number = 0; ; number++) {
    const aside = `${target}.damaged-${stamp}${number === 0 ? '' : `-${number}`}`;
    if (fs.existsSync(aside)) continue;
    try {
      // A second name, so that there is a file at the published place at every moment.
      fs.linkSync(target, aside);
    } catch {
      fs.renameSync(target, aside);
    }
    return aside;
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
