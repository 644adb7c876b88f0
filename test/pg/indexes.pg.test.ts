import fs from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(async () => {
  await source.reset();
  await source.session.query(`CREATE TABLE t (id int PRIMARY KEY, category text, merchant text);
    CREATE TABLE other (id int PRIMARY KEY, n int);
    INSERT INTO t SELECT i, 'c' || i % 7, 'm' || i FROM generate_series(1, 30000) i; INSERT INTO other VALUES (1, 1)`);
});

const indexes = async (): Promise<string[]> => {
  const rows = await source.rows<{ name: string }>('SELECT index_name AS name FROM duckdb_indexes() ORDER BY 1');
  return rows.map((row) => row.name);
};

describe('--indexes', () => {
  test('makes them for the columns that a table has, also when no transaction happened since', async () => {
    await source.sync('t,other');
    expect(await indexes()).toEqual([]);
    const { tables } = await source.sync('t,other', '--indexes');
    expect(tables.map(({ mode }) => mode)).toEqual(['none', 'none']);
    expect(await indexes()).toEqual(['idx_t_category', 'idx_t_merchant']);
    const before = await source.rows('SELECT count(*) AS n FROM t');
    expect((await source.sync('t,other', '--indexes')).tables.map(({ mode }) => mode)).toEqual(['none', 'none']);
    expect(await source.rows('SELECT count(*) AS n FROM t')).toEqual(before);
  });

  test('are kept by incremental syncs and repairs, and made again by full loads', async () => {
    await source.sync('t', '--indexes');
    await source.session.query("UPDATE t SET category = 'x' WHERE id < 50; DELETE FROM t WHERE id > 29990");
    expect((await source.sync('t')).tables).toMatchObject([{ mode: 'incremental', upserted: 49, deleted: 10 }]);
    expect(await indexes()).toEqual(['idx_t_category', 'idx_t_merchant']);
    expect(await source.rows("SELECT count(*)::INTEGER AS n FROM t WHERE category = 'x'")).toEqual([{ n: 49 }]);
    const repaired = await runCli(['validate', '--repair'], { env: source.env('t') });
    expect(repaired.code).toBe(0);
    expect(await indexes()).toEqual(['idx_t_category', 'idx_t_merchant']);
    await source.sync('t', '--full', '--indexes');
    expect(await indexes()).toEqual(['idx_t_category', 'idx_t_merchant']);
  });

  test('are kept when the file is written anew because changes have bloated it', async () => {
    await source.session.query('CREATE TABLE wide (id int PRIMARY KEY, category text, v text)');
    await source.session.query(
      "INSERT INTO wide SELECT i, 'c' || i % 7, md5(i::text) || md5((i + 1)::text) FROM generate_series(1, 60000) i",
    );
    await source.sync('wide', '--indexes');
    const sizes: number[] = [];
    // Less than a quarter at a time, so that the changes are applied rather than the table loaded again.
    for (let round = 0; round < 12; round++) {
      await source.session.query(`UPDATE wide SET v = md5(v) || md5(v || 'x') WHERE id % 5 = ${round % 5}`);
      expect((await source.sync('wide')).tables).toMatchObject([{ mode: 'incremental', upserted: 12000 }]);
      sizes.push(fs.statSync(source.duckdbPath).size);
    }
    // It shrank at least once: that was the new file.
    expect(sizes.some((size, round) => size < (sizes[round - 1] ?? 0))).toBe(true);
    expect(await indexes()).toEqual(['idx_wide_category']);
  });

  test('that no table can have are refused, also when no transaction happened since', async () => {
    const env = { FINANCE_DB_INDEXES: 'category,marchent' };
    for (const round of ['first', 'again']) {
      const { code, stderr } = await source.trySync('t,other', [], { env });
      expect([round, code]).toEqual([round, 2]);
      expect(stderr).toMatch(/CONFIG.*no table has a column "marchent"/);
      expect(stderr).toMatch(/category, merchant, n/);
      if (round === 'first') await source.sync('t,other');
    }
    expect(await indexes()).toEqual([]);
    // Of some tables only, another one may have it.
    expect((await source.trySync('t,other', ['--tables', 'other'], { env })).code).toBe(0);
  });
});
