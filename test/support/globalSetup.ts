import { connect } from '../../src/postgres/session.ts';
import { makeTemplate, startTestServer, type TestServer } from './testServer.ts';

/** One real PostgreSQL server for all test files; each file gets a database of its own (see database.ts). */
export default async function globalSetup(): Promise<void> {
  const template = makeTemplate();
  const server = await startTestServer();
  process.env.FINANCE_DB_TEST_SERVER = JSON.stringify(server.address);
  (globalThis as { financeDbTest?: TestServer }).financeDbTest = {
    address: server.address,
    end: async () => {
      await server.end();
      template.remove();
    },
  };
  // Whether a test is for this server is asked before any connects (see fromServer.ts).
  const session = await connect(server.address, { retryMs: 2000 });
  const [row] = await session.query<{ number: string }>("SELECT current_setting('server_version_num') AS number");
  process.env.FINANCE_DB_TEST_SERVER_VERSION = row?.number ?? '';
  await session.close();
}
