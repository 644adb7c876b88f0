import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chosen, coverageOf, halfWidthOf, type Trial } from '../../src/learn/forecast/backtest.ts';
import { addMonths, dayNumber, isoDay, monthOf, monthStart, monthText } from '../../src/learn/forecast/days.ts';
import { forecastFlows, type KnownFlows } from '../../src/learn/forecast/forecast.ts';
import { lowestAhead } from '../../src/learn/forecast/lowest.ts';
import { METHODS } from '../../src/learn/forecast/methods.ts';
import { type Beat, expectedOf, type HitGroup, quantile, seriesUpTo } from '../../src/learn/forecast/recurring.ts';
import { WAYS } from '../../src/learn/forecast/series.ts';

const BEATS: Beat[] = [
  { name: 'weekly', from: 6, to: 8, step: 7, slack: 2, days: 7, months: 0, shift: 0 },
  { name: '2 a month', from: 15, to: 16, step: 15, slack: 4, days: 15, months: 0, shift: 0 },
  { name: 'monthly', from: 27, to: 34, step: 30, slack: 5, days: 0, months: 1, shift: 0 },
  { name: 'yearly', from: 350, to: 380, step: 365, slack: 15, days: 0, months: 12, shift: 0 },
];

function group(
  days: readonly string[],
  amounts: readonly string[],
  flow: 'income' | 'spending' = 'spending',
): HitGroup {
  const hits = days.map((day, index) => {
    const amount = amounts[index % amounts.length] ?? '';
    return { day: dayNumber(day), amount, value: Number(amount) };
  });
  return { account: 'a', payee: 'p', category: 'c', flow, family: 'f', oneAmount: false, hits };
}

const monthly = (count: number, day = '05'): string[] =>
  Array.from(
    { length: count },
    (_, index) => `${2024 + Math.floor(index / 12)}-${String(1 + (index % 12)).padStart(2, '0')}-${day}`,
  );

describe('days', () => {
  test.each([
    ['2024-01-31', 1, '2024-02-29'],
    ['2024-02-29', 12, '2025-02-28'],
    ['2024-12-31', 1, '2025-01-31'],
  ])('%s and %d months: %s', (day, months, then) => expect(isoDay(addMonths(dayNumber(day), months))).toBe(then));

  test('there and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), (day) => {
        expect(dayNumber(isoDay(day))).toBe(day);
        expect(monthStart(monthOf(day))).toBeLessThanOrEqual(day);
        expect(isoDay(day).startsWith(monthText(monthOf(day)))).toBe(true);
      }),
    );
  });
});

describe('what recurs, as of a day', () => {
  const at = (day: string, groups: HitGroup[]) => seriesUpTo(groups, dayNumber(day), BEATS);
  const next = (day: string, until: string, groups: HitGroup[]) =>
    at(day, groups)
      .flatMap((series) => expectedOf(series, dayNumber(day), dayNumber(until)))
      .map((one) => isoDay(one.day));

  test('a monthly payment goes on, at its new price', () => {
    const rent = group(monthly(10), ['-10', '-10', '-10', '-10', '-10', '-10', '-10', '-10', '-12', '-12']);
    const [series] = at('2024-10-31', [rent]);
    expect(series).toMatchObject({ fixed: true, stopped: false, usual: { amount: '-12' } });
    expect(next('2024-10-31', '2025-01-31', [rent])).toEqual(['2024-11-05', '2024-12-05', '2025-01-05']);
  });

  test('nothing that comes later is looked at', () => {
    const rent = group(monthly(10), ['-10']);
    expect(at('2024-02-15', [rent])).toEqual([]);
    expect(at('2024-04-15', [rent])[0]?.hits).toHaveLength(4);
  });

  test('what stopped is expected no more, and what is late only within its slack', () => {
    const rent = group(monthly(6), ['-10']);
    expect(next('2024-12-31', '2025-03-31', [rent])).toEqual([]);
    expect(next('2024-07-08', '2024-08-31', [rent])).toEqual(['2024-07-09', '2024-08-05']);
    expect(next('2024-07-25', '2024-08-31', [rent])).toEqual(['2024-08-05']);
  });

  test('twice a month stays on its two days', () => {
    const days = monthly(8, '15')
      .flatMap((day) => [day, `${day.slice(0, 8)}30`.replace('02-30', '02-29')])
      .sort();
    expect(next('2024-08-31', '2024-11-30', [group(days, ['100'])])).toEqual([
      '2024-09-15',
      '2024-09-30',
      '2024-10-15',
      '2024-10-30',
      '2024-11-15',
      '2024-11-30',
    ]);
  });

  test.each([
    [
      'of a short month, the last day is meant where it was so before',
      ['2024-01-31', '2024-02-29', '2024-03-31', '2024-04-30'],
      '2024-05-31',
    ],
    ['where it never was later, that day is', ['2024-01-30', '2024-02-29', '2024-03-30', '2024-04-30'], '2024-05-30'],
  ])('monthly: %s', (_, days, then) => {
    expect(next('2024-05-01', '2024-05-31', [group(days, ['-10'])])).toEqual([then]);
  });

  test('yearly ones come once', () => {
    const bonus = group(['2022-12-20', '2023-12-21'], ['500'], 'income');
    expect(next('2024-06-30', '2025-06-30', [bonus])).toEqual(['2024-12-21']);
  });
});

