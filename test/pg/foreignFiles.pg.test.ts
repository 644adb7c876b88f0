import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runCli } from '../support/cli.ts';
import { makeDuckDbFile } from '../support/duckdbFile.ts';
import { startWriter } from '../support/duckdbWriter.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';

let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(async () => {
  await source.reset();
  await source.session.query(
    'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, i FROM generate_series(1, 100) i',
  );
});

const file = (): string => source.duckdbPath;
const digest = (name = file()): string => createHash('sha256').update(fs.readFileSync(name)).digest('hex');
const asides = (): string[] =>
  fs
    .readdirSync(source.folder)
    .filter((name) => name.includes('.damaged-'))
    .sort();

async function rowsIn(name: string, sql: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(name, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

describe('what is not ours is refused, and stays', () => {
  const FOREIGN: readonly (readonly [string, () => Promise<void> | void, RegExp])[] = [
    ['a text', () => fs.writeFileSync(file(), 'finance_db sync_state\n'.repeat(100)), /no file of finance-db/],
    ['random bytes', () => fs.writeFileSync(file(), Buffer.alloc(30_000, 0xa5)), /no file of finance-db/],
    [
      'a DuckDB database of another program',
      () => makeDuckDbFile(source.folder, ['CREATE TABLE mine (a int)', 'CREATE TABLE too (a int)'], 'finance.duckdb'),
      /a DuckDB database of another program, with the tables mine, too/,
    ],
    [
      'such a database that is damaged',
      async () => {
        await makeDuckDbFile(source.folder, ['CREATE TABLE mine (a int)'], 'finance.duckdb');
        fs.truncateSync(file(), 20_000);
      },
      /no file of finance-db/,
    ],
  ];

  test.each(FOREIGN)('%s', async (_name, make, what) => {
    await make();
    const before = digest();
    for (const command of [
      ['sync'],
      ['sync', '--full'],
      ['sync', '--new-source'],
      ['validate'],
      ['validate', '--repair'],
    ]) {
      const { code, stdout } = await runCli([...command, '--json'], { env: source.env('t') });
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string; remedy: string } };
      expect([code, error.code]).toEqual([4, 'DUCKDB_NOT_OURS']);
      expect(error.message).toMatch(what);
      expect(error.remedy).toContain('--duckdb');
    }
    expect(digest()).toBe(before);
    expect(fs.readdirSync(source.folder)).toEqual(['finance.duckdb']);
  });

  test('and a database with a log keeps both', async () => {
    await makeDuckDbFile(source.folder, ['CREATE TABLE mine (a int)'], 'finance.duckdb');
    const writer = await startWriter(file(), ['INSERT INTO mine VALUES (1)']);
    await writer.kill();
    expect((await source.trySync('t')).code).toBe(4);
    expect(await rowsIn(file(), 'FROM mine')).toEqual([{ a: 1 }]);
    expect(asides()).toEqual([]);
  });
});

describe('what was ours and is damaged', () => {
  test('is told by what lies in it, or by the note of the last check; one is kept, and no more', async () => {
    await source.sync('t');
    await source.sync('t');
    for (let time = 0; time < 3; time++) {
      // In place, as a wrong redirection does: only the note remembers.
      fs.writeFileSync(file(), `${time} and nothing else`);
      expect((await source.sync('t')).tables).toMatchObject([{ mode: 'full', rows: 100 }]);
      expect(asides()).toHaveLength(1);
    }
    expect(fs.readFileSync(path.join(source.folder, String(asides()[0])), 'utf8')).toBe('0 and nothing else');
    const whole = fs.readFileSync(file());
    // Two of the headers, and all of them with the word that it is DuckDB's.
    for (const from of [4096, 0]) {
      fs.rmSync(`${file()}.checked`, { force: true });
      fs.writeFileSync(file(), whole.fill(0xa5, from, 12_288));
      expect((await source.sync('t')).tables).toMatchObject([{ mode: 'full', rows: 100 }]);
      expect(asides()).toHaveLength(1);
    }
  });
});

