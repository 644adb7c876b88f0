import { timeOf } from '../../postgres/replication/messages.ts';
import type { ChangedTables } from './changedTables.ts';
import type { QueuedItem } from './changeQueue.ts';

/** Commits that were taken from the stream and are not published yet. */
export interface Pending {
  /** xids of its commits. */
  xids: number[];
  /** When the oldest of them was committed, in milliseconds by the server's clock; null for none. */
  since: number | null;
  /** When it was taken, by our clock. */
  takenAt: number;
}

/** Takes what the stream tells, in its order: changes go to their tables, and what was committed is kept account of. */
export class Intake {
  /** All that was committed before it has been taken. */
  position: bigint;
  pending: Pending = nothing();
  /** Commits of followed tables so far. */
  commits = 0;
  private transaction: { readonly xid: number; touched: boolean } | null = null;

  constructor(
    private readonly changed: ChangedTables,
    from: bigint,
  ) {
    this.position = from;
  }

  /** Whether a transaction has begun to arrive and has not ended. */
  get inTransaction(): boolean {
    return this.transaction !== null;
  }

  get isEmpty(): boolean {
    return this.pending.xids.length === 0;
  }

  /** @throws Restart when it tells of what cannot be put into the file as it is */
  take(item: QueuedItem): void {
    switch (item.kind) {
      case 'begin':
        this.transaction = { xid: item.xid, touched: false };
        return;
      case 'commit':
        this.commit(item.endLsn, item.committedAt);
        return;
      case 'position':
        this.reach(item.lsn);
        return;
      case 'relation':
        this.changed.relation(item);
        return;
      case 'other':
        return;
      default:
        if (this.changed.change(item) && this.transaction !== null) this.transaction.touched = true;
    }
  }

  /** All before the position has been taken, as is known from elsewhere. */
  reach(position: bigint): void {
    if (position > this.position) this.position = position;
  }

  /** The commits were put into the copy and seen; what is left is to publish it. */
  settle(): void {
    this.pending = { ...this.pending, xids: [] };
  }

  /** All that was taken is published. */
  clear(): void {
    this.pending = nothing();
  }

  private commit(endLsn: bigint, committedAt: bigint): void {
    if (this.transaction?.touched === true) {
      this.commits++;
      const { pending } = this;
      pending.xids.push(this.transaction.xid);
      pending.since ??= timeOf(committedAt).getTime();
      if (pending.xids.length === 1) pending.takenAt = performance.now();
    }
    this.transaction = null;
    this.reach(endLsn);
  }
}

function nothing(): Pending {
  return { xids: [], since: null, takenAt: 0 };
}
