import type { EmbeddedFolder } from './folder.ts';
import { type PidFile, readPidFile } from './pidFile.ts';
import { type ProcessProof, proveProcess } from './processProof.ts';
import { proveBySocket, type SocketProof } from './socketProof.ts';

/** A server that accepts connections. `host` is the socket's folder, or 127.0.0.1. */
export interface Postmaster {
  readonly host: string;
  readonly port: number;
}

/**
 * What runs on a data folder:
 * - `none`: nothing of ours. A pid file that is there has outlived its server.
 * - `starting`: ours by its process; it does not accept connections yet, or no longer.
 * - `running`: ours. `pid` is null when another process has that number here, though our server answers (from another
 *   container, say): it can be used, and is not ours to stop.
 * - `deaf`: ours by its process, but nobody answers at its socket, which somebody removed.
 * - `unproven`: a process of that number lives, and this platform does not tell whose; it may be ours and still starting.
 */
export type FoundServer =
  | { readonly kind: 'none' }
  | { readonly kind: 'starting'; readonly pid: number }
  | { readonly kind: 'running'; readonly pid: number | null; readonly postmaster: Postmaster }
  | { readonly kind: 'deaf'; readonly pid: number }
  | { readonly kind: 'unproven'; readonly pid: number };

const NONE = { kind: 'none' } as const;

/** Finds the server of a data folder by proof: the pid file alone proves nothing. */
export async function findServer(folder: EmbeddedFolder): Promise<FoundServer> {
  const file = readPidFile(folder);
  if (file === null || file === 'torn') return NONE;
  const process = proveProcess(file.pid, folder.data);
  const socket = file.ready && file.host !== '' ? await proveBySocket(folder, file) : null;
  return judge(file, process, socket);
}

/** What both proofs together mean. `socket` is null while the pid file does not claim that anybody listens. */
export function judge(file: PidFile, process: ProcessProof, socket: SocketProof | null): FoundServer {
  const { pid, host, port } = file;
  const running = (stoppable: boolean): FoundServer => ({
    kind: 'running',
    pid: stoppable ? pid : null,
    postmaster: { host, port },
  });
  if (process === 'ours') {
    if (socket === null) return { kind: 'starting', pid };
    return socket === 'silent' ? { kind: 'deaf', pid } : running(true);
  }
  if (socket === 'ours') return running(process === 'unknown');
  if (process === 'other') return NONE;
  // Nobody at its socket: the number is somebody else's by now, or a start that was cut short left the file.
  return socket === 'silent' || socket === 'other' ? NONE : { kind: 'unproven', pid };
}
