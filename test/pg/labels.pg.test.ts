import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
  await run({}, 'init', '--no-sample');
  await insert(`('a', '2024-01-05', -100.00, 'CZK', -100.00), ('b', '2024-02-05', 250.00, 'CZK', 250.00)`);
});
afterAll(() => source.close());

function insert(values: string): Promise<unknown> {
  return source.session.query(
    `INSERT INTO transactions (tx_id, timestamp, amount, currency, normalized_amount) VALUES ${values}`,
  );
}

interface Document {
  readonly base_currency: string;
  readonly base_currency_doubt?: string;
  readonly warnings: readonly string[];
  readonly total: { readonly amount: number };
}

async function run(env: Record<string, string>, ...argv: string[]): Promise<Document> {
  const result = await runCli([...argv, '--json'], { env: { ...source.env('transactions'), ...env } });
  if (result.code !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout) as Document;
}

const stats = (env: Record<string, string> = {}): Promise<Document> => run(env, 'stats', 'merchants');
const CZK = { FINANCE_DB_BASE_CURRENCY: 'CZK' };
const EUR = { FINANCE_DB_BASE_CURRENCY: 'EUR' };

describe('the currency of sums', () => {
  test('is the one that the rows name where nobody says another', async () => {
    expect((await run({}, 'sync')).warnings).toEqual([]);
    expect(await stats()).toMatchObject({ base_currency: 'CZK', total: { amount: 150 } });
    expect(await stats(CZK)).toMatchObject({ base_currency: 'CZK' });
  });

  test('is the file’s, and a reader who says another is told so', async () => {
    const { code, stderr } = await runCli(['stats'], { env: { ...source.env('transactions'), ...EUR } });
    expect(code).toBe(2);
    expect(stderr).toContain('the sums of this file are in CZK, and FINANCE_DB_BASE_CURRENCY says EUR');
  });

  test('is written down by a sync with another setting, although no row changed, and doubted', async () => {
    const { warnings } = await run(EUR, 'sync');
    expect(warnings).toEqual([
      expect.stringContaining('labelled EUR from now on, and were labelled CZK'),
      expect.stringContaining('amounts in CZK were taken over as they are'),
    ]);
    expect(await stats(EUR)).toMatchObject({
      base_currency: 'EUR',
      base_currency_doubt: expect.stringContaining('CZK rather than EUR'),
    });
  });

  test('stays what a setting said, through syncs without one', async () => {
    await insert(`('c', '2024-03-05', -1.00, 'CZK', -0.04)`);
    await run({}, 'sync');
    const document = await stats();
    expect(document).toMatchObject({ base_currency: 'EUR' });
    expect(document.base_currency_doubt).toBeUndefined();
    await run(CZK, 'sync');
    await source.session.query(`DELETE FROM transactions WHERE tx_id = 'c'`);
  });

  test('is doubted where amounts in two currencies were taken over as they are', async () => {
    await insert(`('d', '2024-03-06', -7.00, 'USD', -7.00)`);
    expect((await run({}, 'sync')).warnings).toEqual([expect.stringContaining('amounts in CZK and in USD were both')]);
    expect(await stats()).toMatchObject({ base_currency_doubt: expect.stringContaining('these sums mix currencies') });
    await source.session.query(`DELETE FROM transactions WHERE tx_id = 'd'`);
    expect((await run({}, 'sync')).warnings).toEqual([]);
  });
});

test('days far away come through a sync and break no report', async () => {
  await insert(
    `('i', 'infinity', -1000, 'CZK', -1000), ('j', '-infinity', -1000, 'CZK', -1000), ('k', '10000-01-01', -1000, 'CZK', -1000), ('l', '0044-03-15 BC', -1000, 'CZK', -1000), ('m', '9999-12-31', -1000, 'CZK', -1000)`,
  );
  expect((await run({}, 'sync')).warnings).toEqual([]);
  expect((await stats()).total.amount).toBe(150);
  for (const report of ['overview', 'cashflow', 'recurring', 'anomalies', 'health', 'categories'])
    await run({}, 'stats', report);
  await source.session.query(`DELETE FROM transactions WHERE tx_id IN ('i', 'j', 'k', 'l', 'm')`);
  await run({}, 'sync');
});

describe('a sync does not fail over the ready-made views', () => {
  test.each([
    ['numeric(30,13)', 'USING normalized_amount::numeric(30,13)', null],
    ['numeric(38,20)', 'USING normalized_amount::numeric(38,20)', null],
    ['numeric', '', null],
    ['bigint', 'USING normalized_amount::bigint', null],
    ['double precision', '', 'normalized_amount (DOUBLE) that is no exact number'],
    ['money', 'USING normalized_amount::numeric::money', 'which is no number'],
    ['numeric(15,2)', 'USING normalized_amount::numeric(15,2)', null],
  ])('normalized_amount %s', async (type, using, why) => {
    await source.session.query(`ALTER TABLE transactions ALTER COLUMN normalized_amount TYPE ${type} ${using}`);
    const { warnings } = await run({}, 'sync');
    expect(warnings).toEqual(why === null ? [] : [expect.stringContaining(why)]);
    const views = await source.rows('SELECT view_name FROM duckdb_views() WHERE NOT internal');
    expect(views).toHaveLength(why === null ? 4 : 0);
    if (why === null) expect((await stats()).total.amount).toBe(150);
  });

  test.each(['date', 'timestamptz', 'text', 'timestamp'])('timestamp %s', async (type) => {
    await source.session.query(
      `ALTER TABLE transactions ALTER COLUMN timestamp DROP NOT NULL, ALTER COLUMN timestamp TYPE ${type} USING timestamp::${type}`,
    );
    expect((await run({}, 'sync')).warnings).toEqual([]);
    const [row] = await source.rows<{ net: string }>('SELECT sum(net)::VARCHAR AS net FROM monthly_spending');
    expect(row?.net).toBe('150.00');
    expect((await stats()).total.amount).toBe(150);
  });
});
