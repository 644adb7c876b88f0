import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Fixture, makeFixture, type SyncDocument } from '../support/fixture.ts';
import { fromServer } from '../support/fromServer.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(() => source.reset());

const run = (sql: string): Promise<unknown> => source.session.query(sql);
const syncEqual = (tables: string, ...flags: string[]): Promise<SyncDocument> => source.syncEqual(tables, ...flags);

/** What the sync did with its only table. */
async function step(tables: string): Promise<{ mode: string; reason: string }> {
  const { tables: done } = await syncEqual(tables);
  return { mode: done[0]?.mode ?? '', reason: done[0]?.reason ?? '' };
}

describe('names', () => {
  test('of tables, columns and schemas may be anything', async () => {
    await run(`CREATE SCHEMA "My ""Schema"", x"; CREATE SCHEMA "select"; CREATE SCHEMA "日本 é";
      CREATE TABLE "My ""Schema"", x"."a.b" ("from" int PRIMARY KEY, "we ""ird; --" text, "ROWID" int, "日本" text, "c0" text, "x y" int);
      INSERT INTO "My ""Schema"", x"."a.b" VALUES (1, 'one', 7, 'é', 'c', 2), (2, NULL, NULL, NULL, NULL, NULL);
      CREATE TABLE "select"."table" ("order" text, "group" text, "t" int, "d" int, "k" int, PRIMARY KEY ("order", "group"));
      INSERT INTO "select"."table" VALUES ('a', 'b', 1, 2, 3), ('a', 'c', 4, 5, 6), ('', '', 0, 0, 0);
      CREATE TABLE "日本 é"."Größe'" ("id" int PRIMARY KEY, "bucket" int, "rows" int, "text" text, "key" int, "value" int);
      INSERT INTO "日本 é"."Größe'" VALUES (1, 1, 1, 'x', 1, 1), (2, 2, 2, 'y', 2, 2);
      CREATE TABLE "Mixed" (id int PRIMARY KEY, "Case" text); INSERT INTO "Mixed" VALUES (1, 'a'), (2, 'b')`);
    const tables = `"My ""Schema"", x"."a.b", select.table, "日本 é"."Größe'", Mixed`;
    expect((await syncEqual(tables)).tables.map((table) => table.mode)).toEqual(['full', 'full', 'full', 'full']);
    await run(`UPDATE "My ""Schema"", x"."a.b" SET "we ""ird; --" = 'changed' WHERE "from" = 1; DELETE FROM "My ""Schema"", x"."a.b" WHERE "from" = 2;
      UPDATE "select"."table" SET "group" = 'z' WHERE "group" = 'b'; DELETE FROM "日本 é"."Größe'" WHERE id = 1; UPDATE "Mixed" SET "Case" = 'B' WHERE id = 2`);
    expect((await syncEqual(tables)).tables.map(({ mode, deleted }) => [mode, deleted])).toEqual([
      ['incremental', 1],
      ['incremental', 1],
      ['incremental', 1],
      ['incremental', 0],
    ]);
  });

  test.each(['finance', 'target', 'main'])('of a schema may be %s', async (schema) => {
    await run(`CREATE SCHEMA "${schema}"; CREATE TABLE "${schema}".t (id int PRIMARY KEY, v text);
      INSERT INTO "${schema}".t VALUES (1, 'a'), (2, 'b')`);
    await source.sync(`${schema}.t`);
    await run(`DELETE FROM "${schema}".t WHERE id = 1; INSERT INTO "${schema}".t VALUES (3, 'c')`);
    expect((await source.sync(`${schema}.t`)).tables).toMatchObject([{ mode: 'incremental', rows: 2 }]);
    // The file is called finance.duckdb, which would make "finance" a name of two things in DuckDB.
    expect(await source.rows(`SELECT id FROM "${schema}".t ORDER BY 1`)).toEqual([{ id: 2 }, { id: 3 }]);
  });

  test.each(['temp', 'system', 'memory', 'pg_catalog', 'finance_db', 'finance_db_copy'])(
    'of a schema may not be %s, which means something else in DuckDB',
    async (schema) => {
      const result = await source.trySync(`${schema}.t`);
      expect(result.code).toBe(2);
      expect(result.stderr).toContain(`the schema ${schema} is reserved`);
    },
  );

  test.each(['finance_db', 'target', 'main', 'memory', 'temp', 'finance_db_copy', "it's a.b"])(
    'of the DuckDB file may be %s.duckdb',
    async (name) => {
      await run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
      const file = path.join(source.folder, `${name}.duckdb`);
      await source.sync('t', '--duckdb', file);
      await run('DELETE FROM t WHERE id = 1');
      expect((await source.sync('t', '--duckdb', file)).tables).toMatchObject([{ mode: 'incremental', deleted: 1 }]);
      expect((await source.sync('t', '--duckdb', file)).tables).toMatchObject([{ mode: 'none' }]);
    },
  );

  test('of tables may not be those of our temporary tables', async () => {
    const result = await source.trySync('finance_db_keys');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('table names that begin with finance_db_ are reserved');
  });

  test('that DuckDB cannot tell apart are refused', async () => {
    await run('CREATE TABLE t (id int PRIMARY KEY, "A" int, a int)');
    expect((await source.trySync('t')).code).toBe(6);
    await run('CREATE TABLE "T" (id int)');
    expect((await source.trySync('t,T')).code).toBe(2);
  });

  test.each([
    ['c', 'C'],
    ['t', 'main.t'],
  ])('that DuckDB cannot tell apart, %s and %s, are refused one after the other too', async (first, second) => {
    await run(`CREATE SCHEMA main; CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY);
      CREATE TABLE "C" (id int PRIMARY KEY); CREATE TABLE main.t (id int PRIMARY KEY); INSERT INTO ${first} VALUES (1)`);
    await syncEqual(first);
    const before = fs.readFileSync(source.duckdbPath);
    const refused = await source.trySync(second);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`the DuckDB file holds ${first}, which DuckDB cannot tell from ${second}`);
    expect(fs.readFileSync(source.duckdbPath).equals(before)).toBe(true);
    expect(await step(first)).toMatchObject({ mode: 'none' });
  });
});

