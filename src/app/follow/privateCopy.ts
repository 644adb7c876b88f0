import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { compactFile, type FreshSize, isBloated } from '../../duckdb/compact.ts';
import type { Workspace } from '../../duckdb/publish.ts';
import { ATTACHED, openWorkingCopy, type WorkingCopy, type WorkingCopyOptions } from '../../duckdb/workingCopy.ts';
import { mapFileError } from '../../files/fileErrors.ts';
import { COMPACT_MEMORY } from '../sync/syncCopy.ts';
import { fileIdentity } from '../validate/receipt.ts';
import { LEAN_MEMORY } from './memory.ts';
import { PublishedPlace } from './publishedPlace.ts';
import { Restart } from './restart.ts';

/** What a publish wrote, and what was set aside for it, in words. */
export interface PublishedCopy {
  readonly written: number;
  readonly bytes: number;
  readonly aside: string | null;
}

/**
 * The follower's own file, of which each publish leaves one behind. Where the file system shares blocks, a twin of it is published.
 * Elsewhere a twin is as many bytes as the file has, and a commit would wait for them: the copy itself is published, with only the blocks
 * to be written that changed, and copied from there while nothing waits.
 */
export class PrivateCopy {
  /** Null between the moment when it was published and the one when its successor is open. */
  private copy: WorkingCopy | null = null;
  private successor: Promise<void> | null = null;
  private closed = false;
  /** What was left at the published place. */
  readonly place: PublishedPlace;
  private readonly path: string;
  /** Where the file that was published is copied from, whatever becomes of the published place. */
  private readonly twin: string;

  private constructor(
    private readonly config: Config,
    private readonly workspace: Workspace,
    private fresh: FreshSize,
    private readonly tables: readonly string[],
  ) {
    this.place = new PublishedPlace(workspace.publishedPath);
    // Of another name than the copy of a sync, which may have its turn in between.
    this.path = path.join(workspace.folder, 'live.duckdb');
    this.twin = path.join(workspace.folder, 'publish.duckdb');
  }

  /**
   * Copies the published file.
   * @param fresh what it measured when it was last written from nothing
   * @param tables those that are in doubt when somebody has written to a file of ours
   */
  static async open(
    config: Config,
    workspace: Workspace,
    fresh: FreshSize,
    tables: readonly string[],
  ): Promise<PrivateCopy> {
    const own = new PrivateCopy(config, workspace, fresh, tables);
    workspace.clearCopy();
    workspace.copyPublished();
    fs.rmSync(`${own.path}.wal`, { force: true });
    fs.renameSync(workspace.copyPath, own.path);
    await own.resume();
    return own;
  }

  /** The open copy; waits for it after a publish. @throws Restart, FinanceDbError when it could not be made */
  async use(): Promise<WorkingCopy> {
    await this.successor;
    if (this.copy === null) throw new Error('the private copy is not open');
    return this.copy;
  }

  /**
   * Puts what the copy holds in the published place; nothing may be put into it meanwhile.
   * @param rows how many it has
   * @throws FinanceDbError as a sync does; DUCKDB_NOT_OURS when somebody has put something else there
   */
  async publish(now: Date, rows: bigint): Promise<PublishedCopy> {
    await this.use();
    await this.place.requireOurs();
    await this.checkpoint();
    await this.compactIfBloated(rows);
    const shared = await this.share();
    if (!shared) await this.suspend();
    const from = shared ? this.twin : this.path;
    const bytes = fs.statSync(from).size;
    try {
      if (!shared) this.keepName();
      const identity = fileIdentity(from);
      const aside = await this.workspace.publish(now, from);
      this.place.leave(identity);
      return { written: shared ? 0 : bytes, bytes, aside };
    } finally {
      if (!shared) await this.goOn();
    }
  }

  /** Writes what was committed into the file itself. */
  async checkpoint(): Promise<void> {
    await (await this.use()).run(`CHECKPOINT ${ATTACHED}`);
  }

  /** @returns whether a twin was made that shares the copy's blocks */
  private async share(): Promise<boolean> {
    const { twin } = this;
    try {
      fs.rmSync(twin, { force: true });
      await fs.promises.copyFile(this.path, twin, fs.constants.COPYFILE_FICLONE_FORCE);
    } catch {
      fs.rmSync(twin, { force: true });
      return false;
    }
    await syncFile(twin);
    return true;
  }

  /** Whoever removes or replaces what is published does not touch what we go on with. */
  private keepName(): void {
    fs.rmSync(this.twin, { force: true });
    try {
      fs.linkSync(this.path, this.twin);
    } catch {
      // A file system without second names: it is copied from the published place.
    }
  }

  /** Opens the copy again that could not be published, or begins to copy the one that was. */
  private async goOn(): Promise<void> {
    if (fs.existsSync(this.path)) {
      fs.rmSync(this.twin, { force: true });
      await this.resume();
      return;
    }
    this.successor = this.succeed();
    // Whoever asks for the copy is told.
    this.successor.catch(() => undefined);
  }

  private async succeed(): Promise<void> {
    const from = fs.existsSync(this.twin) ? this.twin : this.workspace.publishedPath;
    try {
      await fs.promises.copyFile(from, this.path);
      // By the next publish it is on the disk already.
      await syncFile(this.path);
    } catch (error) {
      throw mapFileError(error, this.path);
    }
    // Programs that may not write to it can: nothing of that may get into what we publish.
    if (this.place.leftThere !== fileIdentity(from))
      throw new Restart('another program wrote to the published file while it was copied', this.tables);
    fs.rmSync(this.twin, { force: true });
    if (!this.closed) await this.resume();
  }

  private async compactIfBloated(rows: bigint): Promise<void> {
    if (!isBloated(fs.statSync(this.path).size, rows, this.fresh)) return;
    await this.suspend();
    const tries = COMPACT_MEMORY.map((memory) => this.options(memory));
    await compactFile(this.path, tries, rows, this.fresh);
    // Whether it could be done or not: what it measures now is what the next look goes by.
    this.fresh = { bytes: fs.statSync(this.path).size, rows };
    await this.resume();
  }

  /** Whether the published file is the one that was left there: neither replaced nor written to since. */
  isUntouched(): boolean {
    return this.place.isUntouched();
  }

  /** Lets go of the copy and of the memory that it takes; nothing may be open in it. */
  async suspend(): Promise<void> {
    const copy = await this.use();
    this.copy = null;
    await copy.close();
  }

  /** Opens the copy again where it was left. */
  async resume(): Promise<void> {
    this.copy = await openWorkingCopy(this.path, this.options(LEAN_MEMORY));
  }

  /** What is not committed is gone with it. */
  async close(): Promise<void> {
    this.closed = true;
    await this.successor?.catch(() => undefined);
    this.copy?.abandon();
  }

  interrupt(): void {
    this.copy?.interrupt?.();
  }

  private options(memory: string): WorkingCopyOptions {
    return {
      memory: this.config.memory ?? memory,
      threads: os.availableParallelism(),
      temporaryFolder: this.workspace.temporaryFolder,
    };
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await fs.promises.open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
