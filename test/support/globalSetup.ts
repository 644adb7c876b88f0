import { startTestServer, type TestServer } from './testServer.ts';

/** One real PostgreSQL server for all test files; each file gets a database of its own (see database.ts). */
export default async function globalSetup(): Promise<void> {
  const server = await startTestServer();
  process.env.FINANCE_DB_TEST_SERVER = JSON.stringify(server.address);
  (globalThis as { financeDbTest?: TestServer }).financeDbTest = server;
}
