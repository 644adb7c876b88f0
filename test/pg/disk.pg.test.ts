import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sync } from '../../src/app/sync/sync.ts';
import type { SyncRequest } from '../../src/app/sync/syncRequest.ts';
import { loadConfig } from '../../src/config/config.ts';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { startTool } from '../support/process.ts';
import { canMount, mountDisk, type SmallDisk } from '../support/smallDisk.ts';
import { thorough } from '../support/thorough.ts';

let fixture: Fixture;
let disk: SmallDisk | null = null;
beforeAll(async () => {
  fixture = await makeFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  await fixture.reset();
  await fixture.session.query('CREATE TABLE t AS SELECT id, md5(id::text) AS v FROM generate_series(1, 20000) id');
});
afterEach(() => {
  disk?.remove();
  disk = null;
});

const onSmallDisk = canMount() ? test : test.skip;

describe('a full disk (needs root and the right to mount)', () => {
  onSmallDisk.each(['x.parquet', 'x.csv'])('under query -o %s', async (name) => {
    await fixture.sync('t');
    disk = mountDisk('64k');
    const file = path.join(disk?.path ?? '', name);
    const result = await runCli(['query', 'SELECT * FROM t', '-o', file], { env: fixture.env('t') });
    expect(result).toMatchObject({ code: 4, stderr: expect.stringContaining('[DISK_FULL]') });
    expect(result.stderr).toContain('free some space');
    expect(fs.readdirSync(disk?.path ?? '')).toEqual([]);
  });

  onSmallDisk.each([[], ['--without-file']])('under lake %s', async (...flags) => {
    await fixture.session.query('DELETE FROM t WHERE id > 100');
    disk = mountDisk('256k');
    const root = path.join(disk?.path ?? '', 'lake');
    const lake = (...more: string[]): ReturnType<typeof runCli> =>
      runCli(['lake', '--to', root, ...flags, ...more], { env: fixture.env('t') });
    const files = (): string[] => (fs.readdirSync(root, { recursive: true }) as string[]).sort();
    expect(await lake()).toMatchObject({ code: 0 });
    const before = files();
    await fixture.session.query('INSERT INTO t SELECT id, md5(id::text) FROM generate_series(101, 20000) id');
    const full = await lake();
    expect(full).toMatchObject({ code: 4, stderr: expect.stringContaining('[DISK_FULL]') });
    expect(files()).toEqual(before);
    await fixture.session.query("DELETE FROM t WHERE id > 101; UPDATE t SET v = 'x' WHERE id = 1");
    expect(await lake()).toMatchObject({ code: 0 });
    const proof = await runCli(['lake', '--to', root, '--verify', '--json'], { env: fixture.env('t') });
    expect(JSON.parse(proof.stdout)).toMatchObject({ status: 'equal' });
  });

  onSmallDisk.each(thorough(['--without-file'], ['--without-file', '--verify']))(
    'for temporary files under lake %s',
    async (flag) => {
      const lake = (...flags: string[]): ReturnType<typeof runCli> =>
        runCli(['lake', '--to', path.join(fixture.folder, 'lake'), ...flags], { env: fixture.env('t') });
      expect(await lake(...(flag === '--verify' ? [] : [flag]))).toMatchObject({ code: 0 });
      const files = (): string[] =>
        (fs.readdirSync(path.join(fixture.folder, 'lake'), { recursive: true }) as string[]).sort();
      const before = files();
      await fixture.session.query("UPDATE t SET v = v || 'x'; CHECKPOINT");
      disk = mountDisk('128k');
      // In a process of its own, which is told another place.
      const place = { FINANCE_DB_LAKE: path.join(fixture.folder, 'lake'), TMPDIR: disk?.path ?? '' };
      const full = await startTool(['lake', flag], { ...fixture.env('t'), ...place }).ended;
      expect(full).toMatchObject({ code: 4, stderr: expect.stringContaining('[DISK_FULL]') });
      expect(files()).toEqual(before);
      expect(fs.readdirSync(disk?.path ?? '')).toEqual([]);
      expect(await lake(...(flag === '--verify' ? [] : [flag]))).toMatchObject({ code: 0 });
    },
  );

  // Too small for a server, and for the rows.
  onSmallDisk.each([
    ['10m', '5000'],
    ['56m', '60000'],
  ])('of %s under the embedded server', async (size, rows) => {
    disk = mountDisk(size);
    const home = path.join(disk?.path ?? '', 'home');
    const result = await runCli(['init', '--sample', rows], { env: { FINANCE_DB_HOME: home } });
    expect(result).toMatchObject({ code: 4, stderr: expect.stringContaining('[DISK_FULL]') });
    expect(result.stderr).toContain(path.join(home, 'postgres'));
  });
});

/** A sync in which `remove` happens when all is read and nothing published. */
function syncWhile(remove: () => void): Promise<unknown> {
  const config = loadConfig({}, fixture.env('t'), '/');
  const request: SyncRequest = {
    config,
    ...{ tables: config.tables, full: false, jobs: null, waitSeconds: 0, indexes: [] },
    ...{ now: () => new Date(), signal: new AbortController().signal, onProgress: () => undefined },
    beforePublish: async () => remove(),
  };
  return sync(request);
}

describe('removed while a sync runs', () => {
  test('the lock file', async () => {
    await expect(syncWhile(() => fs.rmSync(`${fixture.duckdbPath}.lock`))).rejects.toMatchObject({
      code: 'SYNC_LOCKED',
      message: expect.stringContaining('was removed while it was held'),
    });
    expect(fs.existsSync(fixture.duckdbPath)).toBe(false);
    await fixture.sync('t');
  });

  test.each([
    ['its working folder', (home: string) => path.join(home, 'finance.duckdb.work')],
    ['the whole home', (home: string) => home],
  ])('%s', async (_name, target) => {
    const error = await syncWhile(() => fs.rmSync(target(fixture.folder), { recursive: true })).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code: 'DUCKDB_NOT_WRITABLE', message: expect.stringContaining(fixture.folder) });
    expect(fs.existsSync(fixture.duckdbPath)).toBe(false);
    await fixture.sync('t');
  });
});
