import type { SnapshotNote } from '../../app/dashboard/snapshotNote.ts';
import { currentFollower } from '../../duckdb/followNote.ts';
import { lastCheck } from '../../duckdb/lastCheck.ts';
import type { ProgressMessage } from '../../render/progress.ts';
import type { Following, Freshness, Run } from '../pages/frame.ts';
import { type ChildCommand, type ChildOutcome, runChild } from './childCommand.ts';
import type { Announcement, Events } from './events.ts';
import type { ServeOptions } from './serveOptions.ts';

/** What may run beside the server; one at a time. */
export type Task = 'sync' | 'validate';

export type FollowState = Following['state'];

/** After a failure, and after each further one twice as long. */
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 300_000;

interface Running {
  readonly task: Task;
  readonly child: ChildCommand;
  readonly since: Date;
  /** Null before it has told any. */
  readonly progress: ProgressMessage | null;
}

/** The log that the status page shows. */
const MOST_RUNS = 20;

/** How long to wait after so many failures in a row, in milliseconds. */
export function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
}

/**
 * Keeps the data fresh without anybody waiting: a visit that finds the last check too old starts one sync. That a sync found
 * nothing to do is nowhere in the file, so the last check is remembered here too: otherwise each visit would start another.
 */
export class Keeper {
  private readonly options: ServeOptions;
  private readonly events: Events;
  private readonly snapshot: () => SnapshotNote | null;
  private running: Running | null = null;
  private follower: ChildCommand | null = null;
  private checkedAt: Date | null = null;
  private problem: Freshness['problem'] = null;
  private runs: readonly Run[] = [];
  private failures = 0;
  /** Not before this time, by itself. */
  private pausedUntil = 0;
  private stopped = false;

  /** @param snapshot the file that is served: a sync that brought it was a check too */
  constructor(options: ServeOptions, events: Events, snapshot: () => SnapshotNote | null) {
    this.options = options;
    this.events = events;
    this.snapshot = snapshot;
  }

  state(): Freshness {
    return {
      checkedAt: this.lastCheck(),
      syncing: this.running !== null,
      task: this.running?.task ?? null,
      since: this.running?.since ?? null,
      problem: this.problem,
      following: currentFollower(this.options.config.duckdbPath),
      automatic: this.options.sync.automatic,
      runs: this.runs,
    };
  }

  /** How it stands, for a page that has just begun to listen. */
  standing(): Announcement {
    const state = this.running !== null ? 'running' : this.problem !== null ? 'failed' : 'idle';
    return this.announcement(state, this.problem, this.running?.task);
  }

  /** What a follower does, where there is one. */
  followState(): FollowState | null {
    return currentFollower(this.options.config.duckdbPath)?.state ?? null;
  }

  /** Somebody looks: makes sure that what they see is not too old, in the background. */
  visited(): void {
    const { sync, now } = this.options;
    if (!sync.automatic || this.stopped || this.running !== null || now().getTime() < this.pausedUntil) return;
    if (sync.follow !== null) {
      if (this.follower === null) this.follow(sync.follow);
      else if (this.problem !== null) this.followedAgain();
      return;
    }
    const checked = this.lastCheck();
    if (checked === null || now().getTime() - checked.getTime() > sync.maxAgeMs) this.start('sync');
  }

  /**
   * Runs a task now, whatever the age.
   * @param flags of the command, beside those of this run
   * @returns false when one runs already
   */
  start(task: Task, flags: readonly string[] = []): boolean {
    if (this.running !== null || this.stopped) return false;
    const child = runChild(this.options.sync, [task, ...flags], (progress) => {
      if (this.running?.child !== child) return;
      this.running = { ...this.running, progress };
      this.announce('running', null);
    });
    this.running = { task, child, since: this.options.now(), progress: null };
    this.announce('running', null);
    void child.done.then((outcome) => this.ended(task, outcome));
    return true;
  }

  /** Ends what runs, and waits for it. */
  async stop(): Promise<void> {
    this.stopped = true;
    const children = [this.running?.child, this.follower].filter((child) => child != null);
    for (const child of children) child.stop();
    await Promise.all(children.map(({ done }) => done));
  }

  /** The newest of what the note beside the file says, the file itself, and what was seen here. */
  private lastCheck(): Date | null {
    const snapshot = this.snapshot();
    const synced = snapshot === null || snapshot.sample ? null : snapshot.syncedAt;
    const times = [lastCheck(this.options.config.duckdbPath), synced, this.checkedAt].filter((time) => time !== null);
    return times.length === 0 ? null : new Date(Math.max(...times.map((time) => time.getTime())));
  }

  private ended(task: Task, { code, problem }: ChildOutcome): void {
    const since = this.running?.since ?? this.options.now();
    this.running = null;
    if (this.stopped) return;
    const seconds = Math.max(0, (this.options.now().getTime() - since.getTime()) / 1000);
    this.runs = [{ task, since, seconds, problem }, ...this.runs].slice(0, MOST_RUNS);
    if (problem === null) {
      this.failures = 0;
      this.problem = null;
      // Whatever was changed after it began, it may not have seen.
      if (task === 'sync') this.checkedAt = since;
      this.announce('done', null, task);
    } else if (problem.code === 'SYNC_LOCKED') {
      // Somebody is at it, and will leave a note beside the file when they are done.
      this.pause(FIRST_PAUSE_MS);
      this.announce('elsewhere', null, task);
    } else if (task === 'validate') {
      // That the data is damaged is in the receipt; the file can still be read, and syncs go on.
      this.announce(problem.code === 'DAMAGED' ? 'done' : 'failed', problem, task);
    } else {
      this.failed(problem);
      this.announce('failed', problem, task);
      if (this.failures === 1)
        this.options.log(`sync failed (exit ${code ?? 'by a signal'}) [${problem.code}]: ${problem.message}`);
    }
  }

  private follow(flags: readonly string[]): void {
    const child = runChild(this.options.sync, ['follow', ...flags]);
    this.follower = child;
    void child.done.then(({ problem }) => {
      this.follower = null;
      if (this.stopped) return;
      const why = problem ?? { code: 'INTERNAL', message: '`finance-db follow` ended', remedy: 'see its messages' };
      this.failed(why);
      this.announce('failed', why, 'sync');
    });
  }

  /** It never ends while all is well: that it streams again is the end of what was wrong. */
  private followedAgain(): void {
    if (currentFollower(this.options.config.duckdbPath)?.state !== 'streaming') return;
    this.failures = 0;
    this.problem = null;
    this.announce('done', null, 'sync');
  }

  private failed(problem: NonNullable<Freshness['problem']>): void {
    this.failures++;
    this.problem = problem;
    this.pause(pauseAfter(this.failures));
  }

  private pause(milliseconds: number): void {
    this.pausedUntil = this.options.now().getTime() + milliseconds;
  }

  private announce(state: string, problem: Freshness['problem'], task = this.running?.task): void {
    this.events.announce(this.announcement(state, problem, task));
  }

  private announcement(state: string, problem: Freshness['problem'], task: Task | undefined): Announcement {
    const { since, progress = null } = this.running ?? {};
    return {
      name: 'sync',
      data: {
        ...{ state, task, since, checked_at: this.lastCheck(), following: this.followState() },
        ...(progress === null ? {} : { progress }),
        ...(problem === null ? {} : { problem }),
      },
    };
  }
}
