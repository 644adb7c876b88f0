import type { ReplicationStream } from '../../postgres/replication/stream.ts';
import { recordBeyond } from './keptSlot.ts';

/** How often a kept slot is let go on beside a busy neighbour. */
const HOLD_MS = 5000;

/** Tells the server how far it may forget: never beyond what is in the published file. */
export class SlotKeeper {
  private heldAt = 0;

  /**
   * @param slot one that outlives the connection; null for one that goes with it
   * @param said the position that the published file says; null where a scan has written it, which says none
   */
  constructor(
    private readonly publishedPath: string,
    private readonly slot: string | null,
    private said: bigint | null,
  ) {}

  /** Whether a file has to be published only to say with which slot it can be gone on from. */
  get needsNote(): boolean {
    return this.slot !== null && this.said === null;
  }

  /** Whether a kept slot should be moved on now though nothing was published. */
  get isDue(): boolean {
    return this.slot === null || this.needsNote || performance.now() - this.heldAt > HOLD_MS;
  }

  /** What the published file says from now on; null after a scan has written it. */
  says(position: bigint | null): void {
    this.said = position;
  }

  /**
   * Lets the server forget what lies before a position, all of which is in the published file. Where that says an earlier one, it is
   * written down before that it is as of this one as well.
   */
  confirm(stream: ReplicationStream | undefined, received: bigint, position: bigint): void {
    this.heldAt = performance.now();
    if (this.needsNote) return;
    if (this.slot !== null && this.said !== null && position > this.said)
      recordBeyond(this.publishedPath, this.slot, this.said, position);
    stream?.confirm({ received, flushed: position });
  }
}
