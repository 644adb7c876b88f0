import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import type pg from 'pg';
import { describeAddress, isSocket, type PostgresAddress, type PostgresHost } from '../config/connection/address.ts';
import { connectAny } from './connection/connectAny.ts';
import { socketPath } from './connection/openClient.ts';
import { isTransient, mapPostgresError } from './errors.ts';

/** One connection. Values come as text, or null: nothing is parsed into JavaScript numbers or dates. */
export interface PgSession {
  readonly client: pg.Client;
  /** The address, without password, for messages. */
  readonly where: string;
  /** For how long a statement may wait for a lock, in milliseconds. */
  readonly lockWaitMs: number;
  /**
   * Runs SQL of one or several statements.
   * @returns the rows of the last statement that has any
   * @throws FinanceDbError mapped from whatever went wrong.
   */
  query<R = Record<string, string | null>>(sql: string, params?: readonly unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** For how long a server that does not answer is tried again. */
  readonly retryMs: number;
  readonly signal?: AbortSignal | undefined;
  /** For how long a statement may wait for a lock; a minute when left out. */
  readonly lockWaitMs?: number | undefined;
  /** What messages call the server; its address when left out. */
  readonly where?: string | undefined;
  /** Whether it is to stream changes (a "walsender"); it knows the simple protocol only. */
  readonly replication?: boolean | undefined;
}

/** For how long to wait when somebody changes the definition of a table, unless FINANCE_DB_LOCK_WAIT says otherwise. */
const LOCK_WAIT_MS = 60_000;

/**
 * Connects, trying again with growing pauses while the server does not answer.
 * @throws FinanceDbError PG_UNREACHABLE, PG_AUTH, PG_DATABASE_MISSING …
 */
export async function connect(address: PostgresAddress, options: ConnectOptions): Promise<PgSession> {
  const deadline = performance.now() + options.retryMs;
  for (let pause = 100; ; pause = Math.min(pause * 2, 1600)) {
    options.signal?.throwIfAborted();
    try {
      return await connectOnce(address, options);
    } catch (error) {
      if (!isTransient(error) || performance.now() + pause > deadline)
        throw mapPostgresError(error, options.where ?? describeAddress(address));
      await delay(pause, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

async function connectOnce(
  address: PostgresAddress,
  { signal, lockWaitMs = LOCK_WAIT_MS, where: called, replication = false }: ConnectOptions,
): Promise<PgSession> {
  const { client, place } = await connectAny(replication ? { ...address, replication } : address, signal);
  const where = called ?? describeAddress({ ...address, ...place, otherHosts: [] });
  let abandoned: Promise<void> | undefined;
  const onAbort = (): void => {
    abandoned = abandon(client, place);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    client,
    where,
    lockWaitMs,
    query: async <R>(sql: string, params: readonly unknown[] = []): Promise<R[]> => {
      try {
        // Without parameters the simple protocol is used: one round trip, and several statements are allowed.
        const result = params.length === 0 ? await client.query(sql) : await client.query(sql, [...params]);
        const last = Array.isArray(result) ? result.findLast(({ fields }) => fields.length > 0) : result;
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
function abandon(client: pg.Client, place: PostgresHost): Promise<void> {
  const { connection, processID, secretKey } = client as unknown as DriverInternals;
  connection.stream.destroy();
  if (processID === null || secretKey === null || connection.stream instanceof tls.TLSSocket) return Promise.resolve();
  const message = Buffer.alloc(16);
  for (const [index, value] of [16, CANCEL_REQUEST, processID, secretKey].entries())
    message.writeInt32BE(value, index * 4);
  const target = isSocket(place)
    ? { path: socketPath(place) }
    : { host: place.hostaddr ?? place.host, port: place.port };
  return new Promise((resolve) => {
    // The server closes this connection when it has passed the request on.
    const socket = net.connect(target, () => socket.write(message));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.setTimeout(1000, () => socket.destroy());
  });
}
