import type { FinanceDbError } from '../../errors/financeDbError.ts';
import { kindOf, type PgOutputMessage, parsePgOutput } from '../../postgres/replication/pgoutput.ts';
import { explainMalformed, type StreamListener } from '../../postgres/replication/stream.ts';
import { MessageBuffer } from './messageBuffer.ts';

/** What the stream brought, in its order. */
export type QueuedItem = PgOutputMessage | { readonly kind: 'position'; readonly lsn: bigint };

/** What stops and starts the socket. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/** Above it the server has to wait, and a transaction is handed on before its end has come. */
const MOST_BYTES = 16 << 20;
/** Below it the server may go on. */
const FEW_BYTES = 4 << 20;
/** A position among the messages: this letter, which no message begins with, and eight octets. */
const POSITION = 0x70;

/**
 * Stands between the stream, which comes when it likes, and whoever puts changes into the file. Transactions are handed on whole
 * as long as they fit, so that what is handed on can be published at any moment.
 *
 * What waits is kept as the bytes that came, and parsed when it is taken.
 */
export class ChangeQueue implements StreamListener {
  /** All that was committed before it has arrived here. */
  received = 0n;
  /** Changed rows that arrived. */
  rows = 0;
  private readonly items = new MessageBuffer();
  /** How many items have come up to the last one that ends a transaction or belongs to none. */
  private whole = 0;
  /** Of what was not taken, how many are not positions. */
  private messages = 0;
  private inTransaction = false;
  private paused = false;
  private failure: FinanceDbError | null = null;
  private wake: (() => void) | undefined;

  constructor(private readonly flow: () => Flow | undefined) {}

  message(bytes: Buffer): void {
    const kind = kindOf(bytes);
    if (kind === 'other') return;
    if (kind === 'insert' || kind === 'update' || kind === 'delete') this.rows++;
    if (kind === 'begin') this.inTransaction = true;
    if (kind === 'commit') {
      this.inTransaction = false;
      const commit = parsePgOutput(bytes);
      if (commit.kind === 'commit' && commit.endLsn > this.received) this.received = commit.endLsn;
    }
    this.messages++;
    this.push(bytes);
  }

  position(lsn: bigint): void {
    if (lsn <= this.received) return;
    this.received = lsn;
    const last = this.items.last();
    // One position after the other: the last one says it all.
    if (last !== null && isPosition(last)) writePosition(last, lsn);
    else this.push(writePosition(Buffer.alloc(9), lsn));
  }

  ended(error: FinanceDbError): void {
    this.failure = error;
    this.wake?.();
  }

  /** Whether something can be taken at once. */
  get ready(): boolean {
    // A paused stream brings no end of its transaction: all that is there is handed on, until it may go on.
    return this.items.taken < this.whole || (this.paused && this.items.taken < this.items.came);
  }

  /**
   * Takes the next item, or waits for one.
   * @returns null when none came within `waitMs`, or `stir` was called
   * @throws FinanceDbError when the stream ended; what came before its end has been taken then. INTERNAL when it cannot be read
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
    const item = this.items.first();
    return item === null ? null : parsed(item);
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
    return this.messages > 0;
  }

  /** Ends the wait of `next`. */
  stir(): void {
    this.wake?.();
  }

  private take(): QueuedItem | null {
    const item = this.items.shift();
    if (item === null) return null;
    if (!isPosition(item)) this.messages--;
    const read = parsed(item);
    if (this.paused && this.items.bytes < FEW_BYTES) {
      this.paused = false;
      this.flow()?.resume();
    }
    return read;
  }

  private push(item: Buffer): void {
    this.items.push(item);
    if (!this.inTransaction) this.whole = this.items.came;
    if (!this.paused && this.items.bytes > MOST_BYTES) {
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

function isPosition(item: Buffer): boolean {
  return item[0] === POSITION;
}

function writePosition(item: Buffer, lsn: bigint): Buffer {
  item[0] = POSITION;
  item.writeBigUInt64BE(lsn, 1);
  return item;
}

function parsed(item: Buffer): QueuedItem {
  if (isPosition(item)) return { kind: 'position', lsn: item.readBigUInt64BE(1) };
  try {
    return parsePgOutput(item);
  } catch (error) {
    throw explainMalformed(error);
  }
}
