import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PrivateCopy } from '../../src/app/follow/privateCopy.ts';
import { Restart } from '../../src/app/follow/restart.ts';
import type { Config } from '../../src/config/config.ts';
import { openWorkspace, type Workspace } from '../../src/duckdb/publish.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { openWorkingCopy } from '../../src/duckdb/workingCopy.ts';
import { startWriter } from '../support/duckdbWriter.ts';
import { temporaryFolder } from '../support/folder.ts';

const NOW = new Date('2026-01-02T03:04:05Z');
const FRESH = { bytes: 1e12, rows: 1n };

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
let workspace: Workspace;
let own: PrivateCopy;

beforeEach(async () => {
  folder = temporaryFolder();
  file = path.join(folder.path, 'a.duckdb');
  const first = await openWorkingCopy(file, {
    ...{ memory: '100MB', threads: 1 },
    temporaryFolder: path.join(folder.path, 'tmp'),
  });
  await first.run('CREATE TABLE t (n INTEGER)');
  await first.close();
  const { signal } = new AbortController();
  workspace = await openWorkspace(file, { waitMs: 0, now: NOW, signal, fileMode: 0o600 });
  own = await PrivateCopy.open({ memory: '100MB' } as unknown as Config, workspace, FRESH, ['public.t']);
});

afterEach(async () => {
  await own.close();
  workspace.close();
  folder.remove();
});

async function put(n: number): Promise<void> {
  await (await own.use()).run(`INSERT INTO t VALUES (${n})`);
}

async function published(): Promise<number[]> {
  const reader = await openReader(file);
  try {
    return (await reader.all<{ n: number }>('SELECT n FROM t ORDER BY n')).map(({ n }) => n);
  } finally {
    reader.close();
  }
}

/** Where blocks are shared, the copy is never the one that is published. */
function sharesBlocks(): boolean {
  const twin = path.join(folder.path, 'twin');
  try {
    fs.copyFileSync(file, twin, fs.constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  } finally {
    fs.rmSync(twin, { force: true });
  }
}

test('each publish has all that was put so far, and leaves a copy to go on with', async () => {
  for (let n = 1; n <= 3; n++) {
    await put(n);
    const { bytes } = await own.publish(NOW, BigInt(n));
    expect(bytes).toBe(fs.statSync(file).size);
    expect(await published()).toEqual([1, 2, 3].slice(0, n));
    expect(own.isUntouched()).toBe(true);
  }
  await own.use();
  const left = fs.readdirSync(workspace.folder).filter((name) => name.endsWith('.duckdb'));
  expect(left).toEqual(['live.duckdb']);
});

test('what another program writes to the published file while it is copied does not get into the next one', async () => {
  await put(1);
  await own.publish(NOW, 1n);
  // The copy has begun, and its end is seen in a later turn.
  fs.utimesSync(file, NOW, NOW);
  expect(own.isUntouched()).toBe(false);
  if (sharesBlocks()) await put(2);
  else {
    const error: unknown = await own.use().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Restart);
    expect((error as Restart).fullTables).toEqual(['public.t']);
  }
});

test('a published file that is removed at once is there again with the next publish', async () => {
  await put(1);
  await own.publish(NOW, 1n);
  fs.rmSync(file);
  await put(2);
  await own.publish(NOW, 2n);
  expect(await published()).toEqual([1, 2]);
});

test('what could not be published, since another program had the file open, is published later', async () => {
  const writer = await startWriter(file, ['CREATE TABLE stranger (n INTEGER)']);
  try {
    await put(1);
    await expect(own.publish(NOW, 1n)).rejects.toMatchObject({ code: 'DUCKDB_LOCKED' });
    await put(2);
  } finally {
    await writer.kill();
  }
  const { aside } = await own.publish(NOW, 2n);
  expect(aside).toContain('another program wrote to the file');
  expect(await published()).toEqual([1, 2]);
});
