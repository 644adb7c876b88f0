/**
 * Bob Jenkins' lookup3 as PostgreSQL has it (hash_bytes_extended): 64 bits of some octets and a seed of 64 bits. Many values
 * are hashed in step, each in a lane of typed arrays: no row costs an object.
 */

/** A seed as PostgreSQL's bigint, and its halves as signed 32-bit numbers. */
export interface Seed {
  readonly value: bigint;
  readonly hi: number;
  readonly lo: number;
}

export function seedOf(value: bigint): Seed {
  const signed = BigInt.asIntN(64, value);
  return { value: signed, hi: Number(signed >> 32n), lo: Number(BigInt.asIntN(32, signed)) };
}

/** The hashes of the rows of a chunk: the exclusive or of what their columns contribute, in halves. */
export interface RowHashes {
  readonly hi: Int32Array;
  readonly lo: Int32Array;
}

export function rowHashes(capacity: number): RowHashes {
  return { hi: new Int32Array(capacity), lo: new Int32Array(capacity) };
}

/** Makes the hashes of the first `count` rows zero. */
export function clear({ hi, lo }: RowHashes, count: number): void {
  hi.fill(0, 0, count);
  lo.fill(0, 0, count);
}

/** Adds a hash that is known beforehand to that of a row. */
export function addSeed({ hi, lo }: RowHashes, row: number, seed: Seed): void {
  hi[row] = (hi[row] as number) ^ seed.hi;
  lo[row] = (lo[row] as number) ^ seed.lo;
}

/** Values on their way: three words of state each, before the last mixing, and the row that each belongs to. */
export class Lanes {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly c: Int32Array;
  readonly rows: Int32Array;
  count = 0;

  constructor(capacity: number) {
    this.a = new Int32Array(capacity);
    this.b = new Int32Array(capacity);
    this.c = new Int32Array(capacity);
    this.rows = new Int32Array(capacity);
  }
}

const GOLDEN_RATIO = 0x9e3779b9;
/** PostgreSQL's own addend. */
const ADDEND = 3_923_095;
const USUAL_LENGTHS = 64;

/** The state that a value of some length begins with, once the seed is mixed in: kept for the usual lengths. */
export class StartStates {
  readonly a = new Int32Array(USUAL_LENGTHS);
  readonly b = new Int32Array(USUAL_LENGTHS);
  readonly c = new Int32Array(USUAL_LENGTHS);

  constructor(readonly seed: Seed) {
    for (let length = 0; length < USUAL_LENGTHS; length++) this.make(this, length, length);
  }

  /** Puts the state for a value of so many octets into a lane. */
  put(lanes: Lanes, lane: number, length: number): void {
    if (length >= USUAL_LENGTHS) {
      this.make(lanes, lane, length);
      return;
    }
    lanes.a[lane] = this.a[length] as number;
    lanes.b[lane] = this.b[length] as number;
    lanes.c[lane] = this.c[length] as number;
  }

  private make({ a, b, c }: Pick<Lanes, 'a' | 'b' | 'c'>, at: number, length: number): void {
    const start = (GOLDEN_RATIO + length + ADDEND) | 0;
    const { hi, lo } = this.seed;
    a[at] = start + hi;
    b[at] = start + lo;
    c[at] = start;
    // PostgreSQL takes a seed of zero for none.
    if (hi !== 0 || lo !== 0) mix(a, b, c, at);
  }
}

function mix(as: Int32Array, bs: Int32Array, cs: Int32Array, at: number): void {
  let a = as[at] as number;
  let b = bs[at] as number;
  let c = cs[at] as number;
  a = ((a - c) | 0) ^ ((c << 4) | (c >>> 28));
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ ((a << 6) | (a >>> 26));
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ ((b << 8) | (b >>> 24));
  b = (b + a) | 0;
  a = ((a - c) | 0) ^ ((c << 16) | (c >>> 16));
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ ((a << 19) | (a >>> 13));
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ ((b << 4) | (b >>> 28));
  b = (b + a) | 0;
  as[at] = a;
  bs[at] = b;
  cs[at] = c;
}

/** Takes octets of any number into a lane. */
export function absorb(
  lanes: Lanes,
  lane: number,
  starts: StartStates,
  view: DataView,
  from: number,
  length: number,
): void {
  starts.put(lanes, lane, length);
  const { a, b, c } = lanes;
  let at = from;
  let rest = length;
  for (; rest >= 12; at += 12, rest -= 12) {
    a[lane] = ((a[lane] as number) + view.getInt32(at, true)) | 0;
    b[lane] = ((b[lane] as number) + view.getInt32(at + 4, true)) | 0;
    c[lane] = ((c[lane] as number) + view.getInt32(at + 8, true)) | 0;
    mix(a, b, c, lane);
  }
  a[lane] = ((a[lane] as number) + word(view, at, rest)) | 0;
  b[lane] = ((b[lane] as number) + word(view, at + 4, rest - 4)) | 0;
  // The lowest octet of the third word is kept for the length.
  c[lane] = ((c[lane] as number) + (word(view, at + 8, rest - 8) << 8)) | 0;
}

/** The little-endian word of at most four octets, of `length` that are left. */
function word(view: DataView, at: number, length: number): number {
  if (length >= 4) return view.getInt32(at, true);
  let value = 0;
  for (let index = 0; index < length; index++) value |= view.getUint8(at + index) << (8 * index);
  return value;
}

/** Mixes a state for the last time and adds the result to the hash of its row. */
export function addFinal({ hi, lo }: RowHashes, row: number, startA: number, startB: number, startC: number): void {
  let a = startA | 0;
  let b = startB | 0;
  let c = startC | 0;
  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
  c = ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
  hi[row] = (hi[row] as number) ^ b;
  lo[row] = (lo[row] as number) ^ c;
}

/** Does so with all lanes, and empties them. */
export function finish(lanes: Lanes, hashes: RowHashes): void {
  const { a, b, c, rows, count } = lanes;
  for (let lane = 0; lane < count; lane++)
    addFinal(hashes, rows[lane] as number, a[lane] as number, b[lane] as number, c[lane] as number);
  lanes.count = 0;
}

/**
 * Adds what `hashint4extended(0, hash)` makes of each of the first `count` hashes to those of `target`: a mixture of which
 * no part can be told from sums or differences of hashes.
 */
export function scramble({ hi, lo }: RowHashes, count: number, lanes: Lanes, target: RowHashes): void {
  const { a, b, c, rows } = lanes;
  const start = (GOLDEN_RATIO + 4 + ADDEND) | 0;
  for (let row = 0; row < count; row++) {
    const high = hi[row] as number;
    const low = lo[row] as number;
    a[row] = start + high;
    b[row] = start + low;
    c[row] = start;
    if ((high | low) !== 0) mix(a, b, c, row);
    rows[row] = row;
  }
  lanes.count = count;
  finish(lanes, target);
}
