import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openReader } from '../../src/duckdb/reader.ts';
import { temporaryFolder } from '../support/folder.ts';
import { runStatsCommand } from '../support/stats.ts';
import { householdFile, type SimpleRow, simpleRows, statsFile } from '../support/statsFile.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const fileOf = (rows: readonly SimpleRow[]) => statsFile(folder.path, simpleRows(rows));
const json = async (file: string, report: string, flags = {}) => {
  const { stdout } = await runStatsCommand(file, report, { json: true, ...flags });
  return { text: stdout, document: JSON.parse(stdout) };
};
const salary: SimpleRow = { day: '2026-03-01', amount: '3000.00', category: 'Income', merchant: 'Work', mcc: null };

describe('transfers between own accounts', () => {
  const out: SimpleRow = {
    day: '2026-03-10',
    amount: '-500.00',
    account: 'a',
    category: 'Transfer',
    merchant: 'To b',
    mcc: null,
  };
  const leg = (change: Partial<SimpleRow>): SimpleRow => ({ ...out, amount: '500.00', account: 'b', ...change });
  const leftOut = async (rows: readonly SimpleRow[], flags = {}) => {
    const { document } = await json(await fileOf([salary, ...rows]), 'merchants', flags);
    return document.scope.transfer_rows_left_out;
  };
  test('are pairs of opposite amounts in other accounts within five days, in either order', async () => {
    expect(await leftOut([out, leg({ day: '2026-03-15' })])).toBe(2);
  });
  test.each([
    ['the other leg came first', [leg({ day: '2026-03-06' })], 2],
    ['six days apart', [leg({ day: '2026-03-16' })], 0],
    ['the same account', [leg({ account: 'a' })], 0],
    ['another amount', [leg({ amount: '500.01' })], 0],
    ['a leg that is income by its category', [leg({ category: 'Income' })], 0],
    ['one leg for two', [leg({}), leg({ account: 'c' })], 2],
    ['no category and no merchant code', [leg({ category: null })], 2],
    ['a refund of the same size', [leg({ category: 'Shopping', mcc: '5651' })], 0],
    ['a vague category whose channel says transfer', [leg({ category: 'Other', channel: 'transfer' })], 2],
  ])('%s', async (_, rows, expected) => {
    expect(await leftOut([out, ...rows])).toBe(expected);
  });
  test('each leg is matched once, the nearest in time first', async () => {
    const file = await fileOf([out, { ...out, day: '2026-03-12' }, leg({ day: '2026-03-12' })]);
    const { document } = await json(file, 'cashflow', { by: 'day' });
    expect(document.rows.filter(({ count }: { count: number }) => count > 0)).toMatchObject([
      { period: '2026-03-10', spending: -500, count: 1 },
    ]);
  });
  test('legs of the same account on one day do not keep others from matching', async () => {
    expect(await leftOut([out, { ...out, amount: '500.00' }, leg({ day: '2026-03-11' })])).toBe(2);
  });
  test('a leg in an account that is filtered out still counts as the other leg', async () => {
    expect(await leftOut([out, leg({})], { account: 'b' })).toBe(1);
  });
  test('a leg beyond the end of the period too', async () => {
    expect(await leftOut([{ ...out, day: '2026-03-31' }, leg({ day: '2026-04-02' })], { period: '2026-03' })).toBe(1);
  });
  test('--with-transfers keeps them', async () => {
    expect(await leftOut([out, leg({})], { withTransfers: true })).toBe(0);
  });
  test('a thousand equal transfers on one day are all found', async () => {
    const pairs = Array.from({ length: 1000 }, (_, n) => [
      { ...out, account: `x${n}` },
      leg({ account: `y${n}`, day: '2026-03-11' }),
    ]).flat();
    expect(await leftOut(pairs)).toBe(2000);
  });
});

