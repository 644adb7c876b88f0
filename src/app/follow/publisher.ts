import fs from 'node:fs';
import { readPublishedFile } from '../../duckdb/fileState.ts';
import { handedOver } from '../../duckdb/followNote.ts';
import type { Workspace } from '../../duckdb/publish.ts';
import { parseReceipts } from '../../duckdb/receipts.ts';
import { FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { lsnOf } from '../../model/watermark.ts';
import type { WriteBudget } from '../../model/writeBudget.ts';
import type { ReplicationStream } from '../../postgres/replication/stream.ts';
import { type Beginning, catalogueDigest } from './beginning.ts';
import type { FollowedTable } from './changedTables.ts';
import type { ChangeQueue } from './changeQueue.ts';
import type { FollowRequest } from './followRequest.ts';
import type { Intake } from './intake.ts';
import { LiveFile } from './liveFile.ts';
import type { ScannedTables } from './scannedTables.ts';
import type { ServerLooks } from './serverLooks.ts';
import type { SlotKeeper } from './slotKeeper.ts';

/** For so long the newest snapshot is waited for to become safe, when the file is about to be published. */
const SAFE_PATIENCE_MS = 50;
/** While another program has the file open for writing. */
const RETRY_MS = 1000;

/** What the publisher works with: the stream's sides, and what is known of the server. */
export interface PublisherParts {
  readonly request: FollowRequest;
  readonly workspace: Workspace;
  readonly beginning: Beginning;
  readonly tables: readonly FollowedTable[];
  readonly intake: Intake;
  readonly queue: ChangeQueue;
  readonly looks: ServerLooks;
  readonly slot: SlotKeeper;
  readonly budget: WriteBudget;
}

/** Brings what was taken into the published file: put into the private copy, proven there, seen at the server, and renamed. */
export class Publisher {
  /** Whom to tell how far the server may forget. */
  stream: ReplicationStream | undefined;
  /** All that was committed before it is in the published file, what no message tells of included. */
  published: bigint;
  publishedAt: Date | null = null;
  /** Why nothing can be published now, in words. */
  why: string | null = null;
  private live: LiveFile | undefined;
  /** Something lasting is in the copy and not in the published file. */
  private unpublished = false;
  /** The position that the private copy says. */
  private committed: bigint | null = null;
  private notBefore = 0;

  constructor(private readonly parts: PublisherParts) {
    this.published = parts.beginning.from;
  }

  /** Makes the private copy. @param file what the published file, which is copied, says of itself */
  async open(file: Beginning['file']): Promise<void> {
    const { request, workspace, tables } = this.parts;
    this.live = await LiveFile.open(request, workspace, tables, file);
  }

  /** What is not published is gone with it. */
  async close(): Promise<void> {
    await this.live?.close();
  }

  interrupt(): void {
    this.live?.interrupt();
  }

  /** Whether the published file has all that was taken. */
  get isSettled(): boolean {
    return this.parts.intake.isEmpty && !this.unpublished;
  }

  /** Whether the published file is the one that was left there. */
  get isUntouched(): boolean {
    return this.live?.isUntouched() === true;
  }

  /** Milliseconds until something may be published again. */
  waitMs(now: number): number {
    return Math.max(this.notBefore - now, this.parts.budget.wait(now), 0);
  }

  /** Sees to it that a file that was removed or replaced comes back, though nothing changes. @throws FinanceDbError DUCKDB_NOT_OURS */
  async look(): Promise<void> {
    if (this.live === undefined || !this.isSettled) return;
    const why = await this.live.whyAnew();
    if (why === null) return;
    this.parts.request.onEvent({ kind: 'warning', text: `published anew: ${why}` });
    this.unpublished = true;
  }

  /** Puts what was taken into the private copy. @throws Restart when it contradicts what is there */
  async put(): Promise<void> {
    await this.live?.put();
  }

  /**
   * Proves what was put and publishes it.
   * @param exactly as of the position, which is written down even if nothing came
   * @param mayReach whether what the server says to be all up to a later position may be taken for granted
   * @throws Restart when the proof fails, or something changed of which no message tells
   */
  async publish(exactly: boolean, mayReach: boolean): Promise<void> {
    const { live } = this;
    if (live === undefined) return;
    const { request, intake, looks, slot, queue, budget } = this.parts;
    const started = performance.now();
    const { now, signal } = request;
    const { xids, since } = intake.pending;
    const hasNews = exactly || xids.length > 0;
    const done = hasNews ? await this.prove(live, exactly, mayReach, started) : null;
    const { position } = intake;
    signal.throwIfAborted();
    const outcome = await this.tryPublish(live);
    if (outcome === null) return;
    this.unpublished = false;
    if (this.committed !== null) slot.says(this.committed);
    intake.clear();
    const { lsn } = looks.latest;
    // biome-ignore lint/complexity/useMathMinMax: Math.min takes no bigint
    this.published = position < lsn ? position : lsn;
    this.publishedAt = now();
    const ended = performance.now();
    budget.spend(outcome.written, ended);
    slot.confirm(this.stream, queue.received, position);
    if (outcome.aside !== null) request.onEvent({ kind: 'warning', text: outcome.aside });
    if (done === null || xids.length === 0) return;
    const { upserted, deleted } = done;
    request.onEvent({
      kind: 'published',
      publish: {
        ...{ commits: xids.length, upserted, deleted, bytes: outcome.bytes, position: lsnOf(position) },
        lagSeconds: since === null ? 0 : Math.max(0, (now().getTime() - since) / 1000),
        seconds: (ended - started) / 1000,
      },
    });
  }

  /** Commits in the copy what the server shows too, with as of when it is. */
  private async prove(
    live: LiveFile,
    exactly: boolean,
    mayReach: boolean,
    started: number,
  ): Promise<Awaited<ReturnType<LiveFile['commit']>>> {
    const { request, beginning, intake, looks } = this.parts;
    await live.put();
    await looks.untilSeen(intake.pending.xids, request.signal, () => {
      this.why = 'commits that the log holds cannot be seen yet: they wait for a standby';
    });
    this.why = null;
    if (!exactly && mayReach) await this.reachLook();
    const { position } = intake;
    const at = { position, slot: beginning.keptSlot, catalogue: catalogueDigest(looks.latest) };
    const seconds = (performance.now() - started) / 1000;
    const done = await live.commit(at, looks.watermark(position), seconds, request.now());
    for (const text of done.warnings) request.onEvent({ kind: 'warning', text });
    this.unpublished = true;
    this.committed = position;
    return done;
  }

  /**
   * Publishes unless the surroundings do not allow it now: the copy stays, and is published with what comes later.
   * @returns null when it has to be tried again
   */
  private async tryPublish(live: LiveFile): Promise<Awaited<ReturnType<LiveFile['publish']>> | null> {
    const { request, intake } = this.parts;
    try {
      const outcome = await live.publish(request.now());
      this.why = null;
      return outcome;
    } catch (error) {
      // After a full disk DuckDB has given the copy up; that is begun anew.
      if (request.once || !isFinanceDbError(error) || error.code !== 'DUCKDB_LOCKED') throw error;
      if (this.why === null) request.onEvent({ kind: 'warning', text: `not published yet: ${error.message}` });
      this.why = messageOf(error);
      this.notBefore = performance.now() + RETRY_MS;
      intake.settle();
      return null;
    }
  }

  /** The snapshot of the last look is the best watermark for scans, when nothing was committed between the batch and it. */
  private async reachLook(): Promise<void> {
    const { intake, looks, queue } = this.parts;
    const { lsn, flushed } = looks.latest;
    // What is not on the server's disk is not sent.
    if (queue.holdsTransaction() || lsn <= intake.position || lsn > flushed) return;
    this.stream?.ask();
    const arrived = await queue.arrived(lsn, SAFE_PATIENCE_MS);
    if (arrived && !queue.holdsTransaction()) intake.reach(queue.received);
  }

  /**
   * Nothing of ours was committed up to the position: lets the slot go on. A file that a scan has left is published once more, for it
   * to say with which kept slot it can go on.
   */
  async holdPosition(): Promise<void> {
    const { slot, queue, intake } = this.parts;
    if (slot.needsNote) await this.publish(true, false);
    else slot.confirm(this.stream, queue.received, intake.position);
  }

  /** What validations beside us have found belongs into the file, which is ours to publish. */
  async takeReceipts(): Promise<void> {
    for (const file of handedOver(this.parts.workspace.folder)) {
      const text = fs.readFileSync(file, 'utf8');
      fs.rmSync(file, { force: true });
      await this.live?.addReceipts(parseReceipts(text));
      this.unpublished = true;
    }
  }

  /**
   * Brings the tables up to date that no stream tells of, and goes on with a copy of what that has published. Only while the private
   * copy has nothing that the published file has not.
   * @throws FinanceDbError as a sync does
   */
  async scanBeside(scanned: ScannedTables): Promise<void> {
    const { live } = this;
    if (live === undefined) return;
    const { request, workspace, slot, budget } = this.parts;
    await live.suspend();
    this.live = undefined;
    const result = await scanned.scan();
    for (const text of result.warnings) request.onEvent({ kind: 'warning', text });
    if (!result.published) {
      await live.resume();
      this.live = live;
      return;
    }
    const file = await readPublishedFile(workspace.publishedPath);
    if (file.kind !== 'ours') throw new FinanceDbError('INTERNAL', 'the file that was just published is not ours');
    await this.open(file);
    slot.says(null);
    this.committed = null;
    this.publishedAt = request.now();
    // The sync's own copy, and ours.
    budget.spend(2 * result.duckdb.bytes, performance.now());
  }
}
