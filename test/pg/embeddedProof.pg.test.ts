import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { processExists } from '../../src/files/processIdentity.ts';
import { serverAccount } from '../../src/postgres/embedded/account.ts';
import { asAccount } from '../../src/postgres/embedded/folder.ts';
import { type EmbeddedServer, useEmbeddedServer } from '../../src/postgres/embedded/server.ts';
import { connect } from '../../src/postgres/session.ts';
import { temporaryFolder } from '../support/folder.ts';
import { prepareEmbedded } from '../support/testServer.ts';

let folder: ReturnType<typeof temporaryFolder>;
/** Our server's folder: with a table of one row, and not running between tests. */
let root: string;
/** Its pid file, as a server that was killed left it. */
let leftBehind: string;
/** Another PostgreSQL, which runs all the time. */
let stranger: EmbeddedServer;
let strangerRoot: string;

beforeAll(async () => {
  folder = temporaryFolder();
  root = path.join(folder.path, 'ours', 'postgres');
  strangerRoot = path.join(folder.path, 'stranger', 'postgres');
  prepareEmbedded(strangerRoot);
  prepareEmbedded(root);
  stranger = await useEmbeddedServer(strangerRoot, new Date());
  const ours = await useEmbeddedServer(root, new Date());
  await ask(ours, 'CREATE TABLE kept AS SELECT 1 AS id');
  process.kill(pidIn(root), 'SIGKILL');
  await gone(pidIn(root));
  leftBehind = fs.readFileSync(pidFile(root), 'utf8');
  await ours.release();
});
afterAll(async () => {
  await stranger.release();
  folder.remove();
});
beforeEach(() => {
  for (const name of fs.readdirSync(path.join(root, 'users'))) fs.rmSync(path.join(root, 'users', name));
});

const pidFile = (of: string): string => path.join(of, 'data', 'postmaster.pid');
const pidIn = (of: string): number => Number(fs.readFileSync(pidFile(of), 'utf8').split('\n')[0]);

/** Leaves a pid file such as a crash leaves, owned by the server's account. */
function leave(content: string): void {
  fs.writeFileSync(pidFile(root), content, { mode: 0o600 });
  const account = serverAccount(path.join(root, 'data'));
  if (account !== null) fs.chownSync(pidFile(root), account.uid, account.gid);
}

const withPid = (pid: number): string => leftBehind.replace(/^\d+/, String(pid));

async function ask(server: EmbeddedServer, sql: string): Promise<string | null> {
  const session = await connect({ ...server.address, sslmode: 'disable', sslrootcert: undefined }, { retryMs: 0 });
  try {
    const [row] = await session.query(sql);
    return Object.values(row ?? {})[0] ?? null;
  } finally {
    await session.close();
  }
}

