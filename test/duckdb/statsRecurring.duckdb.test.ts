import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Due, expectedDays } from '../../src/analytics/cadences.ts';
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
  // A test may ask about several files, whose name is the same.
  const within = fs.mkdtempSync(path.join(folder.path, 'file-'));
  const file = await statsFile(within, simpleRows([...rows, { day: today, amount: '-1.23', merchant: 'Today' }]));
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
  test('recurring, forecast and the pages date the same payment alike, whatever the day', async () => {
    const on = (merchant: string, days: readonly string[]): SimpleRow[] => hits(merchant, days, ['-10.00']);
    const ends = ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31', '2026-06-30'];
    const fifteenths = ends.map((day) => `${day.slice(0, 8)}15`);
    const rows = [
      ...on('Rent at the end', ends),
      ...on(
        'The thirtieth',
        ends.map((day) => day.replace('31', '30')),
      ),
      ...on('Twice', [...fifteenths, ...ends].sort()),
      ...on('Weekly', ['2026-06-05', '2026-06-12', '2026-06-19', '2026-06-26']),
      ...on('Fortnightly', ['2026-05-18', '2026-06-01', '2026-06-15', '2026-06-29']),
      ...on('Quarterly', ['2025-08-31', '2025-11-30', '2026-02-28', '2026-05-31']),
      ...on('Yearly', ['2024-02-29', '2025-02-28', '2026-02-28']),
      ...on('Monthly', FIRSTS),
      { day: '2026-12-31', amount: '-1.23', merchant: 'Today' },
    ];
    const file = await statsFile(folder.path, simpleRows(rows));
    const ask = async (report: string, to: string) => {
      const flags = { to, json: true, ...(report === 'forecast' ? { months: 12 } : {}) };
      const { stdout } = await runStatsCommand(file, report, flags, { env: { FINANCE_DB_TODAY: '2026-12-31' } });
      return JSON.parse(stdout);
    };
    const seen = new Set<string>();
    for (const to of [
      '2026-06-29',
      '2026-06-30',
      '2026-07-02',
      '2026-07-10',
      '2026-07-17',
      '2026-08-04',
      '2026-09-03',
    ]) {
      const recurring = (await ask('recurring', to)).rows as (Due & {
        merchant: string;
        state: string;
        overdue_since: string | null;
      })[];
      const { expected } = (await ask('forecast', to)).forecast as {
        expected: { merchant: string; day: string; overdue_since: string | null }[];
      };
      for (const row of recurring) {
        const due = expected.filter(({ merchant }) => merchant === row.merchant);
        expect([row.merchant, to, row.next_date === null]).toEqual([row.merchant, to, row.state === 'stopped']);
        expect([row.merchant, to, due.map(({ day }) => day)]).toEqual([
          row.merchant,
          to,
          expectedDays(row, '2027-12-31').slice(0, due.length),
        ]);
        expect(due.length > 0).toBe(row.next_date !== null);
        if (row.next_date !== null) expect(row.next_date > to).toBe(true);
        if (due[0]?.overdue_since != null) expect(due[0].overdue_since).toBe(row.overdue_since);
        seen.add(row.state).add(row.overdue_since === null ? 'in time' : 'overdue');
      }
    }
    expect([...seen].sort()).toEqual(['active', 'in time', 'late', 'overdue', 'stopped']);
  });
  test.each([
    ['recurring', 'Nothing that comes back was found'],
    ['anomalies', 'Nothing unusual was found'],
  ])('%s that finds nothing says among how many', async (report, says) => {
    const file = await statsFile(folder.path, simpleRows(hits('Shop', FIRSTS.slice(0, 2), ['-1.00', '-7.00'])));
    const { stdout } = await runStatsCommand(file, report, {}, { env: { FINANCE_DB_TODAY: '2026-07-10' } });
    const text = stdout.replace(/\s+/g, ' ');
    expect(text).toContain(says);
    expect(text).toContain('among 2 transactions.');
    expect(text).not.toContain('No transactions');
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
  const kinds = async (rows: readonly SimpleRow[]): Promise<[kind: string, reason: string][]> =>
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
  const on = (day: string, merchant: string, amount: string, subcategory: string): SimpleRow => ({
    day,
    merchant,
    amount,
    subcategory,
  });
  test('kinds of payments at one merchant are told apart: ten times its fee is unusual for a bank that hands out more cash', async () => {
    const bank = FIRSTS.flatMap((day, n) => [
      on(day, 'Bank', `-${300 + 40 * n}.00`, 'Cash'),
      on(day, 'Bank', n === FIRSTS.length - 1 ? '-146.00' : '-14.60', 'Fee'),
    ]);
    expect(await kinds(bank)).toContainEqual(['unusual amount', '10.0 times the usual 14.60']);
    expect((await kinds(bank)).filter(([kind]) => kind === 'unusual amount')).toHaveLength(1);
  });
  test('a decimal point that slipped is told by one other payment, a round amount is none', async () => {
    const twice = (small: string, large: string): SimpleRow[] => [
      on('2026-02-03', 'Plumber', small, 'Repairs'),
      on('2026-05-17', 'Plumber', large, 'Repairs'),
    ];
    expect(await kinds(twice('-34.98', '-349.80'))).toEqual([['unusual amount', '10.0 times the usual 34.98']]);
    expect(await kinds(twice('-20.00', '-200.00'))).toEqual([]);
  });
  test('what an account pays seldom is compared with what all pay, and is none where it always does', async () => {
    const fee = (account: string, day: string, amount: string): SimpleRow => ({
      day,
      amount,
      merchant: 'Bank',
      account,
    });
    const all = Array.from({ length: 30 }, (_, n) =>
      fee(`a${n}`, `2026-03-${String(1 + n).padStart(2, '0')}`, `-${14 + (n % 3)}.60`),
    );
    expect(await kinds([...all, fee('b', '2026-05-02', '-99.00')])).toEqual([
      ['unusual amount', expect.stringMatching(/^6\.\d times the usual /)],
    ]);
    expect(await kinds([...all, fee('b', '2026-05-02', '-99.00'), fee('b', '2026-06-20', '-99.00')])).toEqual([]);
  });
  test('days without a time: two days later may be 72 hours, and what comes in two parts for everybody is a custom', async () => {
    const pair = (account: string, days: readonly string[], merchant: string): SimpleRow[] =>
      days.map((day) => ({ day: `${day} 00:00:00`, amount: '-47.11', merchant, account }));
    expect(await kinds(pair('a', ['2026-06-01', '2026-06-03'], 'Shop'))).toEqual([]);
    expect(await kinds(pair('a', ['2026-06-01', '2026-06-02'], 'Shop'))).toEqual([
      ['charged twice', 'charged again the next day'],
    ]);
    const interest = Array.from({ length: 16 }, (_, n) =>
      pair(`a${n}`, ['2026-06-30', '2026-06-30'], 'Interest'),
    ).flat();
    expect(await kinds(interest)).toEqual([]);
    expect(await kinds(interest.slice(0, 8))).toHaveLength(4);
  });
  test('first time at a merchant, with a large amount', async () => {
    expect(await kinds([...usual, { day: '2026-06-01', amount: '-900.00', merchant: 'Jeweller' }])).toEqual([
      ['first time, large', expect.stringMatching(/^first time, .* usual in Groceries$/)],
    ]);
  });
  test('is large beside what else is paid for the same, and is not where that is dear', async () => {
    const flights = Array.from({ length: 20 }, (_, n) =>
      on(`2026-0${1 + Math.floor(n / 5)}-1${n % 5}`, `Air ${n}`, `-${400 + 9 * n}.00`, 'Flight'),
    );
    const jeweller = (subcategory: string): SimpleRow => on('2026-06-01', 'Jeweller', '-700.00', subcategory);
    const large = async (row: SimpleRow): Promise<unknown[]> =>
      (await kinds([...usual, ...flights.slice(0, row.subcategory === 'Flight' ? 20 : 2), row])).filter(([, why]) =>
        why.startsWith('first time, '),
      );
    expect(await large(jeweller('Flight'))).toEqual([]);
    expect(await large(jeweller('Rings'))).toHaveLength(1);
  });
  const back = (amount: string): SimpleRow => ({ day: '2026-06-20', amount, merchant: 'Coffee' });
  test('money in from where it only went out', async () => {
    const found = await kinds([...usual, back('5.99')]);
    expect(found).toEqual([['wrong sign', 'money in, where 40 of 41 payments went out']]);
  });
  test('a refund is none', async () => {
    expect(await kinds([...usual, back((usual[39] as SimpleRow).amount.slice(1))])).toEqual([]);
  });
  test('an amount at a rate that its currency never had', async () => {
    const abroad = Array.from({ length: 9 }, (_, n) => ({
      day: `2026-0${1 + (n % 6)}-0${1 + n}`,
      amount: `-${10 + n}.00`,
      normalized: `-${11 + n}.00`,
      currency: 'EUR',
      merchant: `Hotel ${n}`,
    }));
    const mixed = { day: '2026-06-09', amount: '-1500.00', normalized: '-15.00', currency: 'EUR', merchant: 'Hotel 0' };
    expect(await kinds([...abroad, mixed])).toContainEqual([
      'odd rate',
      expect.stringMatching(/^0.01 a EUR, where 1\.\d+ is usual$/),
    ]);
  });
  test('a payment that did not come', async () => {
    const days = FIRSTS.filter((_, index) => index !== 3);
    expect(days.length).toBeGreaterThan(4);
    expect(await kinds(hits('Music', days, ['-9.99']))).toContainEqual([
      'missing payment',
      expect.stringMatching(/^expected monthly; the next came on /),
    ]);
  });
  const month = (index: number, count: number): SimpleRow[] =>
    Array.from({ length: count }, (_, n) => ({
      day: `202${5 + Math.floor(index / 12)}-${String(1 + (index % 12)).padStart(2, '0')}-${String(2 + n * 2).padStart(2, '0')}`,
      amount: `-${20 + ((index * 7 + n * 3) % 9)}.${10 + n}`,
      merchant: `Shop ${index} ${n}`,
    }));
  const plain = Array.from({ length: 10 }, (_, index) => month(index, 5)).flat();
  test('a month of a category far above the others, by more than one payment', async () => {
    const odd = await kinds([...plain, ...month(10, 13), ...month(11, 5)]);
    expect(odd).toEqual([['unusual month', expect.stringMatching(/^Groceries in 2025-11: 2\.\d times the usual /)]]);
  });
  test('a habit that changed', async () => {
    const more = await kinds([...plain, ...month(10, 8), ...month(11, 8), ...month(12, 8), ...month(13, 1)]);
    expect(more).toEqual([['change of habit', expect.stringMatching(/^Groceries: \d+\.\d\d a month since 2025-11, /)]]);
  });
  test('a price that rose', async () => {
    expect(await kinds(hits('Music', FIRSTS, ['-9.99', '-9.99', '-9.99', '-9.99', '-9.99', '-12.99']))).toEqual([
      ['price change', 'up from 9.99, monthly'],
    ]);
  });
});
