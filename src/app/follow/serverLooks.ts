import { setTimeout as delay } from 'node:timers/promises';
import { sees } from '../../model/watermark.ts';
import { type CatalogueGuard, catalogueChange, type GuardLook } from '../../postgres/replication/guard.ts';
import { Restart } from './restart.ts';
import { Watermarks } from './watermarks.ts';

/** Between two looks whether a commit can be seen, which it cannot while it waits for a synchronous standby. */
const LONGEST_PAUSE_MS = 250;

/** What the server shows beside the stream: that nothing changed without a message, which commits can be seen, and watermarks for scans. */
export class ServerLooks {
  /** When the last look began, which found nothing; null before the first one. */
  lookedAt: Date | null = null;
  private last: GuardLook;
  private readonly watermarks: Watermarks;
  private readonly times: Watermarks<{ readonly lsn: bigint; readonly at: Date | null }>;

  /**
   * @param first what the guard saw at the beginning
   * @param snapshotText of the scan that the stream goes on from
   * @param from the position that belongs to that snapshot
   * @param begunAt before that snapshot was taken; null when that is not known
   */
  constructor(
    private readonly guard: CatalogueGuard,
    first: GuardLook,
    snapshotText: string,
    from: bigint,
    begunAt: Date | null,
    private readonly now: () => Date,
  ) {
    this.last = first;
    this.watermarks = new Watermarks({ snapshotText, lsn: from });
    this.watermarks.add(first);
    this.times = new Watermarks<{ readonly lsn: bigint; readonly at: Date | null }>({ lsn: from, at: begunAt });
  }

  get latest(): GuardLook {
    return this.last;
  }

  /** @throws Restart when something has changed of which no message tells */
  async look(): Promise<void> {
    const startedAt = this.now();
    const look = await this.guard.look();
    const change = catalogueChange(this.last, look);
    if (change !== null) throw new Restart(`something changed of which the stream does not tell: ${change}`);
    this.last = look;
    this.lookedAt = startedAt;
    this.watermarks.add(look);
    this.times.add({ lsn: look.lsn, at: startedAt });
  }

  /** When all was in the server that a file has which is as of a position: what was committed earlier is in it. */
  asOf(published: bigint): Date | null {
    return this.times.at(published).at;
  }

  /**
   * Looks once, and again until the server shows all these commits.
   * @param onHeldUp called when that takes longer than a commit does by itself
   * @throws Restart as `look` does
   */
  async untilSeen(xids: readonly number[], signal: AbortSignal, onHeldUp: () => void): Promise<void> {
    for (let pause = 2; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await this.look();
      const { snapshot } = this.last;
      if (xids.every((xid) => sees(snapshot, xid))) return;
      signal.throwIfAborted();
      if (pause === LONGEST_PAUSE_MS) onHeldUp();
      await delay(pause);
    }
  }

  /** The newest snapshot that scans can go by when all that was committed before `position` is in the file, as PostgreSQL wrote it. */
  watermark(position: bigint): string {
    return this.watermarks.at(position).snapshotText;
  }
}