describe('another program that writes to the file', () => {
  const CHANGES = ['UPDATE t SET v = -1', 'CREATE TABLE theirs (a int)', 'INSERT INTO theirs VALUES (7)'];

  test('and was killed: its log is kept with the file it belongs to, once, and readers get ours', async () => {
    await source.sync('t');
    const before = digest();
    await (await startWriter(file(), CHANGES)).kill();
    expect(fs.existsSync(`${file()}.wal`)).toBe(true);
    for (const flags of [[], ['--validate'], ['--full', '--validate'], []]) {
      await source.session.query('INSERT INTO t SELECT max(id) + 1, 0 FROM t');
      await source.sync('t', ...flags);
      expect(asides()).toHaveLength(2);
      expect(await source.rows('SELECT count(*)::INT AS n FROM t WHERE v = -1')).toEqual([{ n: 0 }]);
    }
    const [aside, log] = asides();
    expect(log).toBe(`${aside}.wal`);
    expect(digest(path.join(source.folder, String(aside)))).toBe(before);
    expect(await rowsIn(path.join(source.folder, String(aside)), 'FROM theirs')).toEqual([{ a: 7 }]);
    expect((await runCli(['validate'], { env: source.env('t') })).code).toBe(0);
  });

  test('and was killed: a sync that has nothing to do puts the log away, too', async () => {
    await source.sync('t');
    await (await startWriter(file(), CHANGES)).kill();
    const { warnings } = await source.sync('t');
    expect(warnings).toEqual([expect.stringMatching(/another program wrote to the file.*\.damaged-.*with its \.wal/)]);
    expect(await source.rows('SELECT count(*)::INT AS n FROM t WHERE v = -1')).toEqual([{ n: 0 }]);
    expect((await source.sync('t')).warnings).toEqual([]);
  });

  test('before the sync: it is refused, and says who', async () => {
    await source.sync('t');
    const writer = await startWriter(file(), CHANGES);
    try {
      const { code, stderr } = await source.trySync('t', ['--full']);
      expect(code).toBe(4);
      expect(stderr).toMatch(new RegExp(`DUCKDB_LOCKED.*PID ${writer.pid}`));
      // The file is looked at under another name, which nobody knows.
      expect(stderr).not.toContain('.work');
    } finally {
      await writer.kill();
    }
  });

  test.each([
    [['--full'], 'the file'],
    [[], 'a copy'],
  ])('during the sync (%j): nothing is published over it', async (flags) => {
    await source.sync('t');
    const before = digest();
    await source.session.query('UPDATE t SET v = 5');
    const { sync } = await import('../../src/app/sync/sync.ts');
    const { loadConfig } = await import('../../src/config/config.ts');
    const config = loadConfig({}, source.env('t'), source.folder);
    let writer: Awaited<ReturnType<typeof startWriter>> | undefined;
    try {
      const result = sync({
        ...{
          config,
          tables: config.tables,
          full: flags.length > 0,
          jobs: null,
          waitSeconds: 0,
          indexes: [],
          memory: null,
        },
        now: () => new Date(),
        signal: new AbortController().signal,
        onProgress: () => undefined,
        beforePublish: async () => {
          writer = await startWriter(file(), CHANGES);
        },
      });
      await expect(result).rejects.toMatchObject({ code: 'DUCKDB_LOCKED' });
      expect(digest()).toBe(before);
    } finally {
      await writer?.kill();
    }
    // Killed meanwhile, it has left a log.
    expect((await source.sync('t')).tables).toMatchObject([{ rows: 100 }]);
    expect(await source.rows('SELECT DISTINCT v FROM t')).toEqual([{ v: 5 }]);
  });

  test('a log without a file, and one that fits none', async () => {
    fs.writeFileSync(`${file()}.wal`, 'nobody knows');
    await source.sync('t');
    await (await startWriter(file(), CHANGES)).kill();
    const log = fs.readFileSync(`${file()}.wal`);
    await source.sync('t', '--full');
    fs.writeFileSync(`${file()}.wal`, log);
    expect((await runCli(['validate'], { env: source.env('t') })).code).toBe(4);
    await source.session.query('DELETE FROM t WHERE id > 50');
    expect((await source.sync('t')).tables).toMatchObject([{ rows: 50 }]);
    expect(await source.rows('SELECT count(*)::INT AS n FROM t')).toEqual([{ n: 50 }]);
  });
});
