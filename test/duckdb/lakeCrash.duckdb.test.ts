import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { loadedBytesPerRow } from '../../src/app/lake/loadedSize.ts';
import { publishTable } from '../../src/app/lake/publishTable.ts';
import type { LakeSource } from '../../src/app/lake/source.ts';
import { openWorkingCopy, type WorkingCopy } from '../../src/duckdb/workingCopy.ts';
import { FinanceDbError } from '../../src/errors/financeDbError.ts';
import { makePrivateFolder } from '../../src/files/privateFile.ts';
import { processTag } from '../../src/files/processTag.ts';
import { folderStore } from '../../src/lake/store/folderStore.ts';
import { s3Store } from '../../src/lake/store/s3Store.ts';
import type { LakeStore } from '../../src/lake/store/store.ts';
import { keyOf, loadTable } from '../../src/lake/table.ts';
import { deadTag } from '../support/deadTag.ts';
import { temporaryFolder } from '../support/folder.ts';
import { wrongStatistics } from '../support/lakeBounds.ts';
import { unreachable } from '../support/lakeGarbage.ts';
import { type S3Server, startS3Server, type Trouble } from '../support/s3Server.ts';
import { canMount, mountDisk } from '../support/smallDisk.ts';
import { random } from '../support/stress.ts';
import { thorough } from '../support/thorough.ts';

const folder = temporaryFolder();
const root = path.join(folder.path, 'lake');
let copy: WorkingCopy;
let dead: string;
let s3: S3Server;
let runs = 0;

beforeAll(async () => {
  const temporary = path.join(folder.path, 'tmp');
  copy = await openWorkingCopy(path.join(folder.path, 'f.duckdb'), {
    ...{ memory: '200MB', threads: 2, temporaryFolder: temporary },
  });
  dead = deadTag();
  s3 = await startS3Server();
});
afterAll(async () => {
  await s3.close();
  copy.abandon();
  folder.remove();
});
beforeEach(async () => {
  s3.clear();
  fs.rmSync(root, { recursive: true, force: true });
  await copy.run(
    `CREATE OR REPLACE TABLE t AS SELECT i AS id, TIMESTAMP '2024-01-01' + INTERVAL (i) DAY AS at, (i / 7)::DECIMAL(15,2) AS amount FROM range(90) AS r(i)`,
  );
});

const COLUMNS = [
  { name: 'id', family: 'integer', duckdbType: 'BIGINT', postgresType: 'bigint', number: 1 },
  { name: 'at', family: 'timestamp', duckdbType: 'TIMESTAMP', postgresType: 'timestamp', number: 2 },
  { name: 'amount', family: 'decimal', duckdbType: 'DECIMAL(15,2)', postgresType: 'numeric(15,2)', number: 3 },
];

/** The table as a sync would have left it; each call as of another snapshot. */
function sourceNow(columns: LakeSource['columns'] = COLUMNS): LakeSource {
  const snapshot = `${++runs}:${runs}:`;
  return {
    table: { schema: 'public', name: 't' },
    from: 't',
    columns,
    months: null,
    state: {
      ...{
        duckdb: 'x',
        schema: 'public',
        name: 't',
        tableOid: '1',
        fingerprint: 'f',
        snapshot,
        leaves: [],
        gated: true,
      },
      identity: { systemIdentifier: '1', databaseOid: '1', timeline: '1', lsn: null },
      ...{ key: ['id'], columns, rows: '90', syncedAt: '2024-01-01T00:00:00.000Z', about: {} },
    },
  };
}

function publish(store: LakeStore, run: string): Promise<{ published: boolean; version: number }> {
  const common = { now: new Date(), expireMs: 0, copy, folder: folder.path, bytesPerRow: 50, rebuild: false };
  return publishTable(
    { ...common, store, run, signal: new AbortController().signal, onStep: () => undefined },
    sourceNow(),
  );
}

const living = (): string => `${processTag()}-aaaa${String(++runs).padStart(2, '0').slice(-2)}`;
const publishHere = (): ReturnType<typeof publish> => {
  const run = living();
  return publish(folderStore(root, run), run);
};

/** A store that calls `before` with the number of each step that changes something. */
function watched(
  store: LakeStore,
  before: (step: number, name: string, key: string) => Promise<void> | void,
): LakeStore {
  let step = 0;
  const wrapped = { ...store } as Record<string, unknown>;
  for (const name of ['write', 'writeNew', 'upload', 'remove'] as const)
    wrapped[name] = async (key: string, content: never) => {
      await before(++step, name, key);
      return store[name](key, content);
    };
  return wrapped as unknown as LakeStore;
}

