import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openReader } from '../../src/duckdb/reader.ts';
import { parseTableList } from '../../src/model/tableName.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { type Cluster, makeCluster, systemPrograms } from '../support/cluster.ts';
import { compareTable } from '../support/compare.ts';
import { urlOf } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';

/** Debian's package `postgresql-15-partman` puts it beside the server's own extensions. */
function hasPartman(): boolean {
  const programs = systemPrograms();
  if (programs === null) return false;
  const { stdout } = spawnSync(path.join(programs, 'pg_config'), ['--sharedir'], { encoding: 'utf8' });
  const shared = (stdout ?? '').trim() || programs.replace(/^\/usr\/lib\/(.*)\/bin$/, '/usr/share/$1');
  return fs.existsSync(path.join(shared, 'extension', 'pg_partman.control'));
}

const withPartman = hasPartman() ? describe : describe.skip;

withPartman('tables that pg_partman made (skipped where its package is not installed)', () => {
  let cluster: Cluster;
  let session: PgSession;
  let folder: ReturnType<typeof temporaryFolder>;

  beforeAll(async () => {
    folder = temporaryFolder();
    cluster = await makeCluster();
    session = await connect(cluster.address, { retryMs: 5000 });
    await session.query(`CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman;
      CREATE TABLE payments (id int NOT NULL, at timestamp NOT NULL, amount numeric(12,2), PRIMARY KEY (id, at)) PARTITION BY RANGE (at)`);
    await session.query(
      "SELECT partman.create_parent('public.payments', 'at', 'native', 'monthly', p_premake := 2, p_start_partition := to_char(now() - interval '4 months', 'YYYY-MM-01'))",
    );
    await session.query(
      "INSERT INTO payments SELECT i, date_trunc('month', now()::timestamp) - (i % 4) * interval '1 month' + interval '1 hour', i FROM generate_series(1, 400) i",
    );
  });
  afterAll(async () => {
    await session.close();
    cluster.remove();
    folder.remove();
  });

  const syncEqual = async (): Promise<{ mode: string; upserted: number; deleted: number; stderr: string }> => {
    const env = { DATABASE_URL: urlOf(cluster.address), FINANCE_DB_HOME: folder.path, FINANCE_DB_TABLES: 'payments' };
    const { code, stdout, stderr } = await runCli(['sync', '--json'], { env });
    expect(code).toBe(0);
    const reader = await openReader(`${folder.path}/finance.duckdb`);
    try {
      for (const table of parseTableList('payments')) await compareTable(session, reader.connection, table);
    } finally {
      reader.close();
    }
    return { ...JSON.parse(stdout).tables[0], stderr };
  };

  test('are synced through its upkeep: stray rows are pointed out, moved, and old months go', async () => {
    expect(await syncEqual()).toMatchObject({ mode: 'full', upserted: 400, stderr: '' });
    await session.query(
      "INSERT INTO payments VALUES (1000, date_trunc('month', now()::timestamp) + interval '5 months', 5)",
    );
    const stray = await syncEqual();
    expect(stray).toMatchObject({ mode: 'incremental', upserted: 1, deleted: 0 });
    expect(stray.stderr).toContain('1 row lies in its default partition payments_default');
    await session.query("CALL partman.partition_data_proc('public.payments')");
    await session.query("SELECT partman.run_maintenance('public.payments')");
    expect(await syncEqual()).toMatchObject({ mode: 'incremental', stderr: '' });
    await session.query(
      "UPDATE partman.part_config SET retention = '2 months', retention_keep_table = false WHERE parent_table = 'public.payments'; DELETE FROM payments WHERE id = 4",
    );
    await session.query("SELECT partman.run_maintenance('public.payments')");
    const after = await syncEqual();
    expect(after.mode).toBe('incremental');
    expect(after.deleted).toBeGreaterThanOrEqual(100);
  });
});
