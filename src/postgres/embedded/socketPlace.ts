import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { processExists } from '../../files/processIdentity.ts';
import { EMBEDDED_PORT, type EmbeddedFolder } from './folder.ts';
import { socketPath } from './pidFile.ts';

/** Whether anybody listens at a socket. */
export function answers(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(file, () => resolve(true));
    probe.on('error', () => resolve(false)).on('connect', () => probe.destroy());
  });
}

/** The settings that say where the server listens: a private socket, or a port of the loopback where none can serve. */
export async function listenPlace(folder: EmbeddedFolder): Promise<Record<string, string>> {
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
  removeDeadSockets(folder);
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

/** Socket folders of servers that are dead and whose data is gone: nobody comes back to them. */
function removeDeadSockets(folder: EmbeddedFolder): void {
  const parent = path.dirname(folder.socket);
  const kin = path.basename(folder.socket).replace(/[0-9a-f]+$/, '');
  for (const name of namesIn(parent)) {
    if (!name.startsWith(kin)) continue;
    const [pid, data] = linesOf(path.join(parent, name, path.basename(`${socketPath(folder)}.lock`)));
    if (pid !== undefined && data?.startsWith('/') && !processExists(Number(pid)) && !fs.existsSync(data))
      fs.rmSync(path.join(parent, name), { recursive: true, force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function linesOf(file: string): string[] {
  try {
    return fs.readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** Below what Linux, macOS and Windows give to connections that any program makes. */
const FIRST_PORT = 12_000;
const PORTS = 20_000;

/**
 * A loopback port that nobody listens on, for a server that listens there a moment later: not one of those that the system
 * itself gives away, where a connection of another program could have it by then.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORTS; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const probe = net.createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.on('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new FinanceDbError('PG_EMBEDDED', 'no port of the loopback is free', {
    remedy: 'end programs that listen on 127.0.0.1',
  });
}
