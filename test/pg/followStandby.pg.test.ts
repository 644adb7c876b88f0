import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sync } from '../../src/app/sync/sync.ts';
import { validate } from '../../src/app/validate/validate.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import type { Cluster } from '../support/cluster.ts';
import { compareTable } from '../support/compare.ts';
import { temporaryFolder } from '../support/folder.ts';
import {
  configOf,
  type FollowerOptions,
  startFollower,
  syncRequest,
  type TestFollower,
  validateRequest,
} from '../support/follower.ts';
import { makeFollowCluster, makeStandby } from '../support/followServer.ts';
import { fromServer, isFrom } from '../support/fromServer.ts';
import { startProxy } from '../support/process.ts';
import { until } from '../support/until.ts';

let primary: Cluster;
let standby: Cluster;
let folder: ReturnType<typeof temporaryFolder>;
const followers: TestFollower[] = [];

beforeAll(async () => {
  primary = await makeFollowCluster();
  standby = await makeStandby(primary);
  const session = await connect(primary.address, { retryMs: 5000 });
  await session.query(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 1000) i; CREATE PUBLICATION finance_db FOR TABLE t",
  );
  await session.close();
});
afterAll(() => {
  standby?.remove();
  primary?.remove();
});
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const follower of followers.splice(0)) await follower.stop().catch(() => undefined);
  folder.remove();
});

function start(options: Omit<FollowerOptions, 'tables' | 'folder'>, place = ''): TestFollower {
  const follower = startFollower({ ...options, folder: `${folder.path}${place}`, tables: 't' });
  followers.push(follower);
  return follower;
}

async function replayed(session: PgSession): Promise<void> {
  const [row] = await session.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn');
  const there = await connect(standby.address, { retryMs: 5000 });
  try {
    await until('the standby has replayed it', async () => {
      const [at] = await there.query<{ yes: boolean }>(`SELECT pg_last_wal_replay_lsn() >= '${row?.lsn}' AS yes`);
      return String(at?.yes).startsWith('t');
    });
  } finally {
    await there.close();
  }
}

/** Run by FINANCE_DB_TEST_POSTGRES=15 or 14. */
const untilServer15 = isFrom(16) ? test.skip : test;
untilServer15('before 16 a standby is refused, with what to do [15 and earlier]', async () => {
  expect(await start({ address: standby.address }).ended).toMatchObject({
    code: 'PG_STANDBY',
    message: expect.stringContaining('from PostgreSQL 16 on'),
    remedy: expect.stringContaining('give the address of the primary'),
  });
});

fromServer(16)('a standby is followed as a primary is, and every file can go on by a scan [from 16]', async () => {
  const session = await connect(primary.address, { retryMs: 5000 });
  const writer = await connect(primary.address, { retryMs: 5000 });
  const { address } = standby;
  const config = configOf({ address, folder: folder.path, tables: 't' });
  /** A slot at a standby waits for what only the primary can say. */
  const nudge = setInterval(() => void session.query('SELECT pg_log_standby_snapshot()').catch(() => undefined), 100);
  try {
    for (let round = 0; round < 2; round++) {
      const followed = start({ address });
      await followed.caughtUp(session);
      if (round === 0) {
        expect(await followed.compare(session)).toBe(1000);
        expect(await sync(syncRequest(config))).toMatchObject({ published: false });
        expect(await validate(validateRequest(config))).toMatchObject({ status: 'equal', metAt: expect.any(String) });
      }
      // Open while the follower publishes, and committed when it is gone.
      await writer.query(`BEGIN; UPDATE t SET v = 'late ${round}' WHERE id = ${round + 1}`);
      for (let count = 0; count < 3; count++) {
        await session.query(
          `UPDATE t SET v = '${round}-${count}' WHERE id = ${100 + count}; DELETE FROM t WHERE id = ${200 + round * 5 + count}; INSERT INTO t VALUES (${2000 + round * 5 + count}, 'new')`,
        );
        await followed.caughtUp(session);
      }
      expect([followed.scans(), followed.restarts()]).toEqual([1, []]);
      await followed.stop();
      await writer.query('COMMIT');
      await replayed(session);
      const result = await sync(syncRequest(config));
      expect(result.tables).toMatchObject([{ mode: 'incremental' }]);
      const reader = await openReader(config.duckdbPath);
      try {
        expect(await compareTable(session, reader.connection, { schema: 'public', name: 't' })).toBe(1000);
      } finally {
        reader.close();
      }
    }
  } finally {
    clearInterval(nudge);
    await session.query(
      "DELETE FROM t WHERE id >= 2000; INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 1000) i ON CONFLICT DO NOTHING",
    );
    await writer.close();
    await session.close();
  }
});

