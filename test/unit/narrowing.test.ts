import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { narrowingText, parseNarrowing } from '../../src/analytics/narrowing.ts';

test.each(['day:2024-02', 'day:2023-02', 'day:1900-02', 'day:2000-02', 'day:2024-03-05', 'day:2024-02-01..2024-02-28'])(
  '%s is read and written alike',
  (text) => expect(narrowingText(parseNarrowing(text))).toBe(text),
);

test('all days of any month are that month', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 9999 }), fc.integer({ min: 0, max: 11 }), (year, month) => {
      const [from = '', to = ''] = [1, 0].map((day, index) =>
        new Date(Date.UTC(year, month + index, day)).toISOString().slice(0, 10),
      );
      expect(narrowingText({ by: 'day', from, to })).toBe(`day:${from.slice(0, 7)}`);
    }),
  );
});
