import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Relation } from '../../src/analytics/source.ts';
import { readyViews } from '../../src/analytics/views.ts';
import { type DuckDbReader, openReader } from '../../src/duckdb/reader.ts';
import { generateSample } from '../../src/model/household/generate.ts';
import { TRANSACTIONS_COLUMNS } from '../../src/model/transactionsTable.ts';
import { temporaryFolder } from '../support/folder.ts';
import { runStatsCommand } from '../support/stats.ts';
import { statsFile } from '../support/statsFile.ts';

/** A table whose columns need no conversion. */
const SAMPLE_RELATION: Relation = {
  table: 'transactions',
  columns: ['rowid', ...TRANSACTIONS_COLUMNS.map(({ name }) => name)].map((name) => ({
    name,
    sql: name === 'timestamp' ? '"timestamp"' : name,
  })),
  converts: false,
  ofLake: false,
  scale: 2,
  amountScale: 2,
};

const folder = temporaryFolder();
let file = '';
let reader: DuckDbReader;

beforeAll(async () => {
  const views = readyViews({ schema: 'public', name: 'transactions' }, SAMPLE_RELATION).map(({ sql }) => sql);
  file = await statsFile(folder.path, generateSample({ rows: 5000 }), views);
  reader = await openReader(file);
});
afterAll(() => {
  reader.close();
  folder.remove();
});

test('monthly_spending says what stats cashflow says', async () => {
  const rows = await reader.all<{ month: string; income: string; spending: string; net: string }>(
    'FROM monthly_spending',
  );
  const { stdout } = await runStatsCommand(file, 'cashflow', { format: 'csv' });
  const lines = stdout.trim().split('\n').slice(1);
  expect(rows.map(({ month, income, spending, net }) => [month.slice(0, 7), income, spending, net].join())).toEqual(
    lines.map((line) => line.split(',').slice(0, 4).join()),
  );
});

test('category_month adds up to the same', async () => {
  const [row] = await reader.all(
    'SELECT sum(amount) = (SELECT sum(net) FROM monthly_spending) AS same FROM category_month',
  );
  expect(row).toEqual({ same: true });
});

test('recurring_charges finds what stats recurring finds', async () => {
  const rows = await reader.all('FROM recurring_charges');
  const { stdout } = await runStatsCommand(file, 'recurring', { format: 'csv' });
  expect(rows.length).toBe(stdout.trim().split('\n').length - 1);
});

test('account_balance_changes ends at the sum of each account', async () => {
  const rows =
    await reader.all(`SELECT account_id, max_by(change_so_far, month) AS total FROM account_balance_changes GROUP BY 1
    EXCEPT SELECT account_id, sum(normalized_amount) FROM transactions GROUP BY 1`);
  expect(rows).toEqual([]);
});
