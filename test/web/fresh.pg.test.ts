import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pauseAfter } from '../../src/web/server/keeper.ts';
import type { SyncOptions } from '../../src/web/server/serveOptions.ts';
import { runCli } from '../support/cli.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type HeldBackProxy, startProxy, startTool } from '../support/process.ts';
import { startTcpServer } from '../support/tcpServer.ts';
import { ask, openEvents, post, startWeb } from '../support/webServer.ts';

let home: ReturnType<typeof temporaryFolder>;
let postgres: Awaited<ReturnType<typeof startTcpServer>>;
let database: TestDatabase;
let folder: ReturnType<typeof temporaryFolder>;
let file = '';
let server: Awaited<ReturnType<typeof startWeb>> | undefined;
let proxy: HeldBackProxy | undefined;
beforeAll(async () => {
  if (!fs.existsSync('dist/main.cjs')) spawnSync(process.execPath, ['scripts/build.mjs']);
  home = temporaryFolder();
  postgres = await startTcpServer(home.path);
  database = await createTestDatabase(postgres.address);
  const session = await database.session();
  await session.query(
    `CREATE TABLE transactions (tx_id text PRIMARY KEY, "timestamp" timestamp NOT NULL, amount numeric(15,2) NOT NULL, currency text,
     merchant text, mcc text, account_id text, city text, state text, channel text, category text, subcategory text, normalized_amount numeric(15,2))`,
  );
});
beforeEach(async () => {
  const session = await database.session();
  await session.query(
    `TRUNCATE transactions; INSERT INTO transactions VALUES ('a', '2026-11-01 10:00', -12.34, 'USD', 'Corner Shop', '5411', 'card', NULL, NULL, 'pos', 'Groceries', NULL, -12.34)`,
  );
  folder = temporaryFolder();
  file = path.join(folder.path, 'finance.duckdb');
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await proxy?.close();
  proxy = undefined;
  folder.remove();
});
afterAll(async () => {
  await database.drop();
  await postgres.stop();
  home.remove();
});

/** Syncs as a child process of the built tool, against whatever PostgreSQL is named. */
function syncOptions(url: string, more: Partial<SyncOptions> = {}): { sync: SyncOptions } {
  return {
    sync: {
      automatic: true,
      follow: null,
      maxAgeMs: 300_000,
      program: [process.execPath, '--', path.resolve('bin/finance-db.js')],
      flags: ['--home', folder.path, '--duckdb', file],
      cwd: folder.path,
      env: { PATH: process.env.PATH, HOME: folder.path, DATABASE_URL: url },
      ...more,
    },
  };
}

async function publish(): Promise<void> {
  const env = { FINANCE_DB_HOME: folder.path, FINANCE_DB_DUCKDB: file, DATABASE_URL: database.url };
  expect(await runCli(['sync', '--validate'], { env })).toMatchObject({ code: 0 });
}

const NOWHERE = 'postgres://nobody@127.0.0.1:9/nothing?connect_timeout=1';
const merchants = async (port: number) => JSON.parse((await ask(port, '/api/v1/reports/merchants')).body);

test('nothing was ever published: the marked sample at once, and the first sync takes its place', async () => {
  server = await startWeb(file, { ...syncOptions(database.url), limits: { watchMs: 20 } });
  const { port } = server;
  const events = await openEvents(port);
  const page = await ask(port, '/');
  expect(page.status).toBe(200);
  if (page.body.includes('SAMPLE DATA')) await events.next('sync', ({ state }) => state === 'done');
  events.close();
  const found = await merchants(port);
  expect(found.snapshot).toMatchObject({ sample: false });
  expect(found.rows).toMatchObject([{ merchant: 'Corner Shop' }]);
  expect((await ask(port, '/')).body).not.toContain('SAMPLE DATA');
});

test('no PostgreSQL and nothing published: the sample stays, marked, with the reason', async () => {
  server = await startWeb(file, { ...syncOptions(NOWHERE), limits: { watchMs: 20 } });
  const events = await openEvents(server.port);
  const failed = await events.next('sync', ({ state }) => state === 'failed');
  expect(failed['problem']).toMatchObject({ code: 'PG_UNREACHABLE' });
  events.close();
  const page = await ask(server.port, '/');
  expect(page.status).toBe(200);
  expect(page.body).toContain('SAMPLE DATA');
});

