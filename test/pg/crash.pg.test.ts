import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openReader } from '../../src/duckdb/reader.ts';
import type { PgSession } from '../../src/postgres/session.ts';
import { freePort } from '../support/cluster.ts';
import { compareTable } from '../support/compare.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { killSyncs } from '../support/kills.ts';
import { digestOf, type HeldBackProxy, type Started, startProxy, startTool } from '../support/process.ts';
import { startTcpServer } from '../support/tcpServer.ts';

let home: ReturnType<typeof temporaryFolder>;
let folder: ReturnType<typeof temporaryFolder>;
let server: Awaited<ReturnType<typeof startTcpServer>>;
let database: TestDatabase;
let session: PgSession;
/** The last test takes the server away. */
let serverStopped = false;
let proxy: HeldBackProxy;

beforeAll(async () => {
  home = temporaryFolder();
  server = await startTcpServer(home.path);
  database = await createTestDatabase(server.address);
  session = await database.session();
  proxy = await startProxy(database.address);
});
afterAll(async () => {
  await proxy.close();
  if (!serverStopped) await database.drop();
  await server.stop();
  home.remove();
});
beforeEach(async () => {
  folder = temporaryFolder();
  proxy.resume();
  await session.query(
    'DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat(md5(i::text), 4) FROM generate_series(1, 30000) i',
  );
});
afterEach(() => folder.remove());

const file = (): string => path.join(folder.path, 'finance.duckdb');

function sync(flags: readonly string[] = [], through = database.address): Started {
  const env = { DATABASE_URL: urlOf(through), FINANCE_DB_HOME: folder.path, FINANCE_DB_TABLES: 't' };
  return startTool(['sync', '--json', ...flags], env);
}

async function syncWhole(
  ...flags: string[]
): Promise<{ tables: { mode: string; rows: number }[]; warnings: string[] }> {
  const { code, stdout, stderr } = await sync(flags).ended;
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
  return JSON.parse(stdout) as { tables: { mode: string; rows: number }[]; warnings: string[] };
}

async function compare(): Promise<void> {
  const reader = await openReader(file());
  try {
    await compareTable(session, reader.connection, { schema: 'public', name: 't' });
  } finally {
    reader.close();
  }
}

