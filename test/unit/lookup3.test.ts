import { expect, test } from '@jest/globals';
import {
  absorb,
  finish,
  Lanes,
  type RowHashes,
  rowHashes,
  StartStates,
  scramble,
  seedOf,
} from '../../src/model/rowHash/lookup3.ts';

const hashAt = ({ hi, lo }: RowHashes, row: number): bigint =>
  (BigInt(hi[row] ?? 0) << 32n) | BigInt((lo[row] ?? 0) >>> 0);

function hashOf(text: string, seed: bigint, before = 0): bigint {
  const octets = Buffer.from(`${'-'.repeat(before)}${text}`);
  const lanes = new Lanes(4);
  const hashes = rowHashes(4);
  absorb(
    lanes,
    lanes.count,
    new StartStates(seedOf(seed)),
    new DataView(octets.buffer, octets.byteOffset, octets.byteLength),
    before,
    octets.length - before,
  );
  lanes.rows[lanes.count++] = 2;
  finish(lanes, hashes);
  expect(hashAt(hashes, 1)).toBe(0n);
  return hashAt(hashes, 2);
}

// What PostgreSQL's hashtextextended gives with the collation "C".
test.each([
  ['', 0n, -6939563903564495251n],
  ['short', -5n, 6301473907994663887n],
  ['twelve bytes', 42n, -3214413002113393671n],
  ['a text of more than twelve octets', 42n, -8796439912442289376n],
  ['x'.repeat(100), 1n, 8113998652912083822n],
])('%j with the seed %d', (text, seed, hash) => {
  for (const before of [0, 1, 2, 3]) expect(hashOf(text, seed, before)).toBe(hash);
});

test('hashes are mixed once more as hashint4extended(0, …) does, a hash of zero too', () => {
  const [hashes, mixed, seed] = [rowHashes(2), rowHashes(2), seedOf(-8796439912442289376n)];
  hashes.hi[0] = seed.hi;
  hashes.lo[0] = seed.lo;
  scramble(hashes, 2, new Lanes(2), mixed);
  expect([hashAt(mixed, 0), hashAt(mixed, 1)]).toEqual([8371796363005447856n, 4154612158245552303n]);
});

test('seeds are signed numbers of 64 bits', () => {
  expect(seedOf(2n ** 64n - 1n)).toEqual({ value: -1n, hi: -1, lo: -1 });
  expect(seedOf(2n ** 63n)).toEqual({ value: -(2n ** 63n), hi: -(2 ** 31), lo: 0 });
});