/** Files that nothing refers to. */
function garbage(place = root): Promise<string[]> {
  const files = fs
    .readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(place, path.join(entry.parentPath, entry.name)));
  return unreachable(folderStore(place, 'look'), files);
}

async function rowsOfLake(store = folderStore(root, 'look')): Promise<string | undefined> {
  const table = await loadTable(store);
  const keys = (table?.entries ?? []).map(({ file }) => (table === null ? '' : keyOf(table.metadata, file.path)));
  const cache = fs.mkdtempSync(path.join(folder.path, 'cache-'));
  const files = await Promise.all(keys.map(async (key) => `'${await store.fetch(key, cache)}'`));
  const [row] = await copy.all<{ d: string }>(
    `SELECT concat(count(*), ' ', sum(amount), ' ', md5(string_agg(id || '|' || amount || '|' || "at", ',' ORDER BY id))) AS d FROM read_parquet([${files.join(', ')}])`,
  );
  return row?.d;
}

async function rowsOfTable(): Promise<string | undefined> {
  const [row] = await copy.all<{ d: string }>(
    `SELECT concat(count(*), ' ', sum(amount), ' ', md5(string_agg(id || '|' || amount || '|' || "at", ',' ORDER BY id))) AS d FROM t`,
  );
  return row?.d;
}

test('killed between any two steps: the old table or the new one, and nothing is left over after the next run', async () => {
  await publishHere();
  for (let last = 1, killedNow = true; killedNow; last++) {
    const before = await rowsOfLake();
    await copy.run(`UPDATE t SET amount = amount + 1 WHERE id IN (3, 50)`);
    killedNow = false;
    const run = `${dead}-bbbb${String(last).padStart(2, '0')}`;
    const killed = watched(folderStore(root, run), (step) => {
      killedNow ||= step > last;
      if (killedNow) throw new Error('killed');
    });
    await publish(killed, run).catch(() => undefined);
    expect([before, await rowsOfTable()]).toContain(await rowsOfLake());
    await publishHere();
    expect(await rowsOfLake()).toBe(await rowsOfTable());
    expect(await garbage()).toEqual([]);
  }
});

test('of two writers one wins, and the other says so and leaves nothing', async () => {
  await publishHere();
  await copy.run('UPDATE t SET amount = 5 WHERE id = 3');
  const run = living();
  let other: Promise<unknown> | undefined;
  const slow = watched(folderStore(root, run), async (_step, name) => {
    if (name !== 'writeNew') return;
    other ??= publishHere();
    await other;
  });
  await expect(publish(slow, run)).rejects.toMatchObject({ code: 'LAKE_CONFLICT' });
  expect(await rowsOfLake()).toBe(await rowsOfTable());
  expect(await garbage()).toEqual([]);
  expect(await publishHere()).toMatchObject({ published: false, version: 2 });
});

test('a run that fails after its commit, with another one on top of it, takes nothing back', async () => {
  await publishHere();
  await copy.run('UPDATE t SET amount = 7 WHERE id = 3');
  const run = living();
  let committed = false;
  const failing = watched(folderStore(root, run), async (_step, name) => {
    if (name === 'writeNew') committed = true;
    if (!committed || name === 'writeNew') return;
    await copy.run('UPDATE t SET amount = 8 WHERE id = 80');
    await publishHere();
    throw new Error('cannot go on');
  });
  await expect(publish(failing, run)).rejects.toThrow('cannot go on');
  expect(await rowsOfLake()).toBe(await rowsOfTable());
  expect(await publishHere()).toMatchObject({ published: false, version: 3 });
  expect(await rowsOfLake()).toBe(await rowsOfTable());
});

test('a disk that is full at any step leaves the old table and takes back what was written', async () => {
  await publishHere();
  const before = await rowsOfLake();
  await copy.run('UPDATE t SET amount = 6 WHERE id = 3');
  for (const last of [1, 2, 3, 5]) {
    const run = living();
    const full = watched(folderStore(root, run), (step, name) => {
      if (step >= last && name !== 'remove') throw new FinanceDbError('DISK_FULL', 'no space left');
    });
    await expect(publish(full, run)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await rowsOfLake()).toBe(before);
    expect(await garbage()).toEqual([]);
  }
});

