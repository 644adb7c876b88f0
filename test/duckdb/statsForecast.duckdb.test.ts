import fs from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/folder.ts';
import { runStatsCommand } from '../support/stats.ts';
import { householdFile, type SimpleRow, simpleRows, statsFile } from '../support/statsFile.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
/** For another file, whose name is the same. */
const folderWithin = (): string => fs.mkdtempSync(path.join(folder.path, 'file-'));

type Document = Record<string, unknown> & { readonly rows: readonly Record<string, unknown>[] };

async function document(file: string, report: string, flags: Record<string, unknown> = {}): Promise<Document> {
  const { stdout } = await runStatsCommand(file, report, { ...flags, format: 'json' });
  return JSON.parse(stdout) as Document;
}

describe('forecast of the sample household', () => {
  const file = householdFile(folder.path);

  test('what is due is what the report recurring says comes next', async () => {
    const { forecast } = (await document(await file, 'forecast', { months: 1 })) as unknown as {
      forecast: { expected: { merchant: string; day: string; amount: number }[] };
    };
    const recurring = await document(await file, 'recurring', { limit: 100 });
    const due = recurring.rows
      .filter(({ state, next_date }) => state !== 'stopped' && String(next_date).startsWith('2026-11'))
      .map(({ merchant, amount }) => `${merchant} ${amount}`);
    expect(due.length).toBeGreaterThan(10);
    expect(forecast.expected.map(({ merchant, amount }) => `${merchant} ${amount}`)).toEqual(
      expect.arrayContaining(due),
    );
  });

  test('hidden months are forecast from what was known before them, the same each time', async () => {
    const hidden = await document(await file, 'forecast', { to: '2026-07-31' });
    expect(hidden.rows.map(({ month }) => month)).toEqual(['2026-08', '2026-09', '2026-10']);
    const came = await document(await file, 'cashflow', { period: '2026-08' });
    const [month] = hidden.rows as readonly Record<string, number>[];
    expect(Math.abs(Number(month?.income) - Number(came.rows[0]?.income))).toBeLessThan(50);
    expect(Number(came.rows[0]?.net)).toBeGreaterThan(Number(month?.net_low));
    expect(Number(came.rows[0]?.net)).toBeLessThan(Number(month?.net_high));
    expect(await document(await file, 'forecast', { to: '2026-07-31' })).toEqual(hidden);
    const beside = (hidden.forecast as { came: Record<string, unknown>[] }).came;
    const cashflow = await document(await file, 'cashflow', { period: '2026-08..2026-10' });
    expect(beside).toEqual(
      cashflow.rows.map(({ period, income, spending, net }) => ({ month: period, income, spending, net })),
    );
    const { stdout } = await runStatsCommand(await file, 'forecast', { to: '2026-07-31' }, { columns: 80 });
    expect(stdout.split('What came')[1]).toMatch(/2026-08.*income.*11,225\.18.*11,236\.24.*11\.06.*held/);
    expect(stdout).toMatch(/net +│ +1,058\.65 │ +-1,158\.32 │ +-2,216\.97 │ missed/);
  });

  test.each([
    ['not over: the file ends with October', { to: '2026-10-31' }, []],
    ['over, as far as they are known', { to: '2026-09-15', months: 3 }, ['2026-09', '2026-10']],
    ['none where nobody asked for the past', {}, []],
    ['none by category', { to: '2026-07-31', by: 'category' }, []],
  ])('months that came: %s', async (_, flags, months) => {
    const { forecast } = (await document(await file, 'forecast', flags)) as unknown as {
      forecast: { came: { month: string }[] };
    };
    expect(forecast.came.map(({ month }) => month)).toEqual(months);
  });

  test('says how it did: net within two thirds of "no change", intervals that hold', async () => {
    const { forecast } = (await document(await file, 'forecast')) as unknown as {
      forecast: {
        accuracy: { flow: string; against_no_change: number; intervals: { held: number; judged: number } }[];
      };
    };
    const net = forecast.accuracy.find(({ flow }) => flow === 'net');
    expect(net?.against_no_change).toBeLessThan(0.66);
    expect((net?.intervals.held ?? 0) / (net?.intervals.judged ?? 1)).toBeGreaterThan(0.74);
  });

  test('by account and by category, with filters, and no later than asked for', async () => {
    const accounts = await document(await file, 'forecast', { by: 'account', months: 1 });
    expect(accounts.rows.map(({ name }) => name).sort()).toEqual(['card-001', 'checking-001', 'savings-001']);
    const dining = await document(await file, 'forecast', { category: ['Dining'], months: 1 });
    const all = await document(await file, 'forecast', { by: 'category', months: 1 });
    expect(dining.rows[0]?.spending).toBe(all.rows.find(({ name }) => name === 'Dining')?.spending);
  });

  test.each([
    [{ by: 'month' }, '--by month means nothing'],
    [{ months: 0 }, '--months: expected a number from 1 to 24'],
    [{ opening: ['checking-001'] }, '--opening: expected ACCOUNT=AMOUNT'],
    [{ opening: ['nobody=1'] }, 'there is no account "nobody"'],
  ])('%j is refused', async (flags, message) => {
    await expect(runStatsCommand(await file, 'forecast', flags)).rejects.toThrow(message);
  });

  test('balances by an opening: of a card, what was paid abroad counts in the base currency', async () => {
    const flags = { opening: ['checking-001=1500.25', 'card-001=0', 'savings-001=3'], limit: 1 };
    const { rows, balances } = await document(await file, 'balances', flags);
    expect(balances).toMatchObject({ statements: false, unknown: [], mixed_currencies: [] });
    const sum = await document(await file, 'accounts', { withTransfers: true });
    const held = (account: string | null): number => Number(rows.find((row) => row.account_id === account)?.balance);
    for (const [account, opening] of [
      ['checking-001', 1500.25],
      ['card-001', 0],
      ['savings-001', 3],
    ] as const) {
      const amount = Number(sum.rows.find((row) => row.account_id === account)?.amount);
      expect(held(account)).toBeCloseTo(opening + amount, 2);
    }
    expect(held(null)).toBeCloseTo(held('checking-001') + held('card-001') + held('savings-001'), 2);
  });
});

