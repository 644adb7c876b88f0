import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { StatsFlags } from '../../src/app/stats/statsFlags.ts';
import { createReadyViews } from '../../src/app/sync/readyViews.ts';
import { openWorkingCopy } from '../../src/duckdb/workingCopy.ts';
import { quoteLiteral } from '../../src/model/identifier.ts';
import { REPORT_NAMES, type ReportName } from '../../src/model/reportNames.ts';
import { TRANSACTIONS_COLUMNS } from '../../src/model/transactionsTable.ts';
import { temporaryFolder } from '../support/folder.ts';
import { runStatsCommand } from '../support/stats.ts';
import { type SimpleRow, simpleRows } from '../support/statsFile.ts';
import { thorough } from '../support/thorough.ts';

/** Whole amounts, so that every type of the matrix can hold them; today is 2026-11-22. */
const ORDINARY: readonly SimpleRow[] = [
  ...['06', '07', '08', '09', '10', '11'].flatMap((month) => [
    { day: `2026-${month}-03`, amount: '2500', category: 'Income', merchant: 'Work' },
    { day: `2026-${month}-05`, amount: '-12', category: 'Fun', merchant: 'Stream' },
    { day: `2026-${month}-1${month.slice(1)}`, amount: `-${month}7`.replace('-0', '-'), account: 'b', merchant: null },
  ]),
  { day: '2026-11-20', amount: '-70', category: null, merchant: 'Twin' },
  { day: '2026-11-20', amount: '-70', category: null, merchant: 'Twin' },
];

/** Each with the day as PostgreSQL's types hold it and what it would add to a sum. */
const FUTURE: readonly SimpleRow[] = [
  { day: '2027-03-05 12:00:00', amount: '-1000' },
  { day: '9999-12-31 12:00:00', amount: '-100000' },
];
const UNDATED: readonly SimpleRow[] = [
  { day: 'infinity', amount: '-10000000' },
  { day: '-infinity', amount: '-20000000' },
  { day: '10000-01-01 12:00:00', amount: '-40000000' },
  { day: '0044-03-15 (BC) 12:00:00', amount: '-80000000' },
];
const LONE_PAST: SimpleRow = { day: '0024-03-15 12:00:00', amount: '-7' };

interface Variant {
  readonly name: string;
  /** SQL for columns that are not as `init` makes them: `name` to an expression over it, or null to leave it out. */
  readonly columns: Readonly<Record<string, string | null>>;
}

/** Types of days and of amounts do not meet in any expression, so one of each goes into a table. */
const VARIANTS: readonly Variant[] = [
  { name: 'as init makes it', columns: {} },
  {
    name: 'date, numeric(30,13)',
    columns: { timestamp: '"timestamp"::DATE', normalized_amount: 'normalized_amount::DECIMAL(30,13)' },
  },
  {
    name: 'timestamptz, numeric(38,20), amounts too',
    columns: {
      timestamp: '"timestamp"::TIMESTAMPTZ',
      normalized_amount: 'normalized_amount::DECIMAL(38,20)',
      amount: 'amount::DECIMAL(38,20)',
    },
  },
  {
    name: 'a day as text, numeric without a precision',
    columns: {
      timestamp: '"timestamp"::VARCHAR',
      normalized_amount: `normalized_amount::VARCHAR || '000000000000000'`,
      amount: `replace(amount::VARCHAR, '.00', '')`,
    },
  },
  {
    name: 'bigint, no tx_id, numbers for names',
    columns: {
      normalized_amount: 'normalized_amount::BIGINT',
      amount: 'amount::INTEGER',
      tx_id: null,
      account_id: 'ascii(account_id)',
      mcc: 'mcc::INTEGER',
      city: 'NULL::UUID',
    },
  },
  {
    name: 'double precision as the original amount, a column called rowid',
    columns: { amount: 'amount::DOUBLE', merchant: 'merchant, 7 AS rowid' },
  },
];

/** Reports of the same making: once is enough. */
const LIKE_MERCHANTS: readonly ReportName[] = ['accounts', 'channels', 'places'];

const folder = temporaryFolder();
afterAll(() => folder.remove());

const sumOf = (rows: readonly SimpleRow[]): number => rows.reduce((sum, { amount }) => sum + Number(amount), 0);

