import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  isBehind,
  nothingHappened,
  parseLsn,
  parseSnapshot,
  type SourceIdentity,
  toXid32,
  watermarkObjection,
} from '../../src/model/watermark.ts';

const identity: SourceIdentity = { systemIdentifier: '7', databaseOid: '5', timeline: '1', lsn: '0/1000' };
const at = (snapshot: string, changes: Partial<SourceIdentity> = {}) => ({
  snapshot: parseSnapshot(snapshot),
  identity: { ...identity, ...changes },
});

test('parseSnapshot', () => {
  expect(parseSnapshot('10:20:10,14')).toEqual({ xmin: 10n, xmax: 20n, inProgress: [10n, 14n] });
  expect(parseSnapshot('12884901888:12884901888:')).toEqual({ xmin: 12884901888n, xmax: 12884901888n, inProgress: [] });
  expect(() => parseSnapshot('10:20')).toThrow('not a snapshot');
});

test('parseLsn grows with the log', () => {
  expect(parseLsn('1/0') > parseLsn('0/FFFFFFFF')).toBe(true);
  expect(parseLsn('A/10')).toBe(0xa_0000_0010n);
});

describe('watermarkObjection', () => {
  const stored = at('100:110:100');
  test.each([
    ['the same place', at('100:110:100'), null],
    ['later', at('150:150:', { lsn: '0/2000' }), null],
    ['another cluster', at('150:150:', { systemIdentifier: '8' }), /another PostgreSQL cluster/],
    ['another database', at('150:150:', { databaseOid: '6' }), /another database/],
    ['another timeline', at('150:150:', { timeline: '2' }), /timeline/],
    ['xmax backwards', at('100:105:100'), /went backwards/],
    ['xmin backwards', at('90:120:90'), /went backwards/],
    ['log backwards', at('150:150:', { lsn: '0/FFF' }), /write-ahead log went backwards/],
    ['half the circle', at(`${2n ** 31n + 100n}:${2n ** 31n + 100n}:`), /two billion/],
    ['an identity that is not told', at('150:150:', { systemIdentifier: null }), /does not tell/],
  ])('%s', (_name, current, expected) => {
    const objection = watermarkObjection(stored, current);
    if (expected === null) expect(objection).toBeNull();
    else expect(objection).toMatch(expected);
  });
});

describe('isBehind', () => {
  const stored = at('100:110:100', { timeline: '2' });
  const on = { timeline: '2' };
  test.each([
    ['a standby at the same place', at('100:110:100', on), true, false],
    ['a standby that is further', at('150:150:', { ...on, lsn: '0/2000' }), true, false],
    ['a standby whose log is behind', at('100:110:100', { ...on, lsn: '0/FFF' }), true, true],
    ['a standby whose transactions are behind', at('90:100:', on), true, true],
    ['a standby on an older timeline', at('150:150:', { timeline: '1' }), true, true],
    ['a standby on a newer timeline', at('90:90:', { timeline: '3' }), true, false],
    ['a standby of another cluster', at('90:100:', { ...on, systemIdentifier: '8' }), true, false],
    ['a server that writes: a backup was restored', at('90:100:', on), false, false],
  ])('%s', (_name, current, standby, expected) => expect(isBehind(stored, { ...current, standby })).toBe(expected));
});

describe('nothingHappened', () => {
  test.each([
    ['10:10:', '10:10:', true],
    ['10:10:', '10:11:', false],
    ['10:10:', '11:11:', false],
    // Something was running then, and may have ended without moving xmax.
    ['9:10:9', '9:10:9', false],
    ['9:10:9', '10:10:', false],
  ])('%s then %s: %s', (stored, current, expected) => {
    expect(nothingHappened(parseSnapshot(stored), parseSnapshot(current))).toBe(expected);
  });
});

test('the circle keeps the order of any two xids less than half of it apart', () => {
  const cyclicAge = (now: bigint, xid: bigint): bigint => BigInt.asIntN(32, toXid32(now) - toXid32(xid));
  fc.assert(
    fc.property(
      fc.bigInt({ min: 3n, max: 2n ** 40n }),
      fc.bigInt({ min: 0n, max: 2n ** 31n - 1n }),
      fc.bigInt({ min: 0n, max: 2n ** 31n - 1n }),
      (base, toL, toRow) => {
        const now = base + 2n ** 31n;
        const inDelta = cyclicAge(now, now - toRow) >= 0n && cyclicAge(now, now - toRow) <= cyclicAge(now, now - toL);
        return inDelta === now - toRow >= now - toL;
      },
    ),
  );
});
