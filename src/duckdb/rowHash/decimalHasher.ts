import {
  absorb,
  addSeed,
  clear,
  finish,
  type Lanes,
  type RowHashes,
  rowHashes,
  type Seed,
  StartStates,
  scramble,
  seedOf,
} from '../../model/rowHash/lookup3.ts';
import { isValid } from '../vectorBytes.ts';
import type { ColumnHasher } from './hasher.ts';

/** PostgreSQL keeps numbers as digits of base 10,000, four places each, aligned to the decimal point. */
const BASE = 10_000;
const PLACES = 4;

/** Of DECIMALs: as `hash_numeric_extended` does with one seed for negative numbers and one for all others. */
export function decimalHasher(
  { width, scale }: { readonly width: number; readonly scale: number },
  plus: Seed,
  minus: Seed,
  lanes: Lanes,
): ColumnHasher {
  const padding = (PLACES - (scale % PLACES)) % PLACES;
  const factor = 10 ** padding;
  const fractionGroups = Math.ceil(scale / PLACES);
  const largest = Math.floor(Number.MAX_SAFE_INTEGER / factor);
  const plusStarts = new StartStates(plus);
  const minusStarts = new StartStates(minus);
  const zero = seedOf(plus.value - 1n);
  const read = decimalReader(width);
  const own = rowHashes(lanes.a.length);
  const bytes = new DataView(new ArrayBuffer(2 * (Math.ceil((width + padding) / PLACES) + 1)));

  const addLarge = (stored: bigint, row: number): void => {
    const size = (stored < 0n ? -stored : stored) * BigInt(factor);
    let text = size.toString();
    text = text.padStart(Math.ceil(text.length / PLACES) * PLACES, '0');
    let length = text.length / PLACES;
    const weight = length - 1 - fractionGroups;
    for (let group = 0; group < length; group++)
      bytes.setInt16(group * 2, Number(text.slice(group * PLACES, (group + 1) * PLACES)), true);
    while (bytes.getInt16((length - 1) * 2, true) === 0) length--;
    absorb(lanes, lanes.count, stored < 0n ? minusStarts : plusStarts, bytes, 0, length * 2);
    lanes.rows[lanes.count++] = row;
    addWeight(own, row, weight);
  };

  const addSmall = (value: number, row: number): void => {
    const size = Math.abs(value) * factor;
    const upper = Math.floor(size / 1e8) | 0;
    const lower = (size - upper * 1e8) | 0;
    const g3 = (upper / BASE) | 0;
    const g2 = (upper % BASE) | 0;
    const g1 = (lower / BASE) | 0;
    const g0 = (lower % BASE) | 0;
    // The digits from the first that is not zero, two in a word, and the octets up to the last that is not.
    let top = 0;
    let octets = 2;
    let word0 = g0;
    let word1 = 0;
    if (g3 !== 0) {
      top = 3;
      word0 = g3 | (g2 << 16);
      word1 = g1 | (g0 << 16);
      octets = g0 !== 0 ? 8 : g1 !== 0 ? 6 : g2 !== 0 ? 4 : 2;
    } else if (g2 !== 0) {
      top = 2;
      word0 = g2 | (g1 << 16);
      word1 = g0;
      octets = g0 !== 0 ? 6 : g1 !== 0 ? 4 : 2;
    } else if (g1 !== 0) {
      top = 1;
      word0 = g1 | (g0 << 16);
      octets = g0 !== 0 ? 4 : 2;
    }
    const starts = value < 0 ? minusStarts : plusStarts;
    const lane = lanes.count++;
    lanes.a[lane] = ((starts.a[octets] as number) + word0) | 0;
    lanes.b[lane] = ((starts.b[octets] as number) + word1) | 0;
    lanes.c[lane] = starts.c[octets] as number;
    lanes.rows[lane] = row;
    addWeight(own, row, top - fractionGroups);
  };

  return {
    bytesPerRow: read.bytesPerRow,
    add: (vector, rowCount, hashes) => {
      const { view, validity } = vector;
      clear(own, rowCount);
      for (let row = 0; row < rowCount; row++) {
        if (!isValid(validity, row)) continue;
        const value = read.approximate(view, row);
        if (value === 0) {
          addSeed(own, row, zero);
        } else if (value <= largest && value >= -largest) addSmall(value, row);
        else addLarge(read.exact(view, row), row);
      }
      finish(lanes, own);
      scramble(own, rowCount, lanes, hashes);
    },
  };
}

/** PostgreSQL puts the power of the first digit over the hash of the digits, as a signed number. */
function addWeight({ hi, lo }: RowHashes, row: number, weight: number): void {
  if (weight < 0) hi[row] = ~(hi[row] as number);
  lo[row] = (lo[row] as number) ^ weight;
}

/** DuckDB stores decimals in the smallest integer that holds their width. */
function decimalReader(width: number): {
  readonly bytesPerRow: number;
  /** Exact up to 2^53, and never below that for what is beyond it. */
  readonly approximate: (view: DataView, row: number) => number;
  readonly exact: (view: DataView, row: number) => bigint;
} {
  const TWO_32 = 4_294_967_296;
  if (width <= 4) {
    const approximate = (view: DataView, row: number): number => view.getInt16(row * 2, true);
    return { bytesPerRow: 2, approximate, exact: (view, row) => BigInt(approximate(view, row)) };
  }
  if (width <= 9) {
    const approximate = (view: DataView, row: number): number => view.getInt32(row * 4, true);
    return { bytesPerRow: 4, approximate, exact: (view, row) => BigInt(approximate(view, row)) };
  }
  if (width <= 18)
    return {
      bytesPerRow: 8,
      approximate: (view, row) => view.getInt32(row * 8 + 4, true) * TWO_32 + view.getUint32(row * 8, true),
      exact: (view, row) => view.getBigInt64(row * 8, true),
    };
  return {
    bytesPerRow: 16,
    approximate: (view, row) => {
      const high = view.getInt32(row * 16 + 4, true);
      const sign = high < 0 ? -1 : 0;
      const fits = view.getInt32(row * 16 + 8, true) === sign && view.getInt32(row * 16 + 12, true) === sign;
      return fits ? high * TWO_32 + view.getUint32(row * 16, true) : Number.POSITIVE_INFINITY;
    },
    exact: (view, row) => (view.getBigInt64(row * 16 + 8, true) << 64n) | view.getBigUint64(row * 16, true),
  };
}
