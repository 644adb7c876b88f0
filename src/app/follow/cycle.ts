import { takeReloadWish } from '../../duckdb/followNote.ts';
import { rememberCheck } from '../../duckdb/lastCheck.ts';
import type { Workspace } from '../../duckdb/publish.ts';
import { lsnOf, parseLsn } from '../../model/watermark.ts';
import { WriteBudget } from '../../model/writeBudget.ts';
import type { ReplicationStream } from '../../postgres/replication/stream.ts';
import type { Beginning } from './beginning.ts';
import { ChangedTables } from './changedTables.ts';
import { ChangeQueue, type QueuedItem } from './changeQueue.ts';
import type { FollowRequest, Standing } from './followRequest.ts';
import { Intake } from './intake.ts';
import { Meetings } from './meetings.ts';
import { Publisher } from './publisher.ts';
import { Restart } from './restart.ts';
import { ScannedTables } from './scannedTables.ts';
import { ServerLooks } from './serverLooks.ts';
import { SlotKeeper } from './slotKeeper.ts';

/** Changes in memory; beyond they go into the private copy, whether they can be published yet or not. */
const MOST_HELD = 24 << 20;
/** While more keeps arriving, the oldest commit waits so long for company. */
const LONGEST_GATHERING_MS = 500;
/** How often an idle follower looks around. */
export const PULSE_MS = 1000;
/** How often it notes beside the file that it is up to date. */
const CHECK_MS = 5000;
/** Between two looks at a meeting. */
const MEETING_LOOK_MS = 20;

/**
 * One stream from its beginning on: takes what it tells, puts it into the private copy, proves it, publishes, and tells the
 * server how far it may forget. Ends by throwing, or when `once` has come to where the server was.
 */
export class FollowCycle {
  private readonly queue: ChangeQueue;
  private readonly changed: ChangedTables;
  private readonly intake: Intake;
  private readonly looks: ServerLooks;
  private readonly slot: SlotKeeper;
  private readonly scanned: ScannedTables;
  private readonly meetings: Meetings;
  private readonly publisher: Publisher;
  private readonly pulse: number;
  private stream: ReplicationStream | undefined;
  private checkedAt = 0;
  private idleAt = 0;

  constructor(
    private readonly request: FollowRequest,
    private readonly workspace: Workspace,
    private readonly beginning: Beginning,
    budget?: WriteBudget,
  ) {
    const { look, snapshotText, from, guard, resumed, keptSlot, file, tables, scanned } = beginning;
    this.queue = new ChangeQueue(() => this.stream);
    this.changed = new ChangedTables(tables);
    this.intake = new Intake(this.changed, from);
    const begunAt = resumed ? null : beginning.begunAt;
    this.looks = new ServerLooks(guard, look, snapshotText, from, begunAt, request.now);
    const said = resumed && file.followed !== null ? parseLsn(file.followed.position) : null;
    this.slot = new SlotKeeper(workspace.publishedPath, keptSlot, said);
    const names = scanned.map(({ source }) => source.table);
    this.scanned = new ScannedTables(request, workspace, names, begunAt);
    this.meetings = new Meetings(workspace.folder);
    this.publisher = new Publisher({
      ...{ request, workspace, beginning, tables: this.changed.tables, slot: this.slot },
      ...{ intake: this.intake, queue: this.queue, looks: this.looks },
      budget: budget ?? new WriteBudget(request.writeBudget, performance.now()),
    });
    this.pulse = request.pulseMs ?? PULSE_MS;
  }

  /** @throws Restart, FinanceDbError, or the reason of the signal */
  async run(): Promise<void> {
    const { signal } = this.request;
    const onAbort = (): void => {
      this.publisher.interrupt();
      this.queue.stir();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.publisher.open(this.beginning.file);
      this.stream = await this.beginning.start(this.queue);
      this.publisher.stream = this.stream;
      await this.turn(this.goal());
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.meetings.refuse('the stream has ended');
      this.stream?.close();
      await this.publisher.close();
    }
  }

  /** Where `once` ends; null for never. */
  private goal(): bigint | null {
    const { resumed, from, look } = this.beginning;
    if (!this.request.once) return null;
    // The snapshot of the scan saw all that was committed when the slot was made.
    return resumed ? look.flushed : from;
  }

