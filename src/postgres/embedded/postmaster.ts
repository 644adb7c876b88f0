import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { asAccount, damaged, EMBEDDED_PORT, type EmbeddedFolder, serverEnvironment } from './folder.ts';

/** A server that accepts connections. `host` is the socket's folder, or 127.0.0.1. */
export interface Postmaster {
  readonly pid: number;
  readonly host: string;
  readonly port: number;
}

/** Crash recovery after a kill may take a while; a start takes a tenth of a second. */
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 60_000;

/** Settings of a server that is small, private, and safe against crashes. */
const SETTINGS: Record<string, string> = {
  max_connections: '64',
  shared_buffers: '128MB',
  // The data is in the system's cache mostly: handing each read to a worker process took a fifth more time for a scan.
  io_method: 'sync',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  max_prepared_transactions: '16',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_min_messages: 'warning',
};

/** The server that runs on the data folder now, or null. A pid file left by a crash does not count. */
export function runningPostmaster(folder: EmbeddedFolder): Postmaster | null {
  const lines = readPidFile(folder);
  const [pidText, dataFolder, , portText, socketFolder, listen, , state] = lines;
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0 || dataFolder === undefined || !isPostgres(pid)) return null;
  if (state?.trim() !== 'ready') return null;
  const host = socketFolder || listen || '';
  return host === '' ? null : { pid, host: host.trim(), port: Number(portText) };
}

/**
 * Starts the server and waits until it accepts connections.
 * @throws FinanceDbError PG_EMBEDDED with the last line of the server's log when it ends instead.
 */
export async function startPostmaster(folder: EmbeddedFolder): Promise<Postmaster> {
  const starting = await waitForOther(folder);
  if (starting !== null) return starting;
  const place = await listenPlace(folder);
  const settings = Object.entries({ ...SETTINGS, ...place }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = fs.openSync(folder.log, 'w', 0o644);
  const child = spawn(path.join(folder.binaries.root, 'bin', 'postgres'), ['-D', folder.data, ...settings], {
    // A session of its own: Ctrl-C in the terminal ends our command, which then stops the server in order.
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: serverEnvironment(),
    ...asAccount(folder.account),
  });
  fs.closeSync(log);
  const ended = { how: null as string | null };
  child.on('exit', (code, signal) => {
    ended.how = signal ?? `code ${code}`;
  });
  child.on('error', (error) => {
    ended.how = error.message;
  });
  child.unref();
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const running = runningPostmaster(folder);
    if (running !== null && running.pid === child.pid) return running;
    if (ended.how !== null) break;
    await delay(10);
  }
  throw damaged(folder, `the server did not start (${ended.how ?? 'timed out'})${lastWords(folder)}`);
}

/** Stops the server in order (fast shutdown: sessions are ended, everything is written) and waits until it is gone. */
export async function stopPostmaster(folder: EmbeddedFolder): Promise<void> {
  const pid = Number(readPidFile(folder)[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !isPostgres(pid)) return;
  process.kill(pid, 'SIGINT');
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (isPostgres(pid)) {
    if (performance.now() > deadline)
      throw new FinanceDbError('PG_EMBEDDED', `the embedded server (pid ${pid}) does not stop`, {
        remedy: `see ${folder.log}`,
      });
    await delay(10);
  }
  fs.rmSync(folder.socket, { recursive: true, force: true });
}

/** A server that another command began to start, and was killed before it was ready. */
async function waitForOther(folder: EmbeddedFolder): Promise<Postmaster | null> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const pid = Number(readPidFile(folder)[0]);
    if (!Number.isInteger(pid) || pid <= 0 || !isPostgres(pid)) return null;
    const running = runningPostmaster(folder);
    if (running !== null) return running;
    if (performance.now() > deadline)
      throw damaged(folder, `the server (pid ${pid}) neither starts nor ends${lastWords(folder)}`);
    await delay(10);
  }
}

async function listenPlace(folder: EmbeddedFolder): Promise<Record<string, string>> {
  if (socketsWork(folder))
    return {
      listen_addresses: '',
      unix_socket_directories: folder.socket,
      unix_socket_permissions: '0700',
      port: String(EMBEDDED_PORT),
    };
  return { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(await freePort()) };
}

/** Makes the private folder of the socket. False where a socket cannot serve: on Windows, or when its path is too long. */
function socketsWork(folder: EmbeddedFolder): boolean {
  if (process.platform === 'win32' || process.env.FINANCE_DB_EMBEDDED_TCP === '1') return false;
  if (Buffer.byteLength(path.join(folder.socket, `.s.PGSQL.${EMBEDDED_PORT}`)) > 100) return false;
  const owner = folder.account?.uid ?? process.getuid?.();
  try {
    fs.mkdirSync(folder.socket, { mode: 0o700 });
    if (folder.account !== null) fs.chownSync(folder.socket, folder.account.uid, folder.account.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
  }
  const stat = fs.lstatSync(folder.socket);
  // In a shared temporary folder somebody else may have been there first.
  if (!stat.isDirectory() || stat.uid !== owner || (stat.mode & 0o077) !== 0)
    throw new FinanceDbError(
      'PG_EMBEDDED',
      `the folder for the server's socket, ${folder.socket}, belongs to somebody else`,
      {
        remedy: 'remove it, or set TMPDIR to a folder of your own',
      },
    );
  return true;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function readPidFile(folder: EmbeddedFolder): string[] {
  try {
    return fs.readFileSync(path.join(folder.data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Whether `pid` is a PostgreSQL server: a pid file may outlive its server, and the pid may be somebody else's by now. */
function isPostgres(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.includes('(postgres)') && !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

function lastWords(folder: EmbeddedFolder): string {
  try {
    const lines = fs.readFileSync(folder.log, 'utf8').trim().split('\n');
    const words = lines.filter((line) => /FATAL|PANIC|ERROR|HINT/.test(line)).slice(-2);
    return `: ${(words.length > 0 ? words : lines.slice(-1)).join(' ')}`;
  } catch {
    return '';
  }
}
