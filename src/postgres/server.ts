import { describeAddress, type PostgresAddress, type PostgresTarget } from '../config/postgresTarget.ts';
import { useEmbeddedServer } from './embedded/server.ts';
import { connect, type PgSession } from './session.ts';

/** The source for the time of one command. */
export interface PgServer {
  readonly kind: 'embedded' | 'external';
  /** The address without password, for messages. */
  readonly where: string;
  readonly database: string;
  connect(): Promise<PgSession>;
}

export interface ServerContext {
  readonly target: PostgresTarget;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
  /** For how long a server that does not answer is tried again; 4 s when left out. */
  readonly retryMs?: number;
}

/** A server that restarts comes back within this time; one that is down should not hold up cron for longer. */
const RETRY_MS = 4_000;

/**
 * Runs `use` with the source at hand: the user's server, or the embedded one, which is started before and, if nobody
 * else uses it, stopped after. Closes whatever connections `use` left open.
 * @throws FinanceDbError of the PG_ family.
 */
export async function withPostgres<T>(context: ServerContext, use: (server: PgServer) => Promise<T>): Promise<T> {
  const { target, signal, retryMs = RETRY_MS } = context;
  if (target.kind === 'external') return withSessions('external', target.connection, retryMs, signal, use);
  const embedded = await useEmbeddedServer(target.folder, context.now, signal);
  try {
    const address: PostgresAddress = { ...embedded.address, sslmode: 'disable', sslrootcert: undefined };
    return await withSessions('embedded', address, retryMs, signal, use);
  } finally {
    await embedded.release();
  }
}

async function withSessions<T>(
  kind: PgServer['kind'],
  address: PostgresAddress,
  retryMs: number,
  signal: AbortSignal | undefined,
  use: (server: PgServer) => Promise<T>,
): Promise<T> {
  const sessions: PgSession[] = [];
  try {
    return await use({
      kind,
      where: kind === 'embedded' ? 'the embedded server' : describeAddress(address),
      database: address.database,
      connect: async () => {
        const session = await connect(address, { retryMs, signal });
        sessions.push(session);
        return session;
      },
    });
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}
