import type { GuardLook } from '../../postgres/replication/guard.ts';

/** A snapshot, and the log's position that was read after it. */
export type Watermark = Pick<GuardLook, 'snapshotText' | 'lsn'>;

/** Looks at the server are many; the file needs the newest that is safe. */
const MOST_WAITING = 64;

/**
 * Keeps the newest snapshot that a scan of the file can go by: one of which everything that it sees is in the file. Whatever a
 * snapshot sees was committed before the log's position that was read after it, so that it is safe once all that was committed
 * before that position has been put.
 */
export class Watermarks<Look extends Pick<Watermark, 'lsn'> = Watermark> {
  private waiting: Look[] = [];

  /** @param safe the snapshot that the file was scanned in */
  constructor(private safe: Look) {}

  /** Takes a look at the server. */
  add(look: Look): void {
    this.waiting.push(look);
    if (this.waiting.length > MOST_WAITING) this.waiting.splice(0, MOST_WAITING / 2);
  }

  /** The newest one when all that was committed before `position` has been put. */
  at(position: bigint): Look {
    for (let look = this.waiting[0]; look !== undefined && look.lsn <= position; look = this.waiting[0]) {
      this.safe = look;
      this.waiting.shift();
    }
    return this.safe;
  }
}
