import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readPublishedFile } from '../../src/duckdb/fileState.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { openWorkingCopy } from '../../src/duckdb/workingCopy.ts';
import { partsOf } from '../../src/model/parts.ts';
import { parseTableList } from '../../src/model/tableName.ts';
import { describeTables } from '../../src/postgres/catalogue.ts';
import { readPartitions } from '../../src/postgres/partitions/read.ts';
import { readScanSize } from '../../src/postgres/scanSize.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { compareTable } from '../support/compare.ts';
import { type Fixture, makeFixture, type SyncedTable } from '../support/fixture.ts';
import { type Entry, ofxText } from '../support/statementTexts.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(() => source.reset());

const run = (sql: string): Promise<unknown> => source.session.query(sql);

function setRole(command: string): Promise<unknown> {
  const { user, database } = source.database.address;
  return run(`ALTER ROLE ${user} IN DATABASE ${database} ${command}`);
}

/** Syncs as that role and compares with PostgreSQL. */
async function syncAs(user: string, tables: string, ...flags: string[]): Promise<SyncedTable[]> {
  // As the superuser, with the role taken on by the connection itself.
  if (user !== '') await setRole(`SET role = ${user}`);
  const result = await source.trySync(tables, flags);
  if (user !== '') await setRole('RESET role');
  expect([result.code, result.stderr.replaceAll(/^.*default partition.*\n/gm, '')]).toEqual([0, '']);
  const reader = await openReader(source.duckdbPath);
  try {
    for (const table of parseTableList(tables)) await compareTable(source.session, reader.connection, table);
  } finally {
    reader.close();
  }
  return (JSON.parse(result.stdout) as { tables: SyncedTable[] }).tables;
}

/** A table by month, one of whose months is partitioned again; leaves of other shapes, owners and schemas. */
const ODD = `
  CREATE TABLE t (id int NOT NULL, at timestamp NOT NULL, v text, n numeric(15,2), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
  CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
  CREATE SCHEMA other;
  CREATE TABLE other."t 2" (gone int, v text, extra text, n numeric(15,2), at timestamp NOT NULL, id int NOT NULL);
  INSERT INTO other."t 2" VALUES (1, 'old', 'x', 5.5, '2024-01-05', 1000001);
  ALTER TABLE other."t 2" DROP COLUMN gone, DROP COLUMN extra;
  ALTER TABLE t ATTACH PARTITION other."t 2" FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
  CREATE TABLE t_3 PARTITION OF t FOR VALUES FROM ('2024-02-01') TO ('2024-03-01') PARTITION BY LIST (id);
  CREATE TABLE t_3a PARTITION OF t_3 FOR VALUES IN (1, 2, 3);
  CREATE TABLE t_3b PARTITION OF t_3 DEFAULT;
  ALTER TABLE t DROP COLUMN v; ALTER TABLE t ADD COLUMN v text DEFAULT 'fast';
  INSERT INTO t SELECT i, '2023-12-30'::timestamp + i * interval '20 min', i, 'v' || i FROM generate_series(1, 4000) i;
  ALTER TABLE other."t 2" OWNER TO owner`;

const CHANGES = `
  UPDATE t SET v = 'changed' WHERE id % 500 = 1;
  UPDATE t SET at = at + interval '31 days' WHERE id BETWEEN 100 AND 110;
  DELETE FROM t WHERE id % 700 = 3;
  INSERT INTO t VALUES (2, '2024-02-03', 1, 'list')`;

