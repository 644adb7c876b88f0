import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openReader } from '../../src/duckdb/reader.ts';
import { parseTableList } from '../../src/model/tableName.ts';
import { connect } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { type Cluster, makeCluster } from '../support/cluster.ts';
import { compareTable } from '../support/compare.ts';
import { urlOf } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { logStress } from '../support/logStress.ts';
import { summarizingPrograms } from '../support/testPrograms.ts';
import { until } from '../support/until.ts';

const programs = summarizingPrograms();
const withSummaries = programs === null ? describe.skip : describe;

let cluster: Cluster;
let folder: ReturnType<typeof temporaryFolder>;

/** Each statement by itself: a checkpoint within a transaction would come before its end. */
async function ask(sql: string): Promise<void> {
  const session = await connect(cluster.address, { retryMs: 2000 });
  for (const statement of sql.split(/;\s/)) await session.query(statement);
  await session.close();
}

/** Until it holds for sessions that begin, and the process that summarizes is there or gone. */
async function summarize(setting: 'on' | 'off'): Promise<void> {
  await ask(`ALTER SYSTEM SET summarize_wal = ${setting}; SELECT pg_reload_conf()`);
  await until(`summarize_wal is ${setting}`, async () => {
    const session = await connect(cluster.address, { retryMs: 2000 });
    const [row] = await session.query<{ setting: string; summarizers: string }>(
      "SELECT current_setting('summarize_wal') AS setting, count(*)::text AS summarizers FROM pg_stat_activity WHERE backend_type = 'walsummarizer'",
    );
    await session.close();
    return row?.setting === setting && row.summarizers === (setting === 'on' ? '1' : '0');
  });
}

interface Scanned {
  readonly table: string;
  readonly mode: string;
  readonly reason: string;
  readonly upserted: number;
  readonly deleted: number;
  readonly scan: { readonly parts: number; readonly read: number; readonly why: string } | null;
}

/** Syncs as a role that may SELECT and nothing else, unless told otherwise, and compares with PostgreSQL. */
async function syncEqual(
  flags: readonly string[] = [],
  user = 'reader',
): Promise<{ tables: Scanned[]; published: boolean }> {
  const env = {
    DATABASE_URL: urlOf({ ...cluster.address, user }),
    FINANCE_DB_HOME: folder.path,
    FINANCE_DB_TABLES: 'flat,months',
  };
  const result = await runCli(['sync', '--json', ...flags], { env });
  expect([result.code, result.stderr]).toEqual([0, '']);
  const session = await connect(cluster.address, { retryMs: 2000 });
  const reader = await openReader(`${folder.path}/finance.duckdb`);
  try {
    for (const table of parseTableList('flat,months')) await compareTable(session, reader.connection, table);
  } finally {
    reader.close();
    await session.close();
  }
  return JSON.parse(result.stdout) as { tables: Scanned[]; published: boolean };
}

