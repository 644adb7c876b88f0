import fs from 'node:fs';
import path from 'node:path';
import { codeOf } from '../../errors/financeDbError.ts';
import { EMBEDDED_PORT, type EmbeddedFolder } from './folder.ts';

/** What `postmaster.pid` says: only the word of whoever wrote it last, which may have been killed since. */
export interface PidFile {
  readonly pid: number;
  /** When that server started, in seconds since 1970. */
  readonly startedAt: number;
  readonly port: number;
  /** The folder of its socket, or the address it listens on; empty before it listens. */
  readonly host: string;
  /** Whether it accepts connections. */
  readonly ready: boolean;
}

/** A number that no process can have: beyond the limits of Linux and macOS, and odd, which on Windows none is. */
const NOBODY = 2_147_483_647;

/** The pid file; null when there is none; 'torn' when a crash of the machine left it empty or without a number. */
export function readPidFile(folder: EmbeddedFolder): PidFile | 'torn' | null {
  let text: string;
  try {
    text = fs.readFileSync(pidFilePath(folder), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  const [pid, , startedAt, port, socketFolder, listen, , state] = text.split('\n').map((line) => line.trim());
  if (!Number.isInteger(Number(pid)) || Number(pid) <= 0) return 'torn';
  return {
    pid: Number(pid),
    startedAt: Number(startedAt),
    port: Number(port),
    host: socketFolder || listen || '',
    ready: state === 'ready',
  };
}

/**
 * Takes the pid from a pid file that outlived its server, and removes what is left of its socket: PostgreSQL refuses to
 * start beside any living process of that number. The rest of the file stays, since it tells PostgreSQL which shared
 * memory to look at for sessions that outlived their server, and which it rightly refuses to start beside.
 */
export function vacatePidFile(folder: EmbeddedFolder): void {
  const file = pidFilePath(folder);
  if (fs.existsSync(file)) {
    const [, ...rest] = fs.readFileSync(file, 'utf8').split('\n');
    const draft = `${file}.vacated`;
    fs.writeFileSync(draft, [String(NOBODY), ...rest].join('\n'), { mode: 0o600 });
    if (folder.account !== null) fs.chownSync(draft, folder.account.uid, folder.account.gid);
    fs.renameSync(draft, file);
  }
  const socket = socketPath(folder);
  for (const left of [socket, `${socket}.lock`]) fs.rmSync(left, { force: true });
}

/** The socket that a server of this folder listens on. */
export function socketPath(folder: EmbeddedFolder): string {
  return path.join(folder.socket, `.s.PGSQL.${EMBEDDED_PORT}`);
}

function pidFilePath(folder: EmbeddedFolder): string {
  return path.join(folder.data, 'postmaster.pid');
}
