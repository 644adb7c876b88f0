import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { type CliOptions, runCli } from '../support/cli.ts';
import { urlOf } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { plant } from '../support/plant.ts';
import { unmount } from '../support/smallDisk.ts';
import { startTcpServer } from '../support/tcpServer.ts';

let server: Awaited<ReturnType<typeof startTcpServer>>;
let admin: PgSession;
let root: ReturnType<typeof temporaryFolder>;
let home: string;
let number = 0;

beforeAll(async () => {
  root = temporaryFolder();
  server = await startTcpServer(root.path);
  admin = await connect(server.address, { retryMs: 2000 });
  await admin.query(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'one'); CREATE VIEW moments AS SELECT 1 AS id, clock_timestamp()::text AS moment",
  );
});
afterAll(async () => {
  await admin.close();
  await server.stop();
  root.remove();
});
beforeEach(() => {
  home = path.join(root.path, `home-${number++}`);
});

const run = (argv: string[], env: Record<string, string> = {}, options: CliOptions = {}) =>
  runCli(argv, {
    env: { DATABASE_URL: urlOf(server.address), FINANCE_DB_HOME: home, FINANCE_DB_TABLES: 't', ...env },
    ...options,
  });
const GONE = { DATABASE_URL: 'postgres://u@127.0.0.1:1/db?sslmode=disable' };
const inAnHour = { now: new Date(Date.now() + 3_600_000) };
const check = async (...given: [string[]?, Record<string, string>?, CliOptions?]) => {
  const [flags = [], env = {}, options = {}] = given;
  const { code, stdout } = await run(['status', '--check', ...flags], env, options);
  return { code, state: stdout.split(':')[0], lines: stdout.split('\n').length - 1 };
};

describe('status --check', () => {
  test('fresh, stale, unreachable, missing, unreadable, damaged: a word and an exit code each', async () => {
    expect(await check()).toEqual({ code: 4, state: 'missing', lines: 1 });
    await run(['sync']);
    expect(await check()).toEqual({ code: 0, state: 'fresh', lines: 1 });
    // Nothing happened: it is as fresh as on the first day.
    expect(await check([], {}, inAnHour)).toMatchObject({ code: 0, state: 'fresh' });
    await admin.query("INSERT INTO t VALUES (2, 'two')");
    expect(await check()).toMatchObject({ code: 0, state: 'fresh' });
    expect(await check([], {}, inAnHour)).toEqual({ code: 8, state: 'stale', lines: 1 });
    expect(await check(['--max-age', '2h'], {}, inAnHour)).toMatchObject({ code: 0, state: 'fresh' });
    // A table that was never synced is no fresh one; one that is no longer named does not count.
    expect(await check([], { FINANCE_DB_TABLES: 't,moments' })).toMatchObject({ code: 4, state: 'missing' });
    expect(await check([], GONE)).toEqual({ code: 3, state: 'unreachable', lines: 1 });
    await plant(path.join(home, 'finance.duckdb'), "UPDATE t SET v = 'false'");
    await run(['validate']);
    expect(await check()).toEqual({ code: 5, state: 'damaged', lines: 1 });
    fs.writeFileSync(path.join(home, 'finance.duckdb'), 'no database');
    expect(await check()).toEqual({ code: 4, state: 'unreadable', lines: 1 });
  });

  test('in the document too, and without it the exit code is 0 whatever is found', async () => {
    const { code, stdout } = await run(['status', '--check', '--json'], GONE);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      postgres: { reachable: false },
      check: { state: 'missing', exit: 4, reason: expect.stringContaining(home) },
    });
    expect((await run(['status'], GONE)).code).toBe(0);
  });

  test('the sample that a failed first sync leaves is no data', async () => {
    await run(['sync'], GONE);
    expect(await check()).toMatchObject({ code: 4, state: 'missing' });
  });

  test.each([
    [['--max-age', '15m']],
    [['--check', '--max-age', 'soon']],
    [['--check', '--max-age', '0s']],
    [['--check', '--max-age', '-5m']],
    [['--check', '--max-age', `${'9'.repeat(500)}d`]],
  ])('%j is a wrong use', async (flags) => {
    const { code, stderr } = await run(['status', ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain('--max-age');
  });
});

test('a view over the clock is never called up to date', async () => {
  const env = { FINANCE_DB_TABLES: 't,moments' };
  await run(['sync'], env);
  const { tables } = JSON.parse((await run(['status', '--json'], env)).stdout);
  expect(tables).toMatchObject([
    { table: 'moments', behind: null, behind_unknown: 'needs_reading' },
    { table: 't', behind: false, behind_unknown: null },
  ]);
  expect((await run(['status'], env)).stdout).toMatch(/ moments .* cannot be told without reading /);
  expect(await check([], env, inAnHour)).toMatchObject({ code: 8, state: 'stale' });
  expect(JSON.parse((await run(['status', '--json'], { ...env, ...GONE })).stdout).tables).toMatchObject([
    { behind: null, behind_unknown: 'not_asked' },
    { behind: null, behind_unknown: 'not_asked' },
  ]);
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;
(canMount ? test : test.skip)('a home that is read-only (needs root, for a mount)', async () => {
  const env = { DATABASE_URL: '', FINANCE_DB_TABLES: 'transactions' };
  await run(['init'], env);
  await run(['sync'], env);
  for (const args of [
    ['--bind', home, home],
    ['-o', 'remount,ro,bind', home],
  ])
    expect(spawnSync('mount', args).status).toBe(0);
  try {
    const { code, stdout } = await run(['status', '--json'], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      postgres: { reachable: false, problem: expect.stringContaining('read-only') },
      duckdb: { exists: true, problem: null },
      tables: [{ table: 'transactions', rows: 5000, behind: null }],
    });
    expect(await check([], env)).toMatchObject({ code: 3, state: 'unreachable' });
    expect((await run(['status'])).stdout).toContain('reachable, version');
  } finally {
    unmount(home);
  }
});
