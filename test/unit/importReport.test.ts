import { expect, test } from '@jest/globals';
import type { FileImport, ImportResult } from '../../src/app/import/result.ts';
import { renderImport } from '../../src/render/importReport.ts';

function imported(file: string, more: Partial<FileImport> = {}): FileImport {
  return {
    id: '1',
    file,
    format: 'csv',
    source: 'csv:bank',
    accounts: ['4711'],
    nameless: false,
    assumedCurrency: null,
    statements: [],
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

function report(imports: readonly FileImport[]): string {
  const result: ImportResult = {
    dryRun: false,
    where: 'the embedded server',
    database: 'finance',
    table: 'transactions',
    baseCurrency: 'USD',
    imports,
    refused: [],
    sampleRemoved: 0,
  };
  return renderImport(result, { width: 80, color: false, ascii: false });
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
