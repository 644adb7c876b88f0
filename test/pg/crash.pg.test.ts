import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openReader } from '../../src/duckdb/reader.ts';
import { freePort } from '../../src/postgres/embedded/socketPlace.ts';
import type { PgSession } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { compareTable } from '../support/compare.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { killSyncs } from '../support/kills.ts';
import { digestOf, type HeldBackProxy, type Started, startProxy, startTool } from '../support/process.ts';
import { startTcpServer } from '../support/tcpServer.ts';
import { thorough } from '../support/thorough.ts';
import { until } from '../support/until.ts';

let home: ReturnType<typeof temporaryFolder>;
let folder: ReturnType<typeof temporaryFolder>;
let server: Awaited<ReturnType<typeof startTcpServer>>;
let database: TestDatabase;
let session: PgSession;
/** The last test takes the server away. */
let serverStopped = false;
let proxy: HeldBackProxy;
/** The file of a sync that was made before the table changed. */
let synced: Buffer;

beforeAll(async () => {
  home = temporaryFolder();
  server = await startTcpServer(home.path);
  database = await createTestDatabase(server.address);
  session = await database.session();
  proxy = await startProxy(database.address);
  await session.query(
    'CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat(md5(i::text), 4) FROM generate_series(1, 10000) i',
  );
  folder = temporaryFolder();
  await syncWhole();
  synced = fs.readFileSync(file());
  folder.remove();
  await session.query("UPDATE t SET v = repeat('changed', 40) WHERE id <= 1700; DELETE FROM t WHERE id > 9990");
});
afterAll(async () => {
  await proxy.close();
  if (!serverStopped) await database.drop();
  await server.stop();
  home.remove();
});
beforeEach(() => {
  folder = temporaryFolder();
  proxy.resume();
});
afterEach(() => folder.remove());

const file = (): string => path.join(folder.path, 'finance.duckdb');

const environment = (through = database.address): Record<string, string> => ({
  DATABASE_URL: urlOf(through),
  FINANCE_DB_HOME: folder.path,
  FINANCE_DB_TABLES: 't',
});

/** As a process of its own, which a test can kill. */
function sync(flags: readonly string[] = [], through = database.address): Started {
  return startTool(['sync', '--json', ...flags], environment(through));
}

/** One that nothing happens to: in this process, which takes half the time. */
async function syncWhole(): Promise<void> {
  const { code, stderr } = await runCli(['sync', '--json'], { env: environment() });
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
}

async function compare(): Promise<void> {
  const reader = await openReader(file());
  try {
    await compareTable(session, reader.connection, { schema: 'public', name: 't' });
  } finally {
    reader.close();
  }
}

/** A file as the first sync left it; the next one is to bring what has changed since. */
function placeSynced(): string | null {
  fs.writeFileSync(file(), synced);
  return digestOf(file());
}

/** The published file is as it was, there is nothing beside it, nobody is connected, and the next sync succeeds. */
async function expectUntouched(before: string | null): Promise<void> {
  expect(digestOf(file())).toBe(before);
  expect(fs.readdirSync(folder.path)).toEqual(before === null ? [] : ['finance.duckdb']);
  await noneConnected();
  await syncWhole();
  await compare();
}

async function noneConnected(): Promise<void> {
  const others = `SELECT pid FROM pg_stat_activity WHERE application_name = 'finance-db' AND pid <> pg_backend_pid() AND datname = current_database()`;
  await until('a session of the sync is still there', async () => (await session.query(others)).length === 0);
  // What a killed sync wrote to the log by reading is put on the disk when somebody commits; here nobody does.
  await session.query('CHECKPOINT');
}

/** A sync that is held in the middle of a row of a COPY; the rest is up to the test. */
async function held(...flags: string[]): Promise<Started> {
  proxy.limit(300_007, 'hold');
  const started = sync(flags, proxy.address);
  await Promise.race([proxy.reached(), started.ended]);
  return started;
}

const MODES = [['full'], ['incremental']] as const;
const flagsOf = (mode: string): string[] => (mode === 'full' ? ['--full'] : []);

describe('killed', () => {
  test('at random instants: the file is whole, and the next sync succeeds and clears up', async () => {
    const own = await createTestDatabase(server.address);
    const kills = thorough(2, 6);
    const result = await killSyncs({ address: own.address, folder: folder.path, kills, seed: 1, rows: 15_000 });
    expect(result).toMatchObject({ killed: kills });
    await own.drop();
  });

  test.each(MODES)('in the middle of a row (%s): the lock of the dead process is taken over', async (mode) => {
    const before = placeSynced();
    const { child, ended } = await held(...flagsOf(mode));
    child.kill('SIGKILL');
    await ended;
    expect(fs.readdirSync(folder.path).sort()).toEqual([
      'finance.duckdb',
      'finance.duckdb.lock',
      'finance.duckdb.work',
    ]);
    expect(digestOf(file())).toBe(before);
    await syncWhole();
    await compare();
    expect(fs.readdirSync(folder.path)).toEqual(['finance.duckdb']);
  });
});

