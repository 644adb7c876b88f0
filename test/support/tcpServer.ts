import path from 'node:path';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { type EmbeddedServer, useEmbeddedServer } from '../../src/postgres/embedded/server.ts';
import { prepareEmbedded } from './testServer.ts';

/** A server of its own that listens on a loopback port and asks for passwords, for tests that need roles. */
export async function startTcpServer(folder: string): Promise<{ address: PostgresAddress; stop: () => Promise<void> }> {
  const before = process.env['FINANCE_DB_EMBEDDED_TCP'];
  process.env['FINANCE_DB_EMBEDDED_TCP'] = '1';
  let server: EmbeddedServer;
  try {
    const root = path.join(folder, 'tcp-server');
    prepareEmbedded(root);
    server = await useEmbeddedServer(root, new Date());
  } finally {
    if (before === undefined) delete process.env['FINANCE_DB_EMBEDDED_TCP'];
    else process.env['FINANCE_DB_EMBEDDED_TCP'] = before;
  }
  return { address: { ...server.address, sslmode: 'disable', sslrootcert: undefined }, stop: () => server.release() };
}
