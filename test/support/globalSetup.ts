import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { useEmbeddedServer } from '../../src/postgres/embedded/server.ts';
import { makeCluster } from './cluster.ts';

/** The server of a test run. */
export interface Shared {
  readonly address: unknown;
  readonly end: () => Promise<void>;
}

/**
 * One real PostgreSQL server for all test files; each file gets a database of its own (see database.ts). It is the embedded
 * one, or with FINANCE_DB_TEST_POSTGRES=system one of the system's packages, which may be of another version.
 */
export default async function globalSetup(): Promise<void> {
  const which = process.env.FINANCE_DB_TEST_POSTGRES ?? 'embedded';
  if (which !== 'embedded' && which !== 'system')
    throw new Error(`FINANCE_DB_TEST_POSTGRES is embedded or system, not ${which}`);
  const shared = which === 'system' ? await systemServer() : await embeddedServer();
  process.env.FINANCE_DB_TEST_SERVER = JSON.stringify(shared.address);
  (globalThis as { financeDbTest?: Shared }).financeDbTest = shared;
}

async function embeddedServer(): Promise<Shared> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-test-'));
  // The server's account must be able to pass through when the tests run as root.
  fs.chmodSync(home, 0o755);
  const server = await useEmbeddedServer(path.join(home, 'postgres'), new Date());
  return {
    address: server.address,
    end: async () => {
      await server.release();
      fs.rmSync(home, { recursive: true, force: true });
    },
  };
}

async function systemServer(): Promise<Shared> {
  const cluster = await makeCluster({ max_connections: '64', timezone: 'UTC' });
  return { address: cluster.address, end: async () => cluster.remove() };
}
