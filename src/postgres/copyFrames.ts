/** What a stream of messages is made of, while a COPY runs. */
export interface FrameListener {
  /** Whole rows, one after the other. The memory is good until this returns. */
  rows(rows: Buffer, count: number): void;
  /** Any other message, whole, with its header; the memory is good until this returns. */
  message(message: Buffer): void;
  /** The server is done; `rest` begins with that message. No more chunks belong to the COPY. */
  ready(rest: Buffer): void;
}

const COPY_DATA = 0x64; // d
const COPY_OUT = 0x48; // H
const COPY_DONE = 0x63; // c
const READY = 0x5a; // Z
/** A letter, and the length of what follows with these four octets. */
const HEADER = 5;
/** What completes a message brings the beginning of the next ones. */
const OVERRUN = 256 << 10;
const MOST_SPARE = 16 << 20;
/** Below it a loop beats the call of copyWithin. */
const SHORT = 32;

/**
 * Strips PostgreSQL's framing from the rows of a COPY ("Message Formats" of its manual): each row is a message of its own,
 * five octets and the row. Rows are moved together within the chunk that they came in, so that they go on as one piece,
 * and nothing is allocated or called for a row.
 */
export class CopyFrames {
  /** Bytes of the longest row so far. */
  longestRow = 0;
  /** Memory for the beginning of a message that has not arrived whole: used again and again, for messages may be long. */
  private carry: Buffer = Buffer.alloc(0);
  private carried = 0;
  /** Bytes that must be there before it is worth looking again. */
  private needed = HEADER;

  constructor(private readonly listener: FrameListener) {}

  /**
   * Takes what arrived: `memory` from `start` to `end`. It is overwritten, and so may be what stands before `start`: the
   * beginning of a message is put there when there is room.
   */
  push(memory: Buffer, start: number, end: number): void {
    const { carried } = this;
    const isEnough = carried + end - start >= this.needed;
    if (isEnough && carried <= start) {
      this.carry.copy(memory, start - carried, 0, carried);
      this.carried = 0;
      this.consume(memory, start - carried, end);
      return;
    }
    this.keep(memory, start, end);
    if (!isEnough) return;
    const all = this.carried;
    this.carried = 0;
    this.consume(this.carry, 0, all);
  }

  private consume(data: Buffer, start: number, end: number): void {
    let at = start;
    let out = start;
    let count = 0;
    this.needed = HEADER;
    while (at + HEADER <= end) {
      const next = at + 1 + data.readUInt32BE(at + 1);
      if (next > end) {
        this.needed = next - at;
        break;
      }
      const type = data[at];
      if (type === COPY_DATA) {
        out = moveDown(data, out, at + HEADER, next);
        if (next - at - HEADER > this.longestRow) this.longestRow = next - at - HEADER;
        count++;
      } else if (type === READY) {
        if (count > 0) this.listener.rows(data.subarray(start, out), count);
        this.listener.ready(data.subarray(at, end));
        return;
      } else if (type !== COPY_OUT && type !== COPY_DONE) this.listener.message(data.subarray(at, next));
      at = next;
    }
    if (count > 0) this.listener.rows(data.subarray(start, out), count);
    if (at < end) this.keep(data, at, end);
  }

  /** Puts bytes behind those that are kept; they may be from the same memory. */
  private keep(data: Buffer, start: number, end: number): void {
    const size = this.carried + end - start;
    if (size > this.carry.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.needed + OVERRUN, size + Math.min(size, MOST_SPARE)));
      this.carry.copy(larger, 0, 0, this.carried);
      // From the old memory, if `data` is that.
      data.copy(larger, this.carried, start, end);
      this.carry = larger;
    } else data.copy(this.carry, this.carried, start, end);
    this.carried = size;
  }
}

/** Moves the bytes from `from` to `to` down to `out`. @returns where the next ones go */
function moveDown(data: Buffer, out: number, from: number, to: number): number {
  if (to - from > SHORT) {
    data.copyWithin(out, from, to);
    return out + to - from;
  }
  for (let at = from; at < to; ) data[out++] = data[at++] as number;
  return out;
}
