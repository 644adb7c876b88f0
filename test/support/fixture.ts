import path from 'node:path';
import { openReader } from '../../src/duckdb/reader.ts';
import { parseTableList } from '../../src/model/tableName.ts';
import type { PgSession } from '../../src/postgres/session.ts';
import { type CliOptions, type CliResult, runCli } from './cli.ts';
import { compareTable } from './compare.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { temporaryFolder } from './folder.ts';
import { startTestServer } from './testServer.ts';

export interface SyncedTable {
  readonly table: string;
  readonly mode: string;
  readonly reason: string;
  readonly rows: number;
  readonly upserted: number;
  readonly deleted: number;
}

export interface SyncDocument {
  readonly tables: readonly SyncedTable[];
  readonly snapshot: string;
  readonly warnings: readonly string[];
  readonly held_back: { readonly holder: string; readonly seconds: number } | null;
}

/** A database of its own and a folder of its own, and the tool at work between them. */
export interface Fixture {
  readonly database: TestDatabase;
  /** A session of the superuser. */
  readonly session: PgSession;
  readonly folder: string;
  readonly duckdbPath: string;
  env(tables: string): Record<string, string>;
  /** Syncs and returns the document; throws when the exit code is not 0. */
  sync(tables: string, ...flags: string[]): Promise<SyncDocument>;
  /** The same, and compares each table with PostgreSQL, row by row. */
  syncEqual(tables: string, ...flags: string[]): Promise<SyncDocument>;
  /** Runs `sync --json` whatever comes of it. */
  trySync(tables: string, flags?: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Rows of the published file. */
  rows<T>(sql: string): Promise<T[]>;
  /** An empty folder and an empty schema public, and no other schemas. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Makes a fixture on a server of its own, since transaction ids belong to the whole server: what other test files do on the
 * shared one would turn a sync that has nothing to do into one that looks. `close` it in afterAll, `reset` it in beforeEach.
 */
export async function makeFixture(): Promise<Fixture> {
  const server = await startTestServer();
  const database = await createTestDatabase(server.address);
  const session = await database.session();
  let folder = temporaryFolder();
  const env = (tables: string): Record<string, string> => ({
    DATABASE_URL: database.url,
    FINANCE_DB_HOME: folder.path,
    FINANCE_DB_TABLES: tables,
  });
  const trySync: Fixture['trySync'] = (tables, flags = [], options = {}) =>
    runCli(['sync', '--json', ...flags], { ...options, env: { ...env(tables), ...options.env } });
  const sync: Fixture['sync'] = async (tables, ...flags) => {
    const result = await trySync(tables, flags);
    if (result.code !== 0) throw new Error(`exit ${result.code}: ${result.stderr}`);
    return JSON.parse(result.stdout) as SyncDocument;
  };
  return {
    database,
    session,
    get folder() {
      return folder.path;
    },
    get duckdbPath() {
      return path.join(folder.path, 'finance.duckdb');
    },
    env,
    trySync,
    sync,
    syncEqual: async (tables, ...flags) => {
      const document = await sync(tables, ...flags);
      const reader = await openReader(path.join(folder.path, 'finance.duckdb'));
      try {
        for (const table of parseTableList(tables)) await compareTable(session, reader.connection, table);
      } finally {
        reader.close();
      }
      return document;
    },
    rows: async <T>(sql: string) => {
      const reader = await openReader(path.join(folder.path, 'finance.duckdb'));
      try {
        return await reader.all<T>(sql);
      } finally {
        reader.close();
      }
    },
    reset: async () => {
      folder.remove();
      folder = temporaryFolder();
      await database.rollBack();
      // What still holds a lock then is a connection that the tool has left: an error, rather than a wait without end.
      await session.query("SET lock_timeout = '60s'");
      const schemas = await session.query<{ name: string }>(
        "SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'",
      );
      for (const { name } of schemas) await session.query(`DROP SCHEMA ${name} CASCADE`);
      await session.query('CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO public; RESET lock_timeout');
    },
    close: async () => {
      try {
        await database.rollBack();
        await database.drop();
      } finally {
        // Whatever a test left behind: no server and no folder outlives its test file.
        await server.end();
        folder.remove();
      }
    },
  };
}
