import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import type { Cluster } from '../support/cluster.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type FollowerOptions, startFollower, type TestFollower } from '../support/follower.ts';
import { makeFollowCluster, makeStandby } from '../support/followServer.ts';
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