(canMount() ? test : test.skip)(
  'a small disk that fills while files are written: refused, the old table stays whole, and nothing else',
  async () => {
    const disk = mountDisk('1m');
    if (disk === null) throw new Error('no disk could be mounted');
    try {
      const place = path.join(disk.path, 'lake');
      const publishThere = (run = living()): ReturnType<typeof publish> => publish(folderStore(place, run), run);
      await publishThere();
      const before = await rowsOfLake(folderStore(place, 'look'));
      await copy.run(
        `INSERT INTO t SELECT 1000 + i, TIMESTAMP '2024-01-01' + INTERVAL (i % 90) DAY, (hash(i) % 1000000000000)::DECIMAL(15,2) FROM range(300000) AS r(i)`,
      );
      await expect(publishThere()).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(await rowsOfLake(folderStore(place, 'look'))).toBe(before);
      expect(await garbage(place)).toEqual([]);
      // Killed on the full disk, where not even the note of what it writes can be completed: the next run finds its way.
      const run = `${dead}-dddd01`;
      const killed = watched(folderStore(place, run), (_step, name) => {
        if (name === 'remove') throw new Error('killed');
      });
      await publish(killed, run).catch(() => undefined);
      // What is fetched finds no room, and is not asked for again and again.
      const object = objectStore();
      await object.write('data/large', Buffer.alloc(2 << 20));
      const requests = s3.requests;
      await expect(object.fetch('data/large', path.join(place, 'cache'))).rejects.toMatchObject({ code: 'DISK_FULL' });
      expect(s3.requests - requests).toBe(1);
      fs.rmSync(path.join(place, 'cache'), { recursive: true });
      await copy.run('DELETE FROM t WHERE id >= 1000; UPDATE t SET amount = 9 WHERE id = 3');
      await publishThere();
      expect(await rowsOfLake(folderStore(place, 'look'))).toBe(await rowsOfTable());
      expect(await garbage(place)).toEqual([]);
    } finally {
      disk.remove();
    }
  },
);

test('a month that would be too large is cut, files are sorted, and what another program wrote is not built upon', async () => {
  await copy.run('CREATE OR REPLACE TABLE t AS SELECT * FROM t ORDER BY hash(id)');
  const run = living();
  const store = folderStore(root, run);
  const common = { now: new Date(), expireMs: 0, copy, folder: folder.path, bytesPerRow: 50, rebuild: false };
  const signal = new AbortController().signal;
  await publishTable({ ...common, store, run, signal, fileBytes: 500, onStep: () => undefined }, sourceNow());
  const table = await loadTable(store);
  expect(table?.entries.length).toBeGreaterThan(6);
  // Each file is sorted by time and key, as the table says of itself, and no two of a month overlap.
  expect(table?.metadata['sort-orders'].at(-1)?.fields.map((field) => field['source-id'])).toEqual([2, 1]);
  const disorder = `SELECT count(*)::INTEGER AS n FROM (SELECT ("at", id) < lag(("at", id)) OVER (ORDER BY file_row_number) AS wrong FROM read_parquet($1, file_row_number = true)) AS rows WHERE wrong`;
  const spans: { first: string; last: string }[] = [];
  for (const { file } of table?.entries ?? []) {
    expect(await copy.all(disorder.replace('$1', `'${file.path}'`))).toEqual([{ n: 0 }]);
    spans.push(
      ...(await copy.all<{ first: string; last: string }>(
        `SELECT min("at")::VARCHAR AS first, max("at")::VARCHAR AS last FROM '${file.path}'`,
      )),
    );
  }
  spans.sort((a, b) => (a.first < b.first ? -1 : 1));
  expect(spans.filter(({ first }, index) => index > 0 && first <= (spans[index - 1]?.last ?? ''))).toEqual([]);
  expect(await rowsOfLake()).toBe(await rowsOfTable());
  const text = JSON.stringify(table?.metadata).replaceAll('finance-db.postgres-snapshot', 'other');
  await store.write('metadata/v2.metadata.json', Buffer.from(text));
  await expect(publishHere()).rejects.toMatchObject({ code: 'LAKE_NOT_OURS' });
});

test('what a row takes is told by what was loaded, so that files of wide rows are cut as well', async () => {
  const loaded = await openWorkingCopy(path.join(folder.path, 'wide.duckdb'), {
    ...{ memory: '200MB', threads: 2, temporaryFolder: path.join(folder.path, 'tmp') },
  });
  await loaded.run('CREATE TABLE few AS SELECT i, md5(i::VARCHAR) AS v FROM range(1000) AS r(i)');
  expect(await loadedBytesPerRow(loaded, 1000n)).toBeUndefined();
  await loaded.run('BEGIN TRANSACTION; CREATE TABLE wide (v VARCHAR)');
  await loaded.run(
    'INSERT INTO wide SELECT concat(md5(i::VARCHAR), md5((-i)::VARCHAR), sha256(i::VARCHAR), sha256((-i)::VARCHAR)) FROM range(150000) AS r(i)',
  );
  await loaded.run('COMMIT');
  const perRow = await loadedBytesPerRow(loaded, 150_000n);
  expect(perRow).toBeGreaterThan(50);
  expect(perRow).toBeLessThan(300);
  loaded.abandon();
});