test('a row that was dated long ago by mistake takes no forecast away', async () => {
  const months = ['2025-12', '2026-01', '2026-02', '2026-03', '2026-04'].map((month) => ({
    day: `${month}-10`,
    amount: '-30.00',
  }));
  const file = await statsFile(folderWithin(), simpleRows([{ day: '0001-01-01', amount: '-1.00' }, ...months]));
  const { rows, forecast } = await document(file, 'forecast', { to: '2026-04-30', months: 1 });
  expect(rows.at(-1)).toMatchObject({ month: '2026-05', net: -30 });
  expect(forecast).toMatchObject({ past: [{ month: '2025-12' }, { month: '2026-01' }, {}, {}] });
});

test('an account that holds several currencies is named where no balance is known', async () => {
  const day = '2026-01-10';
  const mixed = [
    { day, amount: '-3.00', account: 'A' },
    { day, amount: '-2.00', account: 'A', currency: 'EUR', normalized: null },
    { day, amount: '-2.00', account: 'A', currency: 'EUR', normalized: '-2.20' },
  ];
  const file = await statsFile(folderWithin(), simpleRows([...mixed, { day, amount: '-3.00', account: 'A' }]));
  const { stdout } = await runStatsCommand(file, 'balances', { opening: ['A=10'] }, { columns: 200 });
  expect(stdout).toContain('rows in several currencies none can be: A.');
});

