import fs from 'node:fs';
import { handedOver } from '../../duckdb/followNote.ts';
import { rememberCheck } from '../../duckdb/lastCheck.ts';
import type { Workspace } from '../../duckdb/publish.ts';
import { parseReceipts } from '../../duckdb/receipts.ts';
import { isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { lsnOf, parseLsn, sees } from '../../model/watermark.ts';
import { WriteBudget } from '../../model/writeBudget.ts';
import { catalogueChange, type GuardLook } from '../../postgres/replication/guard.ts';
import { timeOf } from '../../postgres/replication/messages.ts';
import type { ReplicationStream } from '../../postgres/replication/stream.ts';
import { type Beginning, catalogueDigest } from './beginning.ts';
import { ChangedTables } from './changedTables.ts';
import { ChangeQueue, type QueuedItem } from './changeQueue.ts';
import type { FollowRequest, Standing } from './followRequest.ts';
import { recordBeyond } from './keptSlot.ts';
import { LiveFile } from './liveFile.ts';
import { Meetings } from './meetings.ts';
import { Restart } from './restart.ts';
import { Watermarks } from './watermarks.ts';

/** Changes in memory; beyond they go into the private copy, whether they can be published yet or not. */
const MOST_HELD = 24 << 20;
/** While more keeps arriving, the oldest commit waits so long for company. */
const LONGEST_GATHERING_MS = 500;
/** How often an idle follower looks around. */
export const PULSE_MS = 1000;
/** How often it notes beside the file that it is up to date. */
const CHECK_MS = 5000;
/** For so long the newest snapshot is waited for to become safe, when the file is about to be published. */
const SAFE_PATIENCE_MS = 50;
/** Between two looks whether a commit can be seen, which it cannot while it waits for a synchronous standby. */
const LONGEST_LOOK_MS = 250;
/** While another program has the file open for writing. */
const RETRY_PUBLISH_MS = 1000;
/** Between two looks at a meeting. */
const MEETING_LOOK_MS = 20;

/** What of the batch is not published yet. */
interface Pending {
  /** xids of its commits. */
  xids: number[];
  /** When the oldest of them was committed, in milliseconds by the server's clock; null for none. */
  since: number | null;
  /** When it was taken, by our clock. */
  takenAt: number;
}

/**
 * One stream from its beginning on: takes what it tells, puts it into the private copy, proves it, publishes, and tells the
 * server how far it may forget. Ends by throwing, or when `once` has come to where the server was.
 */
export class FollowCycle {
  private readonly queue: ChangeQueue;
  private readonly changed: ChangedTables;
  private readonly watermarks: Watermarks;
  private readonly budget: WriteBudget;
  private stream: ReplicationStream | undefined;
  private live: LiveFile | undefined;
  private look: GuardLook;
  /** All that was committed before it has been taken. */
  private position: bigint;
  /** All that was committed before it is in the published file, what no message tells of included. */
  private published: bigint;
  private publishedAt: Date | null = null;
  /** When the last look at the catalogue began. */
  private lookedAt: Date | null = null;
  private pending: Pending = { xids: [], since: null, takenAt: 0 };
  private transaction: { readonly xid: number; touched: boolean } | null = null;
  /** Something lasting is in the copy and not in the published file. */
  private unpublished = false;
  private notBefore = 0;
  private checkedAt = 0;
  private commits = 0;
  private why: string | null = null;
  private idleAt = 0;
  private readonly pulse: number;
  private readonly meetings: Meetings;
  /** The position that the published file says; null while a scan has left it. */
  private said: bigint | null;
  /** The position that the private copy says. */
  private committed: bigint | null = null;
  private heldAt = 0;

  constructor(
    private readonly request: FollowRequest,
    private readonly workspace: Workspace,
    private readonly beginning: Beginning,
    budget?: WriteBudget,
  ) {
    this.queue = new ChangeQueue(() => this.stream);
    this.changed = new ChangedTables(beginning.tables);
    this.pulse = request.pulseMs ?? PULSE_MS;
    this.meetings = new Meetings(workspace.folder);
    const { followed } = beginning.file;
    this.said = beginning.resumed && followed !== null ? parseLsn(followed.position) : null;
    this.position = beginning.from;
    this.published = beginning.from;
    this.look = beginning.look;
    this.watermarks = new Watermarks({ snapshotText: beginning.snapshotText, lsn: beginning.from });
    this.watermarks.add(beginning.look);
    this.budget = budget ?? new WriteBudget(request.writeBudget, performance.now());
  }

  /** @throws Restart, FinanceDbError, or the reason of the signal */
  async run(): Promise<void> {
    const { signal, once } = this.request;
    const onAbort = (): void => {
      this.live?.interrupt();
      this.queue.stir();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const { config } = this.request;
      this.live = await LiveFile.open(config, this.workspace, this.changed.tables, this.beginning.file);
      this.stream = await this.beginning.start(this.queue);
      // The snapshot of the scan saw all that was committed when the slot was made.
      const { resumed, from } = this.beginning;
      const goal = once ? (resumed ? this.beginning.look.flushed : from) : null;
      this.stream.ask();
      for (;;) {
        signal.throwIfAborted();
        const item = await this.nextItem();
        signal.throwIfAborted();
        if (item !== null) await this.take(item);
        if (this.isDue()) await this.publish();
        if (goal !== null && this.position >= goal && !this.hasPending() && !this.unpublished) {
          await this.holdPosition();
          return;
        }
        if (item === null || performance.now() - this.idleAt > this.pulse) await this.idle();
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.meetings.refuse('the stream has ended');
      this.stream?.close();
      this.live?.close();
    }
  }

  /** The next item, unless a meeting is on and it lies behind it: then the file is published for the meeting. */
  private async nextItem(): Promise<QueuedItem | null> {
    const { meetings } = this;
    // What has begun to arrive was committed before a slot of now can be.
    if (!meetings.isOn || this.transaction !== null) return this.queue.next(this.patience());
    meetings.look();
    const goal = meetings.goal();
    if (goal === null) {
      await new Promise((resolve) => setTimeout(resolve, MEETING_LOOK_MS));
      return null;
    }
    const next = this.queue.peek();
    if (next !== null && !liesBehind(next, goal)) return this.queue.next(MEETING_LOOK_MS);
    if (next !== null) await this.publishAt(goal);
    else {
      this.stream?.ask();
      await new Promise((resolve) => setTimeout(resolve, MEETING_LOOK_MS));
    }
    return null;
  }

  /** Publishes a file of exactly what was committed before a position, all of which has been taken and nothing else. */
  private async publishAt(goal: bigint): Promise<void> {
    if (this.position > goal) {
      this.meetings.refuse('the file is beyond the position already');
      return;
    }
    // Whatever somebody did to it would be gone with the publish, and never be found.
    if (this.live?.isUntouched() !== true) {
      this.meetings.refuse('the published file is not as the follower left it');
      return;
    }
    this.position = goal;
    await this.publish(true);
    if (this.unpublished) this.meetings.refuse(this.why ?? 'nothing can be published now');
    else this.meetings.arrive();
  }

  standing(): Standing {
    const { since } = this.pending;
    return {
      state: this.why === null ? 'streaming' : 'waiting',
      why: this.why,
      position: lsnOf(this.published),
      received: lsnOf(this.queue.received),
      lagSeconds: since === null ? 0 : Math.max(0, (this.request.now().getTime() - since) / 1000),
      publishedAt: this.publishedAt,
      lookedAt: this.lookedAt,
      commits: this.commits,
      rows: this.queue.rows,
      slot: this.beginning.slot,
    };
  }

  private async take(item: QueuedItem): Promise<void> {
    switch (item.kind) {
      case 'begin':
        this.transaction = { xid: item.xid, touched: false };
        return;
      case 'commit':
        this.commit(item.endLsn, item.committedAt);
        break;
      case 'position':
        if (item.lsn > this.position) this.position = item.lsn;
        return;
      case 'relation':
        this.changed.relation(item);
        return;
      case 'other':
        return;
      default:
        if (this.changed.change(item) && this.transaction !== null) this.transaction.touched = true;
    }
    if (this.changed.bytes > MOST_HELD) await this.live?.put();
  }

  private commit(endLsn: bigint, committedAt: bigint): void {
    if (this.transaction?.touched === true) {
      this.commits++;
      this.pending.xids.push(this.transaction.xid);
      this.pending.since ??= timeOf(committedAt).getTime();
      if (this.pending.xids.length === 1) this.pending.takenAt = performance.now();
    }
    this.transaction = null;
    if (endLsn > this.position) this.position = endLsn;
  }

  private hasPending(): boolean {
    return this.pending.xids.length > 0;
  }

  private isDue(): boolean {
    if (this.transaction !== null || !(this.hasPending() || this.unpublished)) return false;
    const now = performance.now();
    if (now < this.notBefore || this.budget.wait(now) > 0) return false;
    return !this.queue.ready || now - this.pending.takenAt > LONGEST_GATHERING_MS;
  }

  /** How long to wait for the next item. */
  private patience(): number {
    if (!(this.hasPending() || this.unpublished)) return this.request.once ? 20 : this.pulse;
    const now = performance.now();
    return Math.min(this.pulse, Math.max(this.notBefore - now, this.budget.wait(now), 1));
  }

  /** Proves what was put and publishes it. @param exactly as of the position, which is written down even if nothing came */
  private async publish(exactly = false): Promise<void> {
    const { live } = this;
    if (live === undefined) return;
    const started = performance.now();
    const { now } = this.request;
    const { xids, since } = this.pending;
    let upserted = 0n;
    let deleted = 0n;
    if (exactly || this.hasPending()) {
      await live.put();
      await this.lookAfter(xids);
      const safe = exactly ? this.watermarks.at(this.position).snapshotText : await this.safeWatermark();
      const at = { position: this.position, slot: this.beginning.keptSlot, catalogue: catalogueDigest(this.look) };
      const seconds = (performance.now() - started) / 1000;
      const done = await live.commit(at, safe, seconds, now());
      ({ upserted, deleted } = done);
      for (const text of done.warnings) this.request.onEvent({ kind: 'warning', text });
      this.unpublished = true;
      this.committed = this.position;
    }
    const position = this.position;
    this.request.signal.throwIfAborted();
    const outcome = await this.tryPublish(live);
    if (outcome === null) return;
    this.unpublished = false;
    this.said = this.committed ?? this.said;
    this.pending = { xids: [], since: null, takenAt: 0 };
    // biome-ignore lint/complexity/useMathMinMax: Math.min takes no bigint
    this.published = position < this.look.lsn ? position : this.look.lsn;
    this.publishedAt = now();
    const ended = performance.now();
    this.budget.spend(outcome.written, ended);
    this.confirm(position);
    if (outcome.aside !== null) this.request.onEvent({ kind: 'warning', text: outcome.aside });
    if (xids.length === 0) return;
    this.request.onEvent({
      kind: 'published',
      publish: {
        ...{ commits: xids.length, upserted, deleted, bytes: outcome.bytes, position: lsnOf(position) },
        lagSeconds: since === null ? 0 : Math.max(0, (now().getTime() - since) / 1000),
        seconds: (ended - started) / 1000,
      },
    });
  }

  /**
   * Publishes unless the surroundings do not allow it now: the copy stays, and is published with what comes later.
   * @returns null when it has to be tried again
   */
  private async tryPublish(live: LiveFile): Promise<Awaited<ReturnType<LiveFile['publish']>> | null> {
    try {
      const outcome = await live.publish(this.request.now());
      this.why = null;
      return outcome;
    } catch (error) {
      // After a full disk DuckDB has given the copy up; that is begun anew.
      if (this.request.once || !isFinanceDbError(error) || error.code !== 'DUCKDB_LOCKED') throw error;
      if (this.why === null) this.request.onEvent({ kind: 'warning', text: `not published yet: ${error.message}` });
      this.why = messageOf(error);
      this.notBefore = performance.now() + RETRY_PUBLISH_MS;
      this.pending.xids = [];
      return null;
    }
  }

  /**
   * Looks at the server until it shows all commits of the batch, and makes sure that nothing has changed of which no message tells.
   * @throws Restart when something has
   */
  private async lookAfter(xids: readonly number[]): Promise<void> {
    for (let pause = 2; ; pause = Math.min(pause * 2, LONGEST_LOOK_MS)) {
      await this.guard();
      const { snapshot } = this.look;
      if (xids.every((xid) => sees(snapshot, xid))) {
        this.why = null;
        return;
      }
      this.request.signal.throwIfAborted();
      if (pause === LONGEST_LOOK_MS)
        this.why = 'commits that the log holds cannot be seen yet: they wait for a standby';
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  private async guard(): Promise<void> {
    const startedAt = this.request.now();
    const look = await this.beginning.guard.look();
    const change = catalogueChange(this.look, look);
    if (change !== null) throw new Restart(`something changed of which the stream does not tell: ${change}`);
    this.look = look;
    this.lookedAt = startedAt;
    this.watermarks.add(look);
  }

  /**
   * The snapshot that scans will go by. The one of the last look is the best, when nothing was committed between the batch and it.
   */
  private async safeWatermark(): Promise<string> {
    const { lsn, flushed } = this.look;
    // What is not on the server's disk is not sent.
    if (!this.meetings.isOn && !this.queue.holdsTransaction() && lsn > this.position && lsn <= flushed) {
      this.stream?.ask();
      const arrived = await this.queue.arrived(lsn, SAFE_PATIENCE_MS);
      if (arrived && !this.queue.holdsTransaction()) this.position = this.queue.received;
    }
    return this.watermarks.at(this.position).snapshotText;
  }

  /** Nothing comes: looks around, and lets the server forget what lies behind. */
  private async idle(): Promise<void> {
    const { now } = this.request;
    this.idleAt = performance.now();
    this.stream?.ask();
    this.lookForMeeting();
    if (this.hasPending() || this.unpublished || this.transaction !== null) return;
    const { position } = this;
    // Each time: what a statement sees, and the position that it reads, are not of one moment.
    await this.guard();
    this.published = position;
    if (this.beginning.keptSlot === null) this.stream?.confirm({ received: this.queue.received, flushed: position });
    else if (this.said === null || performance.now() - this.heldAt > CHECK_MS) await this.holdPosition();
    await this.takeReceipts();
    if (performance.now() - this.checkedAt < CHECK_MS) return;
    this.checkedAt = performance.now();
    rememberCheck(this.workspace.publishedPath, now());
  }

  /**
   * Nothing of ours was committed up to the position: lets a kept slot go on, and writes that down before, since the file itself
   * says an earlier one. A file that a scan has left is published once more, for it to say with which slot it can go on.
   */
  private async holdPosition(): Promise<void> {
    const { position } = this;
    if (this.beginning.keptSlot === null) return;
    this.heldAt = performance.now();
    if (this.said === null) {
      await this.publish(true);
      return;
    }
    this.confirm(position);
  }

  /** Lets the server forget what lies before a position, all of which is in the published file. */
  private confirm(position: bigint): void {
    const { keptSlot } = this.beginning;
    if (keptSlot !== null && this.said !== null && position > this.said)
      recordBeyond(this.workspace.publishedPath, keptSlot, this.said, position);
    this.stream?.confirm({ received: this.queue.received, flushed: position });
  }

  private lookForMeeting(): void {
    const { meetings } = this;
    if (meetings.isOn || this.request.once) return;
    meetings.look();
    // Of what is being taken nothing can lie behind a slot that is made after this.
    meetings.wait();
  }

  /** What validations beside us have found belongs into the file, which is ours to publish. */
  private async takeReceipts(): Promise<void> {
    for (const file of handedOver(this.workspace.folder)) {
      const text = fs.readFileSync(file, 'utf8');
      fs.rmSync(file, { force: true });
      await this.live?.addReceipts(parseReceipts(text));
      this.unpublished = true;
    }
  }
}

/** Whether an item tells of something that was committed at or behind a position, or that all before it has been told. */
function liesBehind(item: QueuedItem, position: bigint): boolean {
  if (item.kind === 'begin') return item.finalLsn >= position;
  return item.kind === 'position' && item.lsn >= position;
}