/** A first sync, then changes that the next one is to bring. */
async function syncAndChange(): Promise<string | null> {
  await syncWhole();
  await session.query("UPDATE t SET v = repeat('changed', 20) WHERE id <= 5000; DELETE FROM t WHERE id > 29990");
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
  for (let attempt = 0; (await session.query(others)).length > 0; attempt++) {
    if (attempt > 400) throw new Error('a session of the sync is still there');
    await delay(10);
  }
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
    await session.query('DROP TABLE t');
    const result = await killSyncs({ address: database.address, folder: folder.path, kills: 6, seed: 1, rows: 40_000 });
    expect(result).toMatchObject({ killed: 6 });
  });

  test.each(MODES)('in the middle of a row (%s): the lock of the dead process is taken over', async (mode) => {
    const before = await syncAndChange();
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
    const before = await syncAndChange();
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
    const before = await syncAndChange();
    proxy.limit(300_007, 'cut');
    const { code, stderr } = await sync(flagsOf(mode), proxy.address).ended;
    expect([code, stderr]).toEqual([3, expect.stringContaining('PG_CONNECTION_LOST')]);
    await expectUntouched(before);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('it gets %s while rows arrive', async (signal, exit) => {
    const before = await syncAndChange();
    const { child, ended } = await held(...flagsOf(mode));
    child.kill(signal);
    expect((await ended).code).toBe(exit);
    await expectUntouched(before);
  });

  test('it gets SIGTERM while it waits for a lock', async () => {
    const before = await syncAndChange();
    const locker = await database.session();
    await locker.query("SET application_name = 'test'; BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
    const { child, ended } = sync(flagsOf(mode));
    for (;;) {
      const waiting = await session.query("SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'");
      if (waiting.length > 0) break;
      await delay(5);
    }
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
    await syncAndChange();
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
    await syncWhole();
    expect(fs.readdirSync(folder.path)).toEqual(['finance.duckdb', 'finance.duckdb.checked']);
  });
});

describe('a damaged file', () => {
  const DAMAGES: readonly (readonly [name: string, damage: (path: string) => Promise<void> | void])[] = [
    ['is cut short', (target) => fs.truncateSync(target, 20_000)],
    ['is empty', (target) => fs.truncateSync(target, 0)],
    ['has a damaged header', (target) => overwrite(target, 4096, 64)],
    ['is of a newer DuckDB', (target) => overwrite(target, 12, 1)],
  ];

  test.each(DAMAGES)('that %s is set aside and rebuilt', async (_name, damage) => {
    await syncWhole();
    await damage(file());
    const before = digestOf(file());
    const { tables, warnings } = await syncWhole();
    expect(tables).toMatchObject([{ mode: 'full', rows: 30000 }]);
    const [aside] = fs.readdirSync(folder.path).filter((name) => name !== 'finance.duckdb');
    expect(aside).toMatch(/^finance\.duckdb\.damaged-/);
    expect(digestOf(path.join(folder.path, String(aside)))).toBe(before);
    expect(warnings.join('\n')).toMatch(/could not be used[\s\S]*kept as/);
    await compare();
  });

  test('whose damage shows only in the middle of an incremental sync is set aside and rebuilt', async () => {
    await syncWhole();
    await damageData(file());
    await session.query('DELETE FROM t WHERE id % 100 = 0');
    const { tables, warnings } = await syncWhole();
    expect(tables).toMatchObject([{ mode: 'full', rows: 29700 }]);
    expect(warnings.join('\n')).toMatch(/could not be used[\s\S]*kept as/);
    await compare();
  });

  test('is not touched when it is a folder', async () => {
    fs.mkdirSync(file());
    fs.writeFileSync(path.join(file(), 'precious'), '');
    const { code } = await sync().ended;
    expect(code).toBe(4);
    expect(fs.readdirSync(folder.path)).toEqual(['finance.duckdb']);
    expect(fs.readdirSync(file())).toEqual(['precious']);
  });
});

function overwrite(target: string, at: number, bytes: number): void {
  const fd = fs.openSync(target, 'r+');
  fs.writeSync(fd, Buffer.alloc(bytes, 0xa5), 0, bytes, at);
  fs.closeSync(fd);
}

/** Damages blocks from the end on until reading the table fails while the state still reads. */
async function damageData(target: string): Promise<void> {
  const whole = fs.readFileSync(target);
  const BLOCK = 262_144;
  const HEADERS = 12_288;
  for (let at = HEADERS; at < whole.length; at += BLOCK) {
    fs.writeFileSync(target, whole);
    overwrite(target, at + 5000, 200);
    const instance = await DuckDBInstance.create(target, { access_mode: 'READ_ONLY' }).catch(() => null);
    if (instance === null) continue;
    const connection = await instance.connect();
    const works = async (sql: string): Promise<boolean> =>
      connection.run(sql).then(
        () => true,
        () => false,
      );
    const found =
      (await works('FROM finance_db.sync_state')) &&
      (await works('FROM finance_db.about')) &&
      !(await works('SELECT sum(id) FROM t'));
    connection.closeSync();
    instance.closeSync();
    if (found) return;
  }
  throw new Error('no block of the table was found');
}

describe('a full disk', () => {
  test('of any size leaves the published file and nothing else, and exits 4', async () => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder.path]);
    if (mounted.status !== 0) {
      process.stderr.write('SKIPPED: a full disk needs the right to mount a small tmpfs\n');
      return;
    }
    try {
      await syncWhole();
      const codes: (number | null)[] = [];
      for (const [attempt, free] of [20, 300, 1000, 2500, 4000, 6000, 9000, 14000].entries()) {
        await session.query(`UPDATE t SET v = repeat(md5((id + ${attempt})::text), 10)`);
        const before = digestOf(file());
        const used = Math.ceil(fs.statSync(file()).size / 1024);
        spawnSync('mount', ['-o', `remount,size=${used + free}k`, folder.path]);
        const { code, stderr } = await sync(attempt % 2 === 0 ? ['--full'] : []).ended;
        codes.push(code);
        if (code === 0) await compare();
        else {
          expect([code, stderr]).toEqual([4, expect.stringContaining('DISK_FULL')]);
          expect(digestOf(file())).toBe(before);
        }
        expect(fs.readdirSync(folder.path)).toEqual(['finance.duckdb']);
        spawnSync('mount', ['-o', 'remount,size=64m', folder.path]);
      }
      expect(codes).toContain(4);
      await syncWhole();
      await compare();
    } finally {
      spawnSync('umount', [folder.path]);
    }
  });

  test('or a folder that cannot be written exits 4 and leaves everything', async () => {
    if (process.getuid?.() !== 0) fs.chmodSync(folder.path, 0o555);
    const target = process.getuid?.() === 0 ? '/proc/finance.duckdb' : file();
    const { code, stderr } = await sync(['--duckdb', target]).ended;
    expect([code, stderr]).toEqual([4, expect.stringContaining('DUCKDB_NOT_WRITABLE')]);
    fs.chmodSync(folder.path, 0o755);
    const below = path.join(folder.path, 'file');
    fs.writeFileSync(below, '');
    expect((await sync(['--duckdb', path.join(below, 'x.duckdb')]).ended).code).toBe(4);
    expect(fs.readdirSync(folder.path)).toEqual(['file']);
  });
});

