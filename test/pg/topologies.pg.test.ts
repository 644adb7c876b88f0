import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { serverAccount } from '../../src/postgres/embedded/account.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { type Cluster, makeCluster, systemPrograms } from '../support/cluster.ts';
import { compareTable } from '../support/compare.ts';
import { urlOf } from '../support/database.ts';
import type { SyncDocument } from '../support/fixture.ts';
import { temporaryFolder } from '../support/folder.ts';
import { PGBOUNCER, startPgBouncer } from '../support/pooler.ts';

// Clusters that may be broken, copied and followed need programs that the embedded server's package does not bring.
const present = systemPrograms() !== null;
if (!present) process.stderr.write('SKIPPED: no PostgreSQL of the system below /usr/lib/postgresql\n');
const withPrograms = present ? describe : describe.skip;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function sync(address: PostgresAddress, ...flags: string[]): Promise<SyncDocument['tables'][number]> {
  const result = await runCli(['sync', '--json', ...flags], {
    env: { DATABASE_URL: urlOf(address), FINANCE_DB_HOME: folder.path, FINANCE_DB_TABLES: 't' },
  });
  if (result.code !== 0) throw new Error(`exit ${result.code}: ${result.stderr}`);
  const [table] = (JSON.parse(result.stdout) as SyncDocument).tables;
  if (table === undefined) throw new Error('no table');
  return table;
}

async function compare(session: PgSession): Promise<void> {
  const reader = await openReader(path.join(folder.path, 'finance.duckdb'));
  try {
    await compareTable(session, reader.connection, { schema: 'public', name: 't' });
  } finally {
    reader.close();
  }
}