test('what the manifests say of columns is so: counts of values and NULLs, bounds that hold every value', async () => {
  const next = random(18);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
  const types = [
    ...[
      'BIGINT',
      'TIMESTAMP',
      'DECIMAL(15,2)',
      'DECIMAL(38,10)',
      'DECIMAL(5,5)',
      'DECIMAL(7,0)',
      'VARCHAR',
      'DOUBLE',
      'DATE',
    ],
    ...['TIMESTAMPTZ', 'BOOLEAN', 'SMALLINT', 'UUID', 'BLOB', 'TIME'],
  ];
  const columns = types.map((duckdbType, index) => ({
    ...{ name: index === 1 ? 'at' : `c ${index}"`, family: 'x', duckdbType, postgresType: 'x', number: index + 1 },
  }));
  const texts = [
    '',
    'a',
    'ÿ',
    '\u{10ffff}'.repeat(17),
    `${'a'.repeat(15)}\u{d7ff}b`,
    'Ünï "quoted"\n and longer',
    'x'.repeat(40_000),
  ];
  const digits = (count: number): string => Array.from({ length: count }, () => Math.floor(next() * 10)).join('');
  const value = (type: string): string => {
    const [, precision = '', scale = ''] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
    if (precision !== '')
      return `${pick(['-', ''])}${digits(Number(precision) - Number(scale)) || '0'}.${digits(Number(scale))}`;
    const year = pick([1, 1899, 1969, 1970, 2024, 9999]);
    const day = `${String(year).padStart(4, '0')}-0${1 + Math.floor(next() * 9)}-0${1 + Math.floor(next() * 9)}`;
    const values: Record<string, () => string> = {
      BIGINT: () => `${pick(['-', ''])}${digits(18)}`,
      SMALLINT: () => pick(['-32768', '32767', '0', '-1']),
      TIMESTAMP: () => `2024-0${1 + Math.floor(next() * 3)}-01 00:00:00.${digits(6)}`,
      VARCHAR: () => pick(texts) + pick(texts),
      DOUBLE: () => pick(['NaN', 'inf', '-inf', '-0', '1e-300', '-7.5']),
      DATE: () => day,
      TIMESTAMPTZ: () => `${day} 23:59:59.${digits(6)}+00`,
      BOOLEAN: () => pick(['true', 'false']),
      UUID: () => `${digits(8)}-0000-0000-0000-${digits(12)}`,
      BLOB: () => pick(['\\x00\\xFF', 'a']),
      TIME: () => `12:00:00.${digits(6)}`,
    };
    return values[type]?.() ?? '';
  };
  const row = (): string =>
    types.map((type) => (next() < 0.15 ? 'NULL' : `'${value(type).replaceAll("'", "''")}'`)).join(', ');
  await copy.run(
    `CREATE OR REPLACE TABLE t (${columns.map(({ name, duckdbType }) => `"${name.replaceAll('"', '""')}" ${duckdbType}`).join(', ')})`,
  );
  // Files of one row each, too, and a column that is all NULL in some of them.
  for (const count of [1, 3, 120]) {
    await copy.run(
      `DELETE FROM t; INSERT INTO t VALUES ${Array.from({ length: count }, () => `(${row()})`).join(', ')}`,
    );
    const run = living();
    const common = { now: new Date(), expireMs: 0, copy, folder: folder.path, bytesPerRow: 50, rebuild: true };
    const [signal, source] = [new AbortController().signal, sourceNow(columns)];
    await publishTable(
      { ...common, store: folderStore(root, run), run, signal, onStep: () => undefined },
      { ...source, state: { ...source.state, key: null } },
    );
    const { wrong, columns: seen, bounds } = await wrongStatistics(copy, folderStore(root, 'look'));
    expect(wrong).toEqual([]);
    expect(bounds).toBeGreaterThan(count === 120 ? seen / 2 : 0);
  }
});