describe('money', () => {
  test('is added up exactly, beyond what a JavaScript number holds', async () => {
    const rows = Array.from({ length: 12 }, () => ({ day: '2026-03-01', amount: '-9999999999999.99' }));
    const { text } = await json(await fileOf(rows), 'merchants');
    expect(text).toContain('"amount":-119999999999999.88,');
    expect(text).toContain('"average":-9999999999999.99,');
  });
  test('a refund counts against its category, not as income', async () => {
    const file = await fileOf([
      salary,
      { day: '2026-03-02', amount: '-80.00' },
      { day: '2026-03-03', amount: '-20.00' },
      { day: '2026-03-04', amount: '30.00' },
    ]);
    const { document } = await json(file, 'cashflow');
    expect(document.rows).toMatchObject([{ income: 3000, spending: -70, net: 2930, running_net: 2930, count: 4 }]);
    expect((await json(file, 'categories')).document.rows[0]).toMatchObject({ category: 'Groceries', amount: -70 });
  });
  test('a file with spending alone, or income alone, has it in the right column', async () => {
    const spending = await json(await fileOf([{ day: '2026-03-02', amount: '-80.00' }]), 'overview', {
      spending: true,
    });
    expect(spending.document.rows[0]).toMatchObject({
      income: 0,
      spending: -80,
      net: -80,
      savings_rate: null,
      count: 1,
    });
    folder.remove();
    folder = temporaryFolder();
    const income = await json(await fileOf([salary]), 'overview', { income: true });
    expect(income.document.rows[0]).toMatchObject({ income: 3000, spending: 0, net: 3000, savings_rate: 1, count: 1 });
  });
  test('a row without a normalized amount is counted and told, never dropped in silence', async () => {
    const file = await fileOf([
      { day: '2026-03-02', amount: '-80.00' },
      { day: '2026-03-03', amount: '-9.00', currency: 'XXX', normalized: null },
    ]);
    const { document } = await json(file, 'categories');
    expect(document.rows[0]).toMatchObject({ amount: -80, count: 2 });
    expect(document.scope.not_normalized).toBe(1);
    expect((await runStatsCommand(file, 'categories', {}, { columns: 80 })).stdout).toMatch(
      /1 row without a normalized amount/,
    );
    expect((await json(file, 'currencies')).document.rows).toMatchObject([
      { currency: 'USD', not_normalized: 0 },
      { currency: 'XXX', normalized: 0, not_normalized: 1, not_normalized_amount: -9 },
    ]);
  });
  test('averages are rounded half away from zero', async () => {
    const file = await fileOf([
      { day: '2026-03-02', amount: '-0.01' },
      { day: '2026-03-03', amount: '-0.02' },
    ]);
    expect((await json(file, 'merchants')).document.rows[0].average).toBe(-0.02);
  });
  test('yen have no decimals', async () => {
    const file = await fileOf([{ day: '2026-03-02', amount: '-1234567.00' }]);
    const env = { FINANCE_DB_BASE_CURRENCY: 'JPY' };
    const { stdout } = await runStatsCommand(file, 'merchants', {}, { columns: 80, env });
    expect(stdout).toMatch(/ -1,234,567 /);
    expect(stdout).toMatch(/· JPY/);
  });
});

describe('reports agree with plain SQL over the household', () => {
  test('categories and merchants add up to everything that is no transfer', async () => {
    const file = await householdFile(folder.path);
    const reader = await openReader(file);
    const [truth] = await reader.all<{ net: string; n: string }>(
      `SELECT sum(normalized_amount) AS net, count(*) AS n FROM transactions WHERE category <> 'Transfer'`,
    );
    reader.close();
    for (const report of ['categories', 'merchants', 'accounts', 'channels', 'places', 'cashflow']) {
      const { document } = await json(file, report);
      const total = document.total.amount ?? document.total.net;
      expect([report, total.toFixed(2), String(document.total.count)]).toEqual([report, truth?.net, truth?.n]);
    }
  });
  test('the SQL that --sql prints runs as it is and gives the same rows', async () => {
    const file = await householdFile(folder.path);
    const reader = await openReader(file);
    for (const report of [
      'overview',
      'categories',
      'cashflow',
      'merchants',
      'recurring',
      'anomalies',
      'currencies',
      'health',
    ]) {
      const { stdout } = await runStatsCommand(file, report, { sql: true, period: '2026' });
      const rows = await reader.all(stdout);
      const { document } = await json(file, report, { period: '2026' });
      expect(rows.length).toBeGreaterThanOrEqual(document.rows.length);
    }
    reader.close();
  });
});

