import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { useEmbeddedServer } from '../../src/postgres/embedded/server.ts';
import { connect } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startTool } from '../support/process.ts';
import { prepareEmbedded } from '../support/testServer.ts';

let folder: ReturnType<typeof temporaryFolder>;
let root: string;

beforeEach(() => {
  folder = temporaryFolder();
  root = path.join(folder.path, 'postgres');
});
afterEach(() => {
  // A folder that root alone may enter has its data elsewhere, behind a link.
  const link = fs.lstatSync(root, { throwIfNoEntry: false });
  if (link?.isSymbolicLink()) fs.rmSync(fs.realpathSync(root), { recursive: true, force: true });
  folder.remove();
});

function postmasterPid(): number | null {
  const file = path.join(root, 'data', 'postmaster.pid');
  return fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8').split('\n')[0]) : null;
}

function serverLog(): string {
  const file = path.join(root, 'server.log');
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}

async function one(
  address: Awaited<ReturnType<typeof useEmbeddedServer>>['address'],
  sql: string,
): Promise<string | null> {
  const session = await connect({ ...address, sslmode: 'disable', sslrootcert: undefined }, { retryMs: 0 });
  try {
    const [row] = await session.query(sql);
    return Object.values(row ?? {})[0] ?? null;
  } finally {
    await session.close();
  }
}

