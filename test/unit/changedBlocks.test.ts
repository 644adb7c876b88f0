import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blocksIn, costOf, cutRanges, rangesOf, type Stretch, wholeRange } from '../../src/model/changedBlocks.ts';
import type { PageRange } from '../../src/model/pageRanges.ts';
import { type ChangedSince, lookAtPart, type PartLook } from '../../src/model/partLook.ts';

const stretch = (from: number, to: number, cut = false): Stretch => ({ from, to, cut });

describe('ranges of changed blocks', () => {
  test.each<[string, Stretch[], PageRange[]]>([
    ['one block', [stretch(5, 5)], [{ from: 5, to: 6 }]],
    ['near ones are one', [stretch(5, 5), stretch(13, 14)], [{ from: 5, to: 15 }]],
    [
      'far ones are two',
      [stretch(5, 5), stretch(15, 15)],
      [
        { from: 5, to: 6 },
        { from: 15, to: 16 },
      ],
    ],
    [
      'behind a cut everything has changed',
      [stretch(1, 1), stretch(40, 45, true), stretch(90, 90)],
      [
        { from: 1, to: 2 },
        { from: 40, to: null },
      ],
    ],
    ['a new file', [stretch(0, 0, true)], [{ from: 0, to: null }]],
    ['nothing', [], []],
  ])('%s', (_, stretches, ranges) => expect(rangesOf(stretches)).toEqual(ranges));

  test('what it costs to read them: blocks with their keys, and each range beyond some', () => {
    const scattered = (count: number, every: number): PageRange[] =>
      Array.from({ length: count }, (_, at) => ({ from: at * every, to: at * every + 1 }));
    expect(costOf([{ from: 0, to: 50 }], 100)).toBe(100);
    expect(costOf([{ from: 20, to: null }], 100)).toBe(160);
    expect(costOf(scattered(250, 20), 5_000)).toBe(500);
    expect(costOf(scattered(5_000, 20), 100_000)).toBeLessThan(100_000);
    expect(costOf(scattered(8_000, 12), 100_000)).toBeGreaterThan(100_000);
    // Of a file that was cut off since: nothing is left to read, and nothing is kept of what lay there.
    expect(blocksIn([{ from: 120, to: null }], 100)).toBe(0);
  });

  const since = (rows: bigint, ...ranges: PageRange[]): ChangedSince => ({ rows, ranges });
  const few = { from: 3, to: 5 };
  const many = { from: 0, to: 80 };
  test.each<[string, ChangedSince | null, ChangedSince | null, PartLook]>([
    ['nothing since its places', since(9n), since(9n), { kind: 'unread', rows: 9n, placed: true }],
    ['few blocks since its places', since(9n, few), since(8n), { kind: 'blocks', blocks: since(9n, few) }],
    [
      'many since its places, none since its rows',
      since(9n, many),
      since(8n),
      { kind: 'unread', rows: 8n, placed: false },
    ],
    ['many since both', since(9n, many), since(8n, many), { kind: 'busy' }],
    ['quiet again', since(9n, many), since(8n, few), { kind: 'blocks', blocks: { ranges: wholeRange(), rows: null } }],
    ['never known, and busy', null, since(8n, many), { kind: 'busy' }],
    ['never known, and quiet', null, since(8n, few), { kind: 'blocks', blocks: { ranges: wholeRange(), rows: null } }],
    ['never known, nor changed', null, since(8n), { kind: 'unread', rows: 8n, placed: false }],
    ['another file than before', null, null, { kind: 'blocks', blocks: { ranges: wholeRange(), rows: null } }],
  ])('%s', (_, places, rows, look) => expect(lookAtPart(100, places, rows)).toEqual(look));

  test('each block of several parts is in one piece, and no other is', () => {
    const ranges = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 40 })), { maxLength: 8 })
      .map((gaps) => {
        let at = 0;
        return gaps.map(([gap, length]) => {
          const from = at + gap;
          at = from + length;
          return { from, to: at };
        });
      });
    const open = fc.integer({ min: 400, max: 500 }).map((from) => [{ from, to: null }]);
    const part = fc.record({
      ranges: fc.tuple(ranges, fc.oneof(fc.constant([]), open)).map(([one, last]): PageRange[] => [...one, ...last]),
      pages: fc.integer({ min: 0, max: 600 }),
    });
    const listed = (all: readonly PageRange[]): number[] =>
      all.flatMap(({ from, to }) => Array.from({ length: Math.max(0, (to ?? 1000) - from) }, (_, at) => from + at));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (parts, size) => {
        const cuts = cutRanges(parts, size);
        for (const [index, { ranges: own }] of parts.entries())
          expect(listed(cuts.filter((cut) => cut.part === index).flatMap((cut) => cut.ranges))).toEqual(listed(own));
      }),
    );
  });
});