fromServer(16)('a primary that says nothing is not waited for without end [from 16]', async () => {
  const followed = start({ address: standby.address, config: { lockWaitMs: 300 } });
  await until('it says what is missing', () => followed.restarts().length > 0);
  expect(followed.restarts()[0]).toContain('has not said for 0.3 s which transactions run');
  const session = await connect(primary.address, { retryMs: 5000 });
  try {
    await until('it follows', async () => {
      await session.query('SELECT pg_log_standby_snapshot()');
      return followed.scans() > 0;
    });
    expect(await followed.compare(session)).toBe(1000);
  } finally {
    await session.close();
  }
});

fromServer(16)('a standby that becomes the primary while it is followed goes on being followed [from 16]', async () => {
  const other = await makeStandby(primary);
  const session = await connect(primary.address, { retryMs: 5000 });
  let promoted: PgSession | undefined;
  const nudge = setInterval(() => void session.query('SELECT pg_log_standby_snapshot()').catch(() => undefined), 100);
  try {
    const followed = start({ address: other.address });
    await session.query("UPDATE t SET v = 'before' WHERE id = 40");
    expect(await followed.compare(session)).toBe(1000);
    clearInterval(nudge);
    other.run('pg_ctl', '-D', other.data, '-w', 'promote');
    promoted = await connect(other.address, { retryMs: 5000 });
    await promoted.query("UPDATE t SET v = 'of the new timeline' WHERE id < 20; DELETE FROM t WHERE id = 41");
    expect(await followed.compare(promoted)).toBe(999);
    await followed.stop();
    await promoted.query("UPDATE t SET v = 'later' WHERE id = 42");
    const again = start({ address: other.address });
    expect(await again.compare(promoted)).toBe(999);
    await again.stop();
  } finally {
    clearInterval(nudge);
    await promoted?.close();
    await session.close();
    for (const follower of followers.splice(0)) await follower.stop().catch(() => undefined);
    other.remove();
  }
});

test('a failover to a standby that lacks what was published: it is noticed, and what was lost is gone from the file', async () => {
  // One address for both, which moves in the failover.
  let proxy = await startProxy(primary.address);
  const { address } = proxy;
  let session = await connect(primary.address, { retryMs: 5000 });
  try {
    const followed = start({ address });
    const keeping = start({ address, overrides: { keepSlot: 'moved' } }, '/kept');
    expect(await followed.compare(session)).toBe(1000);
    await keeping.compare(session);
    await replayed(session);
    // The follower is faster than the standby.
    standby.stop();
    await session.query(
      "UPDATE t SET v = 'lost' WHERE id <= 10; DELETE FROM t WHERE id = 20; INSERT INTO t VALUES (5000, 'lost')",
    );
    expect(await followed.compare(session)).toBe(1000);
    await keeping.compare(session);
    await session.close();
    primary.stop('immediate');
    await proxy.close();
    standby.start();
    proxy = await startProxy(standby.address, address.port);
    // The address may lead to it before it has taken over.
    await until('it finds a standby', () => followed.restarts().some((reason) => reason.includes('is a standby')));
    standby.run('pg_ctl', '-D', standby.data, '-w', 'promote');
    session = await connect(standby.address, { retryMs: 5000 });
    await session.query("UPDATE t SET v = 'after' WHERE id = 30");
    expect(await followed.compare(session)).toBe(1000);
    const scans = followed.events.flatMap((event) => (event.kind === 'scanned' ? [event.result.tables[0]] : []));
    expect(scans.at(-1)).toMatchObject({ mode: 'full', reason: expect.stringContaining('timeline') });
    // Its slot was at the primary that is gone: none is made anew without a word.
    expect(await keeping.ended).toMatchObject({ code: 'PG_NO_SLOT', message: expect.stringContaining('moved') });
  } finally {
    await session.close().catch(() => undefined);
    await proxy.close();
  }
});
