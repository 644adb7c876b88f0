import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  firstMissing,
  isByMonth,
  monthBound,
  monthOf,
  monthsToCover,
  monthText,
  type Partition,
  parseRange,
  partitionName,
  toMonth,
} from '../../src/model/partitions.ts';

const partition = (bound: string): Partition => ({
  ...{ schema: 'public', name: 'p', bound, pending: false },
  range: parseRange(bound),
  isDefault: bound === 'DEFAULT',
});
const month = (from: string, to: string): string | null => {
  const found = monthOf(partition(`FOR VALUES FROM ('${from}') TO ('${to}')`));
  return found === null ? null : monthText(found);
};

describe('bounds', () => {
  test.each([
    ['a month of timestamps', '2024-12-01 00:00:00', '2025-01-01 00:00:00', '2024-12'],
    ['a month of days', '2024-02-01', '2024-03-01', '2024-02'],
    ['a month in UTC', '2024-02-01 00:00:00+00', '2024-03-01 00:00:00+00', '2024-02'],
    ['the last month of four digits', '9999-12-01', '10000-01-01', '9999-12'],
    ['two months', '2024-02-01', '2024-04-01', null],
    ['a month of another zone', '2024-02-01 00:00:00+01', '2024-03-01 00:00:00+01', null],
    ['a month from noon on', '2024-02-01 12:00:00', '2024-03-01 12:00:00', null],
    ['before our era', '0001-02-01 BC', '0001-03-01 BC', null],
  ])('%s', (_, from, to, expected) => {
    expect(month(from, to)).toBe(expected);
  });

  test('are none of a list, a hash, several columns or numbers', () => {
    for (const bound of [
      "FOR VALUES IN ('a')",
      'FOR VALUES WITH (modulus 2, remainder 0)',
      "FOR VALUES FROM ('2024-01-01', 1) TO ('2024-02-01', 1)",
      'FOR VALUES FROM (1) TO (2)',
      'DEFAULT',
    ])
      expect(parseRange(bound)).toBeNull();
    expect(parseRange("FOR VALUES FROM (MINVALUE) TO ('2024-01-01')")).toEqual({ from: null, to: '2024-01-01' });
  });

  test('make a table one by months only where all of them are', () => {
    const by = (type: string | null, ...bounds: string[]): boolean =>
      isByMonth({ column: 'timestamp', type, partitions: bounds.map(partition) });
    const january = "FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')";
    expect(by('date')).toBe(true);
    expect(by('date', january, 'DEFAULT')).toBe(true);
    expect(by('date', january, "FOR VALUES FROM (MINVALUE) TO ('2024-01-01')")).toBe(false);
    expect(by('text', january)).toBe(false);
    expect(isByMonth({ column: null, type: null, partitions: [] })).toBe(false);
  });
});

describe('months', () => {
  test('go on until the first one that is missing, whatever lies far ahead', () => {
    const months = ['2024-11', '2024-12', '2025-01', '9999-12'].map((text) => {
      const [from, to] = [toMonth(text), toMonth(text) + 1].map((one) => monthBound(one, 'date'));
      return partition(`FOR VALUES FROM ('${from}') TO ('${to}')`);
    });
    const until = (text: string): string =>
      monthText(firstMissing({ column: 'd', type: 'date', partitions: months }, toMonth(text)));
    expect([until('2024-12'), until('2025-02'), until('9999-12')]).toEqual(['2025-02', '2025-02', '10000-01']);
  });

  const cover = (held: string[], now: string, ahead: number): string[] =>
    monthsToCover(held.map(toMonth), toMonth(now), ahead).map((one) => monthText(one));

  test('reach from the first row to those ahead, and leave out a stretch of more than ten years', () => {
    expect(cover([], '2026-11-30', 3)).toEqual(['2026-11', '2026-12', '2027-01', '2027-02']);
    expect(cover(['2026-08', '2027-06'], '2026-10', 0)).toHaveLength(11);
    expect(cover(['0026-08-01', '2026-10-09'], '2026-10-11', 1)).toEqual(['0026-08', '2026-10', '2026-11']);
  });

  test('are counted and written, and hold what lies in them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 9999 * 12 + 11 }), (one) => {
        expect(toMonth(monthText(one))).toBe(one);
        const [from, to] = [monthBound(one, 'date'), monthBound(one + 1, 'date')];
        expect(monthOf(partition(`FOR VALUES FROM ('${from}') TO ('${to}')`))).toBe(one);
      }),
    );
  });

  test('are told apart in the names of their partitions, however long that of the table is', () => {
    expect(partitionName('transactions', toMonth('2024-03'))).toBe('transactions_2024_03');
    const like = (name: string): string =>
      partitionName('t', toMonth('2025-01'), [
        { ...partition("FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')"), name },
        partition('DEFAULT'),
      ]);
    expect(['t_p2024_03', 't_p20240301', 't_202403', '2024-03 of t', 't_9', 't_2024_031'].map(like)).toEqual([
      ...['t_p2025_01', 't_p20250101', 't_202501', '2025-01 of t', 't_2025_01', 't_2025_01'],
    ]);
    const name = partitionName('ü'.repeat(31), toMonth('2024-03'));
    expect([Buffer.byteLength(name), name.slice(-9)]).toEqual([62, 'ü_2024_03']);
  });
});
