import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { againText, groupsText } from '../../src/render/categorySuggestions.ts';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { CSV_PROFILE, csvText } from '../support/statementTexts.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  await fixture.reset();
  fixture.file('home/profiles/bank.json', CSV_PROFILE);
  // Filed by the user: imports that a QIF file gives the categories of.
  const records = Array.from({ length: 60 }, (_, index) => {
    const [payee, category] = FILED[index % FILED.length] as [string, string];
    return `D2025-${String(1 + Math.floor(index / 6)).padStart(2, '0')}-${String(1 + (index % 6)).padStart(2, '0')}\nT-${10 + index}.50\nP${payee}\nL${category}\n^`;
  });
  const file = fixture.file('filed.qif', `!Type:Bank\n${records.join('\n')}\n`);
  await fixture.imported([file], '--account', 'GIRO', '--date-order', 'YMD');
});

const FILED: readonly (readonly [payee: string, category: string])[] = [
  ['Shell Station', 'Fuel:Gas'],
  ['Green Market', 'Groceries'],
  ['Petrol Corner', 'Fuel:Gas'],
  ['Fresh Market', 'Groceries'],
];

const entry = (day: string, cents: number, text: string) => ({ day, cents, text });

/** Rows without a category: no import has brought them, so that nothing files them on the way. */
async function addUnfiled(): Promise<void> {
  await fixture.session.query(`
INSERT INTO transactions (tx_id, "timestamp", amount, currency, merchant, account_id, normalized_amount) VALUES
  ('u1', '2026-01-02', -40.10, 'USD', 'Shell Station', 'GIRO', -40.10),
  ('u2', '2026-01-09', -40.20, 'USD', 'Shell Station', 'GIRO', -40.20),
  ('u3', '2026-01-03', -9.99, 'USD', 'Petrol Hill', 'GIRO', -9.99),
  ('u4', '2026-01-04', -5.00, 'USD', 'Green Market', 'GIRO', -5.00)`);
}

const categories = (where = "tx_id LIKE 'u%'"): Promise<Record<string, string | null>[]> =>
  fixture.rows(`SELECT tx_id, category, subcategory FROM transactions WHERE ${where} ORDER BY tx_id`);