describe('filters', () => {
  const rows: SimpleRow[] = [
    { day: '2026-03-01', amount: '-10.00', merchant: 'Café Süd', category: 'Dining', subcategory: 'Coffee' },
    {
      day: '2026-03-02',
      amount: '-20.00',
      merchant: "O'Leary's",
      category: 'Dining',
      subcategory: 'Bar',
      account: 'b',
    },
    { day: '2026-03-03', amount: '-300.00', merchant: 'Landlord', category: 'Housing', channel: 'online' },
    { day: '2026-03-04', amount: '1000.00', merchant: 'Work', category: 'Income', currency: 'EUR' },
    { day: '2026-03-05', amount: '-5.00', merchant: null, category: null },
  ];
  test.each([
    [{ account: ['b'] }, 1],
    [{ account: ['A', 'b'] }, 5],
    [{ category: ['dining'] }, 2],
    [{ category: ['Dining:coffee'] }, 1],
    [{ category: ['none'] }, 1],
    [{ merchant: 'CAFÉ' }, 1],
    [{ merchant: "o'l" }, 1],
    [{ merchant: '/^(land|work)/' }, 2],
    [{ channel: 'ONLINE' }, 1],
    [{ currency: 'eur' }, 1],
    [{ min: '20' }, 3],
    [{ min: '10', max: '20.00' }, 2],
    [{ income: true }, 1],
    [{ spending: true }, 4],
    [{ from: '2026-03-02', to: '2026-03-03' }, 2],
    [{ period: 'from 2026-03-04 to 2026-03' }, 2],
  ])('%j', async (flags, count) => {
    const { document } = await json(await fileOf(rows), 'merchants', flags);
    expect(document.scope.transactions).toBe(count);
  });
  test.each([
    [{ merchant: '/(/' }, /regular expression/],
    [{ merchant: '/a(?=b)/' }, /--merchant/],
    [{ min: 'much' }, /--min/],
    [{ income: true, spending: true }, /exclude each other/],
    [{ sort: 'colour' }, /--sort/],
    [{ locale: 'xx-nowhere-q' }, /--locale/],
    [{ monthStart: 31 }, /1 to 28/],
    [{ period: 'soon' }, /not a period/],
  ])('%j is refused', async (flags, message) => {
    const file = await fileOf(rows);
    await expect(runStatsCommand(file, 'merchants', flags)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
    });
  });
  test('an unknown report names those there are', async () => {
    await expect(runStatsCommand(await fileOf(rows), 'tealeaves')).rejects.toMatchObject({
      code: 'USAGE',
      message: 'there is no report "tealeaves"',
      remedy: expect.stringContaining('cashflow'),
    });
  });
  test.each([
    ['reccuring', 'recurring'],
    ['merchnats', 'merchants'],
    ['cat', 'categories'],
  ])('a misspelt report is recognised: %s', async (typed, meant) => {
    await expect(runStatsCommand(await fileOf(rows), typed)).rejects.toMatchObject({
      message: `there is no report "${typed}"; did you mean ${meant}?`,
    });
  });
  test('months that begin on the 25th', async () => {
    const file = await fileOf([
      { day: '2026-03-24', amount: '-1.00' },
      { day: '2026-03-25', amount: '-2.00' },
    ]);
    const { document } = await json(file, 'cashflow', { monthStart: 25 });
    expect(document.rows).toMatchObject([
      { period: '2026-02', net: -1 },
      { period: '2026-03', net: -2 },
    ]);
  });
});

describe('an empty table', () => {
  test.each([
    'overview',
    'categories',
    'cashflow',
    'merchants',
    'places',
    'recurring',
    'anomalies',
    'currencies',
    'health',
  ])('%s says so and what to do', async (report) => {
    const file = await fileOf([]);
    const { stdout } = await runStatsCommand(file, report, {}, { columns: 80 });
    expect(stdout).toContain('The table is empty.');
    expect((await json(file, report)).document.scope.transactions).toBe(0);
  });
});

test('a file without the table, or with another of that name, is told', async () => {
  const file = await statsFile(folder.path, [], ['ALTER TABLE transactions RENAME TO others']);
  await expect(runStatsCommand(file, 'overview')).rejects.toMatchObject({ code: 'CONFIG' });
});
