import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { runStatsCommand } from '../support/stats.ts';
import { type SimpleRow, simpleRows, statsFile } from '../support/statsFile.ts';

const ROWS: readonly SimpleRow[] = [
  { day: '2025-03-05', amount: '-20.00', account: 'b', merchant: 'Old' },
  { day: '2026-03-05 00:00:00', amount: '-12.00', merchant: 'Midnight' },
  { day: '2026-03-05 00:00:00', amount: '-12.00', merchant: 'Midnight' },
  { day: '2026-03-07 00:00:00', amount: '-13.00', merchant: 'Later' },
  { day: '2026-03-08 00:00:00', amount: '-13.00', merchant: 'Later' },
  { day: '2026-03-09 10:00:00', amount: '-14.00', merchant: 'Minutes' },
  { day: '2026-03-09 10:20:00', amount: '-14.00', merchant: 'Minutes' },
  { day: '2026-03-01', amount: '-50.00', category: 'Transfer', account: 'a' },
  { day: '2026-03-01', amount: '50.00', category: 'Transfer', account: 'b' },
];

const folder = temporaryFolder();
let file = '';
beforeAll(async () => {
  file = await statsFile(folder.path, simpleRows(ROWS));
});
afterAll(folder.remove);

describe('flags that a report would pass over are refused', () => {
  test.each([
    ['merchants', { by: 'week' }, '--by means nothing to the report merchants', 'categories, cashflow'],
    ['cashflow', { depth: 2 }, '--depth means nothing', 'categories'],
    ['overview', { limit: 3 }, '--limit means nothing', 'categories, cashflow, merchants'],
    ['health', { withTransfers: true }, '--with-transfers means nothing', 'overview'],
    ['currencies', { sort: 'amount' }, '--sort amount means nothing', 'merchants'],
    ['cashflow', { sort: 'name' }, '--sort name means nothing', 'recurring'],
    ['anomalies', { sort: 'count' }, '--sort count means nothing', 'recurring'],
  ])('%s %j', async (report, flags, message, remedy) => {
    await expect(runStatsCommand(file, report, flags)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
      remedy: expect.stringContaining(remedy),
    });
  });
});

test('stats --help names every report in a line of its own, and init --help the columns of a CSV file', async () => {
  const help = (await runCli(['stats', '--help'])).stdout;
  for (const line of help
    .split('\n')
    .filter((text) => text.startsWith('  '))
    .slice(-13))
    expect(line.length).toBeLessThanOrEqual(80);
  expect(help).toMatch(/^ {2}overview {4}income, spending/m);
  expect(help).toMatch(/^ {2}health {6}gaps, duplicates/m);
  const init = (await runCli(['init', '--help'])).stdout;
  expect(init).toMatch(/tx_id, timestamp, amount, currency, merchant[\s\S]*normalized_amount, created_at/);
});

test('a year does not stand beside the year before twice', async () => {
  const { stdout } = await runStatsCommand(file, 'overview', { period: '2026' }, { columns: 100 });
  expect(stdout).toMatch(/│ USD +│ +Period │ +Before │\n/);
});

test('one account is one account', async () => {
  const { stdout } = await runStatsCommand(file, 'overview', { merchant: 'Old' }, { columns: 100 });
  expect(stdout).toContain('1 transaction, 1 account\n');
});

test('accounts are no balances while transfers are left out', async () => {
  const { stdout } = await runStatsCommand(file, 'accounts', {}, { columns: 100 });
  expect(stdout).toContain('No balances: 2 rows of transfers between own accounts left out');
  expect((await runStatsCommand(file, 'accounts', { withTransfers: true })).stdout).not.toContain('balance');
});

test('dates without a time are days apart, not hours', async () => {
  const { stdout } = await runStatsCommand(file, 'anomalies', { json: true });
  const { rows } = JSON.parse(stdout) as { rows: { merchant: string; reason: string }[] };
  expect(rows.map(({ merchant, reason }) => [merchant, reason])).toEqual([
    ['Minutes', 'charged again within the hour'],
    ['Later', 'charged again the next day'],
    ['Midnight', 'charged again on the same day'],
  ]);
});

test('an interrupted report ends with the reason of the interruption', async () => {
  const { FinanceDbError } = await import('../../src/errors/financeDbError.ts');
  const stopped = AbortSignal.abort(new FinanceDbError('INTERRUPTED', 'interrupted'));
  await expect(runStatsCommand(file, 'cashflow', {}, { signal: stopped })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});

describe('a name in a filter that no row has is told, with the nearest there is', () => {
  test.each([
    [{ account: ['b', 'a1'] }, 'No row has the account "a1"; did you mean a?', { filter: 'account', name: 'a1' }],
    [{ category: ['transfr'] }, 'No row has the category "transfr"; did you mean Transfer?', { meant: 'Transfer' }],
    [{ category: ['Transfer:Inner'] }, 'No row has the subcategory "Inner" of Transfer', { name: 'Inner' }],
    [{ account: ['nosuch'] }, 'No row has the account "nosuch"; rows have a, b', { meant: null }],
    [{ currency: 'UDS' }, 'No row has the currency "UDS"; did you mean USD?', { filter: 'currency' }],
  ])('%j', async (flags, note, entry) => {
    const { stdout } = await runStatsCommand(file, 'cashflow', { ...flags, withTransfers: true });
    expect(stdout).toContain(note);
    const { stdout: json } = await runStatsCommand(file, 'cashflow', { ...flags, format: 'json' });
    expect(JSON.parse(json).unknown).toEqual([expect.objectContaining(entry)]);
  });

  test('and names that there are, in any case, and `none` are not', async () => {
    const { stdout } = await runStatsCommand(file, 'cashflow', {
      account: ['B'],
      category: ['transfer', 'none'],
      format: 'json',
    });
    expect(JSON.parse(stdout)).not.toHaveProperty('unknown');
  });
});
