import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { type Entry, mt940Text, ofxText, totalCents } from '../support/statementTexts.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

const coffee: Entry = { day: '2026-03-02', cents: -350, text: 'Coffee corner' };
const rent: Entry = { day: '2026-03-03', cents: -90000, text: 'Rent March, flat 12' };
const pay: Entry = { day: '2026-03-04', cents: 250000, text: 'Salary Example Ltd' };
const ALL = [coffee, coffee, rent, pay];

/** @returns the number of the import */
async function imported(name: string, entries: readonly Entry[], account = 'GIRO'): Promise<number> {
  const text = mt940Text({ account, currency: 'USD', openingCents: 100000, entries });
  const { imports } = await fixture.imported([fixture.file(name, text)]);
  return imports[0]?.id ?? 0;
}

async function manage(...argv: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await fixture.run('import', ...argv, '--json');
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

async function cents(): Promise<number[]> {
  const rows = await fixture.rows('SELECT (amount * 100)::int AS cents FROM transactions ORDER BY amount');
  return rows.map((row) => Number(row.cents));
}

const sorted = (entries: readonly Entry[]): number[] => entries.map((entry) => entry.cents).sort((a, b) => a - b);

describe('--undo', () => {
  test('deletes what the import brought, and the file may come again under the same keys', async () => {
    const id = await imported('a', ALL);
    const keys = await fixture.rows('SELECT tx_id FROM transactions ORDER BY tx_id');
    expect(await manage('--undo', `${id}`)).toMatchObject({ deleted: 4, seen_elsewhere: 0, edited: 0 });
    expect(await cents()).toEqual([]);
    await imported('a', ALL);
    expect(await cents()).toEqual(sorted(ALL));
    expect(await fixture.rows('SELECT tx_id FROM transactions ORDER BY tx_id')).toEqual(keys);
  });

  test('rows also seen by a later import stay, and go with that one', async () => {
    const first = await imported('a', [coffee, rent]);
    const second = await imported('b', [rent, pay]);
    expect(await manage('--undo', `${first}`)).toMatchObject({ deleted: 1, seen_elsewhere: 1 });
    expect(await cents()).toEqual(sorted([rent, pay]));
    expect(await manage('--undo', `${second}`)).toMatchObject({ deleted: 2, seen_elsewhere: 0 });
    expect(await cents()).toEqual([]);
  });

  test.each([
    ['category', `category = 'Fun'`],
    ['amount', 'amount = amount - 1'],
    ['is_recurring', 'is_recurring = true'],
    ['normalized_amount', 'normalized_amount = 7'],
    ['timestamp', `"timestamp" = "timestamp" + interval '1 hour'`],
  ])('a row whose %s was edited is listed and kept, and goes with --force', async (_column, change) => {
    const id = await imported('a', ALL);
    await fixture.rows(`UPDATE transactions SET ${change} WHERE amount = -900`);
    const undone = await manage('--undo', `${id}`);
    expect(undone).toMatchObject({ deleted: 3, edited: 1, edited_rows: [{ day: '2026-03-03' }] });
    expect(await cents()).toHaveLength(1);
    // It is still known: the file brings the others alone.
    const { imports } = await fixture.imported([`${fixture.folder}/a`]);
    expect(imports[0]).toMatchObject({ new: 3, known: 1 });
    expect(await manage('--undo', `${imports[0]?.id}`)).toMatchObject({ deleted: 3 });
    expect(await manage('--undo', `${id}`, '--force')).toMatchObject({ deleted: 1 });
    expect(await cents()).toEqual([]);
  });

  test('of many edited rows the first are listed, and that says so', async () => {
    const id = await imported(
      'a',
      Array.from({ length: 23 }, (_, index) => ({ day: '2026-03-02', cents: -100 - index, text: `Shop ${index}` })),
    );
    await fixture.rows(`UPDATE transactions SET category = 'Fun'`);
    const { code, stdout } = await fixture.run('import', '--undo', `${id}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^23 rows stay, /m);
    expect(stdout).toMatch(/\n20 of 23 shown\.\n$/);
  });

  test('exchange rates that came later are no edit', async () => {
    const text = mt940Text({ account: 'CHF', currency: 'CHF', openingCents: 0, entries: [coffee] });
    const { imports } = await fixture.imported([fixture.file('chf', text)]);
    await fixture.rows(`INSERT INTO exchange_rates VALUES ('2026-03-02', 'CHF', 0.95), ('2026-03-02', 'USD', 1.1)`);
    expect((await fixture.run('rates')).code).toBe(0);
    expect(await manage('--undo', `${imports[0]?.id}`)).toMatchObject({ deleted: 1, edited: 0 });
  });

  test('rows that no import is known to have brought stay', async () => {
    await imported('a', ALL);
    await fixture.rows('DROP TABLE transaction_import_rows, transaction_statements, transaction_imports');
    const { imports } = await fixture.imported([`${fixture.folder}/a`]);
    expect(imports[0]).toMatchObject({ new: 0, known: 4 });
    expect(await manage('--undo', `${imports[0]?.id}`)).toMatchObject({ deleted: 0, seen_elsewhere: 4 });
    expect(await cents()).toEqual(sorted(ALL));
  });

  test.each(['99', '0', 'x', '-1', '1; DROP TABLE transactions'])('there is no import %s', async (id) => {
    await imported('a', ALL);
    for (const flag of ['--undo', '--restore', '--list']) {
      const { code, stderr } = await fixture.run('import', `${flag}=${id}`);
      expect(code).toBe(2);
      expect(stderr).toMatch(/there is no import|--list/);
    }
    expect(await cents()).toHaveLength(4);
  });

  test('twice is told, with what could be meant', async () => {
    const id = await imported('a', ALL);
    await manage('--undo', `${id}`);
    const { code, stderr } = await fixture.run('import', '--undo', `${id}`);
    expect(code).toBe(2);
    expect(stderr).toContain(`--restore ${id}`);
  });

  test('before any import there is none', async () => {
    expect((await fixture.run('import', '--undo', '1')).stderr).toContain('there is no import 1');
    expect(await manage('--list')).toEqual({ status: 'ok', imports: [] });
  });
});

describe('--restore', () => {
  test('what a user deleted stays deleted when the file comes again, and comes back when asked for', async () => {
    const id = await imported('a', ALL);
    await fixture.rows('DELETE FROM transactions WHERE amount = -3.50');
    const { imports } = await fixture.imported([`${fixture.folder}/a`]);
    expect(imports[0]).toMatchObject({ new: 0, known: 4 });
    expect(await cents()).toEqual(sorted([rent, pay]));
    expect(await manage('--restore', `${id}`)).toMatchObject({ restored: 2, alike: 0 });
    expect(await cents()).toEqual(sorted(ALL));
    expect(await manage('--restore', `${id}`)).toMatchObject({ restored: 0 });
  });

  test('brings an undone import back, and its rows are known again', async () => {
    const id = await imported('a', ALL);
    const before = await fixture.rows('SELECT * FROM transactions ORDER BY tx_id');
    await manage('--undo', `${id}`);
    expect(await manage('--restore', `${id}`)).toMatchObject({ restored: 4 });
    const after = await fixture.rows('SELECT * FROM transactions ORDER BY tx_id');
    const bare = (rows: readonly Record<string, unknown>[]): unknown[] => rows.map(({ created_at: _, ...row }) => row);
    expect(bare(after)).toEqual(bare(before));
    const { imports } = await fixture.imported([`${fixture.folder}/a`]);
    expect(imports[0]).toMatchObject({ new: 0, known: 4 });
  });

  test('after the file came again it brings no second row', async () => {
    const id = await imported('a', ALL);
    await manage('--undo', `${id}`);
    await imported('a', ALL);
    expect(await manage('--restore', `${id}`)).toMatchObject({ restored: 0 });
    expect(await cents()).toEqual(sorted(ALL));
  });

  test('says when rows came another way meanwhile', async () => {
    const id = await imported('a', [rent]);
    await manage('--undo', `${id}`);
    const other = ofxText({
      account: 'GIRO',
      currency: 'USD',
      openingCents: 0,
      entries: [{ ...rent, id: 'F1', text: 'Other words' }],
    });
    await fixture.imported([fixture.file('b.ofx', other)], '--account', 'GIRO');
    const { stdout } = await fixture.run('import', '--restore', `${id}`);
    expect(stdout).toContain('may be there twice now');
  });

  test('the other leg of a transfer is none while one is gone, and both are again when it is back', async () => {
    const out: Entry = { day: '2026-03-05', cents: -50000, text: 'Transfer to savings' };
    const back: Entry = { day: '2026-03-05', cents: 50000, text: 'Transfer from giro' };
    const first = await imported('giro', [out], 'GIRO');
    await imported('savings', [back], 'SAVINGS');
    const filed = (): Promise<unknown> =>
      fixture.rows('SELECT account_id, category FROM transactions ORDER BY account_id');
    expect(await filed()).toEqual([
      { account_id: 'GIRO', category: 'Transfer' },
      { account_id: 'SAVINGS', category: 'Transfer' },
    ]);
    await manage('--undo', `${first}`);
    expect(await filed()).toEqual([{ account_id: 'SAVINGS', category: null }]);
    await manage('--restore', `${first}`);
    expect(await filed()).toEqual([
      { account_id: 'GIRO', category: 'Transfer' },
      { account_id: 'SAVINGS', category: 'Transfer' },
    ]);
    // Filed otherwise meanwhile: the user's word stands.
    await manage('--undo', `${first}`);
    await fixture.rows(`UPDATE transactions SET category = 'Gifts'`);
    await manage('--restore', `${first}`);
    expect(await filed()).toEqual([
      { account_id: 'GIRO', category: null },
      { account_id: 'SAVINGS', category: 'Gifts' },
    ]);
  });
});

describe('--list', () => {
  test('all imports, and one with thousands of rows as one document', async () => {
    const many = Array.from({ length: 3500 }, (_, index) => ({ ...coffee, cents: -1 - index, text: `Shop ${index}` }));
    const id = await imported('many', many);
    const { imports } = (await manage('--list')) as { imports: Record<string, unknown>[] };
    expect(imports).toMatchObject([{ id, rows: 3500, new: 3500, accounts: ['GIRO'], undone_at: null }]);
    const { rows } = (await manage('--list', `${id}`)) as { rows: Record<string, unknown>[] };
    expect(rows).toHaveLength(3500);
    expect(rows.map(({ record }) => record)).toEqual(many.map((_, index) => index + 1));
    expect(rows[3499]).toMatchObject({ text: 'Shop 3499', amount: -35, outcome: 'new' });
    expect(totalCents(many)).toBe(Math.round(Number(imports[0]?.sum) * 100));
  });
});
