import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/folder.ts';
import { runStatsCommand } from '../support/stats.ts';
import { type SimpleRow, simpleRows, statsFile } from '../support/statsFile.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const run = async (report: string, rows: readonly SimpleRow[], today = '2026-07-10') => {
  // The last day of the data is what states refer to, so something unrelated happens on the day itself.
  const file = await statsFile(folder.path, simpleRows([...rows, { day: today, amount: '-1.23', merchant: 'Today' }]));
  const env = { FINANCE_DB_TODAY: today };
  const { stdout } = await runStatsCommand(file, report, { json: true }, { env });
  return JSON.parse(stdout).rows;
};
const hits = (merchant: string, days: readonly string[], amounts: readonly string[]): SimpleRow[] =>
  days.map((day, index) => ({ day, merchant, amount: amounts[Math.min(index, amounts.length - 1)] ?? '0' }));
const FIRSTS = ['2026-01-05', '2026-02-05', '2026-03-05', '2026-04-06', '2026-05-05', '2026-06-05', '2026-07-06'];

describe('recurring', () => {
  test('a subscription: cadence, next date, cost per year', async () => {
    expect(await run('recurring', hits('Music', FIRSTS, ['-9.99']))).toMatchObject([
      {
        merchant: 'Music',
        cadence: 'monthly',
        type: 'fixed',
        amount: -9.99,
        per_year: -119.88,
        next_date: '2026-08-06',
        state: 'active',
        hits: 7,
      },
    ]);
  });
  test.each([
    [
      'price changed',
      FIRSTS,
      ['-9.99', '-9.99', '-9.99', '-9.99', '-9.99', '-12.99'],
      { price_before: -9.99, amount: -12.99 },
    ],
    ['late', FIRSTS.slice(0, 6), ['-9.99'], {}],
    ['stopped', FIRSTS.slice(0, 4), ['-9.99'], {}],
    ['new', FIRSTS.slice(4), ['-9.99'], {}],
  ])('state %s', async (state, days, amounts, more) => {
    const today = state === 'late' ? '2026-07-15' : '2026-07-10';
    expect(await run('recurring', hits('Music', days, amounts), today)).toMatchObject([{ state, ...more }]);
  });
  test('cadences from weekly to yearly', async () => {
    const rows = [
      ...hits(
        'Weekly',
        ['2026-06-01', '2026-06-08', '2026-06-15', '2026-06-22', '2026-06-29', '2026-07-06'],
        ['-5.00'],
      ),
      ...hits('Quarterly', ['2025-10-01', '2026-01-02', '2026-04-01', '2026-07-01'], ['-50.00']),
      ...hits('Yearly', ['2025-07-01', '2026-07-02'], ['-99.00']),
      ...hits(
        'Work',
        ['2026-04-15', '2026-04-30', '2026-05-15', '2026-05-29', '2026-06-15', '2026-06-30'],
        ['2000.00'],
      ),
    ];
    const found = await run('recurring', rows);
    expect(found.map(({ merchant, cadence }: { merchant: string; cadence: string }) => [merchant, cadence])).toEqual([
      ['Weekly', 'weekly'],
      ['Quarterly', 'quarterly'],
      ['Yearly', 'yearly'],
      ['Work', '2 a month'],
    ]);
  });
  test('a bill whose amount drifts', async () => {
    const found = await run(
      'recurring',
      hits('Power', FIRSTS, ['-81.20', '-92.10', '-85.00', '-77.31', '-70.02', '-66.10', '-63.99']),
    );
    expect(found).toMatchObject([{ merchant: 'Power', type: 'varying', amount: -77.31 }]);
  });
  test('two subscriptions and purchases at one merchant', async () => {
    const rows = [
      ...hits('Shop', FIRSTS, ['-2.99']),
      ...hits('Shop', FIRSTS.map((day) => `${day.slice(0, 8)}19`).slice(0, 6), ['-7.99']),
      ...hits(
        'Shop',
        ['2026-02-11', '2026-02-12', '2026-05-23', '2026-06-08'],
        ['-31.20', '-8.11', '-99.00', '-14.50'],
      ),
    ];
    expect((await run('recurring', rows)).map(({ amount }: { amount: number }) => amount)).toEqual([-7.99, -2.99]);
  });
  test('habits are not bills', async () => {
    const days = Array.from(
      { length: 60 },
      (_, n) => `2026-0${1 + Math.floor(n / 10)}-${String(1 + ((n * 7919) % 28)).padStart(2, '0')}`,
    );
    const rows = days.map((day, n) => ({ day, merchant: 'Grocer', amount: `-${20 + ((n * 37) % 61)}.${10 + n}` }));
    expect(await run('recurring', rows)).toEqual([]);
  });
});

describe('anomalies', () => {
  const kinds = async (rows: readonly SimpleRow[]) =>
    (await run('anomalies', rows)).map(({ kind, reason }: { kind: string; reason: string }) => [kind, reason]);
  const coffee = (n: number): SimpleRow => ({
    day: `2026-0${1 + Math.floor(n / 9)}-${String(2 + (n % 9) * 3).padStart(2, '0')}`,
    amount: `-${3 + (n % 4)}.${20 + n}`,
    merchant: 'Coffee',
  });
  const usual = Array.from({ length: 40 }, (_, n) => coffee(n));
  test('an unusual amount', async () => {
    expect(await kinds([...usual, { day: '2026-06-01', amount: '-450.00', merchant: 'Coffee' }])).toEqual([
      ['unusual amount', expect.stringMatching(/^\d+\.\d times the usual/)],
    ]);
  });
  test('charged twice', async () => {
    const twice = ['2026-06-01 10:00:00', '2026-06-02 09:00:00'].map((day) => ({
      day,
      amount: '-47.11',
      merchant: 'Coffee',
    }));
    expect(await kinds([...usual, ...twice])).toContainEqual(['charged twice', 'charged again after 23 h']);
  });
  test('first time at a merchant, with a large amount', async () => {
    expect(await kinds([...usual, { day: '2026-06-01', amount: '-900.00', merchant: 'Jeweller' }])).toEqual([
      ['first time, large', expect.stringMatching(/^first time, .* usual in Groceries$/)],
    ]);
  });
  test('a price that rose', async () => {
    expect(await kinds(hits('Music', FIRSTS, ['-9.99', '-9.99', '-9.99', '-9.99', '-9.99', '-12.99']))).toEqual([
      ['price change', 'up from 9.99, monthly'],
    ]);
  });
});
