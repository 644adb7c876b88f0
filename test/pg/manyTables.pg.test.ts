import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Fixture, makeFixture } from '../support/fixture.ts';

/** At once they would take 100 MB of DuckDB's memory (0.9 MB each, whatever is in them). */
const TABLES = 110;
const MEMORY = ['--memory', '70MB'];

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());

test('memory does not grow with the number of tables', async () => {
  await source.session.query(
    `DO $$ BEGIN FOR i IN 1..${TABLES} LOOP
      EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, v text)', i);
      EXECUTE format('INSERT INTO t%s VALUES (1, ''a''), (2, ''b'')', i);
    END LOOP; END $$`,
  );
  const names = Array.from({ length: TABLES }, (_, index) => `t${index + 1}`).join(',');
  const full = await source.sync(names, ...MEMORY);
  expect(full.tables.every(({ mode, rows }) => mode === 'full' && rows === 2)).toBe(true);
  expect(
    await source.rows(
      "SELECT count(*)::INT AS n FROM duckdb_tables() WHERE schema_name = 'main' AND table_name LIKE 't%'",
    ),
  ).toEqual([{ n: TABLES }]);
  expect(await source.rows('SELECT count(*)::INT AS n FROM finance_db.sync_state')).toEqual([{ n: TABLES }]);

  await source.session.query("UPDATE t7 SET v = 'c' WHERE id = 1; DELETE FROM t8 WHERE id = 2");
  const changed = await source.sync(names, ...MEMORY);
  expect(changed.tables.filter(({ upserted, deleted }) => upserted + deleted > 0)).toMatchObject([
    { table: 't7', mode: 'incremental', upserted: 1, deleted: 0 },
    { table: 't8', mode: 'incremental', upserted: 0, deleted: 1 },
  ]);
  // Every table changed, and each by its changes alone.
  await source.session.query(
    `DO $$ BEGIN FOR i IN 1..${TABLES} LOOP EXECUTE format('INSERT INTO t%s SELECT x, ''n'' FROM generate_series(3, 20) x', i); END LOOP; END $$`,
  );
  await source.sync(names, ...MEMORY);
  await source.session.query(
    `DO $$ BEGIN FOR i IN 1..${TABLES} LOOP EXECUTE format('UPDATE t%s SET v = ''u'' WHERE id = 5', i); END LOOP; END $$`,
  );
  const all = await source.sync(names, ...MEMORY);
  expect(all.tables.every(({ mode, upserted }) => mode === 'incremental' && upserted === 1)).toBe(true);
  expect(await source.rows("SELECT count(*)::INT AS n FROM t110 WHERE v = 'u'")).toEqual([{ n: 1 }]);
});