/** Uses a session for a moment: the cluster will be stopped and started. */
async function use<T>(cluster: Cluster, work: (session: PgSession) => Promise<T>): Promise<T> {
  const session = await connect(cluster.address, { retryMs: 5000 });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

const ask = (cluster: Cluster, sql: string): Promise<Record<string, string | null>[]> =>
  use(cluster, (s) => s.query(sql));
const TABLE =
  "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 30000) i";

withPrograms('a cluster whose transaction ids', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await makeCluster();
    await ask(cluster, TABLE);
  });
  afterEach(() => cluster.remove());

  const reset = (...flags: string[]): void => {
    cluster.stop();
    cluster.run('pg_resetwal', '-D', cluster.data, ...flags);
    cluster.start();
  };
  /** pg_resetwal wants room for the new ids in pg_xact. */
  const jumpTo = (xid: bigint): void => {
    cluster.stop();
    const segment = Number(xid / 1048576n)
      .toString(16)
      .toUpperCase()
      .padStart(4, '0');
    const file = path.join(cluster.data, 'pg_xact', segment);
    if (!fs.existsSync(file)) {
      fs.writeFileSync(file, Buffer.alloc(262_144));
      const account = serverAccount(cluster.data);
      if (account !== null) fs.chownSync(file, account.uid, account.gid);
    }
    cluster.run('pg_resetwal', '-D', cluster.data, '-x', String(xid));
    cluster.start();
  };

  const freezeAll = async (): Promise<void> => {
    await ask(cluster, 'ALTER DATABASE template0 ALLOW_CONNECTIONS true');
    for (const database of ['template0', 'template1', 'postgres']) {
      const session = await connect({ ...cluster.address, database }, { retryMs: 5000 });
      try {
        await session.query('VACUUM FREEZE');
      } finally {
        await session.close();
      }
    }
  };

  test('come round to where they began: the change of epoch is followed', async () => {
    // In steps below two billion, all databases frozen at each: else the server refuses commands as soon as it notices.
    for (const xid of [1_500_000_000n, 3_000_000_000n]) {
      jumpTo(xid);
      await freezeAll();
    }
    jumpTo(4_294_967_200n);
    await ask(cluster, "UPDATE t SET v = 'before' WHERE id = 1");
    expect(await sync(cluster.address)).toMatchObject({ mode: 'full' });
    await use(cluster, async (session) => {
      for (let i = 1; i <= 150; i++)
        await session.query(`UPDATE t SET v = 'x${i}' WHERE id = ${i * 3}; DELETE FROM t WHERE id = ${20000 + i}`);
      const [row] = await session.query<{ x: string }>('SELECT pg_current_snapshot()::text AS x');
      expect(BigInt(row?.x.split(':')[0] ?? 0)).toBeGreaterThan(4_294_967_296n);
    });
    expect(await sync(cluster.address)).toMatchObject({ mode: 'incremental', deleted: 150 });
    await use(cluster, compare);
    await ask(cluster, "UPDATE t SET v = 'after' WHERE id = 9");
    expect(await sync(cluster.address)).toMatchObject({ mode: 'incremental', upserted: 1 });
    await use(cluster, compare);
  });

  test('move on by more than half of their circle: a full load, and it says why', async () => {
    await sync(cluster.address);
    jumpTo(1_500_000_000n);
    await freezeAll();
    jumpTo(2_300_000_000n);
    await ask(cluster, "UPDATE t SET v = 'x' WHERE id = 5");
    expect(await sync(cluster.address)).toMatchObject({ mode: 'full', reason: expect.stringContaining('two billion') });
    await use(cluster, compare);
  });

  test('go backwards', async () => {
    await use(cluster, async (session) => {
      for (let i = 0; i < 50; i++) await session.query(`UPDATE t SET v = 'w${i}' WHERE id = 77`);
    });
    await sync(cluster.address);
    const [row] = await ask(cluster, 'SELECT (pg_current_snapshot()::text) AS x');
    reset('-x', String(Number(row?.['x']?.split(':')[0]) - 20));
    expect(await sync(cluster.address)).toMatchObject({ mode: 'full', reason: expect.stringContaining('backwards') });
  });

  test('are those of an older backup that was put back', async () => {
    await sync(cluster.address);
    cluster.stop();
    const backup = `${cluster.data}-backup`;
    fs.cpSync(cluster.data, backup, { recursive: true, preserveTimestamps: true });
    cluster.start();
    await ask(cluster, "UPDATE t SET v = 'lost' WHERE id < 100; DELETE FROM t WHERE id > 29000");
    expect(await sync(cluster.address)).toMatchObject({ mode: 'incremental' });
    cluster.stop();
    fs.rmSync(cluster.data, { recursive: true });
    fs.cpSync(backup, cluster.data, { recursive: true });
    const account = serverAccount('/nonexistent');
    if (account !== null) chownAll(cluster.data, account.uid, account.gid);
    fs.chmodSync(cluster.data, 0o700);
    cluster.start();
    expect(await sync(cluster.address)).toMatchObject({ mode: 'full', reason: expect.stringContaining('backwards') });
    await use(cluster, compare);
  });

  test('survive a crash; unlogged tables are emptied by it', async () => {
    await ask(cluster, 'ALTER TABLE t SET UNLOGGED; CHECKPOINT');
    await sync(cluster.address);
    cluster.stop('immediate');
    cluster.start();
    expect(await sync(cluster.address)).toMatchObject({ mode: 'incremental', rows: 0, deleted: 30000 });
    await use(cluster, compare);
  });
});

function chownAll(target: string, uid: number, gid: number): void {
  fs.chownSync(target, uid, gid);
  for (const entry of fs.readdirSync(target, { recursive: true }) as string[])
    fs.lchownSync(path.join(target, entry), uid, gid);
}