/** A file with the rows as the variant stores them, and the ready-made views over them. */
async function makeFile(
  name: string,
  { columns }: Variant,
  rows: readonly SimpleRow[],
  ask = true,
): Promise<[string, string[]]> {
  const file = path.join(folder.path, `${name.replace(/[^a-z0-9]+/gi, '-')}.duckdb`);
  const copy = await openWorkingCopy(file, { memory: '200MB', threads: 1, temporaryFolder: folder.path });
  const values = simpleRows(rows).map(
    (row) => `(${row.map((value) => (value === null ? 'NULL' : quoteLiteral(value))).join(', ')})`,
  );
  const typeOf = { text: 'VARCHAR', decimal: 'DECIMAL(15,2)', timestamp: 'TIMESTAMP' } as Record<string, string>;
  await copy.run(
    `CREATE TEMP TABLE plain (${TRANSACTIONS_COLUMNS.map(({ name, rule }) => `"${name}" ${typeOf[rule.kind] ?? 'BOOLEAN'}`).join(', ')})`,
  );
  await copy.run(`INSERT INTO plain VALUES ${values.join(', ')}`);
  const list = TRANSACTIONS_COLUMNS.flatMap(({ name }) => {
    const sql = columns[name];
    if (sql === null) return [];
    return sql === undefined ? [`"${name}"`] : sql.includes(' AS ') ? [sql] : [`${sql} AS "${name}"`];
  });
  await copy.run(`CREATE TABLE transactions AS SELECT ${list.join(', ')} FROM plain`);
  const stored = await copy.all<{ name: string; duckdbType: string }>(
    `SELECT column_name AS name, data_type AS "duckdbType" FROM duckdb_columns() WHERE database_name = current_database() AND table_name = 'transactions'`,
  );
  const warnings = await createReadyViews(copy, [
    { table: { schema: 'public', name: 'transactions' }, columns: stored },
  ]);
  const answers: string[] = [];
  if (warnings.length === 0 && ask) {
    for (const view of ['monthly_spending', 'category_month', 'recurring_charges', 'account_balance_changes'])
      answers.push(`${view} ${(await copy.all(`FROM ${view}`)).length > 0}`);
    const [net] = await copy.all<{ net: string }>('SELECT sum(net)::BIGINT AS net FROM monthly_spending');
    answers.push(`net ${net?.net}`);
  }
  await copy.close();
  return [file, [...warnings, ...answers]];
}

async function report(file: string, name: ReportName, flags: StatsFlags = {}) {
  const { stdout } = await runStatsCommand(file, name, { ...flags, json: true });
  // Whole amounts of this size are exact as JavaScript numbers.
  return JSON.parse(stdout) as {
    rows: Record<string, string | number>[];
    total?: Record<string, number>;
    scope: { transactions: number; future?: Record<string, unknown>; undated?: Record<string, unknown> };
  };
}

describe.each(VARIANTS)('$name', (variant) => {
  let file = '';
  let made: string[] = [];
  beforeAll(async () => {
    [file, made] = await makeFile(variant.name, variant, [...ORDINARY, ...FUTURE, ...UNDATED]);
  });

  test('the ready-made views are made, answer, and add up to everything', () => {
    expect(made).toEqual([
      'monthly_spending true',
      'category_month true',
      'recurring_charges true',
      'account_balance_changes true',
      `net ${sumOf([...ORDINARY, ...FUTURE, ...UNDATED])}`,
    ]);
  });

  const names = REPORT_NAMES.filter((name) => variant === VARIANTS[0] || !LIKE_MERCHANTS.includes(name));
  // Unless there is time, every second report of each table, and every report of every second table.
  const some = names.filter((name) => (VARIANTS.indexOf(variant) + REPORT_NAMES.indexOf(name)) % 2 === 0);
  test.each(thorough(some, names))('%s', async (name) => {
    if ((name === 'currencies' || name === 'balances') && variant.columns.amount === 'amount::DOUBLE') {
      await expect(report(file, name)).rejects.toMatchObject({ code: 'CONFIG' });
      return;
    }
    const { rows, total, scope } = await report(file, name);
    if (name === 'health') {
      expect(rows.find(({ check }) => check === 'rows')?.count).toBe(ORDINARY.length + FUTURE.length + UNDATED.length);
      expect(rows.find(({ check }) => check === 'future dates')?.count).toBe(FUTURE.length);
      expect(rows.find(({ check }) => check === 'NULL in timestamp')?.count).toBe(UNDATED.length);
      return;
    }
    if (name === 'currencies') {
      expect(total?.normalized).toBe(sumOf([...ORDINARY, ...FUTURE, ...UNDATED]));
      expect(rows[0]?.original_out).toBe(
        sumOf([...ORDINARY, ...FUTURE, ...UNDATED].filter(({ amount }) => amount.startsWith('-'))),
      );
      return;
    }
    expect(scope.transactions).toBe(ORDINARY.length);
    expect(scope.future).toEqual({
      transactions: FUTURE.length,
      amount: sumOf(FUTURE),
      first: '2027-03-05',
      last: '9999-12-31',
    });
    expect(scope.undated).toEqual({ transactions: UNDATED.length, amount: sumOf(UNDATED) });
    if (name === 'overview') {
      expect(rows[0]).toMatchObject({ span: 'period', net: sumOf(ORDINARY), from: '2026-06-03', to: '2026-11-20' });
      expect(rows[1]).toMatchObject({ span: 'latest', from: '2026-10-01' });
    } else if (name === 'recurring')
      expect(rows.map(({ merchant, amount, last_date }) => [merchant, amount, last_date])).toEqual(
        expect.arrayContaining([
          ['Work', 2500, '2026-11-03'],
          ['Stream', -12, '2026-11-05'],
        ]),
      );
    else if (name === 'forecast')
      expect(rows.map(({ month }) => month)).toEqual(['2026-11', '2026-12', '2027-01', '2027-02']);
    else if (name === 'balances') expect(rows).toEqual([]);
    else if (name === 'anomalies') expect(rows.map(({ kind }) => kind)).toContain('charged twice');
    else expect(total?.amount ?? total?.net).toBe(sumOf(ORDINARY));
    if (name === 'cashflow') expect(rows.map(({ period }) => period)).toHaveLength(6);
  });

  test('a period that names its end includes what lies ahead', async () => {
    const { total, scope } = await report(file, 'merchants', { to: '2027' });
    expect(total?.amount).toBe(sumOf(ORDINARY) - 1000);
    expect(scope.future).toBeUndefined();
  });
});

