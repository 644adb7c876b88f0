import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openReader } from '../../src/duckdb/reader.ts';
import { compareTable } from '../support/compare.ts';
import { type Fixture, makeFixture, type SyncDocument } from '../support/fixture.ts';
import { digestOf, startTool } from '../support/process.ts';
import { unmount } from '../support/smallDisk.ts';
import { thorough } from '../support/thorough.ts';

// What happens to the file, its folder and its disk; what happens to a sync: crash.pg.test.ts.
let source: Fixture;
beforeAll(async () => {
  source = await makeFixture();
});
afterAll(() => source.close());
beforeEach(async () => {
  await source.reset();
  await source.session.query(
    'CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat(md5(i::text), 4) FROM generate_series(1, 10000) i',
  );
});

const file = (): string => source.duckdbPath;
const sync = (...flags: string[]): Promise<SyncDocument> => source.sync('t', ...flags);

async function compare(): Promise<void> {
  const reader = await openReader(file());
  try {
    await compareTable(source.session, reader.connection, { schema: 'public', name: 't' });
  } finally {
    reader.close();
  }
}

describe('a damaged file', () => {
  const DAMAGES: readonly (readonly [name: string, damage: (path: string) => Promise<void> | void])[] = [
    ['is cut short', (target) => fs.truncateSync(target, 20_000)],
    ['is empty', (target) => fs.truncateSync(target, 0)],
    ['has a damaged header', (target) => overwrite(target, 4096, 64)],
    ['is of a newer DuckDB', (target) => overwrite(target, 12, 1)],
  ];

  test.each(DAMAGES)('that %s is set aside and rebuilt', async (_name, damage) => {
    await sync();
    await damage(file());
    const before = digestOf(file());
    const { tables, warnings } = await sync();
    expect(tables).toMatchObject([{ mode: 'full', rows: 10000 }]);
    const [aside] = fs.readdirSync(source.folder).filter((name) => name !== 'finance.duckdb');
    expect(aside).toMatch(/^finance\.duckdb\.damaged-/);
    expect(digestOf(path.join(source.folder, String(aside)))).toBe(before);
    expect(warnings.join('\n')).toMatch(/could not be used[\s\S]*kept as/);
    await compare();
  });

  test('whose damage shows only in the middle of an incremental sync is set aside and rebuilt', async () => {
    await sync();
    await damageData(file());
    await source.session.query('DELETE FROM t WHERE id % 100 = 0');
    const { tables, warnings } = await sync();
    expect(tables).toMatchObject([{ mode: 'full', rows: 9900 }]);
    expect(warnings.join('\n')).toMatch(/could not be used[\s\S]*kept as/);
    await compare();
  });

  test('is not touched when it is a folder', async () => {
    fs.mkdirSync(file());
    fs.writeFileSync(path.join(file(), 'precious'), '');
    const { code } = await source.trySync('t');
    expect(code).toBe(4);
    expect(fs.readdirSync(source.folder)).toEqual(['finance.duckdb']);
    expect(fs.readdirSync(file())).toEqual(['precious']);
  });
});

function overwrite(target: string, at: number, bytes: number): void {
  const fd = fs.openSync(target, 'r+');
  fs.writeSync(fd, Buffer.alloc(bytes, 0xa5), 0, bytes, at);
  fs.closeSync(fd);
}

/** Damages blocks from the end on until reading the table fails while the state still reads. */
async function damageData(target: string): Promise<void> {
  const whole = fs.readFileSync(target);
  const BLOCK = 262_144;
  const HEADERS = 12_288;
  for (let at = HEADERS; at < whole.length; at += BLOCK) {
    fs.writeFileSync(target, whole);
    overwrite(target, at + 5000, 200);
    const instance = await DuckDBInstance.create(target, { access_mode: 'READ_ONLY' }).catch(() => null);
    if (instance === null) continue;
    const connection = await instance.connect();
    const works = async (sql: string): Promise<boolean> =>
      connection.run(sql).then(
        () => true,
        () => false,
      );
    const found =
      (await works('FROM finance_db.sync_state')) &&
      (await works('FROM finance_db.about')) &&
      !(await works('SELECT sum(id) FROM t'));
    connection.closeSync();
    instance.closeSync();
    if (found) return;
  }
  throw new Error('no block of the table was found');
}