describe('leaves of all kinds', () => {
  beforeEach(() =>
    run(`DO $$ BEGIN CREATE ROLE owner; CREATE ROLE part_reader ; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      GRANT USAGE ON SCHEMA public TO part_reader`),
  );
  afterAll(() => run('DROP OWNED BY part_reader, owner; DROP ROLE part_reader; DROP ROLE owner'));

  test.each([
    ['read by their own names', ''],
    ['read through their table by a role without rights on them', 'part_reader'],
  ])('are %s', async (_, user) => {
    // A default partition cannot be found by its bounds.
    await run(
      user === ''
        ? ODD
        : ODD.replace('t_3b PARTITION OF t_3 DEFAULT', 't_3b PARTITION OF t_3 FOR VALUES IN (0)').replace(
            '4000) i;',
            '4000) i WHERE i < 2300;',
          ),
    );
    await run('GRANT SELECT ON t TO part_reader');
    if (user !== '') await run(`SET ROLE ${user}`);
    const [described] = await describeTables(source.session, parseTableList('t'));
    await run('RESET ROLE');
    if (described === undefined) throw new Error('no description');
    expect(partsOf(described, 180000).map(({ from }) => from.includes('tableoid'))).toEqual(
      described.leaves.map(() => user !== ''),
    );
    if (user !== '')
      for (const { from } of partsOf(described, 180000)) {
        const plan = await source.session.query<{ 'QUERY PLAN': string }>(`EXPLAIN SELECT count(*) FROM ${from}`);
        expect(plan.filter((line) => / Scan /.test(line['QUERY PLAN']))).toHaveLength(1);
      }
    expect(await syncAs(user, 't')).toMatchObject([{ mode: 'full' }]);
    await run(CHANGES.replace("(2, '2024-02-03'", `(${user === '' ? 7 : 2}, '2024-02-03'`));
    expect(await syncAs(user, 't')).toMatchObject([{ mode: 'incremental' }]);
    await run('ALTER TABLE t DETACH PARTITION t_1; DELETE FROM t WHERE id = 2');
    expect(await syncAs(user, 't')).toMatchObject([{ mode: 'incremental' }]);
  });

  test('of hashes, which no bounds tell apart, are one pass of all by a role without rights on them', async () => {
    await run(`CREATE TABLE h (id int PRIMARY KEY, v text) PARTITION BY HASH (id);
      CREATE TABLE h_0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE h_1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      INSERT INTO h SELECT i, i FROM generate_series(1, 1000) i; GRANT SELECT ON h TO part_reader`);
    await syncAs('part_reader', 'h');
    await run('UPDATE h SET v = 0 WHERE id < 5; DELETE FROM h WHERE id > 990');
    expect(await syncAs('part_reader', 'h')).toMatchObject([{ mode: 'incremental', upserted: 4, deleted: 10 }]);
    await run('UPDATE h SET v = 1 WHERE id < 5; DELETE FROM h WHERE id > 980');
    expect(await syncAs('', 'h')).toMatchObject([{ mode: 'incremental', upserted: 4, deleted: 10 }]);
  });

  test('that come again with other bounds, with rows gone inside and outside of these', async () => {
    await run(`CREATE TABLE b (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
      CREATE TABLE b_1 PARTITION OF b FOR VALUES FROM (0) TO (100);
      CREATE TABLE b_2 PARTITION OF b FOR VALUES FROM (100) TO (200);
      CREATE TABLE b_3 PARTITION OF b FOR VALUES FROM (200) TO (300);
      INSERT INTO b SELECT i, i FROM generate_series(1, 299) i`);
    await syncAs('', 'b');
    await run(`ALTER TABLE b DETACH PARTITION b_1; ALTER TABLE b DETACH PARTITION b_2;
      ALTER TABLE b ATTACH PARTITION b_1 FOR VALUES FROM (0) TO (200); DELETE FROM b WHERE id IN (5, 250)`);
    expect(await syncAs('', 'b')).toMatchObject([{ mode: 'incremental', upserted: 0, deleted: 102 }]);
    await run(`ALTER TABLE b DETACH PARTITION b_1; ALTER TABLE b ATTACH PARTITION b_1 FOR VALUES FROM (0) TO (100);
      ALTER TABLE b DETACH PARTITION b_3; DELETE FROM b WHERE id = 6`);
    expect(await syncAs('', 'b')).toMatchObject([{ mode: 'incremental', upserted: 0, deleted: 100 }]);
  });

  test('under policies of their own are read through their table', async () => {
    await run(`CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
      CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (100);
      INSERT INTO p SELECT i, i FROM generate_series(1, 99) i;
      ALTER TABLE p_1 ENABLE ROW LEVEL SECURITY; GRANT SELECT ON p, p_1 TO part_reader`);
    expect(await syncAs('part_reader', 'p')).toMatchObject([{ rows: 99 }]);
    await run('DELETE FROM p WHERE id = 1');
    expect(await syncAs('part_reader', 'p')).toMatchObject([{ mode: 'incremental', rows: 98, deleted: 1 }]);
  });
});