describe('a file that was published', () => {
  beforeEach(publish);

  test('a young one is shown as it is', async () => {
    server = await startWeb(file, syncOptions(NOWHERE));
    const before = fs.statSync(file).mtimeMs;
    expect((await ask(server.port, '/merchants')).body).toContain('Corner Shop');
    const { freshness } = JSON.parse((await ask(server.port, '/api/v1/status')).body);
    expect(freshness).toMatchObject({ running: null, problem: null, automatic: true });
    expect(fs.statSync(file).mtimeMs).toBe(before);
  });

  test('an old one is shown at once, and the page is told when a sync has brought another', async () => {
    server = await startWeb(file, { ...syncOptions(database.url, { maxAgeMs: 1 }), limits: { watchMs: 20 } });
    const { port } = server;
    const events = await openEvents(port);
    const session = await database.session();
    await session.query(`UPDATE transactions SET amount = -99.99, normalized_amount = -99.99`);
    expect((await ask(port, '/merchants')).status).toBe(200);
    await events.next('sync', ({ state }) => state === 'done');
    // Whether or not the first sync came before the change, a later one finds it: there is a page that looks.
    for (let found = await merchants(port); found.rows[0].amount !== -99.99; found = await merchants(port))
      await events.next('sync', ({ state }) => state === 'done');
    events.close();
  });

  test('Sync now: the figure and the snapshot change, and a second request joins the first', async () => {
    server = await startWeb(file, { ...syncOptions(database.url, { automatic: false }), limits: { watchMs: 20 } });
    const { port } = server;
    const before = await merchants(port);
    expect(before.rows).toMatchObject([{ amount: -12.34 }]);
    const session = await database.session();
    await session.query(`UPDATE transactions SET amount = -20.00, normalized_amount = -20.00`);
    const events = await openEvents(port);
    await events.next('snapshot');
    const first = await post(port, '/api/v1/sync');
    expect(first.status).toBe(202);
    expect(JSON.parse(first.body)).toEqual({ status: 'accepted', state: 'started' });
    expect((await post(port, '/api/v1/sync')).status).toBe(202);
    const snapshot = await events.next('snapshot');
    await events.next('sync', ({ state }) => state === 'done');
    const after = await merchants(port);
    expect(after.rows).toMatchObject([{ amount: -20 }]);
    expect(after.snapshot.id).toBe(snapshot['id']);
    expect(after.snapshot.id).not.toBe(before.snapshot.id);
    events.close();
  });

  test('a sync that finds nothing is remembered: visits do not start another', async () => {
    let clock = Date.now();
    server = await startWeb(file, {
      ...syncOptions(database.url),
      now: () => new Date(clock),
      limits: { watchMs: 20 },
    });
    const { port } = server;
    clock += 400_000;
    const events = await openEvents(port);
    await events.next('sync', ({ state }) => state === 'done');
    await ask(port, '/');
    const { freshness } = JSON.parse((await ask(port, '/api/v1/status')).body);
    expect(freshness.running).toBeNull();
    expect(Date.parse(freshness.checked_at)).toBeGreaterThan(clock - 60_000);
    events.close();
  });

  test('Validate now leaves a receipt, which the page shows', async () => {
    server = await startWeb(file, { ...syncOptions(database.url, { automatic: false }), limits: { watchMs: 20 } });
    const { port } = server;
    const before = JSON.parse((await ask(port, '/api/v1/validations')).body).validations.length;
    const events = await openEvents(port);
    expect((await post(port, '/api/v1/validations')).status).toBe(202);
    const step = await events.next('sync', ({ progress }) => progress !== undefined);
    expect(step).toMatchObject({ state: 'running', task: 'validate', progress: { text: expect.any(String) } });
    await events.next('sync', ({ state, task }) => state === 'done' && task === 'validate');
    events.close();
    const { validations } = JSON.parse((await ask(port, '/api/v1/validations')).body);
    expect(validations).toHaveLength(before + 1);
    expect(validations[0]).toMatchObject({
      outcome: 'equal',
      how: 'validate',
      table_name: 'transactions',
      postgres_rows: 1,
    });
    expect((await ask(port, '/')).body).toContain('EQUAL');
  });

  test('PostgreSQL gone: the last file with the reason, retried until it is back', async () => {
    let clock = Date.now();
    proxy = await startProxy(database.address);
    const { port: proxyPort } = proxy.address;
    await proxy.close();
    const url = urlOf({ ...database.address, host: '127.0.0.1', port: proxyPort });
    server = await startWeb(file, {
      ...syncOptions(`${url}&connect_timeout=1`, { maxAgeMs: 1000 }),
      now: () => new Date(clock),
      limits: { watchMs: 20 },
    });
    const { port } = server;
    const events = await openEvents(port);
    clock += 60_000;
    const failed = await events.next('sync', ({ state }) => state === 'failed');
    expect(failed['problem']).toMatchObject({ code: 'PG_UNREACHABLE' });
    const page = await ask(port, '/merchants');
    expect(page.status).toBe(200);
    expect(page.body).toContain('Corner Shop');
    expect(page.body).toContain('127.0.0.1');
    // Not before its time.
    clock += 4000;
    await ask(port, '/');
    expect(JSON.parse((await ask(port, '/api/v1/status')).body).freshness.running).toBeNull();
    proxy = await startProxy(database.address, proxyPort);
    clock += 2000;
    await events.next('sync', ({ state }) => state === 'done');
    expect(JSON.parse((await ask(port, '/api/v1/status')).body).freshness.problem).toBeNull();
    events.close();
  });
});

