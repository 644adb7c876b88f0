import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type EmbeddedServer, useEmbeddedServer } from '../../src/postgres/embedded/server.ts';

interface Shared {
  server: EmbeddedServer;
  home: string;
}

/** One real PostgreSQL server for all test files; each file gets a database of its own (see database.ts). */
export default async function globalSetup(): Promise<void> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-test-'));
  // The server's account must be able to pass through when the tests run as root.
  fs.chmodSync(home, 0o755);
  const server = await useEmbeddedServer(path.join(home, 'postgres'), new Date());
  process.env.FINANCE_DB_TEST_SERVER = JSON.stringify(server.address);
  (globalThis as { financeDbTest?: Shared }).financeDbTest = { server, home };
}
