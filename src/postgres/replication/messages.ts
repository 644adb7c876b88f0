/*
 * The frames of a connection that copies both ways, and what is in them ("Streaming Replication Protocol" of PostgreSQL's
 * manual): data of the log, keepalives, and our answers.
 */

/** Microseconds from 1970 to 2000, where PostgreSQL begins to count. */
const EPOCH_MICROS = 946_684_800_000_000n;
/** A letter, and the length of what follows with these four octets. */
const HEADER = 5;

/** Cuts what arrives into whole messages, header included; a message may be as long as a value of PostgreSQL. */
export class MessageCutter {
  private pieces: Buffer[] = [];
  private held = 0;
  private needed = HEADER;

  /** @returns the messages that are whole now; they share the chunk's memory where they can */
  push(chunk: Buffer): Buffer[] {
    this.pieces.push(chunk);
    this.held += chunk.length;
    if (this.held < this.needed) return [];
    const [only] = this.pieces;
    const data = this.pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.pieces, this.held);
    const messages: Buffer[] = [];
    let at = 0;
    this.needed = HEADER;
    while (at + HEADER <= data.length) {
      const next = at + 1 + data.readUInt32BE(at + 1);
      if (next > data.length) {
        this.needed = next - at;
        break;
      }
      messages.push(data.subarray(at, next));
      at = next;
    }
    this.pieces = at === data.length ? [] : [data.subarray(at)];
    this.held = data.length - at;
    return messages;
  }
}

export type StreamedMessage =
  | { readonly kind: 'data'; readonly payload: Buffer }
  /** `walEnd`: all that was committed before it has been sent. */
  | { readonly kind: 'keepalive'; readonly walEnd: bigint; readonly replyWanted: boolean }
  | { readonly kind: 'unknown' };

/** What a CopyData message of the stream holds. @param message with its header */
export function parseStreamed(message: Buffer): StreamedMessage {
  const type = message[HEADER];
  if (type === 0x77 && message.length >= HEADER + 25) return { kind: 'data', payload: message.subarray(HEADER + 25) };
  if (type === 0x6b && message.length >= HEADER + 18)
    return {
      kind: 'keepalive',
      walEnd: message.readBigUInt64BE(HEADER + 1),
      replyWanted: message[HEADER + 17] === 1,
    };
  return { kind: 'unknown' };
}

/** How far we have come. */
export interface Progress {
  /** All before it was received. */
  readonly received: bigint;
  /** All before it is in a published file: the server need not keep it. */
  readonly flushed: bigint;
}

/** "Standby status update". @param askBack whether the server is to answer at once with its position */
export function statusUpdate({ received, flushed }: Progress, now: Date, askBack: boolean): Buffer {
  const bytes = Buffer.alloc(34);
  bytes[0] = 0x72;
  bytes.writeBigUInt64BE(received, 1);
  bytes.writeBigUInt64BE(flushed, 9);
  bytes.writeBigUInt64BE(flushed, 17);
  bytes.writeBigInt64BE(BigInt(now.getTime()) * 1000n - EPOCH_MICROS, 25);
  bytes[33] = askBack ? 1 : 0;
  return bytes;
}

/** PostgreSQL's microseconds since 2000 as a time. */
export function timeOf(micros: bigint): Date {
  return new Date(Number((micros + EPOCH_MICROS) / 1000n));
}