test('a lone day in the past fills no report with empty lines', async () => {
  const [file] = await makeFile('past', { name: '', columns: {} }, [...ORDINARY, LONE_PAST]);
  for (const by of ['day', 'month'] as const) {
    const { rows, total } = await report(file, 'cashflow', { by });
    expect(rows.length).toBeLessThan(30);
    expect(total?.net).toBe(sumOf(ORDINARY) - 7);
    const { total: categories } = await report(file, 'categories', { by });
    expect(categories?.amount).toBe(sumOf(ORDINARY) - 7);
    const { stdout } = await runStatsCommand(file, 'cashflow', { by }, { columns: 100 });
    expect(stdout).toContain('Only ');
    await runStatsCommand(file, 'categories', { by, format: 'csv' });
  }
});

test.each([
  [
    'double precision',
    { normalized_amount: 'normalized_amount::DOUBLE' },
    'normalized_amount (DOUBLE) that is no exact number',
  ],
  ['amounts with a sign of their currency', { normalized_amount: `'$' || normalized_amount` }, 'which is no number'],
  ['moments without a day', { timestamp: '"timestamp"::TIME' }, 'timestamp (TIME) that is neither a date'],
  ['no merchant', { merchant: null }, 'has no column merchant'],
] as const)('%s: reports and views say in one line why not', async (name, columns, why) => {
  const [file, warnings] = await makeFile(`refused ${name}`, { name, columns }, ORDINARY);
  expect(warnings).toEqual([expect.stringContaining(why)]);
  await expect(runStatsCommand(file, 'merchants')).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.stringContaining(why),
  });
});

/** As many digits as DECIMAL has, in the column of the original amounts. */
const huge = (scale: number): string => `'${'9'.repeat(38 - scale)}'::DECIMAL(38,${scale})`;

test.each([
  ['more digits before the point than fit beside the other scale', huge(2), 'normalized_amount::DECIMAL(38,20)'],
  ['the other way round', 'amount::DECIMAL(38,20)', `normalized_amount::DECIMAL(38,2)`],
  ['whole numbers', huge(0), 'normalized_amount::DECIMAL(38,20)'],
  ['whole numbers and short decimals', 'amount::BIGINT', 'normalized_amount::DECIMAL(15,13)'],
  ['whole numbers twice', 'amount::HUGEINT', 'normalized_amount::BIGINT'],
])('original and normalized amounts of any two scales are compared: %s', async (name, amount, normalized_amount) => {
  const small = ORDINARY.map((row, index) => ({ ...row, amount: `${index + 1}` }));
  const [file, warnings] = await makeFile(`scales ${name}`, { name, columns: { amount, normalized_amount } }, small);
  expect(warnings).not.toContainEqual(expect.stringContaining('not made'));
  const { total } = await report(file, 'merchants');
  expect(total?.amount).toBe(sumOf(small));
});

test.each(REPORT_NAMES)('%s: sums beyond the digits of DECIMAL are refused by name, never rounded', async (name) => {
  const columns = { amount: huge(2), normalized_amount: huge(2) };
  const [file] = await makeFile(`huge ${name}`, { name, columns }, ORDINARY, false);
  const outcome = await runStatsCommand(file, name).then(
    () => 'shown',
    (error: { code?: string }) => error.code,
  );
  expect(outcome).toBe(name === 'health' ? 'shown' : 'QUERY_TOO_LARGE');
});

test('texts that are no dates are told from rows without one', async () => {
  const [file] = await makeFile(
    'no dates',
    { name: '', columns: { timestamp: `'31.' || month("timestamp")` } },
    ORDINARY,
  );
  await expect(runStatsCommand(file, 'merchants')).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.stringContaining('which are no dates'),
  });
});
