import { randomBytes } from 'node:crypto';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';

/** A database of one test file on the shared real server. */
export interface TestDatabase {
  readonly address: PostgresAddress;
  /** For DATABASE_URL. */
  readonly url: string;
  /** A session that is closed by drop(). */
  session(): Promise<PgSession>;
  /**
   * Ends the statements and transactions that a failed test left open in those sessions: their locks would keep all that
   * comes after it waiting, each test until its own time is up.
   */
  rollBack(): Promise<void>;
  drop(): Promise<void>;
}

/** Creates an empty database, on the shared server unless told otherwise; call `drop` in afterAll. */
export async function createTestDatabase(server: PostgresAddress = serverAddress()): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = await connect(server, { retryMs: 2000 });
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  await admin.close();
  const address = { ...server, database: name };
  const sessions: PgSession[] = [];
  return {
    address,
    url: urlOf(address),
    session: async () => {
      const session = await connect(address, { retryMs: 0 });
      sessions.push(session);
      return session;
    },
    rollBack: async () => {
      const canceller = await connect(address, { retryMs: 2000 });
      await canceller.query(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'",
      );
      await canceller.close();
      // A session that a test has ended on purpose cannot roll back, and has nothing to.
      await Promise.allSettled(sessions.map((session) => session.query('ROLLBACK')));
    },
    drop: async () => {
      await Promise.all(sessions.map((session) => session.close()));
      const again = await connect(server, { retryMs: 2000 });
      // Without FORCE: a connection that a test left behind makes this fail, as it should.
      await dropWhenFree(again, name);
      await again.close();
    },
  };
}

/** The URL of an address, for DATABASE_URL. */
export function urlOf(address: PostgresAddress): string {
  const password = address.password === undefined ? '' : `:${encodeURIComponent(address.password)}`;
  const user = encodeURIComponent(address.user) + password;
  if (address.host.startsWith('/'))
    return `postgres://${user}@/${address.database}?host=${encodeURIComponent(address.host)}&port=${address.port}&sslmode=disable`;
  return `postgres://${user}@${address.host}:${address.port}/${address.database}?sslmode=disable`;
}

/** The shared server, as its superuser. */
export function serverAddress(): PostgresAddress {
  const text = process.env.FINANCE_DB_TEST_SERVER;
  if (text === undefined) throw new Error('the tests need test/support/globalSetup.ts');
  const address = JSON.parse(text) as Omit<PostgresAddress, 'sslmode'>;
  return { ...address, password: address.password, sslmode: 'disable', sslrootcert: undefined };
}

const PATIENCE_MS = 60_000;

/** Backends end a moment after their client closed, on a busy machine a long one; wait for them. */
async function dropWhenFree(admin: PgSession, name: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await admin.query(`DROP DATABASE ${name}`);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
