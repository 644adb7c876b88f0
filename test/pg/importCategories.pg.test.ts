import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { CSV_PROFILE, csvText, type Entry, ofxText } from '../support/statementTexts.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  await fixture.reset();
  fixture.file('home/profiles/bank.json', CSV_PROFILE);
});

const HEADER = 'pattern,account,min,max,merchant,category,subcategory';
const rules = (...lines: string[]): void => void fixture.file('home/rules.csv', `${HEADER}\n${lines.join('\n')}\n`);

let day = 0;
/** Entries of these texts, on days of their own. */
function entries(...texts: string[]): Entry[] {
  return texts.map((text) => {
    day++;
    return {
      day: `2026-0${1 + Math.trunc(day / 27)}-${String(1 + (day % 27)).padStart(2, '0')}`,
      cents: -100 - day,
      text,
    };
  });
}
beforeEach(() => {
  day = 0;
});

/** How many new rows were filed how. */
async function importOf(list: readonly Entry[], write = csvText): Promise<Record<string, number>> {
  const text = write({ account: 'GIRO', currency: 'USD', openingCents: 0, entries: list });
  const done = await fixture.imported([fixture.file(`f${day}`, text)], '--account', 'GIRO');
  return Object.fromEntries(Object.entries(done.categories).filter(([, count]) => count > 0));
}

/** A QIF file gives categories itself. */
async function importWithCategory(category: string, ...texts: string[]): Promise<Record<string, number>> {
  const records = entries(...texts).map(
    ({ day: on, cents, text }) => `D${on}\nT${cents / 100}\nP${text}\nL${category}\n^`,
  );
  const file = fixture.file(`f${day}.qif`, `!Type:Bank\n${records.join('\n')}\n`);
  const done = await fixture.imported([file], '--account', 'GIRO', '--date-order', 'YMD');
  return Object.fromEntries(Object.entries(done.categories).filter(([, count]) => count > 0));
}

async function filed(): Promise<(string | null)[][]> {
  const rows = await fixture.rows(
    'SELECT merchant, category, subcategory FROM transactions ORDER BY "timestamp", tx_id',
  );
  return rows.map((row) => [row.merchant ?? null, row.category ?? null, row.subcategory ?? null]);
}

describe('where the category of a new row comes from', () => {
  test('a rule, which may name the payee too', async () => {
    rules('corner,,,,The Corner,Dining,Bar', 'pizza,,,,Pizza,,');
    expect(await importOf(entries('POS CORNER SHOP 4711', 'PIZZA PLACE'))).toEqual({ rule: 1, none: 1 });
    expect(await filed()).toEqual([
      ['The Corner', 'Dining', 'Bar'],
      ['Pizza', null, null],
    ]);
  });

  test('the file, after the rules', async () => {
    rules('corner,,,,,Mine,');
    expect(await importWithCategory('Food:Snacks', 'Corner', 'Kiosk')).toEqual({ rule: 1, file: 1 });
    expect(await filed()).toEqual([
      ['Corner', 'Mine', null],
      ['Kiosk', 'Food', 'Snacks'],
    ]);
  });

  test('the history of the payee, across formats, before the merchant code', async () => {
    await importWithCategory('Treats:Bread', 'Corner Bakery', 'Corner Bakery');
    expect(await importOf(entries('POS PURCHASE CORNER BAKERY 47110 MCC 5411'), ofxText)).toEqual({ history: 1 });
    expect((await filed()).at(-1)).toEqual(['Corner Bakery', 'Treats', 'Bread']);
  });

  test('one row is no history, and neither are payees of many categories', async () => {
    await importWithCategory('A', 'Once', 'Mixed', 'Mixed', 'Mixed', 'Mixed');
    await importWithCategory('B', 'Mixed');
    expect(await importOf(entries('Once', 'Mixed'))).toEqual({ none: 2 });
    await importWithCategory('A', 'Mixed');
    expect(await importOf(entries('Mixed'))).toEqual({ history: 1 });
  });

  test('the merchant code, and nothing where nothing is known', async () => {
    expect(await importOf(entries('Rewe MCC 5411', 'Nobody knows'))).toEqual({ mcc: 1, none: 1 });
    expect(await filed()).toEqual([
      ['Rewe', 'Groceries', 'Supermarket'],
      ['Nobody Knows', null, null],
    ]);
  });

  test('nothing is learnt from guesses', async () => {
    await importOf(entries('Rewe MCC 5411', 'Rewe MCC 5411', 'Rewe MCC 5411'));
    expect(await importOf(entries('Rewe'))).toEqual({ none: 1 });
    await importWithCategory('Food', 'Kiosk', 'Kiosk');
    await importOf(entries('Kiosk', 'Kiosk', 'Kiosk'));
    await fixture.session.query(
      "DELETE FROM transactions t USING transaction_import_rows r WHERE r.tx_id = t.tx_id AND r.category_by = 'file'",
    );
    expect(await importOf(entries('Kiosk'))).toEqual({ none: 1 });
  });

  test("a user's correction is learnt from", async () => {
    await importOf(entries('Rewe MCC 5411', 'Rewe MCC 5411'));
    await fixture.session.query("UPDATE transactions SET category = 'Party', subcategory = 'Drinks'");
    expect(await importOf(entries('Rewe MCC 5411'))).toEqual({ history: 1 });
    expect((await filed()).at(-1)).toEqual(['Rewe', 'Party', 'Drinks']);
  });

  test('`import --list ID` tells how', async () => {
    rules('corner,,,,The Corner,Dining,Bar');
    await importOf(entries('Corner', 'Rewe MCC 5411'));
    const { stdout } = await fixture.run('import', '--list', '1', '--json');
    expect((JSON.parse(stdout) as { rows: unknown[] }).rows).toMatchObject([
      { merchant: 'The Corner', merchant_by: 'rule', category: 'Dining', category_by: 'rule', text: 'Corner' },
      { merchant: 'Rewe', merchant_by: 'text', category: 'Groceries', category_by: 'mcc' },
    ]);
  });

  test('a rules file that is wrong stops the import before anything is read', async () => {
    rules('x,,abc,,,C,');
    const result = await fixture.run(
      'import',
      fixture.file('a', csvText({ account: 'G', currency: 'USD', openingCents: 0, entries: entries('a') })),
    );
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('rules.csv:2: min: found "abc"');
  });
});