test('a default partition that holds rows is pointed out', async () => {
  await run(`CREATE TABLE f (id int PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE f_1 PARTITION OF f FOR VALUES FROM (0) TO (10); CREATE TABLE f_rest PARTITION OF f DEFAULT`);
  expect((await source.sync('f')).warnings).toEqual([]);
  await run('INSERT INTO f VALUES (5), (50)');
  expect((await source.sync('f')).warnings).toEqual([
    'f: 1 row lies in its default partition f_rest, which keeps a partition of their own from being made',
  ]);
});

test('500 leaves: changes in a few of them, and one that comes and goes', async () => {
  await run(`CREATE TABLE d (id text NOT NULL, day date NOT NULL, v int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
    DO $$ BEGIN FOR i IN 0..499 LOOP
      EXECUTE format('CREATE TABLE public.d_%s PARTITION OF public.d FOR VALUES FROM (%L) TO (%L)', i, date '2024-01-01' + i, date '2024-01-02' + i);
    END LOOP; END $$;
    INSERT INTO d SELECT 'k' || i, date '2024-01-01' + i % 500, i FROM generate_series(1, 5000) i`);
  expect(await syncAs('', 'd')).toMatchObject([{ mode: 'full', rows: 5000 }]);
  await run(`UPDATE d SET v = -1 WHERE day = '2024-03-01'; DELETE FROM d WHERE day = '2025-05-01' AND v % 1000 = 0;
    UPDATE d SET day = '2024-01-01' WHERE id = 'k77'`);
  expect(await syncAs('', 'd')).toMatchObject([{ mode: 'incremental' }]);
  await run('ALTER TABLE d DETACH PARTITION d_3; DROP TABLE d_4');
  expect(await syncAs('', 'd')).toMatchObject([{ mode: 'incremental', upserted: 0, deleted: 20 }]);
  await run("ALTER TABLE d ATTACH PARTITION d_3 FOR VALUES FROM ('2024-01-04') TO ('2024-01-05')");
  expect(await syncAs('', 'd')).toMatchObject([{ mode: 'incremental', upserted: 10, deleted: 0 }]);
});

test('months come in their order, also such as are divided again, and a file that is written anew is in the order of time', async () => {
  const by = (month: string, next: string): string =>
    `CREATE TABLE public.o_${month} PARTITION OF public.o FOR VALUES FROM ('2024-${month}-01') TO ('2024-${next}-01')`;
  await run(`CREATE TABLE o (id int NOT NULL, "on day" date NOT NULL, v text, PRIMARY KEY (id, "on day")) PARTITION BY RANGE ("on day");
    CREATE TABLE o_first PARTITION OF o FOR VALUES FROM (MINVALUE) TO ('2024-01-01'); ${by('02', '03')} PARTITION BY HASH (id); ${by('01', '02')}; ${by('03', '04')} PARTITION BY HASH (id);
    CREATE TABLE o_3b PARTITION OF o_03 FOR VALUES WITH (MODULUS 2, REMAINDER 1); CREATE TABLE o_3a PARTITION OF o_03 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE o_2a PARTITION OF o_02 FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE o_2b PARTITION OF o_02 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO o SELECT i, date '2024-01-01' + i % 90, md5(i::text) || md5((-i)::text) || md5((2 * i)::text) FROM generate_series(1, 30000) i`);
  const [described] = await describeTables(source.session, parseTableList('o'));
  expect(described?.leaves.map(({ name }) => name)).toEqual(['o_first', 'o_01', 'o_2a', 'o_2b', 'o_3a', 'o_3b']);
  const partitioned = await readPartitions(source.session, { schema: 'public', name: 'o' });
  expect(partitioned?.partitions.map(({ name }) => name)).toEqual(['o_first', 'o_01', 'o_02', 'o_03']);
  /** Rows of a month that lie behind one of a later month. */
  const behind = async (): Promise<unknown> => {
    const reader = await openReader(source.duckdbPath);
    const rows = await reader.all(
      'SELECT count(*) FILTER (month < before)::INT AS n FROM (SELECT month("on day") AS month, lag(month("on day")) OVER (ORDER BY rowid) AS before FROM o)',
    );
    reader.close();
    return rows;
  };
  expect(await syncAs('', 'o')).toMatchObject([{ mode: 'full' }]);
  await run(`UPDATE o SET v = 'changed' WHERE id % 50 = 1; UPDATE o SET "on day" = '2024-02-29' WHERE id % 70 = 2`);
  expect(await syncAs('', 'o')).toMatchObject([{ mode: 'incremental' }]);
  expect(await behind()).not.toEqual([{ n: 0 }]);
  const moved = async (): Promise<bigint | null> => {
    const file = await readPublishedFile(source.duckdbPath);
    return file.kind === 'ours' ? file.moved : null;
  };
  expect(await moved()).toBe(600n + 429n);
  // As if the file had been much smaller once.
  const options = { memory: '200MB', threads: 1, temporaryFolder: path.join(source.folder, 'spill') };
  const copy = await openWorkingCopy(source.duckdbPath, options);
  await copy.run("UPDATE finance_db.about SET value = '1' WHERE name = 'fresh_bytes'");
  await copy.close();
  await run('DELETE FROM o WHERE id = 3');
  expect(await syncAs('', 'o')).toMatchObject([{ mode: 'incremental', upserted: 0, deleted: 1 }]);
  expect([await behind(), await moved()]).toEqual([[{ n: 0 }], 0n]);
  await run('DELETE FROM o WHERE id % 5000 = 4; UPDATE o SET v = 0 WHERE id < 9');
  expect(await syncAs('', 'o')).toMatchObject([{ mode: 'incremental' }]);
});

