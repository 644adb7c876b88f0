import { expect, test } from '@jest/globals';
import { dayToExpectFrom, lastKnownDay } from '../../src/analytics/lastKnown.ts';
import { ALL_TIME } from '../../src/model/period.ts';

const calendar = { today: '2026-11-26', weekStart: 1, monthStart: 1 } as const;

test.each([
  ['2026-11-20', '2026-11-20', '2026-11-26'],
  ['2026-10-31', '2026-10-31', '2026-11-26'],
  // Nothing that was due since then is known to have come: it is told from there, not from a month that is no part of the file.
  ['2026-09-10', '2026-09-10', '2026-09-10'],
  ['1994-03-30', '1994-03-31', '1994-03-31'],
  // Days to come are no news.
  ['2027-01-01', '2026-11-26', '2026-11-26'],
])('data up to %s: known up to %s, what comes back is told from %s', (to, known, from) => {
  const request = { calendar, file: { from: '1993-01-01', to }, period: ALL_TIME } as unknown as Parameters<
    typeof dayToExpectFrom
  >[0];
  expect(lastKnownDay(request)).toBe(known);
  expect(dayToExpectFrom(request)).toBe(from);
});