async function gone(pid: number): Promise<void> {
  while (processExists(pid) && !isZombie(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isZombie(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}

/** Our rows are there, the server in use is ours, and the stranger's goes on undisturbed, before and after the end. */
async function expectOursAlone(): Promise<void> {
  const strangerPid = pidIn(strangerRoot);
  const server = await useEmbeddedServer(root, new Date());
  try {
    expect(await ask(server, 'SELECT count(*) FROM kept')).toBe('1');
    expect(pidIn(root)).not.toBe(strangerPid);
  } finally {
    await server.release();
  }
  expect(fs.existsSync(pidFile(root))).toBe(false);
  expect(pidIn(strangerRoot)).toBe(strangerPid);
  expect(await ask(stranger, "SELECT coalesce(to_regclass('kept')::text, 'none')")).toBe('none');
}

/** A living process of the server's account, which PostgreSQL would refuse to start beside. */
function livingProcess(): ChildProcess {
  return spawn('sleep', ['300'], { stdio: 'ignore', ...asAccount(serverAccount(path.join(root, 'data'))) });
}

describe('a pid file that outlived its server, its pid now', () => {
  test('that of another PostgreSQL, which is left alone', async () => {
    leave(withPid(pidIn(strangerRoot)));
    await expectOursAlone();
  });

  test('with everything else of another PostgreSQL too, whose socket answers', async () => {
    leave(fs.readFileSync(pidFile(strangerRoot), 'utf8'));
    await expectOursAlone();
  });

  test('that of any living process, also in the lock of its socket', async () => {
    const other = livingProcess();
    try {
      const socket = leftBehind.split('\n')[4] ?? '';
      fs.mkdirSync(socket, { mode: 0o700, recursive: true });
      const account = serverAccount(path.join(root, 'data'));
      if (account !== null) fs.chownSync(socket, account.uid, account.gid);
      fs.writeFileSync(path.join(socket, '.s.PGSQL.5432.lock'), `${other.pid}\n`);
      leave(withPid(other.pid ?? 0));
      await expectOursAlone();
      expect(processExists(other.pid ?? 0)).toBe(true);
    } finally {
      other.kill();
    }
  });

  test('that of this very process, or of the first of the system', async () => {
    for (const pid of [process.pid, 1]) {
      leave(withPid(pid));
      await expectOursAlone();
    }
  });

  test('half written, or not at all', async () => {
    for (const content of ['', '\n', leftBehind.slice(0, leftBehind.indexOf('\n') + 3), 'rubbish']) {
      leave(content);
      await expectOursAlone();
    }
  });

  test('that of another PostgreSQL, with two commands at once: they share one server', async () => {
    leave(withPid(pidIn(strangerRoot)));
    const [one, two] = await Promise.all([useEmbeddedServer(root, new Date()), useEmbeddedServer(root, new Date())]);
    const started = 'SELECT pg_postmaster_start_time()::text';
    expect(await ask(one, started)).toBe(await ask(two, started));
    await one.release();
    expect(await ask(two, 'SELECT count(*) FROM kept')).toBe('1');
    await two.release();
    expect(fs.existsSync(pidFile(root))).toBe(false);
    expect(processExists(pidIn(strangerRoot))).toBe(true);
  });
});

describe('a server that runs', () => {
  test('is joined by its proof, and not through a copy of its folder', async () => {
    // Copied while nothing runs, but with the pid file of the server that runs then: as a backup of the home is.
    const copy = path.join(folder.path, 'copy', 'postgres');
    fs.mkdirSync(path.dirname(copy), { mode: 0o755 });
    fs.cpSync(root, copy, { recursive: true });
    const server = await useEmbeddedServer(root, new Date());
    fs.copyFileSync(pidFile(root), pidFile(copy));
    const account = serverAccount(path.join(root, 'data'));
    if (account !== null) chownAll(path.join(copy, 'data'), account);
    const pid = pidIn(root);
    const other = await useEmbeddedServer(copy, new Date());
    expect(other.address.host).not.toBe(server.address.host);
    expect(await ask(other, 'SELECT count(*) FROM kept')).toBe('1');
    await other.release();
    expect(pidIn(root)).toBe(pid);
    expect(await ask(server, 'SELECT count(*) FROM kept')).toBe('1');
    await server.release();
  });

  test('is used but not stopped while its pid file names another process', async () => {
    const server = await useEmbeddedServer(root, new Date());
    const pid = pidIn(root);
    const content = fs.readFileSync(pidFile(root), 'utf8');
    leave(content.replace(/^\d+/, String(pidIn(strangerRoot))));
    const joined = await useEmbeddedServer(root, new Date());
    expect(await ask(joined, 'SELECT count(*) FROM kept')).toBe('1');
    await server.release();
    await joined.release();
    expect(processExists(pid)).toBe(true);
    expect(processExists(pidIn(strangerRoot))).toBe(true);
    leave(content);
    const last = await useEmbeddedServer(root, new Date());
    await last.release();
    expect(fs.existsSync(pidFile(root))).toBe(false);
  });

  test('whose socket was removed is started anew, or told while others use it', async () => {
    const server = await useEmbeddedServer(root, new Date());
    fs.rmSync(server.address.host, { recursive: true });
    await expect(useEmbeddedServer(root, new Date())).rejects.toMatchObject({
      code: 'PG_EMBEDDED',
      message: expect.stringContaining('nothing answers at its socket'),
    });
    await server.release();
    await expectOursAlone();
  });

  test('on another host, as its ticket tells, is not doubled', async () => {
    const ticket = path.join(root, 'users', '1-elsewhere.json');
    fs.writeFileSync(ticket, JSON.stringify({ pid: 1, host: 'elsewhere.example', startTicks: null, since: '' }));
    await expect(useEmbeddedServer(root, new Date())).rejects.toMatchObject({
      code: 'PG_EMBEDDED',
      message: expect.stringContaining('in use on host elsewhere.example'),
    });
    const longAgo = new Date(Date.now() - 3_600_000);
    fs.utimesSync(ticket, longAgo, longAgo);
    await expectOursAlone();
  });
});

describe('data that may be whole is not given up', () => {
  test.each([
    ['of another version', (data: string) => fs.writeFileSync(path.join(data, 'PG_VERSION'), '17\n')],
    ['without its server', (data: string) => fs.rmSync(path.join(data, 'PG_VERSION'))],
    [
      'that the server cannot start with',
      (data: string) => fs.appendFileSync(path.join(data, 'postgresql.conf'), 'port =\n'),
    ],
  ])('data %s', async (_name, spoil) => {
    const kept = path.join(folder.path, 'kept');
    fs.cpSync(path.join(root, 'data', 'PG_VERSION'), path.join(kept, 'PG_VERSION'));
    fs.cpSync(path.join(root, 'data', 'postgresql.conf'), path.join(kept, 'postgresql.conf'));
    spoil(path.join(root, 'data'));
    const error = await useEmbeddedServer(root, new Date()).catch((caught: unknown) => caught);
    fs.cpSync(kept, path.join(root, 'data'), { recursive: true });
    const account = serverAccount(path.join(root, 'data'));
    if (account !== null) chownAll(path.join(root, 'data'), account);
    expect(error).toMatchObject({ code: 'PG_EMBEDDED' });
    expect((error as { remedy: string }).remedy).not.toMatch(/\bmv\b|\brm\b|move it away/);
    expect((error as { remedy: string }).remedy).toMatch(/whole|keep/);
    await expectOursAlone();
  });
});

function chownAll(target: string, account: { uid: number; gid: number }): void {
  fs.chownSync(target, account.uid, account.gid);
  if (!fs.statSync(target).isDirectory()) return;
  for (const name of fs.readdirSync(target)) chownAll(path.join(target, name), account);
}