describe('a full disk', () => {
  test('of any size leaves the published file and nothing else, and exits 4', async () => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', source.folder]);
    if (mounted.status !== 0) {
      process.stderr.write('SKIPPED: a full disk needs the right to mount a small tmpfs\n');
      return;
    }
    try {
      await sync();
      const codes: (number | null)[] = [];
      const sizes = thorough([20, 350, 1400, 3000], [20, 100, 350, 800, 1400, 2000, 3000, 5000]);
      for (const [attempt, free] of sizes.entries()) {
        await source.session.query(`UPDATE t SET v = repeat(md5((id + ${attempt})::text), 10)`);
        const before = digestOf(file());
        const used = Math.ceil(fs.statSync(file()).size / 1024);
        spawnSync('mount', ['-o', `remount,size=${used + free}k`, source.folder]);
        const { code, stderr } = await source.trySync('t', attempt % 2 === 0 ? ['--full'] : []);
        codes.push(code);
        if (code === 0) await compare();
        else {
          expect([code, stderr]).toEqual([4, expect.stringContaining('DISK_FULL')]);
          expect(digestOf(file())).toBe(before);
        }
        expect(fs.readdirSync(source.folder)).toEqual(['finance.duckdb']);
        spawnSync('mount', ['-o', 'remount,size=64m', source.folder]);
      }
      expect(codes).toContain(4);
      await sync();
      await compare();
    } finally {
      unmount(source.folder);
    }
  });

  test('or a folder that cannot be written exits 4 and leaves everything', async () => {
    if (process.getuid?.() !== 0) fs.chmodSync(source.folder, 0o555);
    const target = process.getuid?.() === 0 ? '/proc/finance.duckdb' : file();
    const { code, stderr } = await source.trySync('t', ['--duckdb', target]);
    expect([code, stderr]).toEqual([4, expect.stringContaining('DUCKDB_NOT_WRITABLE')]);
    fs.chmodSync(source.folder, 0o755);
    const below = path.join(source.folder, 'file');
    fs.writeFileSync(below, '');
    expect((await source.trySync('t', ['--duckdb', path.join(below, 'x.duckdb')])).code).toBe(4);
    expect(fs.readdirSync(source.folder)).toEqual(['file']);
  });
});

describe('readers', () => {
  test('short and long ones never err, wait, or see anything but one published snapshot', async () => {
    // Every transaction moves money between rows and counts itself: a mixture of two snapshots would not add up.
    await source.session.query(
      'DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, amount numeric(15,2), n int); INSERT INTO t SELECT i, 100, 0 FROM generate_series(1, 2000) i',
    );
    await sync();
    const state = { stopped: false, reads: 0, failure: undefined as unknown };
    const check = 'SELECT count(*)::INT AS rows, sum(amount)::VARCHAR AS total, sum(n)::INT AS n FROM t';
    const seen: number[] = [];
    const reader = async (): Promise<void> => {
      let last = 0;
      while (!state.stopped) {
        const { code, stdout, stderr } = await startTool(['query', check, '--format', 'json'], {
          FINANCE_DB_HOME: source.folder,
        }).ended;
        if (code !== 0 || /error|lock/i.test(stderr)) throw new Error(`exit ${code}: ${stderr}`);
        const [row] = JSON.parse(stdout) as { rows: number; total: string; n: number }[];
        if (row?.rows !== 2000 || row.total !== '200000.00' || row.n % 2 !== 0 || row.n < last)
          throw new Error(`torn: ${stdout}`);
        last = row.n;
        seen.push(last);
        state.reads++;
      }
    };
    const long = await openReader(file());
    const readers = Promise.all([reader(), reader()]).catch((error: unknown) => {
      state.failure = error;
    });
    const told = (): boolean => state.failure !== undefined || (state.reads > 4 && new Set(seen).size > 1);
    try {
      // On until there is something to say of readers, however few of them a busy machine starts.
      for (let round = 1; round <= 6 || !told(); round++) {
        await source.session.query(
          `UPDATE t SET amount = amount - ${round}, n = n + 1 WHERE id = ${round}; UPDATE t SET amount = amount + ${round}, n = n + 1 WHERE id = ${2000 - round}`,
        );
        await sync(...(round % 3 === 0 ? ['--full'] : []));
        expect(await long.all(check)).toEqual([{ rows: 2000, total: '200000.00', n: 0 }]);
      }
    } finally {
      state.stopped = true;
      await readers;
      long.close();
    }
    expect(state.failure).toBeUndefined();
  });
});
