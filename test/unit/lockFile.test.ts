import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { acquireLock, type HeldLock, isHeldLock, type LockHolder, lockHolder } from '../../src/files/lockFile.ts';
import { temporaryFolder } from '../support/folder.ts';

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = path.join(folder.path, 'x.lock');
});
afterEach(() => folder.remove());

const take = (waitMs = 0): Promise<HeldLock | LockHolder> => acquireLock(file, { waitMs, now: new Date(), pollMs: 5 });

async function held(): Promise<HeldLock> {
  const outcome = await take();
  if (!isHeldLock(outcome)) throw new Error('not held');
  return outcome;
}

describe('the lock file', () => {
  test('admits one at a time, and names the holder to the other', async () => {
    const first = await held();
    expect(await take()).toMatchObject({ pid: process.pid, nonce: first.holder.nonce });
    expect(lockHolder(file)?.pid).toBe(process.pid);
    first.release();
    expect(lockHolder(file)).toBeNull();
    (await held()).release();
    expect(fs.readdirSync(folder.path)).toEqual([]);
  });

  test('lets the waiting one in when it is given back', async () => {
    const first = await held();
    const second = take(10_000);
    first.release();
    const outcome = await second;
    expect(isHeldLock(outcome)).toBe(true);
    if (isHeldLock(outcome)) outcome.release();
  });

  test.each([
    [
      'of a process that is gone',
      () => ({ pid: spawnSync('true').pid, host: holderHost(), startTicks: '1', since: '', nonce: 'n' }),
    ],
    [
      'of a pid that is somebody else by now',
      () => ({ pid: process.pid, host: holderHost(), startTicks: '1', since: '', nonce: 'n' }),
    ],
    ['torn by a crash', () => '{"pid": 1'],
  ])('%s is taken over', async (_name, content) => {
    const value = content();
    fs.writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    const lock = await held();
    expect(lock.isHeld()).toBe(true);
    lock.release();
    expect(fs.readdirSync(folder.path)).toEqual([]);
  });

  test('of another host is respected while it is fresh, and taken over when it is old', async () => {
    fs.writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere', startTicks: null, since: '', nonce: 'n' }));
    expect(await take()).toMatchObject({ host: 'elsewhere' });
    const longAgo = new Date(Date.now() - 3_600_000);
    fs.utimesSync(file, longAgo, longAgo);
    (await held()).release();
  });

  test('tells a holder that lost it', async () => {
    const lock = await held();
    fs.rmSync(file);
    expect(lock.isHeld()).toBe(false);
    lock.release();
  });
});

function holderHost(): string {
  return fs.readFileSync('/proc/sys/kernel/hostname', 'utf8').trim();
}
