import { describeAddress, describePlace, type PostgresAddress } from '../config/connection/address.ts';
import type { PostgresTarget } from '../config/postgresTarget.ts';
import { FinanceDbError } from '../errors/financeDbError.ts';
import { EMBEDDED_PLACE } from '../model/fileSource.ts';
import { EMBEDDED_DATABASE } from './embedded/folder.ts';
import { embeddedServerExists, useEmbeddedServer } from './embedded/server.ts';
import { endSnapshot } from './pinned.ts';
import { connect, type PgSession } from './session.ts';

/** The source for the time of one command. */
export interface PgServer {
  readonly kind: 'embedded' | 'external';
  /** The address without password, for messages. */
  readonly where: string;
  /** `host:port`, or EMBEDDED_PLACE. */
  readonly place: string;
  readonly database: string;
  /** How to reach it; with its password, so for no message. */
  readonly address: PostgresAddress;
  /** @param options `retryMs`: for how long to try again, if not as long as the command does; `replication`: to stream changes */
  connect(options?: { readonly retryMs?: number; readonly replication?: boolean }): Promise<PgSession>;
}

export interface ServerContext {
  readonly target: PostgresTarget;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
  /** For how long a server that does not answer is tried again; 4 s when left out. */
  readonly retryMs?: number;
  /** Whether to make the embedded server where there is none yet; only commands that put data into it may. */
  readonly create?: boolean;
  /** For how long a statement may wait for a lock, in milliseconds. */
  readonly lockWaitMs?: number | undefined;
  /** Whether changes are to be streamed, for which the embedded server has to be started in another way. */
  readonly toFollow?: boolean;
}

/** A server that restarts comes back within this time; one that is down should not hold up cron for longer. */
const RETRY_MS = 4_000;

/** The source that a target leads to, in words, whether it can be reached or not. */
export function describeTarget(target: PostgresTarget): { readonly place: string; readonly database: string } {
  if (target.kind === 'embedded') return { place: EMBEDDED_PLACE, database: EMBEDDED_DATABASE };
  return { place: describePlace(target.connection), database: target.connection.database };
}

/**
 * Runs `use` with the source at hand: the user's server, or the embedded one, which is started before and, if nobody
 * else uses it, stopped after. Closes whatever connections `use` left open.
 * @throws FinanceDbError of the PG_ family; PG_NOT_CONFIGURED where no server is named and no embedded one was made.
 */
export async function withPostgres<T>(context: ServerContext, use: (server: PgServer) => Promise<T>): Promise<T> {
  const { target } = context;
  if (target.kind === 'external') return withSessions('external', target.connection, context, use);
  if (context.create !== true && !embeddedServerExists(target.folder)) throw noServer(target.folder);
  const embedded = await useEmbeddedServer(target.folder, context.now, context.signal, {
    toFollow: context.toFollow === true,
  });
  let result: T;
  try {
    const address: PostgresAddress = { ...embedded.address, sslmode: 'disable', sslrootcert: undefined };
    result = await withSessions('embedded', address, context, use);
  } catch (error) {
    // What went wrong first is what matters.
    await embedded.release().catch(() => undefined);
    throw embedded.explain(error);
  }
  await embedded.release();
  return result;
}

/** An empty server made in passing would look like a source from which all rows have gone. */
function noServer(folder: string): FinanceDbError {
  return new FinanceDbError(
    'PG_NOT_CONFIGURED',
    `no PostgreSQL is named (DATABASE_URL, PGHOST …), and there is no embedded server in ${folder} yet`,
    { details: { folder } },
  );
}

async function withSessions<T>(
  kind: PgServer['kind'],
  address: PostgresAddress,
  { signal, lockWaitMs, retryMs = RETRY_MS }: ServerContext,
  use: (server: PgServer) => Promise<T>,
): Promise<T> {
  const sessions: PgSession[] = [];
  const where = kind === 'embedded' ? EMBEDDED_PLACE : describeAddress(address);
  try {
    const result = await use({
      kind,
      where,
      place: kind === 'embedded' ? EMBEDDED_PLACE : describePlace(address),
      database: address.database,
      address,
      connect: async (options = {}) => {
        const session = await connect(address, { retryMs, signal, lockWaitMs, where, ...options });
        sessions.push(session);
        return session;
      },
    });
    await Promise.all(sessions.map(endSnapshot));
    return result;
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}
