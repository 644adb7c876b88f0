import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { type Entry, mt940Text, ofxText } from '../support/statementTexts.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

let files = 0;
async function imported(account: string, entries: readonly Entry[], write = ofxText) {
  files++;
  const list = entries.map((entry, index) => ({ id: `${files}-${index}`, ...entry }));
  const text = write({ account, currency: 'USD', openingCents: 0, entries: list });
  return fixture.imported([fixture.file(`${account}-${files}`, text)], '--account', account);
}

async function importOf(account: string, entries: readonly Entry[], write = ofxText): Promise<number> {
  return (await imported(account, entries, write)).transfers;
}

async function transfers(): Promise<string[]> {
  const rows = await fixture.rows(
    "SELECT account_id || ' ' || amount AS leg FROM transactions WHERE category = 'Transfer' ORDER BY account_id, amount",
  );
  return rows.map(({ leg }) => leg ?? '');
}

const on = (day: number): string => `2026-03-${String(day).padStart(2, '0')}`;
const leg = (day: number, cents: number, text: string): Entry => ({ day: on(day), cents, text });
const out = leg(2, -50000, 'Transfer to savings');
const into = leg(4, 50000, 'Incoming');
/** :86: with a counter account, and no word of a transfer. */
const naming = (account: string): string => `/TRTP/SEPA/IBAN/${account}/NAME/Erika/REMI/March`;

describe('both legs are found', () => {
  test.each([
    { order: 'the account first', first: ['GIRO', out], second: ['SAVE', into] },
    { order: 'the other first', first: ['SAVE', into], second: ['GIRO', out] },
  ] as const)('$order', async ({ first, second }) => {
    expect(await importOf(first[0], [first[1]])).toBe(0);
    expect(await importOf(second[0], [second[1]])).toBe(1);
    expect(await transfers()).toEqual(['GIRO -500.00', 'SAVE 500.00']);
    const rows = await fixture.rows(
      'SELECT r.category_by, o.account_id FROM transaction_import_rows r JOIN transactions o ON o.tx_id = r.transfer_of ORDER BY 2',
    );
    expect(rows).toEqual([
      { category_by: 'transfer', account_id: 'GIRO' },
      { category_by: 'transfer', account_id: 'SAVE' },
    ]);
  });

  test('a card that books four days before the account, and not five', async () => {
    await importOf('CARD', [leg(1, 7000, 'Payment received, thank you'), leg(1, 8000, 'Payment received, thank you')]);
    expect(await importOf('GIRO', [leg(5, -7000, 'Bank card bill'), leg(6, -8000, 'Bank card bill')])).toBe(1);
    expect(await transfers()).toEqual(['CARD 70.00', 'GIRO -70.00']);
  });

  test('by the counter account, without a word', async () => {
    await importOf('GIRO', [leg(2, -50000, naming('SAVE'))], mt940Text);
    expect(await importOf('SAVE', [leg(6, 50000, 'Incoming')])).toBe(1);
  });

  test('the counter account decides between two that would do', async () => {
    await importOf('SAVE', [leg(6, 50000, 'Incoming')]);
    await importOf('NEST', [leg(2, 50000, 'Umbuchung')]);
    expect(await importOf('GIRO', [leg(2, -50000, naming('SAVE'))], mt940Text)).toBe(1);
    expect(await transfers()).toEqual(['GIRO -500.00', 'SAVE 500.00']);
  });

  test('the nearest of two, and the other of them none', async () => {
    await importOf('GIRO', [leg(2, -50000, 'Umbuchung'), leg(5, -50000, 'Umbuchung')]);
    expect(await importOf('SAVE', [into])).toBe(1);
    const rows = await fixture.rows(
      `SELECT "timestamp"::date AS day FROM transactions WHERE account_id = 'GIRO' AND category = 'Transfer'`,
    );
    expect(rows).toEqual([{ day: on(5) }]);
  });

  test('equal ones of a day, each with one', async () => {
    await importOf('GIRO', [out, out, out]);
    expect(await importOf('SAVE', [into, into, into])).toBe(3);
  });

  test('legs that both speak of some transfer, when they are near', async () => {
    await importOf('GIRO', [leg(2, -50000, 'Online payment 1'), leg(2, -60000, 'Online payment 2')]);
    expect(await importOf('CARD', [leg(3, 50000, 'Web transfer'), leg(5, 60000, 'Web transfer')])).toBe(1);
    expect(await transfers()).toEqual(['CARD 500.00', 'GIRO -500.00']);
  });
});

