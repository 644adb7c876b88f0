import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import '../support/fastCheckSeed.ts';
import { labelSums, type Relabelled, readCurrencies } from '../../src/app/sync/baseCurrency.ts';
import type { Config } from '../../src/config/config.ts';
import { type StoredBaseCurrency, storedBaseCurrency } from '../../src/duckdb/baseCurrencyState.ts';
import { openWorkingCopy, type WorkingCopy } from '../../src/duckdb/workingCopy.ts';
import { parseTableList } from '../../src/model/tableName.ts';
import { temporaryFolder } from '../support/folder.ts';

let folder: ReturnType<typeof temporaryFolder>;
let copy: WorkingCopy;
beforeAll(async () => {
  folder = temporaryFolder();
  const file = path.join(folder.path, 'a.duckdb');
  copy = await openWorkingCopy(file, { memory: '200MB', threads: 2, temporaryFolder: folder.path });
  const columns = 'id INTEGER, amount DECIMAL(15,2), currency VARCHAR, normalized_amount DECIMAL(15,2)';
  await copy.run(`CREATE SCHEMA finance_db; CREATE TABLE finance_db.about (name VARCHAR, value VARCHAR);
    CREATE TABLE transactions (${columns}); CREATE TABLE came (${columns})`);
});
afterAll(() => {
  copy.abandon();
  folder.remove();
});

const COLUMNS = [
  { name: 'amount', type: 'DECIMAL(15,2)' },
  { name: 'currency', type: 'VARCHAR' },
  { name: 'normalized_amount', type: 'DECIMAL(15,2)' },
];
const config = { tables: parseTableList('transactions'), baseCurrencyIsSet: false } as unknown as Config;

async function label(stored: StoredBaseCurrency | null, change: Relabelled | null): Promise<StoredBaseCurrency> {
  await copy.run('DELETE FROM finance_db.about');
  await labelSums(copy, config, stored, change);
  const rows = await copy.all<{ name: string; value: string }>('SELECT name, value FROM finance_db.about');
  const now = storedBaseCurrency((name) => rows.find((row) => row.name === name)?.value);
  if (now === null) throw new Error('no label was written');
  return now;
}

const row = fc.record({
  id: fc.integer({ min: 1, max: 8 }),
  amount: fc.constantFrom('0', '1.50', '7'),
  currency: fc.constantFrom("'EUR'", "'USD'", "'ALL'", "'eur'", 'NULL'),
  normalized: fc.constantFrom('NULL', '0', '1.50', '7'),
});
const step = fc.record({
  gone: fc.subarray([1, 2, 3, 4, 5, 6, 7, 8]),
  came: fc.uniqueArray(row, { selector: ({ id }) => id }),
});

test('what changes say of the currency of sums is what all rows say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      await copy.run('DELETE FROM transactions');
      const at = (snapshot: number): string => `${snapshot}:${snapshot}:`;
      let stored = await label(null, {
        ...{ tableOid: '5', before: null, now: at(0), columns: COLUMNS, touched: true, arrived: null },
      });
      for (const [index, { gone, came }] of steps.entries()) {
        const ids = [...gone, ...came.map(({ id }) => id), 0];
        await copy.run(`DELETE FROM transactions WHERE id IN (${ids.join(', ')}); DELETE FROM came`);
        for (const { id, amount, currency, normalized } of came)
          await copy.run(`INSERT INTO came VALUES (${id}, ${amount}, ${currency}, ${normalized})`);
        const arrived = await readCurrencies(copy, 'came', COLUMNS);
        await copy.run('INSERT INTO transactions FROM came');
        const change = { tableOid: '5', columns: COLUMNS, touched: true, before: at(index), now: at(index + 1) };
        const all = await label(stored, { ...change, arrived: null });
        stored = await label(stored, { ...change, arrived });
        expect(stored).toEqual(all);
      }
    }),
    { numRuns: 60 },
  );
});

test('what was known of another state of the table is not gone by', async () => {
  await copy.run("DELETE FROM transactions; INSERT INTO transactions VALUES (1, 5, 'EUR', 5)");
  const known = { tableOid: '5', snapshot: '3:3:', currencies: new Map([['USD', true]]) };
  const stored: StoredBaseCurrency = { currency: 'USD', from: 'data', evidence: ['USD'], known };
  const change = { tableOid: '5', now: '9:9:', columns: COLUMNS, touched: false, arrived: new Map() };
  expect(await label(stored, { ...change, before: '3:3:' })).toMatchObject({ currency: 'USD' });
  expect(await label(stored, { ...change, before: '4:4:' })).toMatchObject({ currency: 'EUR' });
  expect(await label(stored, { ...change, before: '3:3:', tableOid: '6' })).toMatchObject({ currency: 'EUR' });
  expect(await label(stored, null)).toMatchObject({ currency: 'EUR', known: null });
});