describe('balances by statements', () => {
  const STATEMENTS = `CREATE TABLE transaction_statements AS SELECT * FROM (VALUES
    (1, 1, 'GIRO', 'USD', 100.00::DECIMAL(30,5), DATE '2025-12-31', DATE '2026-01-31', DATE '2026-01-10', DATE '2026-01-20'),
    (2, 1, 'GIRO', 'USD', 70.00, DATE '2026-01-31', DATE '2026-02-28', DATE '2026-02-10', DATE '2026-02-20'),
    (3, 1, 'GIRO', 'USD', 45.00, DATE '2026-02-28', DATE '2026-03-31', DATE '2026-03-05', DATE '2026-03-05')
  ) AS s(import_id, number, account_id, currency, closing, opening_day, closing_day, first_day, last_day)`;
  const rows = simpleRows([
    { day: '2026-01-10', amount: '-20.00', account: 'GIRO' },
    { day: '2026-02-10', amount: '-30.00', account: 'GIRO' },
    { day: '2026-03-05', amount: '-20.00', account: 'GIRO' },
    { day: '2026-04-05', amount: '-5.50', account: 'GIRO' },
    { day: '2026-04-06', amount: '-1.00', account: 'OTHER' },
  ]);

  test('the latest statement counts, and where one disagrees with the rows is said, by how much and since when', async () => {
    const file = await statsFile(folderWithin(), rows, [STATEMENTS]);
    const { rows: found, balances } = await document(file, 'balances');
    expect(
      found
        .filter(({ account_id }) => account_id === 'GIRO')
        .map(({ period, balance, lowest_on }) => [period, balance, lowest_on]),
    ).toEqual([
      ['2026-01', 95, '2026-01-10'],
      ['2026-02', 65, '2026-02-10'],
      ['2026-03', 45, '2026-03-05'],
      ['2026-04', 39.5, '2026-04-05'],
    ]);
    expect(balances).toMatchObject({
      statements: true,
      unknown: ['OTHER'],
      disagreements: [
        { account_id: 'GIRO', since: '2026-02-28', day: '2026-03-31', stated: 45, added_up: 50, difference: -5 },
      ],
    });
  });

  /** Friday has an entry that counts from Monday on; 1000 before it. */
  const WEEKEND = simpleRows([
    { day: '2026-11-20', amount: '-40.00', account: 'GIRO' },
    { day: '2026-11-23', amount: '-60.00', account: 'GIRO' },
  ]);
  const weekend = (...values: string[]): string =>
    `CREATE TABLE transaction_statements AS SELECT import_id, 1 AS number, 'GIRO' AS account_id, 'USD' AS currency,
    closing::DECIMAL(30,5) AS closing, opening_day::DATE AS opening_day, closing_day::DATE AS closing_day, first_day::DATE AS first_day, last_day::DATE AS last_day
    FROM (VALUES ${values.join(', ')}) AS s(import_id, closing, opening_day, closing_day, first_day, last_day)`;
  const FRIDAY = "(1, 900, '2026-11-19', '2026-11-20', '2026-11-20', '2026-11-23')";
  const MONDAY = "(2, 890, '2026-11-20', '2026-11-23', '2026-11-23', '2026-11-23')";
  /** Tuesday's has an entry dated back to Monday. */
  const TUESDAY = "(3, 870, '2026-11-23', '2026-11-24', '2026-11-22', '2026-11-24')";
  const monday = simpleRows([{ day: '2026-11-23', amount: '-10.00', account: 'GIRO' }]);
  const tuesday = simpleRows([
    { day: '2026-11-22', amount: '-5.00', account: 'GIRO' },
    { day: '2026-11-24', amount: '-15.00', account: 'GIRO' },
  ]);
  test.each([
    ['the Friday alone', WEEKEND, [FRIDAY], 900],
    ['with the Monday', [...WEEKEND, ...monday], [FRIDAY, MONDAY], 890],
    ['and the Tuesday', [...WEEKEND, ...monday, ...tuesday], [FRIDAY, MONDAY, TUESDAY], 870],
    ['imported in another order', [...WEEKEND, ...monday], [FRIDAY.replace('(1', '(9'), MONDAY], 890],
  ])(
    'entries that lie after the closing day of their statement count once: %s',
    async (_which, found, values, latest) => {
      const file = await statsFile(folderWithin(), found, [weekend(...values)]);
      const { rows: days, balances } = await document(file, 'balances', { by: 'day', period: '2026-11' });
      expect(days.filter(({ account_id }) => account_id === 'GIRO').at(-1)?.balance).toBe(latest);
      expect(days.find(({ period }) => period === '2026-11-20')?.balance).toBe(960);
      expect(balances).toMatchObject({ disagreements: [] });
    },
  );

  test.each([
    [{ by: 'day' }, 12, 'The latest 12 of 87 days shown; --limit N shows more'],
    [{ by: 'day', period: '2026-01' }, 22, null],
    [{ by: 'day', period: '2026', limit: 3 }, 3, 'The latest 3 of 87 days shown; --limit N shows more'],
  ])('how many intervals there are is said where not all are shown: %j', async (flags, count, said) => {
    const file = await statsFile(folderWithin(), rows, [STATEMENTS]);
    const { rows: found } = await document(file, 'balances', flags);
    expect(found.filter(({ account_id }) => account_id === 'GIRO')).toHaveLength(count);
    const { stdout } = await runStatsCommand(file, 'balances', flags, { columns: 200 });
    if (said === null) expect(stdout).not.toContain('--limit');
    else expect(stdout).toContain(said);
  });

  test('data that ends within a month: errors are said to be of months begun as far', async () => {
    const salaries = Array.from({ length: 14 }, (_, at) => ({
      day: `${2025 + Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}-03`,
      amount: '3250.00',
    }));
    const file = await statsFile(folderWithin(), simpleRows([...salaries, { day: '2026-02-12', amount: '-5.00' }]));
    const { stdout } = await runStatsCommand(file, 'forecast', {}, { columns: 400 });
    expect(stdout).toContain('With the month begun as far as now, net was missed by');
    expect(stdout).not.toContain('A month ahead');
  });

  test('a row that is missing is said where entries lie after closing days too', async () => {
    const later = "(3, 850, '2026-11-23', '2026-11-25', '2026-11-24', '2026-11-25')";
    const file = await statsFile(folderWithin(), [...WEEKEND, ...monday], [weekend(FRIDAY, MONDAY, later)]);
    const { balances } = await document(file, 'balances', { by: 'day' });
    expect(balances).toMatchObject({
      disagreements: [{ since: '2026-11-23', day: '2026-11-25', stated: 850, added_up: 890, difference: -40 }],
    });
  });

  test('an account whose currency has no rate is not in the sum of all, and is named', async () => {
    const euros = (normalized: string | null): SimpleRow => ({
      day: '2026-03-01',
      amount: '-100.00',
      account: 'EURO',
      currency: 'EUR',
      normalized,
    });
    const dollars = { day: '2026-03-02', amount: '-1.25', account: 'DOLLAR' };
    const flags = { opening: ['EURO=1000', 'DOLLAR=50'], limit: 1 };
    const without = await statsFile(folderWithin(), simpleRows([euros(null), dollars]));
    const { rows: found, balances } = await document(without, 'balances', flags);
    expect(found.map(({ account_id, balance }) => [account_id, balance])).toEqual([
      ['DOLLAR', 48.75],
      ['EURO', 900],
      [null, 48.75],
    ]);
    expect(balances).toMatchObject({ without_rate: [{ account: 'EURO', currency: 'EUR' }], unknown: [] });
    const { stdout } = await runStatsCommand(without, 'balances', flags, { columns: 80 });
    expect(stdout).toMatch(/Currency/);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'Not in All, since no row says what its currency is worth in USD: EURO (EUR)',
    );
    const withRate = await statsFile(folderWithin(), simpleRows([euros('-110.00'), dollars]));
    const rated = await document(withRate, 'balances', flags);
    expect(rated.rows.at(-1)?.balance).toBe(48.75 + 990);
    expect(rated.balances).toMatchObject({ without_rate: [] });
    for (const [file, count] of [
      [without, 1],
      [withRate, 0],
    ] as const)
      expect((await document(file, 'forecast', { opening: flags.opening })).forecast).toMatchObject({
        without_balance: count,
      });
  });

  test('nothing known says how to make it known', async () => {
    const file = await statsFile(folderWithin(), rows);
    const { stdout } = await runStatsCommand(file, 'balances', {});
    expect(stdout.replace(/\s+/g, ' ')).toContain('--opening GIRO=1200.50');
  });

  test.each([
    ['2026-04-20', '2026-03-01'],
    ['2026-05-20', '2026-03-01'],
    ['2026-06-20', '2026-04-01'],
  ])(
    'on %s the latest month of the overview begins on %s: a month that is over for a month is no longer waited for',
    async (today, from) => {
      const file = await statsFile(folderWithin(), rows);
      const { stdout } = await runStatsCommand(file, 'overview', { json: true }, { env: { FINANCE_DB_TODAY: today } });
      const spans = (JSON.parse(stdout) as Document).rows;
      expect(spans.find(({ span }) => span === 'latest')).toMatchObject({ from });
    },
  );

  test('too little history is said in words', async () => {
    const file = await statsFile(folderWithin(), rows.slice(0, 2));
    const { stdout } = await runStatsCommand(file, 'forecast', {});
    expect(stdout).toContain('Too little history for a forecast');
  });
});
