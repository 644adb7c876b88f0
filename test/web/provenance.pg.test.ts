import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { unescaped } from '../support/pageDoors.ts';
import { mt940Text } from '../support/statementTexts.ts';
import { ask, startWeb } from '../support/webServer.ts';

const RULES = 'pattern,account,min,max,merchant,category,subcategory\nlandlord,,,,Landlord,Housing,Rent\n';
const ALL = 'transactions,transaction_imports,transaction_import_rows';

let fixture: ImportFixture;
let ids: Record<string, string>;
beforeAll(async () => {
  fixture = await makeImportFixture();
  fixture.file('home/rules.csv', RULES);
  const giro = fixture.file(
    'giro.sta',
    mt940Text({
      account: 'GIRO',
      currency: 'USD',
      openingCents: 100_000,
      entries: [
        { day: '2026-03-02', cents: -90_000, text: 'LANDLORD RENT 1.250,50 OLD' },
        { day: '2026-03-03', cents: -5000, text: 'Transfer to savings' },
        { day: '2026-03-04', cents: -350, text: 'Coffee corner' },
      ],
    }),
  );
  const saver = fixture.file(
    'saver.sta',
    mt940Text({
      account: 'SAVER',
      currency: 'USD',
      openingCents: 0,
      entries: [{ day: '2026-03-03', cents: 5000, text: 'Transfer from giro' }],
    }),
  );
  await fixture.imported([giro, saver]);
  await fixture.session.query(`INSERT INTO transactions (tx_id, "timestamp", amount, currency, merchant, normalized_amount)
    VALUES ('by-hand', '2026-03-05', -1, 'USD', 'Hand', -1)`);
  await fixture.session.query(`UPDATE transactions SET category = 'Fun' WHERE amount = -900`);
  const rows = await fixture.rows('SELECT tx_id, amount::text AS amount FROM transactions');
  ids = Object.fromEntries(rows.map(({ amount, tx_id }) => [String(amount), String(tx_id)]));
});
afterAll(() => fixture.close());

/** The words of a transaction's page, from a file with these tables. */
async function details(tables: string, amounts: readonly string[], more = ''): Promise<string[]> {
  const file = path.join(fixture.folder, `${tables.length}.duckdb`);
  const env = {
    DATABASE_URL: fixture.database.url,
    FINANCE_DB_HOME: path.join(fixture.folder, 'home'),
    FINANCE_DB_TABLES: tables,
  };
  expect(await runCli(['sync', '--duckdb', file], { env })).toMatchObject({ code: 0 });
  const server = await startWeb(file);
  const pages: string[] = [];
  for (const amount of amounts) {
    const { body } = await ask(server.port, `/transactions?only=id:${ids[amount]}&every-row=1${more}`);
    pages.push(unescaped(body.slice(body.indexOf('<main'), body.indexOf('</main>'))));
  }
  await server.close();
  return pages;
}

test('a row says which entry of which file it was, and what gave payee and category; or that nothing did', async () => {
  const [rent = '', transfer = '', hand = ''] = await details(ALL, ['-900.00', '-50.00', '-1.00']);
  const plain = rent.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  expect(plain).toMatch(/Import 1, 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  expect(plain).toMatch(/File \S*giro\.sta mt940 Place entry 1, line \d+/);
  expect(plain).toContain('Payee from a rule of rules.csv');
  expect(plain).toContain('Category from a rule of rules.csv (Housing; changed since)');
  expect(plain).toContain('LANDLORD RENT 1.250,50 OLD');
  expect(transfer).toContain('the pairing of transfers between own accounts');
  expect(transfer).toContain(`only=id:${ids['50.00']}`);
  expect(transfer).toMatch(/A transfer between own accounts[\s\S]*SAVER/);
  expect(hand).toContain('No import brought it');
});

test('a file without the tables of imports says which are missing', async () => {
  const [rent = ''] = await details('transactions', ['-900.00']);
  expect(rent).toContain('Not in this file: transaction_imports, transaction_import_rows.');
  expect(rent).toContain(`FINANCE_DB_TABLES=${ALL}`);
});

test('privacy: what the bank wrote may have amounts in it', async () => {
  const [rent = ''] = await details(ALL, ['-900.00'], '&private=1');
  expect(rent).toContain('LANDLORD RENT ••• OLD');
  expect(rent).not.toContain('1.250,50');
});
