import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addDaysIso,
  combinePeriod,
  comparisonPeriods,
  countIntervals,
  INTERVALS,
  intervalAround,
  listIntervals,
  parsePeriod,
} from '../../src/model/period.ts';

const calendar = { today: '2024-11-22', monthStart: 1 };
const from25 = { today: '2024-11-22', monthStart: 25 };

const span = (text: string, given = calendar) => {
  const { from, to } = parsePeriod(text, given);
  return [from, to];
};

describe('period expressions', () => {
  test.each([
    ['2024', '2024-01-01', '2024-12-31'],
    ['2024q3', '2024-07-01', '2024-09-30'],
    ['2024-Q3', '2024-07-01', '2024-09-30'],
    ['Q1 2023', '2023-01-01', '2023-03-31'],
    ['2024-03', '2024-03-01', '2024-03-31'],
    ['2024-3', '2024-03-01', '2024-03-31'],
    ['2024-02', '2024-02-01', '2024-02-29'],
    ['2024-02-29', '2024-02-29', '2024-02-29'],
    ['March 2024', '2024-03-01', '2024-03-31'],
    ['sept 2023', '2023-09-01', '2023-09-30'],
    ['march', '2024-03-01', '2024-03-31'],
    ['december', '2023-12-01', '2023-12-31'],
    ['today', '2024-11-22', '2024-11-22'],
    ['yesterday', '2024-11-21', '2024-11-21'],
    ['this week', '2024-11-18', '2024-11-24'],
    ['last week', '2024-11-11', '2024-11-17'],
    ['this month', '2024-11-01', '2024-11-30'],
    ['Last  Month', '2024-10-01', '2024-10-31'],
    ['next month', '2024-12-01', '2024-12-31'],
    ['last quarter', '2024-07-01', '2024-09-30'],
    ['this year', '2024-01-01', '2024-12-31'],
    ['last year', '2023-01-01', '2023-12-31'],
    ['last 90 days', '2024-08-25', '2024-11-22'],
    ['last 1 day', '2024-11-22', '2024-11-22'],
    ['last 3 months', '2024-08-23', '2024-11-22'],
    ['previous 3 months', '2024-08-01', '2024-10-31'],
    ['year to date', '2024-01-01', '2024-11-22'],
    ['ytd', '2024-01-01', '2024-11-22'],
    ['from 2024-01-15 to 2024-03', '2024-01-15', '2024-03-31'],
    ['2024-01-15 to 2024-03', '2024-01-15', '2024-03-31'],
    ['2024-01..2024-03', '2024-01-01', '2024-03-31'],
    ['from last month to today', '2024-10-01', '2024-11-22'],
    ['between 2023 and 2024-02', '2023-01-01', '2024-02-29'],
  ])('%s', (text, from, to) => {
    expect(span(text)).toEqual([from, to]);
  });

  test.each([
    ['since 2024-06', '2024-06-01', null],
    ['from 2024-06', '2024-06-01', null],
    ['2024-06..', '2024-06-01', null],
    ['until 2024-06', null, '2024-06-30'],
    ['all', null, null],
  ])('%s is open', (text, from, to) => {
    expect(span(text)).toEqual([from, to]);
  });

  test.each(['', 'soon', '2024-13', '2024-02-30', '2024q5', 'last 0 days', 'from x to y', '24', 'to', 'lastmonth'])(
    '%j means nothing and is refused with examples',
    (text) => {
      expect(() => parsePeriod(text, calendar)).toThrow(
        expect.objectContaining({ code: 'USAGE', remedy: expect.stringContaining('"last month"') }),
      );
    },
  );

  test('an end before the beginning is refused', () => {
    expect(() => parsePeriod('2024-03 to 2024-01', calendar)).toThrow(/ends \(2024-01-31\) before it begins/);
    expect(() => combinePeriod({ from: '2024-03', to: '2024-01' }, calendar)).toThrow(/before it begins/);
  });
});

describe('months that begin on the 25th', () => {
  test.each([
    ['2024-03', '2024-03-25', '2024-04-24'],
    ['this month', '2024-10-25', '2024-11-24'],
    ['last month', '2024-09-25', '2024-10-24'],
    ['2024', '2024-01-25', '2025-01-24'],
    ['2024q1', '2024-01-25', '2024-04-24'],
    ['2024-03-15', '2024-03-15', '2024-03-15'],
    ['this week', '2024-11-18', '2024-11-24'],
  ])('%s', (text, from, to) => {
    expect(span(text, from25)).toEqual([from, to]);
  });
});

