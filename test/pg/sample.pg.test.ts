import fs from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { clearSampleMark, holdsOnlySample, removeSampleRows } from '../../src/postgres/sampleMark.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(() => source.reset());

const TABLE = { schema: 'public', name: 'transactions' };
const REAL =
  "INSERT INTO transactions (tx_id, timestamp, amount, currency, merchant, account_id, normalized_amount) VALUES ('real-1', '2026-01-02', -1, 'USD', 'M', 'a', -1)";

async function run(...argv: string[]): Promise<CliResult> {
  const result = await runCli(argv, { env: source.env('transactions') });
  expect([result.code, result.code === 0 ? '' : result.stderr]).toEqual([0, '']);
  return result;
}

async function comment(): Promise<string | null | undefined> {
  const [row] = await source.session.query<{ c: string | null }>(
    "SELECT obj_description('transactions'::regclass, 'pg_class') AS c",
  );
  return row?.c;
}

describe('sample rows that init put into PostgreSQL', () => {
  test('are marked there, through every sync, and in every reading command', async () => {
    await run('init', '--sample', '200');
    expect(await comment()).toContain('sample data');
    const notice = 'SAMPLE DATA: all 200 rows of transactions are invented';
    const mark = [{ table: 'transactions', sample_rows: 200, rows: 200 }];
    // Loaded, nothing to do, changed in place: still the sample.
    expect((await run('sync')).stdout).toContain(notice);
    expect(JSON.parse((await run('sync', '--json')).stdout)).toMatchObject({ published: false, sample: mark });
    await source.session.query("UPDATE transactions SET category = 'Mine'");
    expect(JSON.parse((await run('sync', '--json')).stdout)).toMatchObject({ published: true, sample: mark });
    for (const argv of [['stats'], ['query', 'SELECT 1'], ['query', 'SELECT 1', '--json', '-q'], ['status']])
      expect((await run(...argv)).stderr).toContain(notice);
    expect(JSON.parse((await run('stats', '--json')).stdout)).toMatchObject({
      data: { sample: true, sample_tables: mark },
    });
    expect((await run('stats', 'accounts', '--format', 'csv')).stdout).toMatch(/^.*,sample_data\n(?:.*,true\n)+$/);
    expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({ duckdb: { sample_tables: mark } });
    // What SQL asked for in a file of one's own stays as it is.
    expect((await run('query', 'SELECT 1 AS a', '--json')).stdout).toBe('[\n{"a":1}\n]\n');
  });

  test('are still told when the table’s comment is another, and in views and copies', async () => {
    await run('init', '--sample', '30');
    await source.session.query("COMMENT ON TABLE transactions IS 'ours'");
    await source.session.query('CREATE VIEW spending AS SELECT * FROM transactions WHERE amount < 0');
    await source.session.query('CREATE TABLE copied AS SELECT * FROM transactions LIMIT 10');
    const { sample } = JSON.parse((await run('sync', '--tables', 'transactions,spending,copied', '--json')).stdout);
    expect(sample).toEqual([
      { table: 'transactions', sample_rows: 30, rows: 30 },
      { table: 'spending', sample_rows: expect.any(Number), rows: expect.any(Number) },
      { table: 'copied', sample_rows: 10, rows: 10 },
    ]);
  });

  test('among real ones are counted, and gone when they are deleted, though the comment stays', async () => {
    await run('init', '--sample', '20');
    await source.session.query(REAL);
    expect((await run('sync')).stdout).toContain('SAMPLE DATA: 20 of the 21 rows of transactions are invented');
    await source.session.query("DELETE FROM transactions WHERE tx_id LIKE 'hh-%'");
    expect((await run('sync')).stdout).not.toContain('SAMPLE');
    expect((await run('query', 'SELECT 1')).stderr).not.toContain('SAMPLE');
  });

  test('the mark keeps a comment that was there, and goes with a reset', async () => {
    await run('init', '--no-sample');
    await source.session.query("COMMENT ON TABLE transactions IS 'it''s ours'");
    await run('init', '--sample', '5');
    expect(await comment()).toMatch(/^it's ours\nfinance-db sample data/);
    await clearSampleMark(source.session, TABLE);
    expect(await comment()).toBe("it's ours");
    await run('init', '--reset', '--yes', '--no-sample');
    expect(await comment()).toBeNull();
  });

  test('a CSV file loaded beside them is told so', async () => {
    await run('init', '--sample', '5');
    fs.writeFileSync(
      `${source.folder}/real.csv`,
      'tx_id,timestamp,amount,currency,merchant,account_id\nreal-1,2026-01-02,-1.00,USD,M,a\n',
    );
    const { stdout } = await run('init', '--from', `${source.folder}/real.csv`);
    expect(stdout).toMatch(/Note: 5 rows of sample data are in transactions beside 1 row of yours/);
  });

  test('can be told from real ones and removed', async () => {
    const { session } = source;
    await run('init', '--no-sample');
    expect(await holdsOnlySample(session, TABLE)).toBe(false);
    await run('init', '--sample', '30');
    expect(await holdsOnlySample(session, TABLE)).toBe(true);
    await session.query(REAL);
    expect(await holdsOnlySample(session, TABLE)).toBe(false);
    expect(await removeSampleRows(session, TABLE)).toBe(30);
    expect(await session.query('SELECT tx_id FROM transactions')).toEqual([{ tx_id: 'real-1' }]);
    expect(await comment()).toBeNull();
    expect(await removeSampleRows(session, TABLE)).toBe(0);
  });
});

test('a sync that found nothing does not write the file, yet is remembered', async () => {
  await run('init', '--sample', '5');
  await run('sync');
  const before = fs.statSync(source.duckdbPath, { bigint: true });
  // A clock that stands still, however long the steps take.
  const start = Date.now();
  const later = (minutes: number): Date => new Date(start + minutes * 60_000);
  const at = (minutes: number, ...argv: string[]): Promise<CliResult> =>
    runCli(argv, { env: source.env('transactions'), now: later(minutes) });
  expect((await at(180, 'sync')).stdout).toContain('no transaction since');
  expect(fs.statSync(source.duckdbPath, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
  expect((await at(185, 'query', 'SELECT 1')).stderr).toMatch(/data synced 3 h ago, checked 5 min ago/);
  expect((await at(185, 'status')).stdout).toMatch(/Checked +20\S+Z, 5 min ago/);
  const { data } = JSON.parse((await at(185, 'stats', '--json')).stdout) as {
    data: { synced_at: string; checked_at: string };
  };
  expect(Math.round((Date.parse(data.checked_at) - Date.parse(data.synced_at)) / 60_000)).toBe(180);
  // Losing the note is harmless, and one about another file does not count.
  const note = `${source.duckdbPath}.checked`;
  const kept = fs.readFileSync(note, 'utf8');
  fs.rmSync(note);
  expect((await at(185, 'query', 'SELECT 1')).stderr).toMatch(/data synced 3 h ago\n/);
  fs.writeFileSync(note, kept.replace(/"file":"\d+/, '"file":"1'));
  expect((await at(185, 'query', 'SELECT 1')).stderr).toMatch(/data synced 3 h ago\n/);
  fs.writeFileSync(note, 'torn');
  expect((await at(186, 'sync')).code).toBe(0);
  expect((await at(186, 'query', 'SELECT 1')).stderr).toMatch(/, checked 0\.0+ s ago/);
});