async function json(...argv: string[]): Promise<Record<string, unknown>> {
  const result = await fixture.run(...argv, '--json');
  if (result.code !== 0) throw new Error(`exit ${result.code}: ${result.stderr}`);
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

describe('categorize', () => {
  test('suggests by payee, with how sure, why, rows and exact sum, and writes nothing', async () => {
    await addUnfiled();
    const found = await json('categorize');
    expect(found).toMatchObject({ status: 'ok', learnt_from: 60, categories: 2, unfiled: 4 });
    expect(found.suggestions).toEqual([
      expect.objectContaining({
        payee: 'Shell Station',
        category: 'Fuel',
        subcategory: 'Gas',
        by: 'history',
        why: 'filed so 15 of 15 times',
        rows: 2,
        sum: -80.3,
        first: '2026-01-02',
        last: '2026-01-09',
      }),
      expect.objectContaining({ payee: 'Green Market', category: 'Groceries', rows: 1, sum: -5 }),
      expect.objectContaining({ payee: 'Petrol Hill', category: 'Fuel', by: 'model', rows: 1, sum: -9.99 }),
    ]);
    expect((await categories()).every(({ category }) => category === null)).toBe(true);
    expect(await fixture.rows("SELECT 1 FROM pg_class WHERE relname = 'transaction_learnt'")).toEqual([]);
    const { stdout } = await fixture.run('categorize');
    expect(stdout).toContain('4 rows without a category');
  });

  test('--apply files and marks, --undo takes it back, and what was guessed teaches nothing', async () => {
    await addUnfiled();
    expect(await json('categorize', '--apply', '--min-confidence', '0.5')).toMatchObject({ run: 1, filed: 4 });
    expect(await categories()).toEqual([
      { tx_id: 'u1', category: 'Fuel', subcategory: 'Gas' },
      { tx_id: 'u2', category: 'Fuel', subcategory: 'Gas' },
      { tx_id: 'u3', category: 'Fuel', subcategory: null },
      { tx_id: 'u4', category: 'Groceries', subcategory: null },
    ]);
    expect(await fixture.rows('SELECT DISTINCT run, chosen_by, undone_at FROM transaction_learnt')).toEqual([
      { run: '1', chosen_by: 'learnt', undone_at: null },
    ]);
    await fixture.session.query(
      "INSERT INTO transactions (tx_id, \"timestamp\", amount, currency, merchant, account_id) VALUES ('u5', '2026-02-01', -1, 'EUR', 'Petrol Hill', 'GIRO')",
    );
    // Petrol Hill was filed by a guess alone.
    expect(await json('categorize')).toMatchObject({
      learnt_from: 60,
      unfiled: 1,
      suggestions: [{ by: 'model', not_normalized: 1, unconverted: [{ currency: 'EUR', sum: -1 }] }],
    });
    await fixture.session.query("UPDATE transactions SET category = 'Presents' WHERE tx_id = 'u4'");
    expect(await json('categorize', '--undo')).toMatchObject({ run: 1, rows: 3, changed: 1 });
    expect((await categories()).map(({ category }) => category)).toEqual([null, null, null, 'Presents', null]);
    expect(await json('categorize', '--undo')).toMatchObject({ run: null, rows: 0 });
  });

  test('a row that an import brought is marked in its records too, and goes with the import', async () => {
    const text = csvText({
      account: 'SAVE',
      currency: 'USD',
      openingCents: 0,
      entries: [entry('2026-03-01', -900, 'Zebra Market')],
    });
    await fixture.imported([fixture.file('late.csv', text)], '--account', 'SAVE');
    await json('categorize', '--apply', '--min-confidence', '0.1');
    const marks = (): Promise<Record<string, string | null>[]> =>
      fixture.rows("SELECT category, category_by FROM transaction_import_rows WHERE account_id = 'SAVE'");
    expect(await marks()).toEqual([{ category: 'Groceries', category_by: 'learnt' }]);
    await json('categorize', '--undo');
    if ((await marks())[0]?.category === null) await json('categorize', '--apply', '--min-confidence', '0.1');
    expect(await json('import', '--undo', '2')).toMatchObject({ deleted: 1 });
  });

  test('payees are counted apart from the groups of their rows, and why one comes again is said', () => {
    const [a, b] = [{ payee: 'A' }, { payee: 'B' }];
    expect([groupsText([a, b]), groupsText([a, b, a])]).toEqual(['of 2 payees', 'of 2 payees in 3 groups']);
    expect([0, 1, 2].map((place) => againText([a, b, a], place).split(':')[0])).toEqual([
      'group 1 of 2 of this payee',
      '',
      'group 2 of 2 of this payee',
    ]);
  });

  test('asks one by one, a key each, and writes what was chosen together', async () => {
    await addUnfiled();
    const left = await fixture.typed('yq', 'categorize');
    expect(left.stdout).toContain('Nothing was written.');
    expect((await categories()).every(({ category }) => category === null)).toBe(true);
    const { code, stdout } = await fixture.typed('y?2r', 'categorize');
    expect(code).toBe(0);
    expect(stdout).toContain('1/3  Shell Station');
    expect(stdout).toContain('2 rows, -80.30, 2026-01-02 to 2026-01-09');
    expect(stdout.split('[y] accept')).toHaveLength(3);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(await categories()).toEqual([
      { tx_id: 'u1', category: 'Fuel', subcategory: 'Gas' },
      { tx_id: 'u2', category: 'Fuel', subcategory: 'Gas' },
      { tx_id: 'u3', category: 'Fuel', subcategory: null },
      { tx_id: 'u4', category: 'Fuel', subcategory: null },
    ]);
    expect(fs.readFileSync(path.join(fixture.folder, 'home', 'rules.csv'), 'utf8')).toContain('Petrol Hill');
    expect(await json('categorize', '--undo')).toMatchObject({ rows: 4 });
  });

  test('a category that a person took away stays away', async () => {
    await fixture.session.query("UPDATE transactions SET category = NULL WHERE merchant = 'Green Market'");
    expect(await json('categorize')).toMatchObject({ unfiled: 0, suggestions: [] });
  });

  test('--report says how right it was on later rows', async () => {
    const judged = await json('categorize', '--report', '--since', '2025-08');
    expect(judged).toMatchObject({
      learnt_from: { rows: 42, categories: 2 },
      judged_on: { rows: 18, since: '2025-08-01' },
      right: 1,
      right_of_three: 1,
      payees_own_history: 1,
      known_payees: 1,
    });
    const { stdout } = await fixture.run('categorize', '--report');
    expect(stdout).toContain("the payee's own most frequent category");
  });

  test.each([
    [['--apply', '--undo'], 'exclude each other'],
    [['--dry-run'], '--dry-run is for --rules'],
    [['--min-confidence', '0.9'], 'is for --apply'],
    [['--apply', '--min-confidence', '95'], 'from 0 to 1'],
    [['--report', '--since', 'yore'], 'yore'],
  ])('%j is refused', async (flags, words) => {
    const result = await fixture.run('categorize', ...flags);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(words);
  });

  test('too little to learn from is said in words', async () => {
    await fixture.session.query('DELETE FROM transactions WHERE "timestamp" > \'2025-02-01\'');
    const result = await fixture.run('categorize');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('too little to learn from');
  });
});

test("an import's last step files new rows that it is sure of", async () => {
  // As many as it takes to be sure of anything, and a payee that is filed by how much is paid, which its history cannot tell.
  await fixture.session.query(`
INSERT INTO transactions (tx_id, "timestamp", amount, currency, merchant, account_id, category)
SELECT 'm' || n, timestamp '2025-01-01' + n * interval '1 day', (ARRAY[-6, -60])[1 + n % 2], 'USD', 'Corner Shop', 'GIRO',
  (ARRAY['Sweets', 'Fuel'])[1 + n % 2] FROM generate_series(0, 399) n`);
  const text = csvText({
    account: 'GIRO',
    currency: 'USD',
    openingCents: 0,
    entries: [entry('2026-03-01', -6000, 'Corner Shop'), entry('2026-03-02', -123456, 'Quux')],
  });
  const done = await fixture.imported([fixture.file('new.csv', text)], '--account', 'GIRO');
  expect(done.categories).toMatchObject({ learnt: 1, none: 1 });
  expect(
    await fixture.rows(
      "SELECT merchant, category, category_by FROM transaction_import_rows WHERE category_by = 'learnt'",
    ),
  ).toEqual([{ merchant: 'Corner Shop', category: 'Fuel', category_by: 'learnt' }]);
  const home = path.join(fixture.folder, 'home');
  expect(fs.existsSync(path.join(home, 'rules.csv'))).toBe(false);
});