withSummaries('a server that summarizes its log', () => {
  beforeAll(async () => {
    cluster = await makeCluster({ summarize_wal: 'on' }, undefined, programs);
    await ask(`CREATE ROLE reader LOGIN; CREATE TABLE elsewhere (id int);
      CREATE TABLE flat (id int PRIMARY KEY, v text); INSERT INTO flat SELECT i, 'f' || i FROM generate_series(1, 500) i;
      CREATE TABLE months (id text NOT NULL, at timestamp NOT NULL, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE months_1 PARTITION OF months FOR VALUES FROM (MINVALUE) TO ('2024-02-01');
      CREATE TABLE months_2 PARTITION OF months FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
      CREATE TABLE months_3 PARTITION OF months FOR VALUES FROM ('2024-03-01') TO (MAXVALUE);
      INSERT INTO months SELECT 'k' || i, '2024-01-01'::timestamp + i * interval '3 hours', 'm' || i FROM generate_series(1, 1000) i;
      GRANT SELECT ON flat, months TO reader`);
  });
  beforeEach(async () => {
    folder = temporaryFolder();
    // What reads rows first marks them as committed, and with checksums that is logged: as good as a change.
    await ask('VACUUM; CHECKPOINT');
    expect(await syncEqual()).toMatchObject({
      tables: [
        { mode: 'full', scan: null },
        { mode: 'full', scan: null },
      ],
    });
  });
  afterEach(() => folder.remove());
  afterAll(() => cluster.remove());

  test('a transaction elsewhere: nothing is read and nothing written, once a checkpoint has come', async () => {
    await ask('INSERT INTO elsewhere VALUES (1)');
    const why = expect.stringContaining('no checkpoint');
    expect(await syncEqual()).toMatchObject({
      published: true,
      tables: [{ scan: { read: 1, why } }, { scan: { read: 3, why } }],
    });
    await ask('INSERT INTO elsewhere VALUES (1); CHECKPOINT');
    const reason = expect.stringContaining('no summary');
    expect(await syncEqual()).toMatchObject({
      published: false,
      tables: [
        { mode: 'none', reason },
        { mode: 'none', reason },
      ],
    });
    // And once more from the same place.
    await ask('INSERT INTO elsewhere VALUES (1); CHECKPOINT');
    expect(await syncEqual()).toMatchObject({ published: false });
  });

  test('only leaves that changed are read, for deletes and moves too, and a rewrite is read', async () => {
    await ask(
      "UPDATE months SET v = 'new' WHERE id = 'k999'; DELETE FROM months WHERE id IN ('k998', 'k997'); CHECKPOINT",
    );
    expect(await syncEqual()).toMatchObject({
      tables: [
        { scan: { parts: 1, read: 0 }, upserted: 0, deleted: 0 },
        { scan: { parts: 3, read: 1 }, upserted: 1, deleted: 2 },
      ],
    });
    await ask(
      "UPDATE months SET at = '2024-02-02' WHERE id = 'k996'; DELETE FROM months WHERE id = 'k300'; CHECKPOINT",
    );
    expect(await syncEqual()).toMatchObject({
      tables: [{ scan: { read: 0 } }, { scan: { read: 2 }, upserted: 1, deleted: 2 }],
    });
    await ask('VACUUM FULL months_1; CHECKPOINT');
    expect(await syncEqual()).toMatchObject({
      tables: [{ scan: { read: 0 } }, { mode: 'incremental', upserted: 0, deleted: 0 }],
    });
  });

  test('what was written before a sync and committed after it is found', async () => {
    const open = await connect(cluster.address, { retryMs: 2000 });
    await open.query(
      "BEGIN; UPDATE months SET v = 'late' WHERE id = 'k1'; SAVEPOINT s; DELETE FROM flat WHERE id = 7; RELEASE s",
    );
    await ask("UPDATE months SET v = 'x' WHERE id = 'k2'; CHECKPOINT");
    await syncEqual();
    await ask('CHECKPOINT; INSERT INTO elsewhere VALUES (1); CHECKPOINT');
    await syncEqual();
    await open.query('COMMIT');
    await open.close();
    await ask('CHECKPOINT');
    expect(await syncEqual()).toMatchObject({ tables: [{ scan: { read: 1 }, deleted: 1 }, { scan: { read: 1 } }] });
  });

  test('a checkpoint is asked for where that is allowed', async () => {
    await ask("UPDATE flat SET v = 'asked' WHERE id = 3");
    expect(await syncEqual(['--checkpoint'], 'tester')).toMatchObject({
      tables: [{ scan: { read: 1 } }, { scan: { read: 0 } }],
    });
    await ask("UPDATE flat SET v = 'refused' WHERE id = 3");
    expect(await syncEqual(['--checkpoint'])).toMatchObject({
      tables: [{ scan: { read: 1 } }, { scan: { read: 3, why: expect.stringContaining('permission denied') } }],
    });
  });

  test('one that comes is waited for', async () => {
    await ask("UPDATE flat SET v = 'waited' WHERE id = 4");
    const [done] = await Promise.all([
      syncEqual(['--await-checkpoint', '30']),
      new Promise((resolve) => setTimeout(resolve, 1500)).then(() => ask('CHECKPOINT')),
    ]);
    expect(done).toMatchObject({ tables: [{ scan: { read: 1 } }, { scan: { read: 0 } }] });
  });

  test('summaries that are missing, or switched off: everything is read', async () => {
    await ask("UPDATE flat SET v = 'gap' WHERE id = 5");
    await summarize('off');
    await ask('CHECKPOINT');
    expect(await syncEqual()).toMatchObject({
      tables: [{ scan: { read: 1, why: 'summarize_wal is off' } }, { scan: { read: 3 } }],
    });
    await summarize('on');
    await ask("UPDATE flat SET v = 'on' WHERE id = 5; CHECKPOINT");
    await syncEqual();
  });

  test('random writers, prepared transactions, moves, rewrites and a crash: both sides are equal after each sync', async () => {
    const result = await logStress({ cluster, folder: folder.path, seed: 3, rounds: 12, crashEvery: 6 });
    expect(result.byLog).toBeGreaterThan(2);
    expect(result.unread).toBeGreaterThan(4);
  });
});
