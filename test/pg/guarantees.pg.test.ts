import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { describeTables } from '../../src/postgres/catalogue.ts';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { until } from '../support/until.ts';

// What the catalogue says of a table, and what of it PostgreSQL really holds to for all rows that are read.
let fixture: Fixture;
let version: number;
beforeAll(async () => {
  fixture = await makeFixture();
  const [row] = await fixture.session.query<{ v: string }>("SELECT current_setting('server_version_num') AS v");
  version = Number(row?.v);
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

const run = (sql: string) => fixture.session.query(sql);
const describeOne = async (name: string) => {
  const [source] = await describeTables(fixture.session, [{ schema: 'public', name }]);
  if (source === undefined) throw new Error('no table');
  return source;
};
const skipBefore = (least: number): boolean => {
  if (version < least * 10_000) process.stderr.write(`SKIPPED: needs PostgreSQL ${least}\n`);
  return version < least * 10_000;
};

describe('tables that are no local heap', () => {
  const METHOD =
    'DROP ACCESS METHOD IF EXISTS standin; CREATE ACCESS METHOD standin TYPE TABLE HANDLER heap_tableam_handler;';
  const ROWS = 'INSERT INTO t SELECT i FROM generate_series(1, 1000) i';

  test.each([
    ['of another access method', `${METHOD} CREATE TABLE t (id int PRIMARY KEY) USING standin; ${ROWS}`],
    [
      'with a partition of another access method',
      `${METHOD} CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id);
       CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (500); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (500) TO (9999) USING standin; ${ROWS}`,
    ],
    [
      'with a child of another access method',
      `${METHOD} CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE c () INHERITS (t) USING standin; ${ROWS}`,
    ],
  ])('%s: a full load each time, though nothing happened', async (_name, sql) => {
    await run(sql);
    for (const reason of [
      'first sync of this table',
      'the access method standin does not keep row versions as heap does',
    ])
      expect((await fixture.sync('t', '--validate')).tables).toEqual([
        expect.objectContaining({ mode: 'full', reason, rows: 1000 }),
      ]);
  });

  test('of Citus, whose catalogue a table of that name stands for', async () => {
    await run('CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE here (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
    await run('SET allow_system_table_mods = on; CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass)');
    try {
      await run("INSERT INTO pg_catalog.pg_dist_partition VALUES ('public.t')");
      await fixture.sync('t,here');
      expect((await fixture.sync('t,here')).tables).toEqual([
        expect.objectContaining({ table: 't', mode: 'full', reason: expect.stringContaining('Citus'), rows: 1 }),
        expect.objectContaining({ table: 'here', mode: 'none' }),
      ]);
      // A role that may not see which tables these are has to take each for one of them.
      await run(`DO $$ BEGIN CREATE ROLE citus_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT SELECT ON here TO citus_reader; SET ROLE citus_reader`);
      expect((await describeOne('here')).otherStorage).toMatch(/Citus/);
      await run('RESET ROLE; GRANT SELECT ON pg_catalog.pg_dist_partition TO citus_reader; SET ROLE citus_reader');
      expect((await describeOne('here')).otherStorage).toBeNull();
    } finally {
      await run('RESET ROLE; DROP TABLE pg_catalog.pg_dist_partition; RESET allow_system_table_mods');
      await run('DROP OWNED BY citus_reader; DROP ROLE citus_reader');
    }
    // Nobody but a superuser makes a table there; one of that name elsewhere says nothing.
    await run("CREATE TABLE pg_dist_partition (logicalrelid regclass); INSERT INTO pg_dist_partition VALUES ('here')");
    expect((await describeOne('here')).otherStorage).toBeNull();
  });
});

describe('NOT NULL', () => {
  const PARENT = 'CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL);';

  test('of a parent, where a child allows NULL', async () => {
    // Before 18 a child may drop what it inherited; there and from 18 on, one that is younger may come without it.
    await run(
      version < 180000
        ? `${PARENT} CREATE TABLE c () INHERITS (t); ALTER TABLE c ALTER v DROP NOT NULL; INSERT INTO c VALUES (2, NULL)`
        : `CREATE TABLE t (id int PRIMARY KEY, v text, CONSTRAINT nn NOT NULL v NO INHERIT); CREATE TABLE c () INHERITS (t); INSERT INTO c VALUES (2, NULL)`,
    );
    await run("INSERT INTO t VALUES (1, 'a')");
    const source = await describeOne('t');
    expect(source.columns.map(({ name, notNull }) => [name, notNull])).toEqual([
      ['id', expect.any(Boolean)],
      ['v', false],
    ]);
    expect(await fixture.sync('t', '--validate')).toMatchObject({ tables: [{ rows: 2 }] });
  });

  test('that is not valid [from 18]', async () => {
    if (skipBefore(18)) return;
    await run('CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, NULL)');
    await run('ALTER TABLE t ADD CONSTRAINT nn NOT NULL v NOT VALID; CREATE UNIQUE INDEX ON t (v)');
    const source = await describeOne('t');
    expect(source.columns.find(({ name }) => name === 'v')?.notNull).toBe(false);
    expect(await fixture.sync('t', '--validate')).toMatchObject({ tables: [{ rows: 1 }] });
    await run("UPDATE t SET v = 'x'; ALTER TABLE t VALIDATE CONSTRAINT nn");
    expect((await describeOne('t')).columns.find(({ name }) => name === 'v')?.notNull).toBe(true);
    expect(await fixture.sync('t', '--validate')).toMatchObject({ tables: [{ mode: 'full' }] });
  });

  test('of a foreign table', async () => {
    const [fdw] = await run("SELECT FROM pg_available_extensions WHERE name = 'file_fdw'");
    if (fdw === undefined) {
      process.stderr.write('SKIPPED: no file_fdw\n');
      return;
    }
    await run(`CREATE EXTENSION file_fdw; CREATE SERVER s FOREIGN DATA WRAPPER file_fdw;
      CREATE FOREIGN TABLE t (id int NOT NULL, v text NOT NULL) SERVER s OPTIONS (program 'echo 1,', format 'csv')`);
    expect(await fixture.sync('t')).toMatchObject({ tables: [{ rows: 1 }] });
    // One foreign partition: the whole table is loaded each time, though nothing happened.
    await run(`CREATE TABLE p (id int NOT NULL, v text) PARTITION BY RANGE (id);
      CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (10) TO (20); INSERT INTO p VALUES (12, 'here');
      CREATE FOREIGN TABLE p_2 PARTITION OF p FOR VALUES FROM (0) TO (10) SERVER s OPTIONS (program 'echo 1,', format 'csv')`);
    for (const reason of ['first sync of this table', 'a foreign table has no row versions to follow'])
      expect((await fixture.sync('p')).tables).toEqual([expect.objectContaining({ mode: 'full', reason, rows: 2 })]);
    await run('DROP EXTENSION file_fdw CASCADE');
  });
});

describe('a key', () => {
  test.each<[string, string, string[] | null]>([
    ['a primary key', 'ALTER TABLE t ADD PRIMARY KEY (a, b)', ['a', 'b']],
    ['a unique index', 'CREATE UNIQUE INDEX ON t (a)', ['a']],
    ['with more columns included', 'CREATE UNIQUE INDEX ON t (a) INCLUDE (n)', ['a']],
    ['a deferrable one', 'ALTER TABLE t ADD UNIQUE (a) DEFERRABLE', null],
    ['a partial one', 'CREATE UNIQUE INDEX ON t (a) WHERE b > 0', null],
    ['over an expression', 'CREATE UNIQUE INDEX ON t ((a + 1))', null],
    ['over a column that may be NULL', 'CREATE UNIQUE INDEX ON t (n)', null],
    ['no unique one', 'CREATE INDEX ON t (a)', null],
    ['of a table that has children', 'ALTER TABLE t ADD PRIMARY KEY (a); CREATE TABLE c () INHERITS (t)', null],
  ])('%s', async (_name, sql, key) => {
    await run(`CREATE TABLE t (a int NOT NULL, b int NOT NULL, n int); ${sql}`);
    expect((await describeOne('t')).key).toEqual(key);
  });

  test('with NULLS NOT DISTINCT [from 15]', async () => {
    if (skipBefore(15)) return;
    await run('CREATE TABLE t (n int UNIQUE NULLS NOT DISTINCT)');
    expect((await describeOne('t')).key).toBeNull();
  });

  test('that could not be built', async () => {
    await run('CREATE TABLE t (a int NOT NULL); INSERT INTO t VALUES (1), (1)');
    await expect(run('CREATE UNIQUE INDEX CONCURRENTLY ON t (a)')).rejects.toThrow('could not create unique index');
    expect((await describeOne('t')).key).toBeNull();
    expect(await fixture.sync('t', '--validate')).toMatchObject({ tables: [{ rows: 2 }] });
  });

  test('of a parent whose child holds the same one again', async () => {
    await run('CREATE TABLE t (a int PRIMARY KEY, v text); CREATE TABLE c () INHERITS (t)');
    await run("INSERT INTO t VALUES (1, 'parent'); INSERT INTO c VALUES (1, 'child')");
    for (let round = 0; round < 2; round++)
      expect(await fixture.sync('t', '--validate')).toMatchObject({ tables: [{ mode: 'full', rows: 2 }] });
    await run("UPDATE c SET v = 'changed'");
    expect(await fixture.sync('t', '--validate')).toMatchObject({ tables: [{ mode: 'full', rows: 2 }] });
  });
});

describe('what reading writes to the log', () => {
  const position = async (which: 'insert' | 'flush'): Promise<bigint> => {
    const [row] = await run(`SELECT pg_current_wal_${which}_lsn() - '0/0' AS lsn`);
    return BigInt(row?.['lsn'] ?? '');
  };
  /** How many transactions of sessions that have ended were given up; a session tells when it ends. */
  const givenUp = async (): Promise<string | null | undefined> => {
    const ours = "SELECT FROM pg_stat_activity WHERE application_name = 'finance-db' AND datname = current_database()";
    await until('its sessions have ended', async () => {
      const [row] = await run(`SELECT count(*) AS n FROM (${ours} AND pid <> pg_backend_pid()) s`);
      return row?.['n'] === '0';
    });
    const [row] = await run('SELECT xact_rollback AS n FROM pg_stat_database WHERE datname = current_database()');
    return row?.['n'];
  };

  // A transaction that is given up tells nobody to write it out, and an idle server does so after many seconds.
  test.each(['sync', 'validate'])('is written out soon after `%s`, which ends by COMMIT', async (command) => {
    // Autovacuum gives transactions up, and has others give up theirs.
    await run(
      "CREATE TABLE t (id int PRIMARY KEY, v text) WITH (autovacuum_enabled = off); INSERT INTO t SELECT i, 'a' FROM generate_series(1, 3000) i",
    );
    await fixture.sync('t');
    // What else runs in the server may give up a transaction of its own, by chance; ours would each time.
    let [after, isKept] = [0n, false];
    for (let attempt = 0; attempt < 3 && !isKept; attempt++) {
      // Pages are full of rows that nobody sees any more: who reads them next cleans them.
      await run(`UPDATE t SET v = 'b${attempt}'`);
      if (command === 'validate') await run('UPDATE t SET v = v');
      const [before, rollbacks] = [await position('insert'), await givenUp()];
      expect(await runCli([command], { env: fixture.env('t') })).toMatchObject({ code: 0 });
      after = await position('insert');
      expect(after > before).toBe(true);
      isKept = (await givenUp()) === rollbacks;
    }
    expect(isKept).toBe(true);
    await until('the log is on the disk', async () => (await position('flush')) >= after);
  });
});