describe('--from and --to', () => {
  test('take the ends of any expression', () => {
    expect(combinePeriod({ from: '2024-02', to: '2024-02' }, calendar)).toEqual({
      from: '2024-02-01',
      to: '2024-02-29',
      label: '2024-02-01 to 2024-02-29',
    });
  });
  test('replace the ends of -p', () => {
    expect(combinePeriod({ period: '2024', to: '2024-06-15' }, calendar)).toMatchObject({
      from: '2024-01-01',
      to: '2024-06-15',
    });
  });
  test('nothing given is everything', () => {
    expect(combinePeriod({}, calendar)).toEqual({ from: null, to: null, label: 'all' });
  });
});

describe('comparisons', () => {
  const compare = (text: string, given = calendar) => {
    const { previous, lastYear } = comparisonPeriods(parsePeriod(text, given), given);
    return [previous?.from, previous?.to, lastYear?.from, lastYear?.to];
  };
  test.each([
    ['2024-03', ['2024-02-01', '2024-02-29', '2023-03-01', '2023-03-31']],
    ['2024-02', ['2024-01-01', '2024-01-31', '2023-02-01', '2023-02-28']],
    ['2024q1', ['2023-10-01', '2023-12-31', '2023-01-01', '2023-03-31']],
    ['2023', ['2022-01-01', '2022-12-31', '2022-01-01', '2022-12-31']],
    ['from 2024-03-05 to 2024-03-11', ['2024-02-27', '2024-03-04', '2023-03-05', '2023-03-11']],
    ['last 90 days', ['2024-05-27', '2024-08-24', '2023-08-25', '2023-11-22']],
  ])('%s', (text, expected) => {
    expect(compare(text)).toEqual(expected);
  });
  test('a running month is compared up to the same day', () => {
    expect(compare('this month')).toEqual(['2024-10-01', '2024-10-22', '2023-11-01', '2023-11-22']);
  });
  test('whole months of another beginning', () => {
    expect(compare('2024-03', from25)).toEqual(['2024-02-25', '2024-03-24', '2023-03-25', '2023-04-24']);
  });
  test('an open period has none', () => {
    expect(comparisonPeriods(parsePeriod('since 2024', calendar), calendar)).toEqual({
      previous: null,
      lastYear: null,
    });
  });
});

test.each(['last 9999 years', 'previous 9999 years', 'last 2025 years', '0000'])(
  'a period beyond the years that have a name is refused: %s',
  (text) => {
    expect(() => parsePeriod(text, calendar)).toThrow(
      expect.objectContaining({ code: 'USAGE', remedy: expect.stringContaining('"last month"') }),
    );
  },
);

test('the first and the last year are periods, with nothing before and nothing after', () => {
  expect(span('9999')).toEqual(['9999-01-01', '9999-12-31']);
  expect(span('0001')).toEqual(['0001-01-01', '0001-12-31']);
  expect(comparisonPeriods(parsePeriod('0001', calendar), calendar)).toEqual({ previous: null, lastYear: null });
  expect(addDaysIso('0001-01-03', -5)).toBe('0001-01-01');
  expect(addDaysIso('9999-12-30', 5)).toBe('9999-12-31');
});

test('intervals are counted as they are listed', () => {
  const day = fc.date({ min: new Date('2000-01-01T12:00Z'), max: new Date('2030-12-31T12:00Z'), noInvalidDate: true });
  fc.assert(
    fc.property(
      day,
      day,
      fc.constantFrom(...INTERVALS),
      fc.integer({ min: 1, max: 28 }),
      (a, b, interval, monthStart) => {
        const [from = '', to = ''] = [a, b].map((date) => date.toISOString().slice(0, 10)).sort();
        const given = { today: '2024-11-22', monthStart };
        expect(countIntervals(from, to, interval, given)).toBe(listIntervals(from, to, interval, given).length);
      },
    ),
    { numRuns: 40 },
  );
});

test('intervals', () => {
  expect(intervalAround('2024-03-24', 'month', from25)).toMatchObject({ from: '2024-02-25', to: '2024-03-24' });
  expect(listIntervals('2024-01-31', '2024-02-01', 'month', calendar)).toEqual(['2024-01', '2024-02']);
  expect(listIntervals('2024-01-31', '2024-02-01', 'month', from25)).toEqual(['2024-01']);
  expect(listIntervals('2024-12-29', '2024-12-31', 'week', calendar)).toEqual(['2024-W52', '2025-W01']);
  expect(listIntervals('2023-11-01', '2024-02-01', 'quarter', calendar)).toEqual(['2023-Q4', '2024-Q1']);
  expect(listIntervals('2023-11-01', '2024-02-01', 'year', calendar)).toEqual(['2023', '2024']);
  expect(listIntervals('2024-02-28', '2024-03-01', 'day', calendar)).toHaveLength(3);
  expect(addDaysIso('2024-02-28', 2)).toBe('2024-03-01');
});