describe.each(MODES)('%s, when', (mode) => {
  test('the backend is terminated in the middle of COPY', async () => {
    const before = placeSynced();
    const { ended } = await held(...flagsOf(mode));
    await session.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND application_name = 'finance-db' AND pid <> pg_backend_pid()",
    );
    proxy.resume();
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([3, expect.stringContaining('PG_CONNECTION_LOST')]);
    await expectUntouched(before);
  });

  test('the connection is cut in the middle of a row', async () => {
    const before = placeSynced();
    proxy.limit(300_007, 'cut');
    const { code, stderr } = await sync(flagsOf(mode), proxy.address).ended;
    expect([code, stderr]).toEqual([3, expect.stringContaining('PG_CONNECTION_LOST')]);
    await expectUntouched(before);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('it gets %s while rows arrive', async (signal, exit) => {
    const before = placeSynced();
    const { child, ended } = await held(...flagsOf(mode));
    child.kill(signal);
    expect((await ended).code).toBe(exit);
    await expectUntouched(before);
  });

  test('it gets SIGTERM while it waits for a lock', async () => {
    const before = placeSynced();
    const locker = await database.session();
    await locker.query("SET application_name = 'test'; BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
    const { child, ended } = sync(flagsOf(mode));
    const waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'";
    await until('the sync waits for the lock', async () => (await session.query(waiting)).length > 0);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
    await noneConnected();
    await locker.query('ROLLBACK');
    await locker.close();
    await expectUntouched(before);
  });
});

test('a first sync that is interrupted publishes nothing, not even the sample', async () => {
  const { child, ended } = await held();
  child.kill('SIGTERM');
  expect((await ended).code).toBe(143);
  await expectUntouched(null);
});

describe('two syncs at once', () => {
  test('the second exits at once and names the holder; --wait waits for it', async () => {
    placeSynced();
    const first = await held();
    const second = await sync().ended;
    expect(second.code).toBe(4);
    expect(second.stderr).toMatch(
      new RegExp(`SYNC_LOCKED.*process ${first.child.pid} on ${os.hostname()}, since 20\\d\\d-`),
    );
    const waiting = sync(['--wait', '60']);
    await delay(300);
    expect(waiting.child.exitCode).toBeNull();
    proxy.resume();
    expect([(await first.ended).code, (await waiting.ended).code]).toEqual([0, 0]);
    await compare();
    expect(fs.readdirSync(folder.path)).toEqual(['finance.duckdb', 'finance.duckdb.checked']);
  });

  test('the lock of a dead process, and one that was torn, are taken over', async () => {
    const dead = spawnSync(process.execPath, ['-e', '0']).pid;
    const holder = { pid: dead, host: os.hostname(), startTicks: '1', since: '2026-01-01T00:00:00Z', nonce: 'x' };
    fs.writeFileSync(`${file()}.lock`, JSON.stringify(holder));
    fs.writeFileSync(`${file()}.lock.draft`, JSON.stringify(holder));
    await syncWhole();
    fs.writeFileSync(`${file()}.lock`, '{"pid": 12');
    await syncWhole();
    // A living process that happens to have the pid of the dead one.
    fs.writeFileSync(`${file()}.lock`, JSON.stringify({ ...holder, pid: process.pid }));
    expect((await sync().ended).code).toBe(0);
    expect(fs.readdirSync(folder.path)).toEqual(['finance.duckdb', 'finance.duckdb.checked']);
  });
});

test('a server that comes back within seconds is waited for', async () => {
  const port = await freePort();
  const started = sync([], { ...database.address, port });
  await delay(900);
  const late = await startProxy(database.address, port);
  expect((await started.ended).code).toBe(0);
  await late.close();
  await compare();
});

test('the server is stopped in the middle of COPY: exit 3, nothing published', async () => {
  const before = placeSynced();
  const { ended } = await held('--full');
  const pid = Number(fs.readFileSync(path.join(home.path, 'tcp-server/data/postmaster.pid'), 'utf8').split('\n')[0]);
  serverStopped = true;
  process.kill(pid, 'SIGQUIT');
  proxy.resume();
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([3, expect.stringContaining('PG_CONNECTION_LOST')]);
  // Nothing listens now: tried again for a few seconds, then given up.
  const unreachable = await sync().ended;
  expect([unreachable.code, unreachable.stderr]).toEqual([3, expect.stringContaining('PG_UNREACHABLE')]);
  expect(digestOf(file())).toBe(before);
  expect(fs.readdirSync(folder.path)).toEqual(['finance.duckdb']);
});
