import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TRANSACTIONS_NAMES } from '../../src/model/transactionsTable.ts';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { sharedData } from '../support/sharedData.ts';

/** One database that `init --from` fills, one that `import` does. */
let loaded: ImportFixture;
let imported: ImportFixture;
beforeAll(async () => {
  [loaded, imported] = await Promise.all([makeImportFixture(), makeImportFixture()]);
});
afterAll(() => Promise.all([loaded.close(), imported.close()]));
beforeEach(() => Promise.all([loaded.reset(), imported.reset()]));

const COMPARED = TRANSACTIONS_NAMES.filter((name) => name !== 'created_at')
  .map((name) => `"${name}"`)
  .join(', ');

async function init(file: string): Promise<void> {
  const result = await loaded.run('init', '--from', file);
  if (result.code !== 0) throw new Error(result.stderr);
}

const HEADER =
  'tx_id,timestamp,amount,currency,merchant,mcc,account_id,city,state,channel,category,subcategory,is_recurring,normalized_amount,created_at\n';
const ROWS = [
  'a1,2026-01-02 03:04:05.678901,-12.50,USD,"Joe\'s ""Diner"", 24h",5812,acct-1,New York,NY,pos,Dining,Restaurants,false,-12.50,2026-01-02 00:00:00',
  'a2,2026-01-03,+5,EUR,  Two  blanks ,,acct-1,,,online,Income,,true,5.43,2026-01-03 00:00:00',
  'a3,2026-01-03T10:00,-0.10,JPY,"Line one\nline two",,,,,,,,,,2026-01-03 00:00:00',
  'a4,2026-01-04 00:00:00,.5,,"",,"acct, 2",Łódź,,"","",,,,',
  'a5,2026-01-04 00:00:00,-1234567890123.99,CHF,="00123",,acct-1,,,,Travel,,f,-1.00,',
  // Twins, apart by their keys alone.
  'a6,2026-01-05 00:00:00,-3.50,USD,Coffee,,acct-1,,,,Dining,,false,-3.50,',
  'a7,2026-01-05 00:00:00,-3.50,USD,Coffee,,acct-1,,,,Dining,,false,-3.50,',
];

describe('a file in our own columns', () => {
  test('gives by `import` the rows that `init --from` gives, to the last byte', async () => {
    const text = `${HEADER}${ROWS.join('\n')}\n`;
    await init(loaded.file('f.csv', text));
    const file = imported.file('f.csv', text);
    const { imports } = await imported.imported([file]);
    expect(imports[0]).toMatchObject({ rows: 7, new: 7, known: 0, accounts: ['acct-1', 'acct, 2'] });
    const rows = `SELECT ${COMPARED} FROM transactions ORDER BY tx_id`;
    expect(await imported.rows(rows)).toEqual(await loaded.rows(rows));
    expect((await imported.imported([file])).imports[0]).toMatchObject({ rows: 7, new: 0, known: 7 });
  });

  test('with its columns in another order, and without most of them', async () => {
    const text = 'Amount,TX_ID,timestamp\r\n-1.00,b1,2026-01-02\r\n2.00,b2,2026-01-03\r\n';
    await init(loaded.file('f.csv', text));
    await imported.imported([imported.file('f.csv', text)]);
    const rows = `SELECT ${COMPARED} FROM transactions ORDER BY tx_id`;
    expect(await imported.rows(rows)).toEqual(await loaded.rows(rows));
  });

  test('is filed where it leaves the category empty, and only there', async () => {
    imported.file('home/rules.csv', 'pattern,account,min,max,merchant,category,subcategory\nCoffee,,,,,Cafes,\n');
    const text =
      'tx_id,timestamp,amount,merchant,mcc,category\nc1,2026-01-02,-1.00,Coffee,5411,Mine\nc2,2026-01-02,-2.00,Shop,5411,\n';
    const { categories } = await imported.imported([imported.file('f.csv', text)]);
    expect(categories).toMatchObject({ mcc: 1, none: 0 });
    const [first] = await imported.rows("SELECT category FROM transactions WHERE tx_id = 'c1'");
    expect(first?.category).toBe('Mine');
  });

  test('undone and restored, a row without an account has none again', async () => {
    const { imports } = await imported.imported([imported.file('f.csv', `${HEADER}${ROWS.join('\n')}\n`)]);
    const rows = `SELECT ${COMPARED} FROM transactions ORDER BY tx_id`;
    const before = await imported.rows(rows);
    expect((await imported.run('import', '--undo', String(imports[0]?.id))).code).toBe(0);
    expect(await imported.rows(rows)).toEqual([]);
    expect((await imported.run('import', '--restore', String(imports[0]?.id))).code).toBe(0);
    expect(await imported.rows(rows)).toEqual(before);
  });

  test.each([
    ['an amount with three decimals', 'd1,2026-01-02,1.005', /:2: column "amount".*more than 2 decimal places/],
    ['a day that does not exist', 'd1,2026-02-30,1.00', /:2: column "timestamp".*no such day/],
    ['a key twice', 'd1,2026-01-02,1.00\nd1,2026-01-03,2.00', /tx_id.*line 2/],
    ['a field too many', 'd1,2026-01-02,1.00,x', /:2: the row has 4 fields/],
  ])('%s is refused with its line, and nothing is stored', async (_, row, message) => {
    const result = await imported.run('import', imported.file('f.csv', `tx_id,timestamp,amount\n${row}\n`));
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(message);
  });
});

const data = sharedData('transactions-berka.csv', 'transactions-tabformer.csv');
if (data === undefined) test.skip('the shared files are not on this machine', () => {});
else
  test.each(['transactions-berka.csv', 'transactions-tabformer.csv'])(
    '%s: the same rows both ways',
    async (name) => {
      const file = path.join(data, name);
      await init(file);
      await imported.imported([file]);
      const digest = `SELECT pg_catalog.count(*) AS rows, pg_catalog.md5(pg_catalog.string_agg(t::text, E'\\n' ORDER BY tx_id)) AS digest
      FROM (SELECT ${COMPARED} FROM transactions) t`;
      expect(await imported.rows(digest)).toEqual(await loaded.rows(digest));
    },
    120_000,
  );
