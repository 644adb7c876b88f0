import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { type Entry, ofxText } from '../support/statementTexts.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

async function importOf(account: string, entries: readonly Entry[]): Promise<number> {
  const text = ofxText({ account, currency: 'USD', openingCents: 0, entries });
  return (await fixture.imported([fixture.file(`${account}.ofx`, text)])).transfers;
}

const out: Entry = { day: '2026-03-02', cents: -50000, text: 'Transfer to savings', id: 'a' };
const into: Entry = { day: '2026-03-04', cents: 50000, text: 'Incoming', id: 'b' };

const giro = { account: 'GIRO', entries: [out] };
const save = { account: 'SAVE', entries: [into] };

test.each([
  { order: 'the account first', first: giro, second: save },
  { order: 'the other first', first: save, second: giro },
])('both legs are found: $order', async ({ first, second }) => {
  expect(await importOf(first.account, first.entries)).toBe(0);
  expect(await importOf(second.account, second.entries)).toBe(1);
  const rows = await fixture.rows("SELECT count(*) AS n FROM transactions WHERE category = 'Transfer'");
  expect(rows).toEqual([{ n: '2' }]);
});

test('an opposite amount alone is no evidence', async () => {
  await importOf('GIRO', [{ ...out, text: 'Shoes' }]);
  expect(await importOf('SAVE', [into])).toBe(0);
});