describe('keys', () => {
  const KEYS: readonly (readonly [name: string, type: string, of: string])[] = [
    ['int', 'int', 'i'],
    ['negative', 'bigint', '-i * 4294967296'],
    ['text', 'text', "'k' || i || 'é'"],
    ['varchar', 'varchar(50)', "'k' || i"],
    ['char', 'char(12)', "'k' || i"],
    ['uuid', 'uuid', 'md5(i::text)::uuid'],
    ['inet', 'inet', "'10.0.0.0'::inet + i"],
    ['numeric', 'numeric(12,3)', 'i + 0.125'],
    ['unconstrained', 'numeric', 'i / 8.0'],
    ['timestamp', 'timestamp', "'2020-01-01'::timestamp + i * interval '1.000001 s'"],
    ['timestamptz', 'timestamptz', "'2020-01-01'::timestamptz + i * interval '1 s'"],
    ['date', 'date', "'1900-01-01'::date + i"],
    ['bytea', 'bytea', "decode(md5(i::text), 'hex')"],
    ['float', 'float8', 'i / 3.0::float8'],
    ['enumlike', '"char"[]', 'string_to_array(i::text, NULL)::"char"[]'],
  ];

  test('of all kinds: few deletes among many rows are found bucket by bucket', async () => {
    for (const [name, type, of] of KEYS)
      await run(
        `CREATE TABLE key_${name} (k ${type} PRIMARY KEY, n int); INSERT INTO key_${name} SELECT ${of}, i FROM generate_series(1, 12000) i`,
      );
    const tables = KEYS.map(([name]) => `key_${name}`).join(',');
    await syncEqual(tables);
    for (const [name] of KEYS)
      await run(
        `DELETE FROM key_${name} WHERE n % 3000 = 7; UPDATE key_${name} SET n = -n WHERE n % 2000 = 9; DELETE FROM key_${name} WHERE n = 12000; INSERT INTO key_${name} SELECT k, 12000 FROM key_${name} WHERE false`,
      );
    const { tables: done } = await syncEqual(tables);
    for (const table of done) expect(table).toMatchObject({ mode: 'incremental', upserted: 6, deleted: 5 });
  });

  test('composite, of several types, in another order than the columns', async () => {
    await run(`CREATE TABLE t (v text, a uuid, b numeric(6,2), c timestamptz, d int, PRIMARY KEY (d, c, a, b));
      INSERT INTO t SELECT i::text, md5((i / 7)::text)::uuid, i % 7, '2020-01-01'::timestamptz + (i % 5) * interval '1 day', i % 11 FROM generate_series(1, 15000) i`);
    await syncEqual('t');
    await run(
      "DELETE FROM t WHERE v IN ('1', '500', '14999'); UPDATE t SET d = d + 100 WHERE v = '77'; UPDATE t SET v = 'x' WHERE v = '78'",
    );
    expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'incremental', upserted: 2, deleted: 4 }]);
  });

  test('unique instead of primary; partial, deferrable, expression and nullable ones do not count', async () => {
    await run(`CREATE TABLE u (a int NOT NULL UNIQUE, v text); INSERT INTO u VALUES (1, 'x');
      CREATE TABLE n (a int UNIQUE, b int NOT NULL, c int NOT NULL UNIQUE DEFERRABLE, v text);
      CREATE UNIQUE INDEX ON n (b) WHERE v = 'x'; CREATE UNIQUE INDEX ON n ((b + 1)); INSERT INTO n VALUES (NULL, 1, 1, 'x'), (NULL, 2, 2, 'y')`);
    await syncEqual('u,n');
    await run("UPDATE u SET v = 'y'; UPDATE n SET v = 'z' WHERE b = 1");
    expect((await syncEqual('u,n')).tables).toMatchObject([
      { mode: 'incremental' },
      { mode: 'full', reason: expect.stringContaining('no primary key') },
    ]);
  });

  test('of a collation that takes different texts for equal', async () => {
    await run(`CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE t (k text COLLATE nocase PRIMARY KEY, n int); INSERT INTO t SELECT 'Key' || i, i FROM generate_series(1, 12000) i`);
    await syncEqual('t');
    await run("UPDATE t SET k = 'KEY5' WHERE n = 5; DELETE FROM t WHERE n = 9");
    expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'incremental', upserted: 1, deleted: 2 }]);
  });
});

