import type { FinanceDbError } from '../../errors/financeDbError.ts';
import type { PgOutputMessage } from '../../postgres/replication/pgoutput.ts';
import type { StreamListener } from '../../postgres/replication/stream.ts';

/** What the stream brought, in its order. */
export type QueuedItem = PgOutputMessage | { readonly kind: 'position'; readonly lsn: bigint };

/** What stops and starts the socket. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/** Above it the server has to wait, and a transaction is handed on before its end has come. */
const MOST_BYTES = 32 << 20;
/** Below it the server may go on. */
const FEW_BYTES = 8 << 20;
/** A message takes more memory than it took on its way. */
const OVERHEAD = 400;

/**
 * Stands between the stream, which comes when it likes, and whoever puts changes into the file. Transactions are handed on whole
 * as long as they fit, so that what is handed on can be published at any moment.
 */
export class ChangeQueue implements StreamListener {
  /** All that was committed before it has arrived here. */
  received = 0n;
  /** Changed rows that arrived. */
  rows = 0;
  private items: { readonly item: QueuedItem; readonly bytes: number }[] = [];
  private at = 0;
  private bytes = 0;
  /** Items up to, without, this one end a transaction or belong to none. */
  private whole = 0;
  private inTransaction = false;
  private paused = false;
  private failure: FinanceDbError | null = null;
  private wake: (() => void) | undefined;

  constructor(private readonly flow: () => Flow | undefined) {}

  message(message: PgOutputMessage, length: number): void {
    if (message.kind === 'other') return;
    if (message.kind === 'insert' || message.kind === 'update' || message.kind === 'delete') this.rows++;
    if (message.kind === 'begin') this.inTransaction = true;
    if (message.kind === 'commit') {
      this.inTransaction = false;
      if (message.endLsn > this.received) this.received = message.endLsn;
    }
    this.push(message, length + OVERHEAD);
  }

  position(lsn: bigint): void {
    if (lsn <= this.received) return;
    this.received = lsn;
    const last = this.items.at(-1)?.item;
    // One position after the other: the last one says it all.
    if (last?.kind === 'position' && this.items.length > this.at)
      this.items[this.items.length - 1] = { item: { kind: 'position', lsn }, bytes: 0 };
    else this.push({ kind: 'position', lsn }, 0);
  }

  ended(error: FinanceDbError): void {
    this.failure = error;
    this.wake?.();
  }

  /** Whether something can be taken at once. */
  get ready(): boolean {
    // A paused stream brings no end of its transaction: all that is there is handed on, until it may go on.
    return this.at < this.whole || (this.paused && this.at < this.items.length);
  }

  /**
   * Takes the next item, or waits for one.
   * @returns null when none came within `waitMs`, or `stir` was called
   * @throws FinanceDbError when the stream ended; what came before its end has been taken then
   */
  async next(waitMs: number): Promise<QueuedItem | null> {
    if (!this.ready) {
      if (this.failure !== null) throw this.failure;
      await this.wait(waitMs);
    }
    if (this.ready) return this.take();
    if (this.failure !== null) throw this.failure;
    return null;
  }

  /** The first of what has arrived, whole or not; null when there is nothing. */
  peek(): QueuedItem | null {
    return this.items[this.at]?.item ?? null;
  }

  /**
   * Waits until all that was committed before a position has arrived.
   * @returns whether it has, within `waitMs`
   */
  async arrived(lsn: bigint, waitMs: number): Promise<boolean> {
    const deadline = performance.now() + waitMs;
    while (this.received < lsn) {
      const left = deadline - performance.now();
      if (left <= 0 || this.failure !== null) return false;
      await this.wait(left);
    }
    return true;
  }

  /** Whether what has arrived and was not taken holds a transaction. */
  holdsTransaction(): boolean {
    for (let at = this.at; at < this.items.length; at++) if (this.items[at]?.item.kind !== 'position') return true;
    return false;
  }

  /** Ends the wait of `next`. */
  stir(): void {
    this.wake?.();
  }

  private take(): QueuedItem | null {
    const entry = this.items[this.at];
    if (entry === undefined) return null;
    this.at++;
    this.bytes -= entry.bytes;
    if (this.at > 1024 && this.at * 2 > this.items.length) {
      this.items.splice(0, this.at);
      this.whole -= this.at;
      this.at = 0;
    }
    if (this.paused && this.bytes < FEW_BYTES) {
      this.paused = false;
      this.flow()?.resume();
    }
    return entry.item;
  }

  private push(item: QueuedItem, bytes: number): void {
    this.items.push({ item, bytes });
    this.bytes += bytes;
    if (!this.inTransaction) this.whole = this.items.length;
    if (!this.paused && this.bytes > MOST_BYTES) {
      this.paused = true;
      this.flow()?.pause();
    }
    this.wake?.();
  }

  private wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.wake = done;
    });
  }
}
