import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

// The Berka data is not ours to ship: it lies beside the checkout, and these tests are skipped where it does not.
const data = path.resolve('../shared/data');
const transactions = path.join(data, 'transactions-berka.csv');
const orders = path.join(data, 'raw/transactions/berka/order.asc');
const withData = fs.existsSync(transactions) && fs.existsSync(orders) ? describe : describe.skip;

withData('recurring on the Berka data (needs ../shared/data)', () => {
  test('finds every standing order paid three times, at few false alarms', () => {
    const script = ['--import', 'tsx', 'scripts/recurring-accuracy.ts', transactions, orders];
    const figures = JSON.parse(execFileSync(process.execPath, script, { encoding: 'utf8' }));
    expect(figures.recall).toBe(1);
    expect(figures.precision_to_counterparties).toBe(1);
    expect(figures.precision_of_all_money_out).toBeGreaterThan(0.98);
  });
});