describe('the embedded server', () => {
  test('other programs find it while they run; without one it is open until the signal, and says how to connect', async () => {
    const options = { env: { FINANCE_DB_HOME: folder.path }, cwd: folder.path };
    const none = await runCli(['postgres', 'true'], options);
    expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('PG_NOT_CONFIGURED')]);
    prepareEmbedded(root);
    await (await useEmbeddedServer(root, new Date())).release();
    const seen = await runCli(
      ['postgres', 'sh', '-c', 'test -S "$PGHOST/.s.PGSQL.$PGPORT" && echo $PGUSER $PGDATABASE; exit 3'],
      options,
    );
    expect([seen.code, seen.stdout]).toEqual([3, 'finance finance\n']);
    expect(await runCli(['postgres', 'no-such-program'], options)).toMatchObject({ code: 2 });
    // A process of its own: nothing but the open server keeps it alive.
    const open = startTool(['postgres'], { FINANCE_DB_HOME: folder.path });
    open.child.stdout?.on('data', (text: string) => text.includes(' psql') && open.child.kill('SIGINT'));
    expect(await open.ended).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('PGUSER=finance PGDATABASE=finance psql'),
    });
    expect(postmasterPid()).toBeNull();
    const external = await runCli(['postgres', 'psql'], {
      ...options,
      env: { DATABASE_URL: 'postgres://db.example/x' },
    });
    expect([external.code, external.stderr]).toEqual([2, expect.stringContaining('a server of your own')]);
  });

  test('is made, listens on a private socket only, and stops with its last user', async () => {
    const first = await useEmbeddedServer(root, new Date());
    const pid = postmasterPid();
    const second = await useEmbeddedServer(root, new Date());
    expect(postmasterPid()).toBe(pid);
    expect(await one(second.address, "SELECT current_setting('listen_addresses')")).toBe('');
    // Null before version 17, which cannot.
    expect(await one(second.address, "SELECT coalesce(current_setting('summarize_wal', true), 'on')")).toBe('on');
    expect(fs.statSync(second.address.host).mode & 0o077).toBe(0);
    await first.release();
    expect(await one(second.address, 'SELECT 1')).toBe('1');
    await second.release();
    expect(postmasterPid()).toBeNull();
    expect(fs.existsSync(second.address.host)).toBe(false);
  });

  test('that a killed command left behind is taken over, and stopped in the end', async () => {
    prepareEmbedded(root);
    const script = `import('${new URL('../../src/postgres/embedded/server.ts', import.meta.url).pathname}').then(async (m) => { await m.useEmbeddedServer(process.argv[1], new Date()); console.log('ready'); setInterval(() => {}, 1000); });`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await ready(child);
    const pid = postmasterPid();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(postmasterPid()).toBe(pid);
    const heir = await useEmbeddedServer(root, new Date());
    expect(postmasterPid()).toBe(pid);
    expect(await one(heir.address, 'SELECT 1')).toBe('1');
    await heir.release();
    expect(postmasterPid()).toBeNull();
  });

  test('that was killed itself recovers', async () => {
    prepareEmbedded(root);
    const server = await useEmbeddedServer(root, new Date());
    await one(server.address, 'CREATE TABLE kept (id int)');
    process.kill(postmasterPid() ?? 0, 'SIGKILL');
    await server.release();
    const again = await useEmbeddedServer(root, new Date());
    expect(await one(again.address, "SELECT to_regclass('kept')::text")).toBe('kept');
    await again.release();
  });

  test('that was killed is started anew when its last session has ended, and not beside it', async () => {
    prepareEmbedded(root);
    const server = await useEmbeddedServer(root, new Date());
    const session = await connect({ ...server.address, sslmode: 'disable', sslrootcert: undefined }, { retryMs: 0 });
    await session.query('CREATE TABLE kept (id int)');
    const [row] = await session.query('SELECT pg_backend_pid()::text AS pid');
    const orphan = Number(row?.pid);
    process.kill(orphan, 'SIGSTOP');
    process.kill(postmasterPid() ?? 0, 'SIGKILL');
    await server.release();
    const again = useEmbeddedServer(root, new Date());
    while (!/pre-existing shared memory/.test(serverLog())) await delay(10);
    process.kill(orphan, 'SIGCONT');
    const heir = await again;
    expect(await one(heir.address, "SELECT to_regclass('kept')::text")).toBe('kept');
    await session.close().catch(() => undefined);
    await heir.release();
  });

  test('with a damaged data folder is refused by name', async () => {
    prepareEmbedded(root);
    const server = await useEmbeddedServer(root, new Date());
    await server.release();
    fs.rmSync(path.join(root, 'data', 'global', 'pg_control'));
    await expect(useEmbeddedServer(root, new Date())).rejects.toMatchObject({
      code: 'PG_EMBEDDED',
      message: expect.stringContaining(`${path.join(fs.realpathSync(root), 'data')}`),
    });
    expect(fs.readdirSync(path.join(root, 'users'))).toEqual([]);
  });

  test('whose making was cut short is made anew', async () => {
    fs.mkdirSync(path.join(root, 'data.new', 'base'), { recursive: true });
    const server = await useEmbeddedServer(root, new Date());
    expect(await one(server.address, 'SELECT 1')).toBe('1');
    await server.release();
  });

  const isRoot = process.getuid?.() === 0;
  (isRoot ? test : test.skip)('works below a folder that only root may enter (needs root)', async () => {
    fs.chmodSync(folder.path, 0o700);
    root = path.join(folder.path, 'home', 'postgres');
    const server = await useEmbeddedServer(root, new Date());
    expect(await one(server.address, 'SELECT 1')).toBe('1');
    await server.release();
    expect(fs.lstatSync(root).isSymbolicLink()).toBe(true);
  });

  test('keeps its folder and its home to itself', async () => {
    const home = path.join(folder.path, 'home');
    root = path.join(home, 'postgres');
    // As `mktemp -d` makes one.
    fs.mkdirSync(home, { mode: 0o700 });
    const server = await useEmbeddedServer(root, new Date());
    await server.release();
    // As root the server's account may pass through by its group; nobody may list or write, and others not even pass.
    for (const place of [home, root]) expect(fs.lstatSync(place).mode & 0o777).toBe(isRoot ? 0o710 : 0o700);
    for (const name of ['server.log', 'password']) expect(fs.statSync(path.join(root, name)).mode & 0o777).toBe(0o600);
    for (const name of ['users', 'data']) expect(fs.statSync(path.join(root, name)).mode & 0o777).toBe(0o700);
  });

  (isRoot ? test : test.skip)('leaves a private home that holds other things as it is (needs root)', async () => {
    const home = path.join(folder.path, 'home');
    root = path.join(home, 'postgres');
    fs.mkdirSync(home, { mode: 0o700 });
    fs.writeFileSync(path.join(home, 'diary.txt'), '');
    const server = await useEmbeddedServer(root, new Date());
    await server.release();
    expect(fs.statSync(home).mode & 0o777).toBe(0o700);
    expect(fs.lstatSync(root).isSymbolicLink()).toBe(true);
  });

  (isRoot ? test : test.skip)('lets no other account in (needs root, to be another)', async () => {
    prepareEmbedded(root);
    const server = await useEmbeddedServer(root, new Date());
    const script = `const s = require('net').connect(process.argv[1]); s.on('error', (e) => { console.log(e.code); }); s.on('connect', () => { console.log('connected'); s.destroy(); });`;
    const outcome = spawnSync(
      process.execPath,
      ['-e', script, path.join(server.address.host, `.s.PGSQL.${server.address.port}`)],
      { uid: 65533, gid: 65533, cwd: '/', encoding: 'utf8' },
    );
    expect(outcome.stdout.trim()).toBe('EACCES');
    await server.release();
  });
});

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
}