describe('kinds of tables', () => {
  test('without a key are loaded anew each time, duplicates and all', async () => {
    await run('CREATE TABLE t (v int); INSERT INTO t VALUES (1), (1), (NULL), (NULL)');
    await syncEqual('t');
    expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'none' }]);
    await run('INSERT INTO t VALUES (1)');
    expect((await syncEqual('t')).tables).toMatchObject([
      { mode: 'full', rows: 5, reason: expect.stringContaining('no primary key') },
    ]);
  });

  test('views and materialized views', async () => {
    await run(`CREATE TABLE t (id int PRIMARY KEY, v numeric(9,2)); INSERT INTO t SELECT i, i / 4.0 FROM generate_series(1, 50) i;
      CREATE VIEW v AS SELECT id, v, v * 2 AS twice FROM t WHERE id > 10; CREATE MATERIALIZED VIEW m AS SELECT * FROM v`);
    await syncEqual('v,m,t');
    await run('DELETE FROM t WHERE id = 11; INSERT INTO t VALUES (99, 1)');
    expect((await syncEqual('v,m,t')).tables.map((table) => table.mode)).toEqual(['full', 'full', 'incremental']);
    await run('REFRESH MATERIALIZED VIEW m');
    await syncEqual('v,m,t');
  });

  test('a view that reads the clock is read again though no transaction happened', async () => {
    await run('CREATE VIEW v AS SELECT 1 AS id, clock_timestamp()::text AS moment');
    const value = async (): Promise<unknown> =>
      (await source.rows<{ moment: string }>('SELECT moment FROM v'))[0]?.moment;
    await source.sync('v');
    const before = await value();
    expect((await source.sync('v')).tables).toMatchObject([{ mode: 'full' }]);
    expect(await value()).not.toBe(before);
  });

  test('partitioned, with partitions attached, detached and dropped', async () => {
    await run(`CREATE TABLE p (id int, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
      CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY LIST (id);
      CREATE TABLE p2a PARTITION OF p2 FOR VALUES IN (1, 2, 3); CREATE TABLE p2b PARTITION OF p2 DEFAULT;
      INSERT INTO p SELECT i, '2020-01-01'::date + i, 'v' || i FROM generate_series(1, 700) i;
      CREATE TABLE old (id int, at date, v text, PRIMARY KEY (id, at)); INSERT INTO old SELECT i, '2022-06-01', 'old' FROM generate_series(1, 100) i`);
    expect(await step('p')).toMatchObject({ mode: 'full' });
    // Rows that are older than the last sync come in with a partition, others go with one.
    await run("ALTER TABLE p ATTACH PARTITION old FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')");
    expect(await step('p')).toEqual({ mode: 'incremental', reason: 'partitions were attached or detached' });
    await run("ALTER TABLE p DETACH PARTITION p1; UPDATE p SET v = 'x' WHERE id = 5");
    expect(await step('p')).toMatchObject({ mode: 'incremental' });
    await run("ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01'); DROP TABLE p2");
    expect(await step('p')).toMatchObject({ mode: 'incremental' });
    await run('DROP TABLE old; TRUNCATE p1');
    expect(await step('p')).toMatchObject({ mode: 'incremental' });
    await run(
      "CREATE TABLE p9 PARTITION OF p DEFAULT; INSERT INTO p VALUES (1, '2030-01-01', 'new'), (1, '2020-05-05', 'new')",
    );
    expect(await step('p')).toMatchObject({ mode: 'incremental' });
    await run("UPDATE p SET at = '2020-05-06' WHERE at = '2030-01-01'");
    expect(await step('p')).toEqual({ mode: 'incremental', reason: 'changes since the last sync' });
  });

  test('a partition with other physical columns than its parent', async () => {
    await run(`CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
      CREATE TABLE part (gone int, v text, id int NOT NULL); ALTER TABLE part DROP COLUMN gone; INSERT INTO part VALUES ('a', 1), ('b', 2);
      ALTER TABLE p ATTACH PARTITION part FOR VALUES FROM (0) TO (100)`);
    await syncEqual('p');
    await run("UPDATE p SET v = 'c' WHERE id = 2");
    expect(await step('p')).toMatchObject({ mode: 'incremental' });
  });

  fromServer(18)('generated columns, stored and virtual, follow what they are made of [from 18]', async () => {
    await run(`CREATE TABLE t (id int PRIMARY KEY, a int, s int GENERATED ALWAYS AS (a * 2) STORED, w int GENERATED ALWAYS AS (a * 3) VIRTUAL, i int GENERATED ALWAYS AS IDENTITY);
      INSERT INTO t (id, a) SELECT i, i FROM generate_series(1, 100) i`);
    await syncEqual('t');
    await run('UPDATE t SET a = 1000 WHERE id = 7');
    expect(await step('t')).toMatchObject({ mode: 'incremental' });
    await run('ALTER TABLE t ALTER COLUMN w SET EXPRESSION AS (a * 5)');
    expect(await step('t')).toEqual({ mode: 'full', reason: 'the definition of the table changed' });
  });

  test('with rows of several megabytes among small ones, and with more than DuckDB’s memory holds', async () => {
    const fill = (megabytes: number, every: number): Promise<unknown> =>
      run(`DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text);
        INSERT INTO t SELECT i, CASE WHEN i % ${every} = 0 THEN repeat(i || 'é', ${megabytes} * 250000) ELSE 'small' END FROM generate_series(1, 60) i`);
    await fill(3, 15);
    expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'full', rows: 60 }]);
    await run("UPDATE t SET v = v || 'x' WHERE id < 30");
    expect((await syncEqual('t')).tables).toMatchObject([{ mode: 'incremental', upserted: 29 }]);
    await fill(10, 5);
    const refused = await source.trySync('t', ['--memory', '100MB']);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('--memory');
    expect(await source.rows('SELECT count(*)::INTEGER AS n FROM t')).toEqual([{ n: 60 }]);
  });

  test('unlogged, temporary-like rewrites, and children by inheritance', async () => {
    await run(`CREATE UNLOGGED TABLE u (id int PRIMARY KEY, v text); INSERT INTO u SELECT i, i FROM generate_series(1, 500) i;
      CREATE TABLE base (id int PRIMARY KEY, v text); CREATE TABLE child (extra int) INHERITS (base);
      INSERT INTO base VALUES (1, 'base'); INSERT INTO child VALUES (1, 'child', 5), (2, 'child', 6)`);
    await syncEqual('u,base,child');
    await run("UPDATE child SET v = 'x' WHERE id = 2; DELETE FROM u WHERE id = 9; ALTER TABLE u SET LOGGED");
    const { tables } = await syncEqual('u,base,child');
    expect(tables.map((table) => table.mode)).toEqual(['incremental', 'full', 'full']);
    await run("CREATE TABLE more () INHERITS (u); INSERT INTO more VALUES (1, 'dup')");
    expect(await step('u')).toMatchObject({ mode: 'full', reason: expect.stringContaining('inheritance') });
  });

  test('under row-level security are read anew, as this role sees them', async () => {
    await run(`DROP ROLE IF EXISTS rls_reader; CREATE ROLE rls_reader LOGIN PASSWORD 'x'`);
    await run(`CREATE TABLE t (id int PRIMARY KEY, owner text); INSERT INTO t VALUES (1, 'a'), (2, 'b');
      CREATE TABLE allowed (owner text); INSERT INTO allowed VALUES ('a'); GRANT SELECT ON t, allowed TO rls_reader;
      ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (owner IN (SELECT owner FROM public.allowed))`);
    // As the superuser, with the role taken on by the connection itself.
    await run(
      `ALTER ROLE ${source.database.address.user} IN DATABASE ${source.database.address.database} SET role = rls_reader`,
    );
    try {
      await source.sync('t');
      expect(await source.rows('SELECT id FROM t')).toEqual([{ id: 1 }]);
      await run("INSERT INTO allowed VALUES ('b')");
      expect((await source.sync('t')).tables).toMatchObject([
        { mode: 'full', reason: expect.stringContaining('row-level') },
      ]);
      expect(await source.rows('SELECT id FROM t ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
      // What it hid is as old as ever when it ends, and as many as went meanwhile.
      await run("DELETE FROM allowed WHERE owner = 'b'");
      await source.sync('t');
      await run('ALTER TABLE t DISABLE ROW LEVEL SECURITY; DELETE FROM t WHERE id = 1');
      await source.sync('t');
      expect(await source.rows('SELECT id FROM t')).toEqual([{ id: 2 }]);
    } finally {
      await run(
        `ALTER ROLE ${source.database.address.user} IN DATABASE ${source.database.address.database} RESET role`,
      );
      await run('DROP OWNED BY rls_reader; DROP ROLE rls_reader');
    }
  });

  test('of no columns, and of no rows', async () => {
    await run('CREATE TABLE none (); CREATE TABLE empty (id int PRIMARY KEY, v text)');
    expect((await source.trySync('none')).code).toBe(6);
    await syncEqual('empty');
    await run("INSERT INTO empty VALUES (1, 'x')");
    expect(await step('empty')).toMatchObject({ mode: 'incremental' });
    await run('DELETE FROM empty');
    expect(await step('empty')).toMatchObject({ mode: 'incremental' });
  });
});

