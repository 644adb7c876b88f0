import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sharedData } from '../support/sharedData.ts';

const TRANSACTIONS = 'transactions-berka.csv';
const ORDERS = 'raw/transactions/berka/order.asc';
const data = sharedData(TRANSACTIONS, ORDERS);

(data === undefined ? describe.skip : describe)(
  'recurring on the Berka data (needs test/support/sharedData.ts)',
  () => {
    test('finds every standing order paid three times, at few false alarms', () => {
      const files = [TRANSACTIONS, ORDERS].map((file) => path.join(data ?? '', file));
      const script = ['--import', 'tsx', 'scripts/recurring-accuracy.ts', ...files];
      const figures = JSON.parse(execFileSync(process.execPath, script, { encoding: 'utf8' }));
      expect(figures.recall).toBe(1);
      expect(figures.precision_to_counterparties).toBe(1);
      expect(figures.precision_of_all_money_out).toBeGreaterThan(0.98);
    });
  },
);
