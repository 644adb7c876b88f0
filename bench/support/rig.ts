import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { useEmbeddedServer } from '../../src/postgres/embedded/server.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { serverCpu } from './serverCpu.ts';

/** A server with data, a folder for everything else, and the end of both. */
export interface Rig {
  readonly folder: string;
  /** A folder in which the server may write, too. */
  readonly exchange: string;
  readonly url: string;
  readonly session: PgSession;
  /** Seconds of CPU that the server has used so far; null where nobody tells. */
  readonly serverCpu: () => number | null;
  close(): Promise<void>;
}

/** Starts the embedded server in a temporary folder. To the tool under test it is an external one, on a socket. */
export async function openRig(options: { readonly toFollow?: boolean } = {}): Promise<Rig> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-bench-'));
  // The server may have an account of its own.
  fs.chmodSync(folder, 0o755);
  const exchange = path.join(folder, 'exchange');
  fs.mkdirSync(exchange);
  fs.chmodSync(exchange, 0o777);
  const root = path.join(folder, 'postgres');
  const server = await useEmbeddedServer(root, new Date(), undefined, options);
  const address: PostgresAddress = { ...server.address, sslmode: 'disable', sslrootcert: undefined };
  const session = await connect(address, { retryMs: 2000 });
  return {
    folder,
    exchange,
    url: urlOf(address),
    session,
    serverCpu: () => serverCpu(root),
    close: async () => {
      await session.close();
      await server.release();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

function urlOf({ host, port, user, database, password }: PostgresAddress): string {
  const who = password === undefined ? user : `${user}:${encodeURIComponent(password)}`;
  return host.startsWith('/')
    ? `postgres://${who}@/${database}?host=${encodeURIComponent(host)}&port=${port}&sslmode=disable`
    : `postgres://${who}@${host}:${port}/${database}?sslmode=disable`;
}
