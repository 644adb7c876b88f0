import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { displayWidth } from '../../src/render/width.ts';
import { temporaryFolder } from '../support/folder.ts';
import { runStatsCommand } from '../support/stats.ts';
import { householdFile } from '../support/statsFile.ts';

/**
 * The screens of the sample household at 80 and 120 columns. After a change that is meant:
 * UPDATE_GOLDEN=1 npm run jest -- test/duckdb/statsGolden.duckdb.test.ts, and read the diff.
 */
const GOLDEN = path.resolve('fixtures/golden');
const folder = temporaryFolder();
let file = '';

beforeAll(async () => {
  file = await householdFile(folder.path);
});
afterAll(folder.remove);

const SCREENS = [
  ['overview', 'overview', {}],
  ['overview-month', 'overview', { period: 'last month' }],
  ['categories', 'categories', {}],
  ['categories-quarter', 'categories', { by: 'quarter', depth: 2, limit: 12 }],
  ['cashflow', 'cashflow', { period: '2026' }],
  ['merchants', 'merchants', { limit: 10 }],
  ['accounts', 'accounts', {}],
  ['channels', 'channels', {}],
  ['places', 'places', {}],
  ['recurring', 'recurring', {}],
  ['anomalies', 'anomalies', {}],
  ['forecast', 'forecast', {}],
  ['forecast-category', 'forecast', { by: 'category', months: 1 }],
  ['forecast-backtest', 'forecast', { backtest: true, ascii: true }],
  ['balances', 'balances', { opening: ['checking-001=1500.25', 'card-001=0'], limit: 4 }],
  ['currencies', 'currencies', {}],
  ['health', 'health', {}],
  ['categories-ascii', 'categories', { ascii: true, locale: 'de-DE', period: '2026q3' }],
  ['empty', 'categories', { period: '1999' }],
] as const;

describe.each([80, 120])('%d columns', (columns) => {
  test.each(SCREENS)('%s', async (name, report, flags) => {
    const { stdout } = await runStatsCommand(file, report, flags, { columns });
    const golden = path.join(GOLDEN, `stats-${name}-${columns}.txt`);
    if (process.env.UPDATE_GOLDEN === '1') fs.writeFileSync(golden, stdout);
    expect(stdout).toBe(fs.readFileSync(golden, 'utf8'));
    for (const line of stdout.split('\n').filter((text) => /^[│|┌├└+]/.test(text)))
      expect(displayWidth(line)).toBeLessThanOrEqual(columns);
  });
});