describe('what is no transfer', () => {
  test('an opposite amount alone', async () => {
    await importOf('GIRO', [leg(2, -50000, 'Shoes')]);
    expect(await importOf('SAVE', [into])).toBe(0);
  });

  test('a word that is said of other payments too, in one of them', async () => {
    await importOf('GIRO', [leg(2, -50000, 'SEPA credit transfer Erika')]);
    expect(await importOf('SAVE', [leg(2, 50000, 'Salary')])).toBe(0);
  });

  test('two transfers, one of them to somebody else', async () => {
    await importOf('GIRO', [leg(2, -50000, naming('SOMEBODY').replace('March', 'transfer'))], mt940Text);
    expect(await importOf('SAVE', [leg(2, 50000, 'Bank transfer')])).toBe(0);
  });

  test('one that names another own account', async () => {
    await importOf('NEST', [leg(2, 100, 'Interest')]);
    await importOf('GIRO', [leg(2, -50000, naming('NEST'))], mt940Text);
    expect(await importOf('SAVE', [leg(2, 50000, 'Incoming')])).toBe(0);
  });

  test('two accounts that would do equally: neither, and it is shown', async () => {
    await importOf('SAVE', [leg(2, 50000, 'Incoming')]);
    await importOf('NEST', [leg(2, 50000, 'Incoming')]);
    const done = await imported('GIRO', [leg(2, -50000, 'Umbuchung')]);
    expect(done.transfers).toBe(0);
    expect(await transfers()).toEqual([]);
  });

  test('other currencies', async () => {
    await importOf('GIRO', [out]);
    const text = ofxText({ account: 'SAVE', currency: 'EUR', openingCents: 0, entries: [into] });
    expect((await fixture.imported([fixture.file('e', text)], '--account', 'SAVE')).transfers).toBe(0);
  });

  test('a row that somebody or a rule has filed', async () => {
    fixture.file('home/rules.csv', 'pattern,account,min,max,merchant,category,subcategory\nplan,,,,,Investments,\n');
    await importOf('GIRO', [out, leg(2, -60000, 'Transfer to savings plan')]);
    await fixture.session.query("UPDATE transactions SET category = 'Mine' WHERE amount = -500");
    expect(await importOf('SAVE', [into, leg(2, 60000, 'Incoming')])).toBe(0);
    const rows = await fixture.rows('SELECT category FROM transactions ORDER BY amount');
    expect(rows.map(({ category }) => category)).toEqual(['Investments', 'Mine', null, null]);
  });
});

test('legs without another are shown', async () => {
  await importOf('SAVE', [leg(1, 100, 'Interest')]);
  const text = ofxText({
    account: 'GIRO',
    currency: 'USD',
    openingCents: 0,
    entries: [out, leg(3, -100, 'Shoes')],
  });
  const { stdout } = await fixture.run('import', '--dry-run', '--account', 'GIRO', fixture.file('g', text));
  expect(stdout).toMatch(/1 transfer between own accounts without the other side yet:\n.*Transfer to savings/);
});

test('when one leg is undone, the other is free again', async () => {
  await importOf('GIRO', [out]);
  await importOf('SAVE', [into]);
  await fixture.run('import', '--undo', '1');
  expect(await fixture.rows('SELECT account_id, category FROM transactions')).toEqual([
    { account_id: 'SAVE', category: null },
  ]);
  expect(await importOf('GIRO', [out])).toBe(1);
  expect(await transfers()).toEqual(['GIRO -500.00', 'SAVE 500.00']);
});
