import { expect, test } from '@jest/globals';
import type { FileImport, ImportResult } from '../../src/app/import/result.ts';
import { FinanceDbError } from '../../src/errors/financeDbError.ts';
import { StatementCounter, type StatementSummary } from '../../src/ingest/statementCounts.ts';
import { importLine } from '../../src/render/importLines.ts';
import { renderImport } from '../../src/render/importReport.ts';

const NO_STATEMENTS = new StatementCounter().result();

function counted(statements: readonly Partial<StatementSummary>[]): FileImport['statements'] {
  const counter = new StatementCounter();
  for (const [at, one] of statements.entries())
    counter.add({
      number: at + 1,
      accountId: '4711',
      currency: 'EUR',
      opening: null,
      closing: null,
      entries: 1,
      total: '1.00',
      closes: null,
      firstDay: null,
      lastDay: null,
      ...one,
    });
  return counter.result();
}

function imported(file: string, more: Partial<FileImport> = {}): FileImport {
  return {
    id: '1',
    file,
    format: 'csv',
    source: 'csv:bank',
    nameless: false,
    assumedCurrency: null,
    statements: NO_STATEMENTS,
    rows: 1,
    sum: '-1.00',
    skipped: { pending: 0, investment: 0, other: 0 },
    outcome: {
      newRows: 1,
      known: 0,
      possibleDuplicates: 0,
      first: null,
      last: null,
      normalized: { missing: 0 },
    } as unknown as FileImport['outcome'],
    categories: {} as FileImport['categories'],
    gaps: [],
    sameAccounts: [],
    transfers: 0,
    unpaired: { count: 0, legs: [] },
    lookalikes: [],
    largest: [],
    uncategorised: [],
    seconds: 0,
    ...more,
  };
}

function report(imports: readonly FileImport[], more: Partial<ImportResult> = {}, width = 80): string {
  const result: ImportResult = {
    dryRun: false,
    where: 'the embedded server',
    database: 'finance',
    table: 'transactions',
    baseCurrency: 'USD',
    imports,
    refused: [],
    leftAside: [],
    sampleRemoved: 0,
    statementsTables: null,
    ...more,
  };
  return renderImport(result, { width, color: false, ascii: false });
}

test.each([
  [
    ['/home/me/a long way/to/statements/march.csv', '/home/me/a long way/to/statements/april.csv'],
    ['march.csv', 'april.csv'],
  ],
  [
    ['in/old/march.csv', 'in/april.csv'],
    ['old/march.csv', 'april.csv'],
  ],
  [
    ['inbox/a.csv', 'inbound/b.csv'],
    ['inbox/a.csv', 'inbound/b.csv'],
  ],
  [['in/march.csv'], ['march.csv']],
])('files are told apart in the table: %j', (files, shown) => {
  const text = report(files.map((file) => imported(file)));
  for (const name of shown) expect(text).toContain(`│ ${name} `);
});

test('a currency that nothing names is told', () => {
  const text = report([imported('march.csv', { assumedCurrency: 'USD' })]).replace(/\s+/g, ' ');
  expect(text).toContain('march.csv: it names no currency, so its amounts are taken for USD, the default');
  expect(report([imported('march.csv')])).not.toContain('currency');
});

test('long names of files keep both ends, and go on in a second line where that does not tell them apart', () => {
  const name = (month: string, account: string) => `in/statement-of-account-${month}-${account}-download.csv`;
  const shown = (files: string[]) => {
    const cells = report(files.map((file) => imported(file)))
      .split('\n')
      .flatMap((line) => /^│ +(?:1 |) *│ (\S+) +│/.exec(line)?.[1] ?? []);
    return cells.filter((cell) => cell !== 'file');
  };
  expect(shown([name('a', '1'), name('b', '1')].map((file) => file.replace('-download', '')))).toEqual([
    'statement-o…unt-a-1.csv',
    'statement-o…unt-b-1.csv',
  ]);
  const lines = shown([name('2026-01', '4711'), name('2026-02', '4711')]);
  expect(lines.join('')).toBe([name('2026-01', '4711'), name('2026-02', '4711')].join('').replaceAll('in/', ''));
});

test('where nothing came in, the report is empty: what was refused is told elsewhere', () => {
  expect(report([], { refused: [{ file: 'a.csv', error: new FinanceDbError('BAD_INPUT', 'a.csv: no') }] })).toBe('');
});

test('folders that were left aside are told with the command that imports them', () => {
  const text = report([imported('in/a.csv')], {
    leftAside: [{ name: 'in', folders: ['in/x', 'in/y'], next: 'finance-db import in/x in/y' }],
  });
  expect(text).toContain('in: 2 folders in it were left aside. `finance-db import in/x in/y` imports');
});

test('balances need their table to be synced: told where it is not', () => {
  const statements = counted([{ closing: { amount: '1.00', date: null } }]);
  const tables = 'transactions,transaction_statements';
  expect(report([imported('a.sta', { statements })], { statementsTables: tables })).toContain(
    `FINANCE_DB_TABLES=${tables}`,
  );
  expect(report([imported('a.sta', { statements })])).not.toContain('FINANCE_DB_TABLES');
  expect(report([imported('a.csv')], { statementsTables: tables })).not.toContain('FINANCE_DB_TABLES');
});

test('statements that do not close are named, the first thousand of them, and all are counted', () => {
  const [opening, closing] = [
    { amount: '1.00', date: null },
    { amount: '3.00', date: null },
  ];
  const broken = { opening, closing, closes: false };
  const few = report([imported('a.sta', { statements: counted([broken, { ...broken, closes: true }, broken]) })]);
  expect(few).toContain('1 of 3 close');
  expect(few.match(/statement \d+ of 4711 does not close: 1.00 \+ 1.00 is 2.00, and it says 3.00/g)).toHaveLength(2);
  expect(few).not.toContain('more statement');
  const many = report([imported('a.sta', { statements: counted(Array.from({ length: 2500 }, () => broken)) })]);
  expect(many).toContain('0 of 2500 close');
  expect(many.match(/does not close/g)).toHaveLength(1000);
  expect(many).toContain('a.sta: so it is with 1,500 more statements');
});

test('a line of the log says which rows are neither new nor known, and that sample data gave way', () => {
  const one = imported('a.csv', { rows: 5, skipped: { pending: 3, investment: 0, other: 1 } });
  expect(importLine(one, 5000, new Date(0))).toContain(
    'rows=5 new=1 known=0 pending=3 other=1 sample_rows_removed=5000 alike=0',
  );
  expect(importLine(imported('a.csv'), 0, new Date(0))).toContain('rows=1 new=1 known=0 alike=0');
});

test('what several files leave open is said once', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${name}.csv`);
  const files = names.map((name) =>
    imported(name, {
      assumedCurrency: 'USD',
      nameless: true,
      statements: { ...NO_STATEMENTS, accounts: [`csv-${name}`] },
    }),
  );
  const text = report(files).replace(/\s+/g, ' ');
  expect(text).toContain(
    '6 files name no currency, so their amounts are taken for USD, the default: a.csv, b.csv, c.csv, d.csv, e.csv and 1 more;',
  );
  expect(text).toContain('6 files name no account, so their rows are under names of ours: a.csv (csv-a.csv), ');
});
