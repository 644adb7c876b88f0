import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { serverAccount } from '../../src/postgres/embedded/account.ts';
import { findBinaries } from '../../src/postgres/embedded/binaries.ts';
import { connect } from '../../src/postgres/session.ts';
import { type Cluster, makeCluster } from './cluster.ts';
import { chosenPrograms } from './testPrograms.ts';
import { until } from './until.ts';

const SETTINGS: Readonly<Record<string, string>> = {
  ...{ wal_level: 'logical', max_wal_senders: '8', max_replication_slots: '8', max_connections: '64' },
  // Files of the log need not be large where the tests are small.
  ...{ timezone: 'UTC', max_wal_size: '256MB', shared_buffers: '64MB' },
};

function programs(): string {
  return chosenPrograms() ?? path.join(findBinaries('/var/lib/finance-db', serverAccount('/nonexistent')).root, 'bin');
}

/** A cluster whose changes can be followed, of the version that FINANCE_DB_TEST_POSTGRES asks for; `remove` it in the end. */
export function makeFollowCluster(settings: Record<string, string> = {}): Promise<Cluster> {
  return makeCluster({ ...SETTINGS, ...settings }, undefined, programs());
}

/** A standby that streams from a primary, which is stopped for the time of the copy; `remove` it before the primary. */
export async function makeStandby(primary: Cluster, settings: Record<string, string> = {}): Promise<Cluster> {
  const { host, port, user } = primary.address;
  primary.stop();
  const copy = (data: string): void => {
    // With the owner and the modes, on which a server insists.
    const { status, stderr } = spawnSync('cp', ['-a', primary.data, data], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`cp: ${stderr}`);
    fs.writeFileSync(path.join(data, 'standby.signal'), '');
    primary.start();
  };
  const all = {
    ...SETTINGS,
    hot_standby: 'on',
    hot_standby_feedback: 'on',
    wal_receiver_status_interval: '1',
    wal_retrieve_retry_interval: '100ms',
    ...settings,
  };
  const conninfo = `host=${host} port=${port} user=${user}`;
  return makeCluster({ ...all, primary_conninfo: conninfo }, copy, programs());
}

/** Until a standby has replayed all that its primary has written to its log. */
export async function untilReplayed(primary: Cluster, standby: Cluster): Promise<void> {
  const session = await connect(primary.address, { retryMs: 5000 });
  const [row] = await session.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  await session.close();
  const there = await connect(standby.address, { retryMs: 5000 });
  await until('the standby has replayed it', async () => {
    const [done] = await there.query<{ yes: string }>(
      `SELECT pg_last_wal_replay_lsn() >= '${row?.lsn}'::pg_lsn AS yes`,
    );
    return done?.yes === 't';
  });
  await there.close();
}
