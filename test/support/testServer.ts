import path from 'node:path';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { useEmbeddedServer } from '../../src/postgres/embedded/server.ts';
import { makeCluster } from './cluster.ts';
import { temporaryFolder } from './folder.ts';
import { chosenPrograms } from './testPrograms.ts';

/** A running PostgreSQL server of the tests. */
export interface TestServer {
  readonly address: PostgresAddress;
  /** Stops it and removes its folder. */
  readonly end: () => Promise<void>;
}

/**
 * Starts a real server: the embedded one, or with FINANCE_DB_TEST_POSTGRES=14 … 17 or =system one of another version (see
 * testPrograms.ts).
 */
export async function startTestServer(): Promise<TestServer> {
  const programs = chosenPrograms();
  if (programs !== null) {
    const cluster = await makeCluster({ max_connections: '64', timezone: 'UTC' }, undefined, programs);
    return { address: cluster.address, end: async () => cluster.remove() };
  }
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
