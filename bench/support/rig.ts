import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { useEmbeddedServer } from '../../src/postgres/embedded/server.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { makeCluster } from '../../test/support/cluster.ts';
import { chosenPrograms } from '../../test/support/testPrograms.ts';
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

/**
 * Starts the embedded server in a temporary folder, or with FINANCE_DB_TEST_POSTGRES=14 … 17 one of another version, as in the
 * tests. To the tool under test it is an external one, on a socket.
 */
export async function openRig(options: { readonly toFollow?: boolean } = {}): Promise<Rig> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-bench-'));
  // The server may have an account of its own.
  fs.chmodSync(folder, 0o755);
  const exchange = path.join(folder, 'exchange');
  fs.mkdirSync(exchange);
  fs.chmodSync(exchange, 0o777);
  const server = await startServer(folder, exchange, options);
  const session = await connect(server.address, { retryMs: 2000 });
  return {
    folder,
    exchange,
    url: urlOf(server.address),
    session,
    serverCpu: () => serverCpu(server.data),
    close: async () => {
      await session.close();
      await server.end();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface RunningServer {
  readonly address: PostgresAddress;
  readonly data: string;
  readonly end: () => Promise<void>;
}

/** Settings that the embedded server has beside PostgreSQL's own. */
const AS_EMBEDDED = {
  ...{ max_connections: '64', max_wal_size: '2GB', checkpoint_timeout: '15min', jit: 'off', timezone: 'UTC' },
  ...{ autovacuum: 'on', fsync: 'on', max_wal_senders: '0' },
};

/** What a server that is followed has. */
const TO_FOLLOW = { wal_level: 'logical', max_wal_senders: '8', max_replication_slots: '8' };

async function startServer(
  folder: string,
  sockets: string,
  options: { readonly toFollow?: boolean },
): Promise<RunningServer> {
  const programs = chosenPrograms();
  if (programs !== null) {
    const cluster = await makeCluster(
      { ...AS_EMBEDDED, ...(options.toFollow === true ? TO_FOLLOW : {}), unix_socket_directories: sockets },
      undefined,
      programs,
    );
    const address = { ...cluster.address, host: sockets };
    return { address, data: cluster.data, end: async () => cluster.remove() };
  }
  const root = path.join(folder, 'postgres');
  const server = await useEmbeddedServer(root, new Date(), undefined, options);
  return {
    address: { ...server.address, sslmode: 'disable', sslrootcert: undefined },
    data: path.join(root, 'data'),
    end: () => server.release(),
  };
}

function urlOf({ host, port, user, database, password }: PostgresAddress): string {
  const who = password === undefined ? user : `${user}:${encodeURIComponent(password)}`;
  return host.startsWith('/')
    ? `postgres://${who}@/${database}?host=${encodeURIComponent(host)}&port=${port}&sslmode=disable`
    : `postgres://${who}@${host}:${port}/${database}?sslmode=disable`;
}