withPrograms('a source that is', () => {
  let primary: Cluster;
  beforeAll(async () => {
    primary = await makeCluster({ max_wal_senders: '4', hot_standby: 'on' });
    await ask(primary, `${TABLE}; CREATE ROLE reader LOGIN; GRANT SELECT ON t TO reader`);
  });
  afterAll(() => primary.remove());

  test('read by a role that may SELECT and nothing else', async () => {
    const reader = { ...primary.address, user: 'reader' };
    await sync(reader);
    await ask(primary, "UPDATE t SET v = 'role' WHERE id = 3; DELETE FROM t WHERE id = 4");
    expect(await sync(reader)).toMatchObject({ mode: 'incremental', upserted: 1, deleted: 1 });
    expect(await sync(reader)).toMatchObject({ mode: 'none' });
    expect(await sync(reader, '--full', '--validate')).toMatchObject({ mode: 'full' });
    await use(primary, compare);
  });

  test('a hot standby, while transactions are open on the primary', async () => {
    const standby = await makeCluster({ hot_standby: 'on' }, (data) => {
      const { host, port, user } = primary.address;
      primary.run(
        'pg_basebackup',
        '-D',
        data,
        '-h',
        host,
        '-p',
        String(port),
        '-U',
        user,
        '-R',
        '-c',
        'fast',
        '-X',
        'stream',
      );
    });
    try {
      const caughtUp = async (): Promise<void> => {
        const [row] = await ask(primary, 'SELECT pg_current_wal_flush_lsn()::text AS lsn');
        for (;;) {
          const [there] = await ask(standby, `SELECT pg_last_wal_replay_lsn() >= '${row?.['lsn']}' AS yes`);
          if (there?.['yes'] === 't' || String(there?.['yes']) === 'true') return;
          await delay(20);
        }
      };
      await caughtUp();
      await sync(standby.address);
      await use(primary, async (open) => {
        await open.query(
          "BEGIN; SAVEPOINT a; UPDATE t SET v = 'open' WHERE id = 10; RELEASE a; INSERT INTO t VALUES (-1, 'open')",
        );
        await ask(primary, "UPDATE t SET v = 'beside' WHERE id = 11; DELETE FROM t WHERE id = 12; CHECKPOINT");
        await caughtUp();
        expect(await sync(standby.address)).toMatchObject({ mode: 'incremental', deleted: 1 });
        await use(standby, compare);
        await open.query('COMMIT');
      });
      await ask(primary, 'CREATE TABLE other (a int)');
      await caughtUp();
      expect(await sync(standby.address)).toMatchObject({ mode: 'incremental', deleted: 0 });
      await use(standby, compare);
      expect(await sync(standby.address)).toMatchObject({ mode: 'none' });
      // Behind one address with its primary, a standby that is late would give older rows than the file holds.
      await ask(standby, 'SELECT pg_wal_replay_pause()');
      await ask(primary, "UPDATE t SET v = 'ahead' WHERE id = 13");
      expect(await sync(primary.address)).toMatchObject({ mode: 'incremental', upserted: 1 });
      const reason = 'the source is behind, nothing done';
      expect(await sync(standby.address)).toMatchObject({ mode: 'none', reason });
      await use(primary, compare);
      await ask(standby, 'SELECT pg_wal_replay_resume()');
      await caughtUp();
      expect(await sync(standby.address)).toMatchObject({
        mode: 'none',
        reason: expect.stringContaining('no transaction'),
      });
      // The standby takes over: whatever had not reached it is lost, and a watermark of before is not to be trusted.
      standby.run('pg_ctl', '-D', standby.data, '-w', 'promote');
      await ask(standby, "UPDATE t SET v = 'promoted' WHERE id = 20");
      expect(await sync(standby.address)).toMatchObject({ mode: 'full', reason: expect.stringContaining('timeline') });
      await use(standby, compare);
    } finally {
      standby.remove();
    }
  });

  test('behind a connection pooler in transaction mode', async () => {
    if (PGBOUNCER === undefined) {
      process.stderr.write('SKIPPED: no pgbouncer\n');
      return;
    }
    const pooler = await startPgBouncer(PGBOUNCER, primary.address, 'reader');
    try {
      const { address } = pooler;
      await sync(address);
      await ask(primary, "UPDATE t SET v = 'pooled' WHERE id = 30; DELETE FROM t WHERE id = 31");
      expect(await sync(address)).toMatchObject({ mode: 'incremental', upserted: 1, deleted: 1 });
      expect(await sync(address, '--full', '--jobs', '3')).toMatchObject({ mode: 'full' });
      await use(primary, compare);
      // What a sync sets must not stay with the connection that the next client gets.
      const next = await connect(address, { retryMs: 0 });
      expect(await next.query('SHOW search_path')).toEqual([{ search_path: '"$user", public' }]);
      await next.close();
    } finally {
      await pooler.close();
    }
  });
});
