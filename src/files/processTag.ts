import { createHash } from 'node:crypto';
import os from 'node:os';
import { isAlive, thisProcess } from './processIdentity.ts';

/** What `processTag` makes: host, pid and start of a process, in a form that suits file names. */
const TAG = /^([0-9a-f]{8})-(\d+)-(\d+)$/;

/**
 * A part of a file name that says whose a temporary file is, so that a later run can remove what a killed one left, and
 * nothing else.
 */
export function processTag(): string {
  const { pid, startTicks } = thisProcess(new Date());
  return `${hostPart()}-${pid}-${startTicks ?? '0'}`;
}

/** Whether the process that made `tag` is certainly gone; false for a process of another host, and for any other text. */
export function isDeadTag(tag: string): boolean {
  const [, host, pid, ticks] = TAG.exec(tag) ?? [];
  if (host !== hostPart()) return false;
  const startTicks = ticks === '0' || ticks === undefined ? null : ticks;
  return isAlive({ pid: Number(pid), host: os.hostname(), startTicks, since: '' }) === false;
}

function hostPart(): string {
  return createHash('sha256').update(os.hostname()).digest('hex').slice(0, 8);
}
