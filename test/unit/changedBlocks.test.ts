import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  blocksIn,
  cutRanges,
  rangesOf,
  type Stretch,
  wholeRange,
  worthReading,
} from '../../src/model/changedBlocks.ts';
import type { PageRange } from '../../src/model/pageRanges.ts';

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

  test('all of a part is read when most of it changed', () => {
    const half = [{ from: 0, to: 50 }];
    expect(worthReading(half, 100)).toBe(half);
    expect(worthReading([{ from: 0, to: 51 }], 100)).toBe(wholeRange());
    expect(worthReading([{ from: 20, to: null }], 100)).toBe(wholeRange());
    expect(blocksIn([{ from: 20, to: null }], 100)).toBe(80);
    // Single blocks all over a part: a tenth of a large one, 5,000 of a smaller one.
    const scattered = (count: number, every: number): PageRange[] =>
      Array.from({ length: count }, (_, at) => ({ from: at * every, to: at * every + 1 }));
    const many = scattered(9_000, 11);
    expect(worthReading(many, 100_000)).toBe(many);
    expect(worthReading(scattered(10_001, 9), 100_000)).toBe(wholeRange());
    expect(worthReading(scattered(5_001, 9), 45_009)).toBe(wholeRange());
    // Of a file that was cut off since: nothing is left to read, and nothing is kept of what lay there.
    expect(blocksIn([{ from: 120, to: null }], 100)).toBe(0);
  });

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