  private async turn(goal: bigint | null): Promise<void> {
    const { signal } = this.request;
    this.stream?.ask();
    for (;;) {
      signal.throwIfAborted();
      const item = await this.nextItem();
      signal.throwIfAborted();
      if (item !== null) await this.take(item);
      if (this.isDue()) await this.publisher.publish(false, !this.meetings.isOn);
      if (this.mayScan() && this.scanned.isDue()) await this.publisher.scanBeside(this.scanned);
      if (goal !== null && this.intake.position >= goal && this.publisher.isSettled) {
        await this.publisher.holdPosition();
        return;
      }
      if (item === null || performance.now() - this.idleAt > this.pulse) await this.idle();
    }
  }

  /** The next item, unless a meeting is on and it lies behind it: then the file is published for the meeting. */
  private async nextItem(): Promise<QueuedItem | null> {
    const { meetings } = this;
    // What has begun to arrive was committed before a slot of now can be.
    if (!meetings.isOn || this.intake.inTransaction) return this.queue.next(this.patience());
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
    if (this.intake.position > goal) {
      this.meetings.refuse('the file is beyond the position already');
      return;
    }
    // Whatever somebody did to it would be gone with the publish, and never be found.
    if (!this.publisher.isUntouched) {
      this.meetings.refuse('the published file is not as the follower left it');
      return;
    }
    this.intake.reach(goal);
    await this.publisher.publish(true, false);
    if (!this.publisher.isSettled) this.meetings.refuse(this.publisher.why ?? 'nothing can be published now');
    else this.meetings.arrive();
  }

  standing(): Standing {
    const { since } = this.intake.pending;
    const { why, published, publishedAt } = this.publisher;
    return {
      state: why === null ? 'streaming' : 'waiting',
      why,
      position: lsnOf(published),
      received: lsnOf(this.queue.received),
      lagSeconds: since === null ? 0 : Math.max(0, (this.request.now().getTime() - since) / 1000),
      publishedAt,
      lookedAt: this.looks.lookedAt,
      asOf: this.looks.asOf(published),
      commits: this.intake.commits,
      rows: this.queue.rows,
      slot: this.beginning.slot,
      scanned: this.scanned.names(),
      scannedAt: this.scanned.lastScan,
    };
  }

  private async take(item: QueuedItem): Promise<void> {
    this.intake.take(item);
    if (this.changed.bytes > MOST_HELD) await this.publisher.put();
  }

  private isDue(): boolean {
    if (this.intake.inTransaction || this.publisher.isSettled) return false;
    const now = performance.now();
    if (this.publisher.waitMs(now) > 0) return false;
    return !this.queue.ready || now - this.intake.pending.takenAt > LONGEST_GATHERING_MS;
  }

  /** How long to wait for the next item. */
  private patience(): number {
    if (this.publisher.isSettled) return this.request.once ? 20 : this.pulse;
    return Math.min(this.pulse, Math.max(this.publisher.waitMs(performance.now()), 1));
  }

  /** Nothing comes: looks around, and lets the server forget what lies behind. */
  private async idle(): Promise<void> {
    this.idleAt = performance.now();
    this.stream?.ask();
    const damaged = this.request.once ? [] : takeReloadWish(this.workspace.folder);
    if (damaged.length > 0) throw new Restart(`a validation found damage in ${damaged.join(', ')}`, damaged);
    this.lookForMeeting();
    if (!this.publisher.isSettled || this.intake.inTransaction) return;
    await this.publisher.look();
    if (!this.publisher.isSettled) return;
    const { position } = this.intake;
    // Each time: what a statement sees, and the position that it reads, are not of one moment.
    await this.looks.look();
    this.publisher.published = position;
    if (this.slot.isDue) await this.publisher.holdPosition();
    await this.publisher.takeReceipts();
    if (performance.now() - this.checkedAt < CHECK_MS) return;
    this.checkedAt = performance.now();
    // Of all of the file: what is scanned is as old as its scan.
    const checked = this.scanned.areThere ? this.scanned.lastScan : this.request.now();
    if (checked !== null) rememberCheck(this.workspace.publishedPath, checked);
  }

  private lookForMeeting(): void {
    const { meetings } = this;
    if (meetings.isOn || this.request.once) return;
    meetings.look();
    // Of what is being taken nothing can lie behind a slot that is made after this.
    meetings.wait();
  }

  /** Whether the private copy has nothing that the published file has not, so that another may take its place. */
  private mayScan(): boolean {
    if (this.meetings.isOn || this.intake.inTransaction || !this.publisher.isSettled) return false;
    return this.request.once || this.publisher.waitMs(performance.now()) <= 0;
  }
}

/** Whether an item tells of something that was committed at or behind a position, or that all before it has been told. */
function liesBehind(item: QueuedItem, position: bigint): boolean {
  if (item.kind === 'begin') return item.finalLsn >= position;
  return item.kind === 'position' && item.lsn >= position;
}
