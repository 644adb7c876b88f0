import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { codeOf } from '../../errors/financeDbError.ts';
import { processExists } from '../../files/processIdentity.ts';

/** Whether a process is the server of a data folder; 'unknown' where the platform does not tell. */
export type ProcessProof = 'ours' | 'other' | 'unknown';

/**
 * Whether process `pid` is the PostgreSQL server that runs on the folder `data`: pids are used again, after a crash or a
 * restart of the machine by any process, another PostgreSQL among them. On Linux the working folder tells, which a
 * server keeps in its data folder; elsewhere, and where it may not be seen, the command line with which we started it.
 */
export function proveProcess(pid: number, data: string): ProcessProof {
  if (!processExists(pid)) return 'other';
  if (process.platform === 'win32') return 'unknown';
  if (!fs.existsSync('/proc/self/stat')) return proveByPs(pid, data);
  try {
    return proveByProc(pid, data);
  } catch (error) {
    // It ended while we looked.
    return codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH' ? 'other' : 'unknown';
  }
}

function proveByProc(pid: number, data: string): ProcessProof {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [, name, state] = /^\d+ \((.*)\) (.)/s.exec(stat) ?? [];
  if (name !== 'postgres' || state === 'Z') return 'other';
  const args = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  if (isSession(args[0])) return 'other';
  const folder = workingFolder(pid);
  if (folder === null) return hasFolder(args, data) ? 'ours' : 'unknown';
  const ours = fs.statSync(data);
  return folder.dev === ours.dev && folder.ino === ours.ino ? 'ours' : 'other';
}

/** Null when it may not be seen: of another account's process, in a container that has no right to trace. */
function workingFolder(pid: number): fs.Stats | null {
  try {
    return fs.statSync(`/proc/${pid}/cwd`);
  } catch (error) {
    if (codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM') return null;
    throw error;
  }
}

/** Sessions and helpers of a server work in the same folder, and may outlive it. */
function isSession(title: string | undefined): boolean {
  return title?.startsWith('postgres: ') === true;
}

function hasFolder(args: readonly string[], data: string): boolean {
  const at = args.indexOf('-D');
  return at >= 0 && args[at + 1] === data;
}

function proveByPs(pid: number, data: string): ProcessProof {
  const shown = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  if (shown.status !== 0) return 'unknown';
  const command = shown.stdout.trim();
  if (isSession(command)) return 'other';
  return command.includes(`postgres -D ${data} `) ? 'ours' : 'other';
}