test('pauses grow, up to five minutes', () => {
  expect([1, 2, 3, 4, 7, 50].map(pauseAfter)).toEqual([5000, 10_000, 20_000, 40_000, 300_000, 300_000]);
});

describe('SIGTERM in the middle of everything', () => {
  test('no event stream, query or sync keeps it; the exit code is 143, and no process is left', async () => {
    await publish();
    proxy = await startProxy(database.address);
    proxy.limit(200, 'hold');
    const url = urlOf({ ...database.address, host: '127.0.0.1', port: proxy.address.port });
    const tool = startTool(
      ['serve', '--port', '0', '--json', '--max-age', '1s', '--home', folder.path, '--duckdb', file],
      {
        DATABASE_URL: url,
        HOME: folder.path,
      },
    );
    const port = await new Promise<number>((resolve) => {
      let text = '';
      tool.child.stdout?.on('data', (piece: string) => {
        text += piece;
        const said = /"port":(\d+)/.exec(text)?.[1];
        if (said !== undefined) resolve(Number(said));
      });
    });
    const events = await openEvents(port);
    await post(port, '/api/v1/sync');
    await events.next('sync', ({ state }) => state === 'running');
    await proxy.reached();
    const sql = 'SELECT count(*) AS n FROM range(1000000) a(x), range(1000000) b(y) WHERE (x * y) % 7 = 3';
    const query = post(port, '/api/v1/query', { sql }).catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, 300));
    tool.child.kill('SIGTERM');
    const { code, signal } = await tool.ended;
    expect({ code, signal }).toEqual({ code: 143, signal: null });
    await events.ended;
    expect((await query)?.status ?? 503).toBe(503);
    // The lock is free: the sync has ended too, and left nothing half done.
    const env = { FINANCE_DB_HOME: folder.path, FINANCE_DB_DUCKDB: file, DATABASE_URL: database.url };
    expect(await runCli(['sync'], { env })).toMatchObject({ code: 0 });
    expect(fs.readdirSync(folder.path).filter((name) => /spill|\.tmp|wal$/.test(name))).toEqual([]);
  });

  test('Ctrl-C is 130, and a port in use is 2', async () => {
    await publish();
    server = await startWeb(file);
    const flags = ['--home', folder.path, '--duckdb', file, '--no-sync'];
    const second = startTool(['serve', '--port', String(server.port), ...flags], { HOME: folder.path });
    expect(await second.ended).toMatchObject({ code: 2, stderr: expect.stringContaining('PORT_IN_USE') });
    const third = startTool(['serve', '--port', '0', ...flags], { HOME: folder.path });
    await new Promise((resolve) => third.child.stdout?.once('data', resolve));
    third.child.kill('SIGINT');
    expect(await third.ended).toMatchObject({ code: 130 });
  });

  test('beyond this machine it makes a token and prints it once', async () => {
    await publish();
    const flags = ['--home', folder.path, '--duckdb', file, '--no-sync', '--port', '0', '--host', '0.0.0.0'];
    const tool = startTool(['serve', ...flags], { HOME: folder.path });
    const said = await new Promise<string>((resolve) =>
      tool.child.stdout?.once('data', (text: string) => resolve(text)),
    );
    const [, port = '', token = ''] = /:(\d+)\/\?token=([\w-]+)/.exec(said) ?? [];
    expect(Buffer.from(token, 'base64url')).toHaveLength(24);
    expect((await ask(Number(port), '/')).status).toBe(401);
    expect((await ask(Number(port), '/', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    tool.child.kill('SIGTERM');
    expect((await tool.ended).code).toBe(143);
  });
});