describe('transactions by month', () => {
  const NOW = new Date('2026-03-10T12:00:00Z');
  const tool = (...argv: string[]): Promise<CliResult> =>
    runCli(argv, { env: source.env('transactions'), cwd: source.folder, now: NOW });
  const csv = (name: string, ...lines: string[]): string => {
    fs.writeFileSync(path.join(source.folder, name), `tx_id,timestamp,amount\n${lines.join('\n')}\n`);
    return name;
  };
  const make = async (...argv: string[]): Promise<CliResult> => {
    const result = await tool('init', '--partition-by', 'month', ...argv);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    return result;
  };
  const months = async (): Promise<string[]> => {
    const rows = await source.session.query<{ name: string }>(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'transactions'::regclass ORDER BY 1",
    );
    return rows.map(({ name }) => name.replace('transactions_', ''));
  };
  const count = async (): Promise<string | undefined> => {
    const [row] = await source.session.query<{ n: string }>('SELECT count(*) AS n FROM transactions');
    return row?.n;
  };

  test('hold a sample, are synced, and give way to a plain table', async () => {
    const made = await make('--sample', '400');
    expect(made.stdout).toMatch(/in 8 partitions by month from 2026-03 to 2026-10, with indexes/);
    expect(await syncAs('', 'transactions')).toMatchObject([{ mode: 'full', rows: 400 }]);
    const again = await make('--no-sample', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({
      partitions: { count: 8, first: '2026-03', last: '2026-10' },
      created: false,
    });
    expect(await tool('init', '--reset', '--yes', '--no-sample')).toMatchObject({ code: 0 });
    const refused = await tool('init', '--partition-by', 'month');
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('it is not partitioned')]);
  });

  test('take a CSV file, whose months are made, and each tx_id once, whatever its month', async () => {
    await make('--from', csv('a.csv', 'a,2024-05-03,1', 'b,2026-08-03,2'));
    expect((await months()).length).toBe(28);
    const refused = async (...lines: string[]): Promise<string> => {
      const { code, stderr } = await tool('init', '--from', csv('f.csv', ...lines));
      expect([code, await count()]).toEqual([2, '2']);
      return stderr;
    };
    expect(await refused('c,2024-05-03,1', 'a,2020-05-03,1', 'b,2020-05-03,1')).toContain(
      'f.csv:3: column "tx_id": found "a": it is already in the table, and each tx_id may occur once',
    );
    expect(await refused('c,2024-05-03,1', 'd,2020-05-03,1', 'c,2021-05-03,1')).toContain(
      'f.csv:4: column "tx_id": found "c": it is already in line 2',
    );
    expect(
      await tool('init', '--from', csv('g.csv', 'c,2001-01-31 23:59:59.999999,1', 'd,2001-02-01,1')),
    ).toMatchObject({
      code: 0,
    });
    expect((await months()).slice(0, 3)).toEqual(['2001_01', '2001_02', '2024_05']);
  });

  test('take statements: what has come is known, months are made, and no tx_id gets a twin', async () => {
    await make('--no-sample');
    const entry = (day: string, id: string): Entry => ({ day, cents: -100, text: `Coffee ${id}`, id });
    const ofx = (name: string, ...entries: Entry[]): string => {
      const text = ofxText({ account: 'A', currency: 'USD', openingCents: 0, entries });
      fs.writeFileSync(path.join(source.folder, name), text);
      return name;
    };
    const imported = async (file: string): Promise<{ new: number; known: number }> => {
      const { code, stdout, stderr } = await tool('import', file, '--json');
      expect([code, stderr]).toEqual([0, '']);
      const [one] = (JSON.parse(stdout) as { imports: { new: number; known: number }[] }).imports;
      return { new: one?.new ?? -1, known: one?.known ?? -1 };
    };
    const ids = async (): Promise<string[]> =>
      (await source.session.query<{ id: string }>('SELECT tx_id AS id FROM transactions ORDER BY 1')).map(
        ({ id }) => id,
      );
    const [old, recent] = [entry('2024-01-05', 'x1'), entry('2026-03-05', 'x2')];
    expect(await imported(ofx('a.ofx', old, recent))).toEqual({ new: 2, known: 0 });
    expect(await imported(ofx('b.ofx', old, recent, entry('2026-03-06', 'x3')))).toEqual({ new: 1, known: 2 });
    const before = await ids();
    expect((await months())[0]).toBe('2024_01');
    // The user put a row into another month: it keeps its name, and the record of its import is lost.
    await run(`UPDATE transactions SET "timestamp" = '2026-04-01' WHERE "timestamp" < '2025-01-01';
      DROP TABLE transaction_import_rows, transaction_statements, transaction_imports`);
    expect(await imported('b.ofx')).toEqual({ new: 0, known: 3 });
    await run('DELETE FROM transactions WHERE tx_id = (SELECT max(tx_id) FROM transactions)');
    expect(await tool('import', '--restore', '1')).toMatchObject({ code: 0 });
    expect(await ids()).toEqual(before);
  });

  test('get no twin of a row that another writer has not committed yet', async () => {
    await make('--no-sample');
    const writer = await source.database.session();
    try {
      await writer.query(`BEGIN; INSERT INTO transactions (tx_id, "timestamp") VALUES ('twin', '2026-03-05')`);
      let ended = false;
      const loading = tool('init', '--from', csv('a.csv', 'other,2026-04-01,1', 'twin,2026-04-01,1')).finally(() => {
        ended = true;
      });
      const waits = "SELECT 1 FROM pg_locks WHERE relation = 'transactions'::regclass AND NOT granted";
      while (!ended && (await source.session.query(waits)).length === 0) await delay(20);
      await writer.query('COMMIT');
      const { code, stderr } = await loading;
      expect([code, stderr]).toEqual([2, expect.stringContaining('a.csv:3: column "tx_id": found "twin"')]);
      expect(await count()).toBe('1');
    } finally {
      await writer.close();
    }
  });

  /** A transaction of somebody else's that has read the table and goes on, as a sync does; it has a session of its own. */
  const beside = async (sql: string, work: () => Promise<void>): Promise<void> => {
    const other = await source.database.session();
    try {
      await other.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; ${sql}`);
      await work();
    } finally {
      await other.close();
    }
  };

  test('are made ahead beside readers, each once, by two at once', async () => {
    await make('--from', csv('a.csv', 'a,2026-01-03,1'));
    await run(
      'DROP TABLE transactions_2026_02; ALTER TABLE transactions DROP COLUMN created_at; CREATE ROLE part_owner',
    );
    await run('GRANT ALL ON SCHEMA public TO part_owner; ALTER TABLE transactions OWNER TO part_owner');
    await beside('SELECT FROM transactions', async () => {
      const both = await Promise.all([tool('partitions', '--ahead', '5'), tool('partitions', '--ahead', '5')]);
      expect(both.map(({ code, stderr }) => [code, stderr])).toEqual([
        [0, ''],
        [0, ''],
      ]);
      expect(both.map(({ stdout }) => stdout).sort()).toEqual([
        'Made 3 partitions of transactions, transactions_2026_02, transactions_2026_07, transactions_2026_08: it takes rows before 2026-09-01.\n',
        'Nothing to make: transactions has every month to 2026-09-01.\n',
      ]);
    });
    expect(await months()).toEqual(['01', '02', '03', '04', '05', '06', '07', '08'].map((month) => `2026_${month}`));
    const [odd] = await source.session.query<{
      n: string;
    }>(`SELECT count(*) AS n FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
      WHERE i.inhparent = 'transactions'::regclass AND pg_get_userbyid(c.relowner) <> 'part_owner' AND c.relname ~ '_(02|07|08)$'`);
    expect(odd?.n).toBe('0');
    await run("INSERT INTO transactions (tx_id, \"timestamp\") VALUES ('b', '2026-08-31 23:59:59')");
    await run('DROP OWNED BY part_owner; DROP ROLE part_owner');
  });

  test('are listed, and need their owner to be made', async () => {
    await make('--from', csv('a.csv', 'a,2026-01-03,1'));
    await run(`CREATE ROLE part_reader; GRANT SELECT, INSERT, UPDATE ON transactions TO part_reader`);
    await setRole('SET role = part_reader');
    try {
      const list = await tool('partitions');
      expect(list).toMatchObject({ code: 0, stderr: '' });
      expect(list.stdout).toMatch(/transactions_2026_01 +│ 2026-01-01 +│ 2026-02-01 +│ +1 │/);
      expect(list.stdout).toContain('transactions: 6 partitions by RANGE ("timestamp").');
      // What `status` says that a sync reads where the server's log does not spare it.
      const tables = parseTableList('transactions,nothing');
      const none = { upserted: 0, deleted: 0 };
      expect(await readScanSize(source.session, tables, none)).toMatchObject({ bytes: 8192, parts: 6, needed: null });
      expect(await readScanSize(source.session, tables, { upserted: 3, deleted: 1 })).toMatchObject({
        ...{ bytes: 8192, parts: 6, needed: { rows: 4, bytes: 8192 } },
      });
      const refused = await tool('partitions', '--ahead', '4', '--json');
      expect([refused.code, JSON.parse(refused.stdout).error]).toMatchObject([
        3,
        {
          code: 'PG_PERMISSION',
          details: { missing: [expect.stringContaining('to own transactions'), 'CREATE ON SCHEMA "public"'] },
        },
      ]);
      const lost = await tool('init', '--from', csv('b.csv', 'b,2020-02-03,1'));
      expect(lost.stderr).toContain(
        'transactions has no partition for 2020-02, and the role part_reader may not make one',
      );
      expect(lost.stderr).toContain('let its owner run: CREATE TABLE "public"."transactions_2020_02" PARTITION OF');
      const kept = await tool('partitions', '--keep', '1mo', '--yes');
      expect([kept.code, kept.stderr]).toEqual([
        3,
        expect.stringContaining('may not detach partitions of transactions'),
      ]);
      await run('REVOKE UPDATE ON transactions FROM part_reader');
      const unlocked = await tool('init', '--from', csv('c.csv', 'c,2026-02-03,1'));
      expect(unlocked.stderr).toContain('GRANT UPDATE ON transactions TO "part_reader"');
    } finally {
      await setRole('RESET role');
      await run('DROP OWNED BY part_reader; DROP ROLE part_reader');
    }
  });

  test('that are old go when it is confirmed, and the file follows', async () => {
    await make('--from', csv('a.csv', 'a,2025-11-03,1', 'b,2025-12-03,1', 'c,2026-01-03,1'));
    await source.sync('transactions');
    const named = await tool('partitions', '--keep', '3mo');
    expect(named).toMatchObject({ code: 0, stderr: '' });
    expect(named.stdout).toContain(
      'Would detach 1 partition of transactions that lies wholly before 2025-12-10, about 1 row: transactions_2025_11.',
    );
    expect(named.stdout).toContain('The DuckDB file and all reports lose these rows at the next sync.');
    expect(await count()).toBe('3');
    const [server] = await source.session.query<{ version: string }>(
      "SELECT current_setting('server_version_num') AS version",
    );
    if (Number(server?.version) < 140000) {
      const refused = await tool('partitions', '--keep', '60d', '--yes');
      expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('PostgreSQL before 14 locks all')]);
      return;
    }
    // A reader that goes on longer than we wait for it: half done, said so, and brought to an end by the next run.
    await beside('SELECT FROM transactions', async () => {
      const env = { ...source.env('transactions'), FINANCE_DB_LOCK_WAIT: '0.2' };
      const half = await runCli(['partitions', '--keep', '60d', '--yes'], { env, now: NOW });
      expect([half.code, half.stderr]).toEqual([3, expect.stringContaining('transactions_2025_11 is half detached')]);
      expect(await syncAs('', 'transactions')).toMatchObject([{ deleted: 1, rows: 2 }]);
    });
    const done = JSON.parse((await tool('partitions', '--keep', '2mo', '--yes', '--json')).stdout);
    expect(done).toMatchObject({
      detached: [{ name: 'transactions_2025_11' }, { name: 'transactions_2025_12' }],
      kept_from: '2026-01-10',
    });
    expect(await syncAs('', 'transactions')).toMatchObject([{ deleted: 1, rows: 1 }]);
    expect((await tool('partitions', '--keep', '2mo', '--yes')).stdout).toContain(
      'No partition of transactions lies wholly before',
    );
    // Its name is taken, and its rows are not forgotten.
    const again = await tool('init', '--from', csv('b.csv', 'd,2025-12-04,1'));
    expect([again.code, again.stderr]).toEqual([
      3,
      expect.stringMatching(
        /transactions_2025_12, as it would be called[\s\S]*"transactions_2025_12" FOR VALUES FROM \('2025-12-01'\) TO \('2026-01-01'\)/,
      ),
    ]);
    // An older row makes months before those that went a part of the table; coming ones are made all the same.
    expect(await tool('init', '--from', csv('c.csv', 'e,2025-10-04,1'))).toMatchObject({ code: 0 });
    const ahead = JSON.parse((await tool('partitions', '--ahead', '6', '--json')).stdout);
    expect(ahead.made).toEqual(['transactions_2026_07', 'transactions_2026_08', 'transactions_2026_09']);
  });

  test('beside a default partition: rows in it are pointed out and in the way', async () => {
    await make('--from', csv('old.csv', 'o,2026-01-03,1'));
    await run(`CREATE TABLE rest PARTITION OF transactions DEFAULT;
      INSERT INTO transactions (tx_id, "timestamp") VALUES ('a', '2026-08-01')`);
    expect((await tool('partitions')).stdout).toContain('1 row lies in the default partition rest');
    const ahead = await tool('partitions', '--ahead', '5');
    expect([ahead.code, ahead.stderr]).toEqual([
      3,
      expect.stringContaining('the default partition rest holds rows of a month'),
    ]);
    expect(await tool('init', '--from', csv('a.csv', 'b,2020-01-01,1'))).toMatchObject({ code: 0 });
    const keep = await tool('partitions', '--keep', '1d', '--yes');
    expect([keep.code, keep.stderr]).toEqual([3, expect.stringContaining('has a default partition, rest')]);
    await run('DELETE FROM rest');
    expect(await tool('partitions', '--ahead', '5')).toMatchObject({ code: 0 });
    expect((await tool('partitions', 'nothing')).stderr).toContain('PG_TABLE_MISSING');
    await run(
      'CREATE TABLE plain (id int); CREATE TABLE parts (id int) PARTITION BY LIST (id); CREATE TABLE one PARTITION OF parts FOR VALUES IN (1, 2)',
    );
    expect((await tool('partitions', 'plain')).stderr).toContain('is not partitioned');
    expect((await tool('partitions', 'parts')).stdout).toContain('IN (1, 2)');
    expect((await tool('partitions', 'parts', '--ahead', '1')).stderr).toContain(
      'are not months of a time in UTC: it is partitioned by LIST (id)',
    );
    expect((await tool('partitions', 'parts', '--keep', '1d')).stderr).toContain('do not grow old');
    expect((await tool('partitions', '--keep', '1m')).stderr).toContain('possible are days (90d)');
  });
});
