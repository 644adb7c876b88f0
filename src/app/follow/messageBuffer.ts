/** Small messages share a piece of memory of this size; a larger one has its own. */
const BLOCK_BYTES = 256 << 10;
/** Where a message ends. */
const END_BYTES = 8;

interface Block {
  readonly bytes: Buffer;
  /** Where each message ends. */
  readonly ends: number[];
}

/**
 * Messages in the order in which they came, as their bytes in few large pieces of memory outside of V8's heap: what waits as an object
 * of its own for each message lives just long enough for the heap to grow around it.
 */
export class MessageBuffer {
  /** Messages that came so far, and those of them that were taken. */
  came = 0;
  taken = 0;
  /** What those take that were not taken. */
  bytes = 0;
  private readonly blocks: Block[] = [];
  /** How many of the first block were taken. */
  private next = 0;

  push(message: Buffer): void {
    let block = this.blocks.at(-1);
    let used = block?.ends.at(-1) ?? 0;
    if (block === undefined || used + message.length > block.bytes.length) {
      block = { bytes: Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, message.length)), ends: [] };
      this.blocks.push(block);
      used = 0;
    }
    message.copy(block.bytes, used);
    block.ends.push(used + message.length);
    this.bytes += message.length + END_BYTES;
    this.came++;
  }

  /** The next message, in memory that is good until the next `push`; null when there is none. */
  first(): Buffer | null {
    const [block] = this.blocks;
    if (block === undefined || this.next === block.ends.length) return null;
    return block.bytes.subarray(block.ends[this.next - 1] ?? 0, block.ends[this.next]);
  }

  /** The last message, if it was not taken; what is written into it replaces it. */
  last(): Buffer | null {
    const block = this.blocks.at(-1);
    if (block === undefined || this.came === this.taken) return null;
    return block.bytes.subarray(block.ends.at(-2) ?? 0, block.ends.at(-1));
  }

  /** Takes the next message, which is good until the next `push`; null when there is none. */
  shift(): Buffer | null {
    const message = this.first();
    const [block] = this.blocks;
    if (message === null || block === undefined) return null;
    this.next++;
    this.taken++;
    this.bytes -= message.length + END_BYTES;
    if (this.next === block.ends.length) this.drop(block);
    return message;
  }

  /** The last block is written to again, unless it is of one large message. */
  private drop(block: Block): void {
    this.next = 0;
    if (this.blocks.length > 1 || block.bytes.length > BLOCK_BYTES) this.blocks.shift();
    else block.ends.length = 0;
  }
}
