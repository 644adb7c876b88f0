import { addSeed, finish, type Lanes, type Seed, StartStates } from '../../model/rowHash/lookup3.ts';
import { isValid } from '../vectorBytes.ts';
import type { AddColumn } from './hasher.ts';

export function booleans(no: Seed, yes: Seed): AddColumn {
  return ({ bytes, validity }, rowCount, hashes) => {
    for (let row = 0; row < rowCount; row++) {
      if (!isValid(validity, row)) continue;
      addSeed(hashes, row, bytes[row] === 0 ? no : yes);
    }
  };
}

export function int32s(seed: Seed, lanes: Lanes): AddColumn {
  const starts = new StartStates(seed);
  return ({ view, validity }, rowCount, hashes) => {
    for (let row = 0; row < rowCount; row++)
      if (isValid(validity, row)) putWord(lanes, starts, row, view.getInt32(row * 4, true));
    finish(lanes, hashes);
  };
}

/** The number folded to 32 bits, and its upper half. */
export function int64s(wholeSeed: Seed, upperSeed: Seed, lanes: Lanes): AddColumn {
  const whole = new StartStates(wholeSeed);
  const upper = new StartStates(upperSeed);
  return ({ view, validity }, rowCount, hashes) => {
    for (let row = 0; row < rowCount; row++) {
      if (!isValid(validity, row)) continue;
      const high = view.getInt32(row * 8 + 4, true);
      putWord(lanes, whole, row, view.getInt32(row * 8, true) ^ (high < 0 ? ~high : high));
    }
    finish(lanes, hashes);
    for (let row = 0; row < rowCount; row++)
      if (isValid(validity, row)) putWord(lanes, upper, row, view.getInt32(row * 8 + 4, true));
    finish(lanes, hashes);
  };
}

function putWord(lanes: Lanes, starts: StartStates, row: number, value: number): void {
  const lane = lanes.count++;
  lanes.a[lane] = ((starts.a[4] as number) + value) | 0;
  lanes.b[lane] = starts.b[4] as number;
  lanes.c[lane] = starts.c[4] as number;
  lanes.rows[lane] = row;
}
