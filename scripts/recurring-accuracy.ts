/**
 * Recall and precision of `stats recurring` on the Berka data, where the bank's own list of standing orders is the truth.
 *
 *   npx tsx scripts/recurring-accuracy.ts transactions-berka.csv order.asc
 *
 * The truth: standing orders (account, counterparty, amount) that the transactions show at least three times. Found: a series of
 * the same account, merchant (which holds the counterparty) and amount. False alarms are counted three ways, see below.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { NO_FILTERS } from '../src/analytics/filters.ts';
import { runStats } from '../src/app/stats/stats.ts';
import { openReader } from '../src/duckdb/reader.ts';
import { quoteLiteral } from '../src/model/identifier.ts';
import { ALL_TIME } from '../src/model/period.ts';

const [transactionsCsv, ordersAsc] = process.argv.slice(2);
if (transactionsCsv === undefined || ordersAsc === undefined) {
  console.error('usage: npx tsx scripts/recurring-accuracy.ts transactions-berka.csv order.asc');
  process.exit(2);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'recurring-accuracy-'));
try {
  console.log(JSON.stringify(await measure(path.join(folder, 'berka.duckdb'), transactionsCsv, ordersAsc), null, 2));
} finally {
  fs.rmSync(folder, { recursive: true });
}

async function measure(file: string, transactions: string, orders: string): Promise<Record<string, number>> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  const moment = '"timestamp"::TIMESTAMP AS "timestamp", created_at::TIMESTAMP AS created_at';
  const money = 'amount::DECIMAL(15,2) AS amount, normalized_amount::DECIMAL(15,2) AS normalized_amount';
  await connection.run(`CREATE TABLE transactions AS SELECT * REPLACE (${moment}, ${money})
    FROM read_csv(${quoteLiteral(transactions)}, header = true, all_varchar = true, nullstr = '')`);
  await connection.run(`CREATE TABLE orders AS
    SELECT 'acct-' || account_id AS account_id, trim(bank_to) || ' ' || trim(account_to) AS merchant,
      amount::DECIMAL(15,2) AS amount
    FROM read_csv(${quoteLiteral(orders)}, delim = ';', quote = '"', header = true, all_varchar = true)`);
  connection.closeSync();
  instance.closeSync();

  const reader = await openReader(file);
  const { table } = await runStats(
    reader,
    'recurring',
    {
      table: { schema: 'public', name: 'transactions' },
      calendar: { today: '1994-03-31', monthStart: 1 },
      period: ALL_TIME,
      filters: NO_FILTERS,
      withTransfers: false,
      interval: 'month',
      groupBy: null,
      months: 3,
      backtest: false,
      openings: [],
      depth: 1,
      sort: null,
      limit: 1_000_000,
    },
    'CZK',
  );
  const truth = await reader.all<Series>(`SELECT account_id, merchant, -orders.amount AS amount
    FROM orders JOIN transactions AS t USING (account_id, merchant) WHERE t.amount = -orders.amount
    GROUP BY ALL HAVING count(*) >= 3`);
  const orderedParties = await reader.all<Series>('SELECT account_id, merchant, 0 AS amount FROM orders');
  // A series of the bank's own charges (statement fees) recurs in truth, though nobody ordered it.
  const charges = await reader.all<Series>(
    `SELECT DISTINCT account_id, merchant, amount FROM transactions WHERE category = 'Fees'`,
  );
  reader.close();

  const found = table.rows as unknown as readonly Series[];
  const keys = new Set(found.map(keyOf));
  const parties = new Set(orderedParties.map(partyOf));
  const fees = new Set(charges.map(keyOf));
  const out = found.filter(({ amount }) => amount.startsWith('-'));
  const toCounterparty = out.filter(({ merchant }) => /^[A-Z]{2} \d+$/.test(merchant));
  const ordered = toCounterparty.filter((series) => parties.has(partyOf(series)));
  const fee = out.filter((series) => fees.has(keyOf(series)));
  const hits = truth.filter((series) => keys.has(keyOf(series))).length;
  return {
    standing_orders_paid_three_times: truth.length,
    found: hits,
    recall: hits / truth.length,
    series_to_a_counterparty: toCounterparty.length,
    of_them_in_the_list_of_orders: ordered.length,
    precision_to_counterparties: ordered.length / toCounterparty.length,
    series_of_money_out: out.length,
    of_them_bank_charges: fee.length,
    of_them_neither: out.length - ordered.length - fee.length,
    precision_of_all_money_out: (ordered.length + fee.length) / out.length,
    series_of_money_in: found.length - out.length,
  };
}

interface Series {
  readonly account_id: string;
  readonly merchant: string;
  readonly amount: string;
}

function keyOf({ account_id, merchant, amount }: Series): string {
  return [account_id, merchant, amount].join('|');
}

function partyOf({ account_id, merchant }: Series): string {
  return [account_id, merchant].join('|');
}
