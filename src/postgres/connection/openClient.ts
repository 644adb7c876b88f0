import net from 'node:net';
import pg from 'pg';
import { describeAddress, isSocket, type PostgresAddress, type PostgresHost } from '../../config/connection/address.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { openReaderSocket } from '../readerSocket.ts';
import { guardAuthentication } from './authGuard.ts';
import { lookUpPassword } from './passfile.ts';
import { tlsOptions } from './tlsOptions.ts';

const AS_TEXT = { getTypeParser: () => (value: unknown) => value };
/** For each host, unless connect_timeout says otherwise: cron should not hang on a server that swallows packets. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A peer that vanished without a word is noticed within minutes, not hours. */
const KEEPALIVE_IDLE_MS = 30_000;
/** Node gives each address of a name 250 ms by default, which is less than the way around the world takes. */
const ADDRESS_TIMEOUT_MS = 2_500;
/** What a server may demand for SCRAM; the driver's own limit is below what PostgreSQL can be set to. */
const SCRAM_ITERATIONS = 1_000_000;

/** What the driver does not declare. */
interface DriverInternals {
  readonly connection: NodeJS.EventEmitter & { readonly stream: net.Socket };
  readonly connectionParameters: Record<string, unknown>;
}

/**
 * One connection to one host, with TLS or without.
 * @throws what the driver, the network or the server says; FinanceDbError for what we refuse ourselves
 */
export async function openClient(
  address: PostgresAddress,
  place: PostgresHost,
  encrypted: boolean,
): Promise<pg.Client> {
  const { settings } = address;
  const timeout = settings?.connectTimeout ?? null;
  const channelBinding = settings?.channelBinding ?? 'prefer';
  const client = new pg.Client({
    host: place.host === '' ? (place.hostaddr ?? '') : place.host,
    port: place.port,
    user: address.user,
    database: address.database,
    password: () => passwordFor(address, place),
    ssl: encrypted ? tlsOptions(address, place) : false,
    stream: () => dialing(encrypted ? new net.Socket() : openReaderSocket(), place),
    connectionTimeoutMillis: timeout === null ? CONNECT_TIMEOUT_MS : timeout * 1000,
    keepAlive: settings?.keepalives ?? true,
    keepAliveInitialDelayMillis: settings?.keepalivesIdle ? settings.keepalivesIdle * 1000 : KEEPALIVE_IDLE_MS,
    enableChannelBinding: encrypted && channelBinding !== 'disable',
    scramMaxIterations: SCRAM_ITERATIONS,
    types: AS_TEXT as unknown as pg.CustomTypesConfig,
  } as pg.ClientConfig);
  const internals = client as unknown as DriverInternals;
  // The driver reads the process's own PG* variables where it is told nothing; the address says it all.
  Object.assign(internals.connectionParameters, {
    options: settings?.options ?? undefined,
    application_name: settings?.applicationName ?? 'finance-db',
    replication: address.replication === true ? 'database' : undefined,
  });
  Object.assign(client, { sslNegotiation: settings?.sslnegotiation ?? 'postgres' });
  Object.assign(internals.connection, { sslNegotiation: settings?.sslnegotiation ?? 'postgres' });
  // A connection that breaks while no query runs would otherwise end the process; the next query reports it.
  client.on('error', () => undefined);
  guardAuthentication(client, { requireAuth: settings?.requireAuth ?? null, channelBinding }, encrypted);
  const release = containErrors(internals.connection);
  try {
    await client.connect();
  } catch (error) {
    client.end().catch(() => undefined);
    throw error;
  } finally {
    release();
  }
  return client;
}

/** A socket that connects to the place, whatever the driver tells it: the driver knows nothing of hostaddr. */
function dialing(socket: net.Socket, place: PostgresHost): net.Socket {
  const dial = socket.connect.bind(socket);
  const target = isSocket(place)
    ? { path: socketPath(place) }
    : {
        host: place.hostaddr ?? place.host,
        port: place.port,
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
      };
  return Object.assign(socket, { connect: () => dial(target) });
}

/** The file of a unix socket; the name of an abstract one begins with a zero. */
export function socketPath({ host, port }: PostgresHost): string {
  return `${host.startsWith('@') ? `\0${host.slice(1)}` : host}/.s.PGSQL.${port}`;
}

/** While connecting, what the driver throws at a message that it does not know (GSSAPI) becomes the connection's failure. */
function containErrors(connection: DriverInternals['connection']): () => void {
  const contained: net.Socket[] = [];
  const contain = (): void => {
    const { stream } = connection;
    const emit = stream.emit.bind(stream);
    contained.push(stream);
    stream.emit = (event: string | symbol, ...args: unknown[]): boolean => {
      try {
        return emit(event, ...args);
      } catch (error) {
        stream.destroy(error instanceof Error ? error : new Error(String(error)));
        return true;
      }
    };
  };
  contain();
  connection.on('sslconnect', contain);
  return () => {
    for (const stream of contained) Reflect.deleteProperty(stream, 'emit');
  };
}

/** Asked only when the server wants a password. */
function passwordFor(address: PostgresAddress, place: PostgresHost): string {
  if (address.password) return address.password;
  const file = address.settings?.passfile ?? null;
  const login = { place, database: address.database, user: address.user };
  const found = file === null ? { problem: 'there is no password file' } : lookUpPassword(file, login);
  if ('password' in found) return found.password;
  const where = describeAddress({ ...address, ...place, otherHosts: [] });
  throw new FinanceDbError('PG_AUTH', `the server wants a password for ${where}, and none is given: ${found.problem}`, {
    remedy: 'give one with PGPASSWORD, in the connection string, or as a line of the password file',
    details: { missing: 'password' },
  });
}
