import fs from 'node:fs';
import os from 'node:os';

/** Names one process so that a later process can tell whether it still lives, in spite of reused pids. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** The kernel's start time of the process (clock ticks since boot), where the platform tells it. */
  readonly startTicks: string | null;
  /** When the process announced itself, ISO text. */
  readonly since: string;
}

/** The identity of this process. */
export function thisProcess(now: Date): ProcessIdentity {
  return { pid: process.pid, host: os.hostname(), startTicks: startTicks(process.pid), since: now.toISOString() };
}

/** Whether the process is alive; null when it runs on another host, where nobody can tell from here. */
export function isAlive(identity: ProcessIdentity): boolean | null {
  if (identity.host !== os.hostname()) return null;
  if (!processExists(identity.pid)) return false;
  const ticks = startTicks(identity.pid);
  return identity.startTicks === null || ticks === null || ticks === identity.startTicks;
}

/** Whether there is a process of that number on this host. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, it belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat; null where there is no such file. A zombie counts as gone. */
function startTicks(pid: number): string | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'zombie' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
