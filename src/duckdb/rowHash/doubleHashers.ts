import { NEAR_YEARS } from '../../model/rowHash/hashedColumn.ts';
import { absorb, addSeed, finish, type Lanes, type Seed, StartStates } from '../../model/rowHash/lookup3.ts';
import { isValid } from '../vectorBytes.ts';
import type { AddColumn } from './hasher.ts';

const number = new Float64Array(1);
const words = new DataView(number.buffer);

/** Adds the hash of a number that is neither NaN nor zero, of which PostgreSQL's hash is the seed itself. */
function putDouble(lanes: Lanes, starts: StartStates, row: number, value: number): void {
  words.setFloat64(0, value, true);
  const lane = lanes.count++;
  lanes.a[lane] = ((starts.a[8] as number) + words.getInt32(0, true)) | 0;
  lanes.b[lane] = ((starts.b[8] as number) + words.getInt32(4, true)) | 0;
  lanes.c[lane] = starts.c[8] as number;
  lanes.rows[lane] = row;
}

export function doubles(own: Seed, minusZero: Seed, nan: Seed, lanes: Lanes): AddColumn {
  const starts = new StartStates(own);
  return ({ view, validity }, rowCount, hashes) => {
    for (let row = 0; row < rowCount; row++) {
      if (!isValid(validity, row)) continue;
      const value = view.getFloat64(row * 8, true);
      if (Number.isNaN(value)) addSeed(hashes, row, nan);
      else if (value === 0) addSeed(hashes, row, Object.is(value, -0) ? minusZero : own);
      else putDouble(lanes, starts, row, value);
    }
    finish(lanes, hashes);
  };
}

const DAYS_TO_2000 = 10_957;
const INFINITE_DAY = 2_147_483_647;

/** Days since 2000; infinities are the ends of PostgreSQL's range. */
export function dates(own: Seed, lanes: Lanes): AddColumn {
  const starts = new StartStates(own);
  return ({ view, validity }, rowCount, hashes) => {
    for (let row = 0; row < rowCount; row++) {
      if (!isValid(validity, row)) continue;
      const stored = view.getInt32(row * 4, true);
      let days = stored - DAYS_TO_2000;
      if (stored === INFINITE_DAY) days = stored;
      else if (stored === -INFINITE_DAY) days = stored - 1;
      if (days === 0) addSeed(hashes, row, own);
      else putDouble(lanes, starts, row, days);
    }
    finish(lanes, hashes);
  };
}

const MICROS_TO_2000 = 946_684_800_000_000;
const MICROS = 1_000_000;
const NEAR_FROM = (Date.UTC(NEAR_YEARS.from, 0, 1) - Date.UTC(2000, 0, 1)) * 1000;
const NEAR_TO = (Date.UTC(NEAR_YEARS.to, 0, 1) - Date.UTC(2000, 0, 1)) * 1000;

/** Near times as seconds since 2000 in a double; others as the sixteen digits of PostgreSQL's microseconds. */
export function times(own: Seed, far: Seed, lanes: Lanes): AddColumn {
  const starts = new StartStates(own);
  const farStarts = new StartStates(far);
  const digits = Buffer.alloc(16);
  const digitsView = new DataView(digits.buffer, digits.byteOffset, 16);
  return ({ view, validity }, rowCount, hashes) => {
    for (let row = 0; row < rowCount; row++) {
      if (!isValid(validity, row)) continue;
      const high = view.getInt32(row * 8 + 4, true);
      // Exact as far as it matters: near times have fewer than 53 bits.
      const micros = high * 4_294_967_296 + view.getUint32(row * 8, true) - MICROS_TO_2000;
      if (micros === 0) addSeed(hashes, row, own);
      else if (micros >= NEAR_FROM && micros < NEAR_TO) putDouble(lanes, starts, row, micros / MICROS);
      else {
        digits.write(farDigits(view.getBigInt64(row * 8, true)), 'latin1');
        absorb(lanes, lanes.count, farStarts, digitsView, 0, 16);
        lanes.rows[lanes.count++] = row;
      }
    }
    finish(lanes, hashes);
  };
}

const INFINITE_MICROS = 9_223_372_036_854_775_807n;

/** Hexadecimal digits of what PostgreSQL stores for DuckDB's microseconds since 1970. */
function farDigits(stored: bigint): string {
  let micros = stored - BigInt(MICROS_TO_2000);
  if (stored === INFINITE_MICROS) micros = stored;
  else if (stored === -INFINITE_MICROS) micros = stored - 1n;
  return BigInt.asUintN(64, micros).toString(16).padStart(16, '0');
}
