import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pageEnds } from '../../src/app/dashboard/pageEnds.ts';

const BEGINS = Array.from({ length: 100 }, (_, index) => `${index - 50}.25`).join(' ');

test.each([
  ['rising', null, 0.1, ['-37.25', null]],
  ['rising', '-40.00', 0.1, ['-26.25', null]],
  ['rising', '49.25', 0.1, [null]],
  ['falling', null, 0.1, ['36.25', null]],
  ['falling', '0', 0.1, ['-14.25', null]],
  ['rising', null, 0.01, ['-48.25', '-34.25', null]],
  ['rising', null, 1, [null]],
] as const)('%s behind %s, %s of the list', (order, after, share, ends) => {
  expect([...pageEnds(BEGINS, order, after, share)]).toEqual(ends);
});

test('a file without amounts: at the end of the list', () => {
  expect([...pageEnds('', 'rising', null, 0.5)]).toEqual([null]);
});

test('each end is farther than the one before, and the last is the end of the list', () => {
  const amount = fc.integer({ min: -1000, max: 1000 });
  fc.assert(
    fc.property(
      fc.array(amount, { maxLength: 300 }),
      fc.constantFrom('rising', 'falling'),
      fc.option(amount),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      (amounts, order, after, share) => {
        const begins = [...amounts].sort((a, b) => a - b).join(' ');
        const ends = [...pageEnds(begins, order as 'rising', after === null ? null : String(after), share)];
        expect(ends.at(-1)).toBeNull();
        const between = ends.slice(0, -1).map(Number);
        const sign = order === 'rising' ? 1 : -1;
        expect(between).toEqual([...between].sort((a, b) => sign * (a - b)));
        for (const end of between) {
          expect(amounts).toContain(end);
          if (after !== null) expect(sign * (end - after)).toBeGreaterThan(0);
        }
      },
    ),
  );
});
