import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startTcpServer } from '../support/tcpServer.ts';

// What a role and its neighbours can put in a sync's way: a search path, locks, a limit of connections.
// The server listens on TCP, where roles have passwords.
let root: ReturnType<typeof temporaryFolder>;
let server: Awaited<ReturnType<typeof startTcpServer>>;
let database: TestDatabase;
let admin: PgSession;
let home: string;
let number = 0;
beforeAll(async () => {
  root = temporaryFolder();
  server = await startTcpServer(root.path);
  database = await createTestDatabase(server.address);
  admin = await database.session();
  await admin.query(
    "CREATE ROLE guest LOGIN PASSWORD 'guest'; CREATE SCHEMA astray; GRANT USAGE ON SCHEMA astray TO guest",
  );
});
afterAll(async () => {
  await database.drop();
  await server.stop();
  root.remove();
});
beforeEach(async () => {
  home = path.join(root.path, `home-${number++}`);
  await admin.query(
    "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 100) i; GRANT SELECT ON t TO guest",
  );
});
afterEach(() => admin.query('ALTER ROLE guest RESET ALL; ALTER ROLE guest CONNECTION LIMIT -1'));

const guest = () => ({ ...database.address, user: 'guest', password: 'guest' });
const run = (argv: string[], env: Record<string, string> = {}) =>
  runCli(argv, {
    env: { DATABASE_URL: urlOf(guest()), FINANCE_DB_HOME: home, FINANCE_DB_TABLES: 't', ...env },
  });

test("a role's own tables, functions and operators that are called like the catalogue's lead nobody astray", async () => {
  await admin.query(`
    CREATE TABLE astray.pg_namespace (oid oid, nspname name); CREATE TABLE astray.pg_class (oid oid);
    CREATE TABLE astray.pg_database (oid oid, datname name);
    GRANT SELECT ON ALL TABLES IN SCHEMA astray TO guest;
    CREATE FUNCTION astray.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT 'no' $$;
    CREATE FUNCTION astray.pg_current_snapshot() RETURNS text LANGUAGE sql AS $$ SELECT '1:1:' $$;
    CREATE FUNCTION astray.never(name, name) RETURNS bool LANGUAGE sql AS $$ SELECT false $$;
    CREATE OPERATOR astray.= (LEFTARG = name, RIGHTARG = name, FUNCTION = astray.never);
    ALTER ROLE guest SET search_path = astray, pg_catalog`);
  const result = await run(['sync', '--json', '--validate']);
  expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(result.stdout)).toMatchObject({ tables: [{ rows: 100 }], validation: { status: 'equal' } });
  expect(await run(['validate'])).toMatchObject({ code: 0 });
  expect(JSON.parse((await run(['status', '--json'])).stdout)).toMatchObject({ postgres: { reachable: true } });
});

test.each(['sync', 'validate'])(
  '%s waits for a lock as long as it may, from its first look at the catalogue on',
  async (command) => {
    expect(await run(['sync'])).toMatchObject({ code: 0 });
    // A transaction since, or a sync has nothing to do.
    await admin.query("UPDATE t SET v = 'x' WHERE id = 1");
    const holder = await connect(database.address, { retryMs: 0 });
    try {
      await holder.query('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
      const result = await run([command], { FINANCE_DB_LOCK_WAIT: '0.1' });
      expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining('[PG_LOCKED]') });
      expect(result.stderr).toContain('FINANCE_DB_LOCK_WAIT');
    } finally {
      await holder.close();
    }
  },
);

describe('a role that may have one connection', () => {
  beforeEach(() =>
    admin.query(
      "INSERT INTO t SELECT i, repeat('x', 400) FROM generate_series(101, 60000) i; ALTER ROLE guest CONNECTION LIMIT 1",
    ),
  );

  test('syncs and validates a larger table with that one, and says so once', async () => {
    const result = await run(['sync', '--json', '--validate', '--jobs', '4']);
    expect(result.code).toBe(0);
    const { warnings, tables, validation } = JSON.parse(result.stdout);
    expect({ tables, validation }).toMatchObject({ tables: [{ rows: 60000 }], validation: { status: 'equal' } });
    expect(warnings).toEqual([expect.stringContaining('too many connections for role')]);
    const validated = await run(['validate', '--json']);
    expect(validated.code).toBe(0);
    expect(JSON.parse(validated.stdout)).toMatchObject({ status: 'equal' });
  });

  test('and has it in use is told so, and given no sample', async () => {
    const other = await connect(guest(), { retryMs: 0 });
    try {
      const result = await run(['sync']);
      expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining('[PG_TOO_MANY_CONNECTIONS]') });
      expect(fs.existsSync(path.join(home, 'finance.duckdb'))).toBe(false);
    } finally {
      await other.close();
    }
  });
});
