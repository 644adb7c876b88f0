import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PgSession } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';

let source: Fixture;
let session: PgSession;
let other: TestDatabase;

beforeAll(async () => {
  source = await makeFixture();
  session = source.session;
  other = await createTestDatabase(source.database.address);
  const there = await other.session();
  await there.query("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'theirs')");
});
afterAll(async () => {
  await other.drop();
  await source.close();
});
beforeEach(async () => {
  await source.reset();
  await session.query("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'ours'), (2, 'ours')");
});

const digest = (): string => createHash('sha256').update(fs.readFileSync(source.duckdbPath)).digest('hex');
const elsewhere = (): Record<string, string> => ({ ...source.env('t'), DATABASE_URL: other.url });

describe('a file belongs to its source', () => {
  test('another database is refused, both are named, and the file stays as it is', async () => {
    await source.sync('t');
    const before = digest();
    for (const command of [['sync'], ['sync', '--full'], ['validate'], ['validate', '--repair']]) {
      const { code, stdout } = await runCli([...command, '--json'], { env: elsewhere() });
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string; remedy: string } };
      expect([code, error.code]).toEqual([2, 'OTHER_SOURCE']);
      for (const { address } of [source.database, other])
        expect(error.message).toMatch(new RegExp(`${address.database} at \\S*${address.port}`));
      expect(error.remedy).toMatch(/--duckdb.*--new-source/);
    }
    expect(digest()).toBe(before);
    const status = await runCli(['status', '--json'], { env: elsewhere() });
    expect(JSON.parse(status.stdout)).toMatchObject({
      postgres: { database: other.address.database, reachable: true },
      duckdb: { source: { database: source.database.address.database }, other_source: true },
    });
    expect((await runCli(['status'], { env: elsewhere() })).stdout).toContain('ANOTHER DATABASE');
  });

  test('--new-source replaces it on purpose, and takes nothing of the old one along', async () => {
    await session.query('CREATE TABLE u (id int PRIMARY KEY)');
    await source.sync('t,u');
    const { code, stdout } = await runCli(['sync', '--json', '--new-source'], { env: elsewhere() });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      source: { database: other.address.database },
      warnings: [expect.stringContaining(`${source.database.address.database} at`)],
    });
    expect(await source.rows('SELECT * FROM t')).toEqual([{ id: 1, v: 'theirs' }]);
    expect(await source.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'")).toEqual([
      { table_name: 't' },
    ]);
    expect((await runCli(['sync'], { env: source.env('t') })).code).toBe(2);
  });

  test('a file of a version that kept no names is known by its tables', async () => {
    await source.sync('t');
    const { plant } = await import('../support/plant.ts');
    await plant(source.duckdbPath, "DELETE FROM finance_db.about WHERE name = 'source'");
    expect(await source.sync('t')).toMatchObject({ tables: [{ mode: 'none' }] });
    const { code, stderr } = await runCli(['sync'], { env: elsewhere() });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/OTHER_SOURCE.*oid \d+, system identifier \d+/)]);
  });

  test('a role that may not read the identity goes by address and name', async () => {
    const superuser = await other.session();
    const role = `blind_${source.database.address.database}`;
    await session.query(`CREATE ROLE ${role}; GRANT USAGE ON SCHEMA public TO ${role}; GRANT SELECT ON t TO ${role}`);
    await superuser.query(`GRANT SELECT ON t TO ${role}`);
    for (const [open, { address }] of [
      [session, source.database],
      [superuser, other],
    ] as const) {
      await open.query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public');
      await open.query(`ALTER ROLE ${address.user} IN DATABASE ${address.database} SET role = ${role}`);
    }
    try {
      for (const reason of [/first sync/, /does not tell its identity/])
        expect((await source.sync('t')).tables).toMatchObject([
          { mode: 'full', reason: expect.stringMatching(reason) },
        ]);
      expect((await runCli(['sync'], { env: elsewhere() })).code).toBe(2);
    } finally {
      for (const [open, { address }] of [
        [session, source.database],
        [superuser, other],
      ] as const) {
        await open.query('GRANT EXECUTE ON FUNCTION pg_control_system() TO public');
        await open.query(`ALTER ROLE ${address.user} IN DATABASE ${address.database} RESET role`);
        await open.query(`DROP OWNED BY ${role}`);
      }
      await session.query(`DROP ROLE ${role}`);
    }
  });
});

describe('DATABASE_URL forgotten', () => {
  test('no embedded server comes into being, and the data stays', async () => {
    await source.sync('t');
    const before = digest();
    const { DATABASE_URL: _, ...env } = source.env('t');
    for (const command of ['sync', 'validate']) {
      const { code, stderr } = await runCli([command], { env });
      expect([code, stderr]).toEqual([3, expect.stringContaining('PG_NOT_CONFIGURED')]);
      expect(stderr).toContain('finance-db init');
    }
    expect(digest()).toBe(before);
    expect(fs.existsSync(path.join(source.folder, 'postgres'))).toBe(false);
  });

  test('the sample that init then makes does not take the place of the data', async () => {
    await source.sync('t');
    const before = digest();
    const { DATABASE_URL: _, ...env } = source.env('transactions');
    expect((await runCli(['init'], { env })).code).toBe(0);
    const { code, stderr } = await runCli(['sync'], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('finance on the embedded server')]);
    expect(digest()).toBe(before);
  });
});

test('status and sync name host and database, never the password', async () => {
  const { address, url } = source.database;
  const withPassword = url.replace('@', ':s3cret@');
  const env = { ...source.env('t'), DATABASE_URL: withPassword };
  const place = new RegExp(`${address.database} at\\s+\\S*${address.port}`);
  for (const result of [
    await runCli(['sync'], { env }),
    await runCli(['sync'], { env, columns: 80 }),
    await runCli(['status'], { env }),
    await runCli(['status'], { env: { ...env, DATABASE_URL: `${withPassword}&connect_timeout=1` } }),
  ]) {
    expect(result.stdout).toMatch(place);
    expect(result.stdout + result.stderr).not.toContain('s3cret');
  }
});
