import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());

async function run(...argv: string[]): Promise<string> {
  const result = await runCli(argv, { env: source.env('transactions') });
  if (result.code !== 0) throw new Error(result.stderr);
  return result.stdout;
}

async function views(): Promise<string[]> {
  const rows = await source.rows<{ name: string }>(
    'SELECT view_name AS name FROM duckdb_views() WHERE NOT internal ORDER BY 1',
  );
  return rows.map((row) => row.name);
}

describe('the ready-made views', () => {
  test('come with the transactions, and answer', async () => {
    await run('init', '--sample', '2000');
    await run('sync');
    expect(await views()).toEqual([
      'account_balance_changes',
      'category_month',
      'monthly_spending',
      'recurring_charges',
    ]);
    const [{ spending }] = JSON.parse(
      await run('query', '--json', 'SELECT sum(spending) AS spending FROM monthly_spending'),
    ) as [{ spending: number }];
    const [{ amount }] = JSON.parse(
      await run('query', '--json', 'SELECT sum(amount) AS amount FROM category_month WHERE amount < 0'),
    ) as [{ amount: number }];
    expect(spending).toBeLessThan(0);
    expect(amount).toBeLessThan(0);
  });

  test('stay as they are while they would be made as they are, and are made anew when a type changed or somebody replaced one', async () => {
    const marks = async (): Promise<unknown> =>
      source.rows('SELECT view_name, view_oid, comment FROM duckdb_views() WHERE NOT internal ORDER BY 1');
    const touch = "UPDATE transactions SET subcategory = 'x' WHERE tx_id = (SELECT min(tx_id) FROM transactions)";
    const before = await marks();
    await source.session.query(touch);
    await run('sync');
    expect(await marks()).toEqual(before);
    await source.session.query('ALTER TABLE transactions ALTER COLUMN amount TYPE numeric(17,2)');
    await run('sync');
    expect(await marks()).not.toEqual(before);
    const spending = await run('query', '--json', 'SELECT * FROM monthly_spending ORDER BY ALL');
    const instance = await DuckDBInstance.create(source.duckdbPath);
    const connection = await instance.connect();
    await connection.run('CREATE OR REPLACE VIEW monthly_spending AS SELECT 1 AS mine');
    connection.closeSync();
    instance.closeSync();
    await source.session.query(`${touch}; ALTER TABLE transactions ALTER COLUMN amount TYPE numeric(15,2)`);
    await run('sync');
    expect(await run('query', '--json', 'SELECT * FROM monthly_spending ORDER BY ALL')).toBe(spending);
  });

  test('give way to a table of the same name, and to a table of another shape', async () => {
    await source.session.query('ALTER TABLE transactions RENAME COLUMN merchant TO shop');
    await run('sync');
    expect(await views()).toEqual([]);
    await source.session.query(
      "ALTER TABLE transactions RENAME COLUMN shop TO merchant; CREATE TABLE monthly_spending (id int PRIMARY KEY, mine text); INSERT INTO monthly_spending VALUES (1, 'kept')",
    );
    await run('sync', '--tables', 'transactions,monthly_spending');
    expect(await views()).toEqual(['account_balance_changes', 'category_month', 'recurring_charges']);
    expect(JSON.parse(await run('query', '--json', 'SELECT mine FROM monthly_spending'))).toEqual([{ mine: 'kept' }]);
  });

  test('give way to a table that is synced alone, and the other tables stay', async () => {
    await source.session.query(
      'CREATE TABLE "Category_Month" (id int PRIMARY KEY, mine text); INSERT INTO "Category_Month" VALUES (1, \'kept\')',
    );
    expect(await views()).toContain('category_month');
    const document = JSON.parse(await run('sync', '--json', '--tables', 'Category_Month'));
    expect(document.warnings ?? []).toEqual([]);
    expect(await views()).toEqual(['account_balance_changes', 'recurring_charges']);
    expect(
      JSON.parse(
        await run(
          'query',
          '--json',
          'SELECT (SELECT count(*) FROM transactions) AS n, c.mine AS c, m.mine AS m FROM category_month AS c, monthly_spending AS m',
        ),
      ),
    ).toEqual([{ n: 2000, c: 'kept', m: 'kept' }]);
  });
});