describe('changes of the definition', () => {
  test('each leads to what it needs, and says so', async () => {
    const changed = { mode: 'full', reason: 'the definition of the table changed' };
    await run(`CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id int PRIMARY KEY, v text, n int, m mood);
      INSERT INTO t SELECT i, 'v' || i, i, 'sad' FROM generate_series(1, 200) i`);
    await syncEqual('t');
    await run("ALTER TABLE t ADD COLUMN extra text DEFAULT 'same'");
    expect(await step('t')).toEqual(changed);
    await run('ALTER TABLE t DROP COLUMN n');
    expect(await step('t')).toEqual(changed);
    await run('ALTER TABLE t DROP COLUMN extra; ALTER TABLE t ADD COLUMN extra text');
    expect(await step('t')).toEqual(changed);
    await run('ALTER TABLE t RENAME COLUMN v TO w');
    expect(await step('t')).toEqual(changed);
    await run('ALTER TABLE t ALTER COLUMN w TYPE varchar(40)');
    expect(await step('t')).toEqual(changed);
    await run("ALTER TYPE mood ADD VALUE 'glad'");
    expect(await step('t')).toEqual(changed);
    await run("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'");
    expect(await step('t')).toEqual(changed);
    // What was read while it had another name is not to be told from the labels.
    await run("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TYPE mood RENAME VALUE 'fine' TO 'ok'");
    expect(await step('t')).toEqual(changed);
    await run('ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (w)');
    expect(await step('t')).toEqual(changed);
    await run('TRUNCATE t');
    expect(await step('t')).toMatchObject({ mode: 'incremental' });
    await run(
      "INSERT INTO t (id, w, m) VALUES (1, 'a', 'blue'); DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (5)",
    );
    expect(await step('t')).toEqual({ mode: 'full', reason: 'the table was dropped and made again' });
    await run(
      'ALTER TABLE t RENAME TO elsewhere; CREATE TABLE t AS SELECT * FROM elsewhere; ALTER TABLE t ADD PRIMARY KEY (id)',
    );
    expect(await step('t')).toMatchObject({ mode: 'full' });
  });

  test('a table and a view that take each other’s place', async () => {
    await run("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')");
    await syncEqual('t');
    await run("ALTER TABLE t RENAME TO real_t; CREATE VIEW t AS SELECT id, v || '!' AS v FROM real_t");
    expect(await step('t')).toMatchObject({ mode: 'full' });
    await run('DROP VIEW t; ALTER TABLE real_t RENAME TO t');
    expect(await step('t')).toMatchObject({ mode: 'full' });
  });

  test('a table that vanished is an error that leaves the published file as it is', async () => {
    await run(
      'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)',
    );
    await syncEqual('a,b');
    const before = fs.readFileSync(source.duckdbPath);
    await run('INSERT INTO a VALUES (9); DROP TABLE b');
    const result = await source.trySync('a,b');
    expect(result.code).toBe(3);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'PG_TABLE_MISSING', details: { table: 'b' } } });
    expect(fs.readFileSync(source.duckdbPath).equals(before)).toBe(true);
    expect(fs.readdirSync(source.folder)).toEqual(['finance.duckdb']);
  });

  test('one table more or less in the list leaves the others to their own', async () => {
    await run(
      'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)',
    );
    await syncEqual('a');
    await run('INSERT INTO a VALUES (3)');
    expect((await syncEqual('a,b')).tables.map((table) => table.mode)).toEqual(['incremental', 'full']);
    await run('INSERT INTO b VALUES (4)');
    expect((await syncEqual('b')).tables.map((table) => table.mode)).toEqual(['incremental']);
    await run('INSERT INTO a VALUES (5)');
    // The table that was left out is as old as its own state says, and is caught up from there.
    expect((await syncEqual('a,b')).tables).toMatchObject([
      { mode: 'incremental', upserted: expect.any(Number) },
      { mode: 'incremental' },
    ]);
  });
});
