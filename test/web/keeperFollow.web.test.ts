import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/config.ts';
import { type FollowNote, writeFollowNote } from '../../src/duckdb/followNote.ts';
import { acquireLock, isHeldLock } from '../../src/files/lockFile.ts';
import { Events } from '../../src/web/server/events.ts';
import { Keeper } from '../../src/web/server/keeper.ts';
import { temporaryFolder } from '../support/folder.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Ends at once, with a failure, until `well` is there. */
const FOLLOWER = `
  const fs = require('node:fs');
  fs.writeFileSync('words', JSON.stringify(process.argv));
  fs.existsSync('well') ? setInterval(() => {}, 1000) : process.exit(1)`;

test('a follower that failed is begun anew, and what was wrong is over once it streams', async () => {
  const duckdb = path.join(folder.path, 'finance.duckdb');
  fs.writeFileSync(duckdb, '');
  let now = Date.parse('2026-11-22T12:00:00Z');
  const config = loadConfig({ duckdb }, { HOME: '/nonexistent' }, '/');
  const log: string[] = [];
  const failed: { told: () => void } = { told: () => undefined };
  const events = new Events();
  events.announce = ({ data }) => {
    log.push((data as { state: string }).state);
    failed.told();
  };
  const keeper = new Keeper(
    {
      ...{ config, now: () => new Date(now), port: 0, host: null, token: null, base: '', allowedHosts: [], sql: true },
      ...{ trustProxy: false, log: () => undefined },
      sync: {
        ...{
          automatic: true,
          follow: ['--keep-slot=ledger'],
          maxAgeMs: 1,
          program: [process.execPath, '-e', FOLLOWER, '--'],
          flags: [],
        },
        ...{ cwd: folder.path, env: { PATH: process.env['PATH'] } },
      },
    },
    events,
    () => null,
  );
  const ended = new Promise<void>((resolve) => {
    failed.told = resolve;
  });
  keeper.visited();
  await ended;
  expect(keeper.state()).toMatchObject({ problem: { code: 'INTERNAL' }, following: null });
  expect(JSON.parse(fs.readFileSync(path.join(folder.path, 'words'), 'utf8'))).toEqual(
    expect.arrayContaining(['follow', '--keep-slot=ledger']),
  );

  fs.writeFileSync(path.join(folder.path, 'well'), '');
  now += 60_000;
  keeper.visited();
  expect(keeper.state().problem).not.toBeNull();
  const lock = await acquireLock(`${fs.realpathSync(duckdb)}.lock`, { waitMs: 0, now: new Date(now) });
  if (!isHeldLock(lock)) throw new Error('locked');
  const work = `${fs.realpathSync(duckdb)}.work`;
  fs.mkdirSync(work, { recursive: true });
  const note: FollowNote = {
    ...{
      pid: process.pid,
      publication: 'finance_db',
      tables: ['transactions'],
      scanned: [],
      scanned_at: null,
      since: '',
      at: '',
      why: null,
    },
    ...{
      state: 'scanning',
      position: null,
      lag_seconds: 0,
      published_at: null,
      looked_at: null,
      as_of: null,
      slot: null,
    },
  };
  writeFollowNote(work, note);
  keeper.visited();
  expect(keeper.state().problem).not.toBeNull();
  writeFollowNote(work, { ...note, state: 'streaming' });
  keeper.visited();
  expect(keeper.state()).toMatchObject({ problem: null, following: { state: 'streaming' } });
  expect(log).toEqual(['failed', 'done']);
  lock.release();
  await keeper.stop();
});