describe('categorize --rules', () => {
  const categorize = async (...flags: string[]): Promise<Record<string, unknown>> => {
    const result = await fixture.run('categorize', '--rules', '--json', ...flags);
    if (result.code !== 0) throw new Error(result.stderr);
    return JSON.parse(result.stdout) as Record<string, unknown>;
  };

  test('files what no person has filed, and says how in the side table', async () => {
    await importOf(entries('POS CORNER SHOP 4711', 'Rewe MCC 5411', 'Kiosk', 'Kiosk', 'Other'));
    await fixture.session.query(`
UPDATE transactions SET category = 'By hand' WHERE amount = -1.03;
INSERT INTO transactions (tx_id, "timestamp", amount, currency, merchant, category)
VALUES ('x1', '2026-09-01', -1, 'USD', 'Kiosk 1', NULL), ('x2', '2026-09-02', -1, 'USD', 'Kiosk 2', 'Mine')`);
    rules('pos corner,,,,The Corner,,', 'kiosk,,,,,Snacks,Sweets', 'rewe,,,-1,,Food,');
    const before = await filed();

    const dry = await categorize('--dry-run');
    expect(dry).toMatchObject({ status: 'dry-run', matched: 4, changed: 4, rows: 5 });
    expect(dry.examples).toHaveLength(4);
    expect(await filed()).toEqual(before);

    expect(await categorize()).toMatchObject({
      status: 'ok',
      changed: 4,
      by_rule: [
        { line: 2, rows: 1 },
        { line: 3, rows: 2 },
        { line: 4, rows: 1 },
      ],
    });
    expect(await filed()).toEqual([
      ['The Corner', null, null],
      ['Rewe', 'Food', null],
      ['Kiosk', 'By hand', null],
      ['Kiosk', 'Snacks', 'Sweets'],
      ['Other', null, null],
      ['Kiosk 1', 'Snacks', 'Sweets'],
      ['Kiosk 2', 'Mine', null],
    ]);
    const by = await fixture.rows('SELECT merchant_by, category_by FROM transaction_import_rows ORDER BY record');
    expect(by).toEqual([
      { merchant_by: 'rule', category_by: null },
      { merchant_by: 'text', category_by: 'rule' },
      { merchant_by: 'text', category_by: null },
      { merchant_by: 'text', category_by: 'rule' },
      { merchant_by: 'text', category_by: null },
    ]);
    expect(await categorize()).toMatchObject({ changed: 0 });
    // And the import can still be undone: what a rule has changed nobody has edited.
    const undone = await fixture.run('import', '--undo', '1', '--json');
    expect(JSON.parse(undone.stdout)).toMatchObject({ deleted: 4, edited: 1 });
  });

  test('a category that a person has removed stays removed', async () => {
    await importOf(entries('Rewe MCC 5411'));
    await fixture.session.query('UPDATE transactions SET category = NULL, subcategory = NULL');
    rules('rewe,,,,,Food,');
    expect(await categorize()).toMatchObject({ rows: 0, changed: 0 });
  });

  test('tables of a user without imports are filed too', async () => {
    await fixture.run('init', '--no-sample');
    await fixture.session.query(
      `INSERT INTO transactions (tx_id, "timestamp", amount, currency, merchant) VALUES ('x', '2026-09-01', -1, 'USD', 'KIOSK 1')`,
    );
    rules('kiosk,,,,,Snacks,');
    expect(await categorize()).toMatchObject({ rows: 1, changed: 1 });
    expect(await filed()).toEqual([['KIOSK 1', 'Snacks', null]]);
  });

  test.each([
    { flags: ['categorize'], message: 'there is no table transactions' },
    { flags: ['categorize', '--rules'], message: 'there are no rules in' },
  ])('$flags is told what there is', async ({ flags, message }) => {
    const result = await fixture.run(...flags);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(message);
  });
});
