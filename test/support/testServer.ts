import path from 'node:path';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { useEmbeddedServer } from '../../src/postgres/embedded/server.ts';
import { makeCluster } from './cluster.ts';
import { temporaryFolder } from './folder.ts';

/** A running PostgreSQL server of the tests. */
export interface TestServer {
  readonly address: PostgresAddress;
  /** Stops it and removes its folder. */
  readonly end: () => Promise<void>;
}

/**
 * Starts a real server: the embedded one, or with FINANCE_DB_TEST_POSTGRES=system one of the system's packages, which may be of
 * another version.
 */
export async function startTestServer(): Promise<TestServer> {
  const which = process.env.FINANCE_DB_TEST_POSTGRES ?? 'embedded';
  if (which === 'system') {
    const cluster = await makeCluster({ max_connections: '64', timezone: 'UTC' });
    return { address: cluster.address, end: async () => cluster.remove() };
  }
  if (which !== 'embedded') throw new Error(`FINANCE_DB_TEST_POSTGRES is embedded or system, not ${which}`);
  const home = temporaryFolder();
  const server = await useEmbeddedServer(path.join(home.path, 'postgres'), new Date());
  return {
    address: { ...server.address, sslmode: 'disable', sslrootcert: undefined },
    end: async () => {
      await server.release();
      home.remove();
    },
  };
}
