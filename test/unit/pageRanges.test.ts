import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutInto, rangePages } from '../../src/model/pageRanges.ts';

test('ranges cover every page once, and the last one is open', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), fc.integer({ min: 1, max: 64 }), (pages, readers) => {
      const ranges = cutInto(pages, rangePages(pages, readers));
      ranges.forEach((range, index) => {
        expect(range.from).toBe(index === 0 ? 0 : ranges[index - 1]?.to);
        expect(range.to === null).toBe(index === ranges.length - 1);
      });
    }),
  );
});
