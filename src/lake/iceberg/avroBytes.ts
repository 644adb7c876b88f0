/** Collects Avro's binary encoding. */
export class AvroOutput {
  private readonly parts: Buffer[] = [];

  raw(bytes: Buffer): void {
    this.parts.push(bytes);
  }

  /** Zigzag, seven bits to the octet. */
  long(value: bigint): void {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    const octets: number[] = [];
    while (rest > 0x7fn) {
      octets.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    octets.push(Number(rest));
    this.parts.push(Buffer.from(octets));
  }

  bytes(bytes: Buffer): void {
    this.long(BigInt(bytes.length));
    this.parts.push(bytes);
  }

  end(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/** So many octets of seven bits each are a number that JavaScript's operators on bits hold. */
const SMALL_OCTETS = 4;

/** Reads Avro's binary encoding, and throws where it ends too early. */
export class AvroInput {
  private readonly buffer: Buffer;
  private position = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  isAtEnd(): boolean {
    return this.position >= this.buffer.length;
  }

  raw(length: number): Buffer {
    const end = this.position + length;
    if (length < 0 || end > this.buffer.length) throw new Error('the Avro file is cut short');
    const part = this.buffer.subarray(this.position, end);
    this.position = end;
    return part;
  }

  /** A number of 64 bits. */
  long(): bigint {
    const small = this.small();
    if (small !== null) return BigInt(small);
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const octet = this.octet();
      value |= BigInt(octet & 0x7f) << shift;
      if (octet < 0x80) break;
      if (shift > 63n) throw new Error('a number of the Avro file does not end');
    }
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
  }

  /** One that is a length, a count or an int. */
  int(): number {
    return this.small() ?? Number(this.long());
  }

  /** Most numbers of a manifest have few octets, and each is read whenever a command looks at a lake; null, and nothing read, for a longer one. */
  private small(): number | null {
    let value = 0;
    for (let index = 0; index < SMALL_OCTETS; index++) {
      const octet = this.buffer[this.position + index] ?? 0x80;
      value |= (octet & 0x7f) << (7 * index);
      if (octet >= 0x80) continue;
      this.position += index + 1;
      return (value >>> 1) ^ -(value & 1);
    }
    return null;
  }

  private octet(): number {
    const octet = this.buffer[this.position++];
    if (octet === undefined) throw new Error('the Avro file is cut short');
    return octet;
  }

  bytes(): Buffer {
    return this.raw(this.int());
  }

  /** Items of the next block of an array or map; 0 at its end. */
  blockCount(): number {
    const count = this.int();
    if (count >= 0) return count;
    this.long();
    return -count;
  }
}
