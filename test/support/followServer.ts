import path from 'node:path';
import { serverAccount } from '../../src/postgres/embedded/account.ts';
import { findBinaries } from '../../src/postgres/embedded/binaries.ts';
import { type Cluster, makeCluster } from './cluster.ts';
import { chosenPrograms } from './testPrograms.ts';

/** A cluster whose changes can be followed, of the version that FINANCE_DB_TEST_POSTGRES asks for; `remove` it in the end. */
export function makeFollowCluster(settings: Record<string, string> = {}): Promise<Cluster> {
  const programs =
    chosenPrograms() ?? path.join(findBinaries('/var/lib/finance-db', serverAccount('/nonexistent')).root, 'bin');
  const all = {
    ...{ wal_level: 'logical', max_wal_senders: '8', max_replication_slots: '8', max_connections: '64' },
    // Files of the log need not be large where the tests are small.
    ...{ timezone: 'UTC', max_wal_size: '256MB', shared_buffers: '64MB' },
    ...settings,
  };
  return makeCluster(all, undefined, programs);
}
