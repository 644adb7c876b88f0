import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../errors/financeDbError.ts';
import { isAlive, type ProcessIdentity, thisProcess } from './processIdentity.ts';

/** What a lock file says of its holder. */
export interface LockHolder extends ProcessIdentity {
  readonly nonce: string;
}

export interface HeldLock {
  readonly holder: LockHolder;
  /** True while the file still names us. Ask before anything that must not happen twice. */
  isHeld(): boolean;
  release(): void;
}

/** A holder on another host that did not touch its lock for so long counts as dead. */
const FOREIGN_LOCK_STALE_MS = 120_000;
const HEARTBEAT_MS = 20_000;

/**
 * Takes the lock at `path`, or returns its living holder when it is still held after `waitMs`.
 *
 * The file comes into being whole, by link(2), so nobody reads half a holder. The lock of a dead holder is taken over
 * by renaming it aside and looking at what was renamed: should two processes do so at once, one of them finds a living
 * lock in its hand and puts it back. As the last safeguard the holder asks `isHeld` before it publishes.
 */
export async function acquireLock(
  path: string,
  options: { waitMs: number; now: Date; signal?: AbortSignal; pollMs?: number },
): Promise<HeldLock | LockHolder> {
  const holder: LockHolder = { ...thisProcess(options.now), nonce: randomUUID() };
  const deadline = performance.now() + options.waitMs;
  for (;;) {
    options.signal?.throwIfAborted();
    if (tryCreate(path, holder)) {
      removeDeadDrafts(path);
      return held(path, holder);
    }
    const other = readLock(path);
    if (other === null) continue;
    if (other === 'unreadable' || isStale(path, other)) {
      takeAside(path, other);
      continue;
    }
    const left = deadline - performance.now();
    if (left <= 0) return other;
    await delay(Math.min(options.pollMs ?? 100, left), undefined, options.signal ? { signal: options.signal } : {});
  }
}

/** Tells a lock from a holder that could not be displaced. */
export function isHeldLock(outcome: HeldLock | LockHolder): outcome is HeldLock {
  return 'release' in outcome;
}

/** The living holder of the lock at `path`, or null when it is free. */
export function lockHolder(path: string): LockHolder | null {
  const holder = readLock(path);
  return holder === null || holder === 'unreadable' || isStale(path, holder) ? null : holder;
}

function tryCreate(path: string, holder: LockHolder): boolean {
  const draft = `${path}.${holder.nonce}`;
  try {
    fs.writeFileSync(draft, `${JSON.stringify(holder)}\n`, { mode: 0o644 });
    fs.linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** Drafts and displaced locks of processes that died while they took the lock. */
function removeDeadDrafts(path: string): void {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(prefix)) continue;
    const draft = join(folder, name);
    const holder = readLock(draft);
    if (typeof holder === 'object' ? holder !== null && isStale(draft, holder) : isOld(draft))
      fs.rmSync(draft, { force: true });
  }
}

/** A file of no content is written a moment later, or never. */
function isOld(file: string): boolean {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > FOREIGN_LOCK_STALE_MS;
}

function held(path: string, holder: LockHolder): HeldLock {
  const heartbeat = setInterval(() => {
    try {
      fs.utimesSync(path, new Date(), new Date());
    } catch {
      // Gone: isHeld tells.
    }
  }, HEARTBEAT_MS);
  heartbeat.unref();
  const isHeld = (): boolean => {
    const current = readLock(path);
    return current !== null && current !== 'unreadable' && current.nonce === holder.nonce;
  };
  return {
    holder,
    isHeld,
    release: () => {
      clearInterval(heartbeat);
      if (isHeld()) fs.rmSync(path, { force: true });
    },
  };
}

function readLock(path: string): LockHolder | 'unreadable' | null {
  let text: string;
  try {
    text = fs.readFileSync(path, 'utf8');
  } catch (error) {
    // A folder that is none holds no lock either; whoever goes to write there is told.
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return null;
    throw error;
  }
  try {
    const value = JSON.parse(text) as Partial<LockHolder>;
    if (typeof value.pid === 'number' && typeof value.host === 'string' && typeof value.nonce === 'string')
      return {
        pid: value.pid,
        host: value.host,
        nonce: value.nonce,
        startTicks: value.startTicks ?? null,
        since: value.since ?? '',
      };
  } catch {
    // Falls through: not written by us, or torn by a crash of the machine.
  }
  return 'unreadable';
}

function isStale(path: string, holder: LockHolder): boolean {
  const alive = isAlive(holder);
  if (alive !== null) return !alive;
  try {
    return Date.now() - fs.statSync(path).mtimeMs > FOREIGN_LOCK_STALE_MS;
  } catch {
    return false;
  }
}

function takeAside(path: string, expected: LockHolder | 'unreadable'): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    fs.renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const found = readLock(aside);
  const sameAsExpected =
    found === expected ||
    (typeof found === 'object' && typeof expected === 'object' && found?.nonce === expected.nonce);
  if (!sameAsExpected) {
    try {
      fs.linkSync(aside, path);
    } catch {
      // Somebody created a new lock meanwhile; the displaced holder notices through isHeld.
    }
  }
  fs.rmSync(aside, { force: true });
}
