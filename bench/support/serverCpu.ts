import fs from 'node:fs';
import path from 'node:path';

const TICKS_PER_SECOND = 100;

/**
 * Seconds of CPU that a server has used so far: the postmaster's, those of processes that live, and those of processes that
 * ended, which the postmaster inherits. Null where the system does not tell.
 * @param data the server's data folder
 */
export function serverCpu(data: string): number | null {
  try {
    const [pid = ''] = fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n');
    const postmaster = statOf(pid);
    const living = fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(statOf)
      .filter((stat) => stat?.parent === pid);
    if (postmaster === null) return null;
    return living.reduce((sum, stat) => sum + (stat?.own ?? 0), postmaster.own + postmaster.ended) / TICKS_PER_SECOND;
  } catch {
    return null;
  }
}

/** A process's parent, and its own ticks and those of its children that ended. */
function statOf(pid: string): { parent: string; own: number; ended: number } | null {
  try {
    // The name, in parentheses, may hold anything.
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const [parent = '', ticks] = [fields[1], fields.slice(11, 15).map(Number)];
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = ticks;
    return { parent, own: user + system, ended: endedUser + endedSystem };
  } catch {
    return null;
  }
}
