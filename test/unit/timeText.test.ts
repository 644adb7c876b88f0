import { describe, expect, test } from '@jest/globals';
import { dateText, timestampText } from '../../src/duckdb/timeText.ts';
import { isoTimestamp } from '../../src/model/isoTimestamp.ts';
import { isTimeZone, offsetsOf } from '../../src/model/timeZone.ts';

describe('a zone', () => {
  test.each<[string, string, number]>([
    ['UTC', '2024-07-01T00:00:00Z', 0],
    ['Europe/Berlin', '2024-01-01T00:00:00Z', 3600],
    ['Europe/Berlin', '2024-07-01T00:00:00Z', 7200],
    ['Europe/Berlin', '2024-03-31T00:59:59Z', 3600],
    ['Europe/Berlin', '2024-03-31T01:00:00Z', 7200],
    ['Asia/Kolkata', '2024-07-01T00:00:00Z', 19_800],
    ['America/New_York', '2024-11-03T05:59:59Z', -14_400],
    ['America/New_York', '2024-11-03T06:00:00Z', -18_000],
  ])('%s at %s', (zone, instant, expected) => {
    expect(offsetsOf(zone)(Date.parse(instant) / 1000)).toBe(expected);
  });

  test.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['Mars/Base', false],
    ['+02:00', false],
    ['', false],
  ])('%j is known: %p', (name, known) => {
    expect(isTimeZone(name)).toBe(known);
  });

  test('far instants and a day that a zone shifts', () => {
    const berlin = offsetsOf('Europe/Berlin');
    expect(timestampText(Date.parse('2023-12-31T23:30:00Z') * 1000, berlin)).toBe('2024-01-01 00:30:00+01:00');
    expect(timestampText(9_223_371_331_200_000_000n, berlin)).toMatch(/^294247-01-02 0[12]:00:00\+0[12]:00$/);
    expect(timestampText(9_223_372_036_854_775_807n, berlin)).toBe('infinity');
    expect(timestampText(Date.parse('2024-01-01T00:00:00Z') * 1000, offsetsOf('America/New_York'))).toBe(
      '2023-12-31 19:00:00-05:00',
    );
  });
});

test.each<[number, string]>([
  [0, '1970-01-01'],
  [-719_162, '0001-01-01'],
  [-719_163, '0001-12-31 (BC)'],
  [-735_160, '0044-03-15 (BC)'],
  [2_932_897, '10000-01-01'],
  [2_147_483_646, '5881580-07-10'],
  [2_147_483_647, 'infinity'],
  [-2_147_483_647, '-infinity'],
])('day %p is %s', (days, expected) => {
  expect(dateText(days)).toBe(expected);
});

test.each([
  ['2024-03-01 10:00:00', '2024-03-01T10:00:00'],
  ['12024-03-01 10:00:00.5+00:00', '12024-03-01T10:00:00.5+00:00'],
  ['0044-03-15 (BC) 10:00:00', '0044-03-15 (BC) 10:00:00'],
  ['2024-03-01', '2024-03-01'],
  ['infinity', 'infinity'],
])('%s in JSON is %s', (text, expected) => {
  expect(isoTimestamp(text)).toBe(expected);
});
