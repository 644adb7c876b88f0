import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { type Entry, mt940Text, ofxText } from '../support/statementTexts.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

const IBAN = 'DE89370400440532013000';
const NUMBER = '37040044/532013000';

function entries(first: number, last: number, cents = (day: number) => -100 * day): Entry[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    day: `2026-02-${String(first + index).padStart(2, '0')}`,
    cents: cents(first + index),
    text: `Shop ${first + index}`,
  }));
}

function statement(account: string, rows: readonly Entry[]) {
  return { account, currency: 'USD', openingCents: 500000, entries: rows };
}

async function sameAfter(
  before: readonly Entry[],
  later: readonly Entry[],
  ...flags: string[]
): Promise<readonly unknown[]> {
  await fixture.imported([fixture.file('a.sta', mt940Text(statement(IBAN, before)))]);
  const { imports } = await fixture.imported([fixture.file('b.ofx', ofxText(statement(NUMBER, later)))], ...flags);
  return (imports[0] as unknown as { same_accounts: readonly unknown[] }).same_accounts;
}

test('one account under two names is told, for the days that both have, and the command that mends it', async () => {
  const [same, ...more] = await sameAfter(entries(1, 10), entries(6, 20), '--dry-run');
  expect(more).toEqual([]);
  expect(same).toMatchObject({ other: IBAN, rows: 5, among: 5 });
  // A log says it too, and a gap between statements.
  const { stdout } = await fixture.run('import', `${fixture.folder}/b.ofx`);
  expect(stdout).toMatch(new RegExp(` sum=-195\\.00 same_entries_as=${IBAN}\\n$`));
  // It is new once.
  const { imports } = await fixture.imported([fixture.file('c.ofx', ofxText(statement(NUMBER, entries(1, 20))))]);
  expect(imports[0]).toMatchObject({ same_accounts: [] });
});

test.each<[string, Entry[], Entry[]]>([
  ['other amounts', entries(1, 10), entries(1, 10, (day) => -100 * day - 1)],
  ['the same fee in two accounts', entries(1, 10, () => -500), entries(1, 10, () => -500)],
  ['few equal rows among many', entries(1, 20), entries(1, 20, (day) => -100 * day - (day < 5 ? 0 : 1))],
  ['the other leg of transfers', entries(1, 10), entries(1, 10, (day) => 100 * day)],
  ['other days', entries(1, 10), entries(11, 20)],
])('%s: nothing is told', async (_, before, later) => {
  expect(await sameAfter(before, later)).toEqual([]);
});

test('with --account nothing is new', async () => {
  expect(await sameAfter(entries(1, 10), entries(1, 10), '--account', IBAN)).toEqual([]);
  expect(await fixture.rows('SELECT count(*)::text AS n FROM transactions')).toEqual([{ n: '10' }]);
});

test('a line a file, for logs, tells a gap', async () => {
  await fixture.imported([fixture.file('a.sta', mt940Text(statement(IBAN, entries(1, 3))))]);
  const { stdout } = await fixture.run('import', fixture.file('b.sta', mt940Text(statement(IBAN, entries(6, 9)))));
  expect(stdout).toMatch(/ sum=-30\.00 gaps=1\n$/);
});
