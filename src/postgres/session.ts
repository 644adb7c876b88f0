import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import pg from 'pg';
import pgpass from 'pgpass';
import { describeAddress, type PostgresAddress } from '../config/postgresTarget.ts';
import { FinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { isTransient, mapPostgresError } from './errors.ts';
import { openReaderSocket } from './readerSocket.ts';

/** One connection. Values come as text, or null: nothing is parsed into JavaScript numbers or dates. */
export interface PgSession {
  readonly client: pg.Client;
  /** The address, without password, for messages. */
  readonly where: string;
  /** @throws FinanceDbError mapped from whatever went wrong. */
  query<R = Record<string, string | null>>(sql: string, params?: readonly unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** For how long a server that does not answer is tried again. */
  readonly retryMs: number;
  readonly signal?: AbortSignal | undefined;
}

const AS_TEXT = { getTypeParser: () => (value: unknown) => value };
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects, trying again with growing pauses while the server does not answer.
 * @throws FinanceDbError PG_UNREACHABLE, PG_AUTH, PG_DATABASE_MISSING …
 */
export async function connect(address: PostgresAddress, options: ConnectOptions): Promise<PgSession> {
  const deadline = performance.now() + options.retryMs;
  for (let pause = 100; ; pause = Math.min(pause * 2, 1600)) {
    options.signal?.throwIfAborted();
    try {
      return await connectOnce(address, options.signal);
    } catch (error) {
      if (!isTransient(error) || performance.now() + pause > deadline)
        throw mapPostgresError(error, describeAddress(address));
      await delay(pause, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

async function connectOnce(address: PostgresAddress, signal: AbortSignal | undefined): Promise<PgSession> {
  const socket = address.host.startsWith('/');
  const tls = socket || address.sslmode === 'disable' || address.sslmode === 'allow' ? false : tlsOptions(address);
  try {
    return await open(address, tls, signal);
  } catch (error) {
    if (address.sslmode === 'prefer' && tls !== false && /does not support SSL/i.test(messageOf(error)))
      return open(address, false, signal);
    throw error;
  }
}

async function open(
  address: PostgresAddress,
  ssl: pg.ClientConfig['ssl'],
  signal: AbortSignal | undefined,
): Promise<PgSession> {
  const where = describeAddress(address);
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    user: address.user,
    database: address.database,
    password: () => address.password ?? passwordFromFile(address),
    ...(ssl === undefined ? {} : { ssl }),
    ...(ssl === false ? { stream: openReaderSocket } : {}),
    application_name: 'finance-db',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // A peer that vanished without a word is noticed within minutes, not hours.
    keepAliveInitialDelayMillis: 30_000,
    types: AS_TEXT as unknown as pg.CustomTypesConfig,
  });
  // A connection that breaks while no query runs would otherwise end the process; the next query reports it.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    client.end().catch(() => undefined);
    throw error;
  }
  let abandoned: Promise<void> | undefined;
  const onAbort = (): void => {
    abandoned = abandon(client, address);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    client,
    where,
    query: async <R>(sql: string, params: readonly unknown[] = []): Promise<R[]> => {
      try {
        // Without parameters the simple protocol is used: one round trip, and several statements are allowed.
        const result = params.length === 0 ? await client.query(sql) : await client.query(sql, [...params]);
        const last = Array.isArray(result) ? result.at(-1) : result;
        return (last?.rows ?? []) as R[];
      } catch (error) {
        throw mapPostgresError(error, where);
      }
    },
    close: async () => {
      signal?.removeEventListener('abort', onAbort);
      await abandoned;
      await client.end().catch(() => undefined);
    },
  };
}

/** What the driver knows of its connection but does not declare. */
interface DriverInternals {
  readonly connection: { readonly stream: net.Socket };
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/** "CancelRequest" of the PostgreSQL manual, "Message Formats". */
const CANCEL_REQUEST = 80877102;

/**
 * Drops a connection in the middle of whatever it does. The server notices that only when it sends something, which a count
 * or a wait for a lock does not for long, so it is asked to cancel the query too; without TLS only, and if it cannot be
 * asked, nothing is lost but its time.
 */
function abandon(client: pg.Client, address: PostgresAddress): Promise<void> {
  const { connection, processID, secretKey } = client as unknown as DriverInternals;
  connection.stream.destroy();
  if (processID === null || secretKey === null || connection.stream instanceof tls.TLSSocket) return Promise.resolve();
  const message = Buffer.alloc(16);
  for (const [index, value] of [16, CANCEL_REQUEST, processID, secretKey].entries())
    message.writeInt32BE(value, index * 4);
  const place = address.host.startsWith('/')
    ? { path: `${address.host}/.s.PGSQL.${address.port}` }
    : { host: address.host, port: address.port };
  return new Promise((resolve) => {
    // The server closes this connection when it has passed the request on.
    const socket = net.connect(place, () => socket.write(message));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.setTimeout(1000, () => socket.destroy());
  });
}

function tlsOptions(address: PostgresAddress): pg.ClientConfig['ssl'] {
  const ca = address.sslrootcert === undefined ? {} : { ca: readCertificate(address.sslrootcert) };
  if (address.sslmode === 'verify-full') return { ...ca, rejectUnauthorized: true };
  if (address.sslmode === 'verify-ca') return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { ...ca, rejectUnauthorized: false };
}

function readCertificate(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new FinanceDbError(
      'FILE_UNREADABLE',
      `cannot read the certificate ${file} (sslrootcert): ${messageOf(error)}`,
    );
  }
}

/** The password that ~/.pgpass (or PGPASSFILE) holds for an address; asked only when the server wants one. */
function passwordFromFile(address: PostgresAddress): Promise<string> {
  const { host, port, user, database } = address;
  return new Promise((resolve) => {
    pgpass({ host, port, user, database }, (password) => resolve(password ?? ''));
  });
}