/** The table in a store of objects; files go in parts of 500 bytes. */
function objectStore(signal = new AbortController().signal, patienceMs = 5_000): LakeStore {
  return s3Store(s3.place, 'public/t', signal, { partBytes: 500, patienceMs });
}

async function expectWholeObjects(): Promise<void> {
  expect(await rowsOfLake(objectStore())).toBe(await rowsOfTable());
  const start = `/money/pre/public/t/`;
  const keys = [...s3.objects.keys()].map((name) => name.slice(start.length));
  expect(await unreachable(objectStore(), keys)).toEqual([]);
  expect([...s3.uploads.values()]).toEqual([]);
}

test('a store that fails, slows down, cuts and loses answers now and then: every row is there, and nothing else', async () => {
  const next = random(7);
  const kinds: Trouble[] = [
    ...(['503', '500', '503 at once', '400 RequestTimeout', 'cut'] as const),
    ...(['hang up', 'hang up after it', 'half an answer', 'slow'] as const),
  ];
  for (let round = 0; round < thorough(3, 6); round++) {
    // Never twice in a row: what has to be tried again three times waits for seconds.
    let before: Trouble | undefined;
    s3.trouble = ({ method }) => {
      before = before === undefined && next() < 0.2 ? kinds[Math.floor(next() * kinds.length)] : undefined;
      // Only who sends something can be told that it was slow.
      if (before === '400 RequestTimeout' && method !== 'PUT') before = undefined;
      return before;
    };
    await copy.run(`UPDATE t SET amount = amount + 1 WHERE id % 40 = ${round}`);
    await publish(objectStore(), living());
    s3.trouble = () => undefined;
    await expectWholeObjects();
  }
});

test('a store that dies at any request, for good: refused, the old table or the new one, and whole after the next run', async () => {
  await publish(objectStore(), living());
  const kinds: Trouble[] = ['hang up', '503', 'hang up after it', 'cut'];
  for (let last = 1, round = 0; ; last += thorough(19, 7), round++) {
    const before = await rowsOfLake(objectStore());
    await copy.run('UPDATE t SET amount = amount + 1 WHERE id IN (3, 50)');
    const from = s3.requests;
    s3.trouble = () => (s3.requests - from > last ? kinds[round % kinds.length] : undefined);
    const run = `${dead}-eeee${String(last).padStart(2, '0').slice(-2)}`;
    const failure: unknown = await publish(objectStore(undefined, 150), run).then(
      () => null,
      (error: unknown) => error,
    );
    s3.trouble = () => undefined;
    expect([before, await rowsOfTable()]).toContain(await rowsOfLake(objectStore()));
    if (failure !== null) expect(failure).toMatchObject({ code: 'LAKE_STORE', message: expect.stringMatching(/s3:/) });
    await publish(objectStore(), living());
    await expectWholeObjects();
    if (failure === null) break;
  }
});

test('killed at any request to a store: the old table or the new one, and nothing is left over after the next run, parts of files included', async () => {
  await publish(objectStore(), living());
  let uploadsLeft = 0;
  for (let last = 2; ; last += 5) {
    const before = await rowsOfLake(objectStore());
    await copy.run('UPDATE t SET amount = amount + 1 WHERE id IN (3, 50)');
    const killed = new AbortController();
    const from = s3.requests;
    s3.trouble = () => {
      if (s3.requests - from > last) killed.abort(new Error('killed'));
      return killed.signal.aborted ? 'hang up' : undefined;
    };
    await publish(objectStore(killed.signal), `${dead}-cccc${String(last).padStart(2, '0').slice(-2)}`).catch(
      () => undefined,
    );
    s3.trouble = () => undefined;
    uploadsLeft += s3.uploads.size;
    expect([before, await rowsOfTable()]).toContain(await rowsOfLake(objectStore()));
    await publish(objectStore(), living());
    await expectWholeObjects();
    if (!killed.signal.aborted) break;
  }
  expect(uploadsLeft).toBeGreaterThan(0);
});

const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux('a place where no folder can be made is refused, not tried for ever', async () => {
  const nowhere = folderStore('/proc/no-such-folder/lake', 'look');
  await expect(nowhere.write('a/b', Buffer.from('x'))).rejects.toMatchObject({ code: 'LAKE_STORE' });
  // Nor is a home, or a file's folder.
  expect(() => makePrivateFolder('/proc/no-such-folder/home')).toThrow('ENOENT');
  const made = folderStore(path.join(root, 'a/b/c'), 'look');
  await made.write('d/e', Buffer.from('x'));
  expect(await made.read('d/e')).toEqual(Buffer.from('x'));
});