describe('choosing and bounding', () => {
  const trial = (guesses: readonly number[], actual: number): Trial => ({
    byWay: WAYS.map((_, way) => [guesses[way] ?? guesses[0] ?? 0]),
    actual: [actual],
  });

  test('the usual way stays until a rival was clearly better for half a year', () => {
    const better = Array.from({ length: 6 }, (_, index) => trial([100, 50 + index], 50 + index));
    expect(chosen(better.slice(0, 5), 0)).toBe(0);
    expect(chosen(better, 0)).toBe(1);
    expect(
      chosen(
        Array.from({ length: 9 }, () => trial([100, 100.1], 100.2)),
        0,
      ),
    ).toBe(0);
  });

  test('an interval takes six errors, and holds eight of ten when errors come in any order', () => {
    expect(halfWidthOf([1, 2, 3, 4, 5], [])).toBeNull();
    expect(halfWidthOf([1, -2, 3, -4, 5, 6], [])).toBeCloseTo(5.6);
    let state = 1;
    const random = (): number => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647 - 0.5;
    };
    const { held, judged } = coverageOf(Array.from({ length: 3000 }, random), [], 0);
    expect(held / judged).toBeGreaterThan(0.76);
    expect(held / judged).toBeLessThan(0.84);
  });

  test('what drifts by a little each time is held all the same', () => {
    const errors = Array.from({ length: 20 }, (_, index) => 2 + index / 100);
    expect(coverageOf(errors, [], 0)).toEqual({ held: 0, judged: 14 });
    expect(
      coverageOf(
        errors,
        errors.map(() => 10_000),
        0,
      ),
    ).toEqual({ held: 14, judged: 14 });
  });

  test.each(METHODS)('$name of equal months is such a month', ({ guess }) => {
    for (const count of [1, 3, 12, 13, 30]) expect(guess(new Array<number>(count).fill(7), 0)).toBeCloseTo(7);
  });

  test('a quantile lies between its neighbours', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([], 0.5)).toBe(0);
  });
});

describe('a forecast', () => {
  const first = dayNumber('2024-01-01');
  const origin = dayNumber('2025-12-31');
  /** A salary of 1000 on the 25th, and 10 spent a day. */
  const flows = (until = origin): KnownFlows => {
    const income = new Float64Array(until - first + 1);
    const spending = new Float64Array(until - first + 1).fill(-10);
    const hits = monthly(24, '25').map((day) => ({ day: dayNumber(day), amount: '1000.00', value: 1000 }));
    for (const { day } of hits) if (day <= until) income[day - first] = 1000;
    return { first, income, spending, groups: [{ ...group([], []), flow: 'income', hits }] };
  };

  test('is right about what never changes, and says how it did', () => {
    const forecast = forecastFlows(flows(), { origin, months: 3, beats: BEATS });
    expect(forecast?.months.map(({ month, income }) => [month, income.value])).toEqual([
      ['2026-01', 1000],
      ['2026-02', 1000],
      ['2026-03', 1000],
    ]);
    expect(forecast?.expected.map(({ day }) => isoDay(day))).toEqual(['2026-01-25', '2026-02-25', '2026-03-25']);
    expect(forecast?.months[0]?.spending.low).not.toBeNull();
    const net = forecast?.accuracy.find(({ flow }) => flow === 'net');
    expect(net?.months).toBe(21);
    expect(net?.held).toBeLessThanOrEqual(net?.judged ?? 0);
    for (const { againstNoChange, meanError, rivals } of forecast?.accuracy ?? []) {
      const same = rivals.find(({ name }) => name === 'no change')?.meanError ?? 0;
      expect(againstNoChange === null ? same : meanError / againstNoChange).toBeCloseTo(same);
    }
  });

  test.each(['2025-12-10', '2025-12-27'])(
    '"no change" misses nothing that never changes, also on %s, within a month',
    (day) => {
      const within = dayNumber(day);
      const found = forecastFlows(flows(within), { origin: within, months: 1, beats: BEATS })?.accuracy ?? [];
      const income = found.find(({ flow }) => flow === 'income');
      expect(income?.rivals.find(({ name }) => name === 'no change')?.meanError).toBe(0);
      expect(income?.againstNoChange).toBeNull();
    },
  );

  test('of a month that runs keeps what is known of it', () => {
    const middle = dayNumber('2025-12-10');
    const [month, after] = forecastFlows(flows(middle), { origin: middle, months: 1, beats: BEATS })?.months ?? [];
    expect(month).toMatchObject({ month: '2025-12', running: true, soFar: -100, income: { value: 1000 } });
    expect(month?.spending.value).toBeLessThan(-300);
    expect(after?.month).toBe('2026-01');
  });

  test('nothing that comes later changes it', () => {
    const earlier = dayNumber('2025-06-30');
    const options = { origin: earlier, months: 2, beats: BEATS };
    expect(forecastFlows(flows(earlier), options)?.months).toEqual(forecastFlows(flows(), options)?.months);
  });

  test('takes three whole months', () => {
    const few = dayNumber('2024-03-20');
    expect(forecastFlows(flows(few), { origin: few, months: 1, beats: BEATS })).toBeNull();
  });

  test('the lowest balance lies before the salary', () => {
    const forecast = forecastFlows(flows(), { origin, months: 1, beats: BEATS });
    const lowest = forecast === null ? null : lowestAhead(forecast, 500, origin);
    expect(isoDay(lowest?.day ?? 0)).toBe('2026-01-24');
    expect(lowest?.balance).toBeGreaterThan(200);
    expect(lowest?.balance).toBeLessThan(300);
  });
});