describe('readers', () => {
  test('short and long ones never err, wait, or see anything but one published snapshot', async () => {
    // Every transaction moves money between rows and counts itself: a mixture of two snapshots would not add up.
    await session.query(
      'DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, amount numeric(15,2), n int); INSERT INTO t SELECT i, 100, 0 FROM generate_series(1, 2000) i',
    );
    await syncWhole();
    const state = { stopped: false, reads: 0 };
    const check = 'SELECT count(*)::INT AS rows, sum(amount)::VARCHAR AS total, sum(n)::INT AS n FROM t';
    const seen: number[] = [];
    const reader = async (): Promise<void> => {
      let last = 0;
      while (!state.stopped) {
        const { code, stdout, stderr } = await startTool(['query', check, '--format', 'json'], {
          FINANCE_DB_HOME: folder.path,
        }).ended;
        if (code !== 0 || /error|lock/i.test(stderr)) throw new Error(`exit ${code}: ${stderr}`);
        const [row] = JSON.parse(stdout) as { rows: number; total: string; n: number }[];
        if (row?.rows !== 2000 || row.total !== '200000.00' || row.n % 2 !== 0 || row.n < last)
          throw new Error(`torn: ${stdout}`);
        last = row.n;
        seen.push(last);
        state.reads++;
      }
    };
    const long = await openReader(file());
    const readers = [reader(), reader()];
    try {
      for (let round = 1; round <= 8; round++) {
        await session.query(
          `UPDATE t SET amount = amount - ${round}, n = n + 1 WHERE id = ${round}; UPDATE t SET amount = amount + ${round}, n = n + 1 WHERE id = ${2000 - round}`,
        );
        await syncWhole(...(round % 4 === 0 ? ['--full'] : []));
        expect(await long.all(check)).toEqual([{ rows: 2000, total: '200000.00', n: 0 }]);
      }
    } finally {
      state.stopped = true;
      await Promise.all(readers);
      long.close();
    }
    expect(state.reads).toBeGreaterThan(4);
    expect(new Set(seen).size).toBeGreaterThan(1);
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
  const before = await syncAndChange();
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
