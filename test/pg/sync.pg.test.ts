import fs from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PgSession } from '../../src/postgres/session.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';

let source: Fixture;
let session: PgSession;

beforeAll(async () => {
  source = await makeFixture();
  session = source.session;
});
afterAll(() => source.close());
beforeEach(() => source.reset());

function hex(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex').toUpperCase();
}

describe('full load', () => {
  test('takes every row, with COPY escapes undone exactly', async () => {
    const texts = [
      'plain',
      '',
      '\\N',
      '\\',
      '\\\\n',
      'tab\there',
      'line\nbreak',
      'cr\rhere',
      '\u0001\b\f\v',
      '"quoted"',
      "it's",
      'é 😀',
      '\ufeffbom',
      ' padded ',
    ];
    await session.query('CREATE TABLE t (id int PRIMARY KEY, v text)');
    for (const [id, text] of texts.entries()) await session.query('INSERT INTO t VALUES ($1, $2)', [id, text]);
    await session.query('INSERT INTO t VALUES (100, NULL)');
    const document = await source.sync('t');
    expect(document.tables).toMatchObject([{ table: 't', mode: 'full', reason: 'first sync of this table', rows: 15 }]);
    // As hexadecimal digits: the driver's own decoding drops a byte order mark.
    const found = await source.rows<{ v: string | null }>('SELECT hex(encode(v)) AS v FROM t ORDER BY id');
    expect(found.map((row) => row.v)).toEqual([...texts.map(hex), null]);
  });

  test('keeps rows of one column whose only value is the empty string, or begins with a byte order mark', async () => {
    await session.query("CREATE TABLE one (v text); INSERT INTO one VALUES ('\ufeffx'), (''), (NULL), ('a'), ('')");
    await source.sync('one');
    expect(
      await source.rows('SELECT hex(encode(v)) AS v, count(*)::INT AS n FROM one GROUP BY 1 ORDER BY 1 NULLS FIRST'),
    ).toEqual([
      { v: null, n: 1 },
      { v: '', n: 2 },
      { v: hex('a'), n: 1 },
      { v: hex('\ufeffx'), n: 1 },
    ]);
  });

  test('takes rows of many megabytes', async () => {
    await session.query(
      'CREATE TABLE big (id int PRIMARY KEY, v text); INSERT INTO big SELECT i, repeat(chr(64 + i), i * 3000000) FROM generate_series(1, 4) i',
    );
    await source.sync('big');
    expect(await source.rows('SELECT id, length(v)::INT AS n, v[-1:] AS last FROM big ORDER BY id')).toEqual([
      { id: 1, n: 3_000_000, last: 'A' },
      { id: 2, n: 6_000_000, last: 'B' },
      { id: 3, n: 9_000_000, last: 'C' },
      { id: 4, n: 12_000_000, last: 'D' },
    ]);
  });
});

describe('incremental sync', () => {
  test('changes nothing when nothing happened', async () => {
    await session.query(
      'CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, i::text FROM generate_series(1, 100) i',
    );
    await source.sync('t');
    const before = fs.statSync(source.duckdbPath).ino;
    const document = await source.sync('t');
    expect(document.tables).toMatchObject([{ mode: 'none', rows: 100, upserted: 0, deleted: 0 }]);
    expect(fs.statSync(source.duckdbPath).ino).toBe(before);
  });

  test('applies inserts, updates, deletes and key changes', async () => {
    await session.query(
      'CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, i::text FROM generate_series(1, 30000) i',
    );
    await source.sync('t');
    await session.query(
      "INSERT INTO t VALUES (90001, 'new'); UPDATE t SET v = 'changed' WHERE id = 5; DELETE FROM t WHERE id IN (7, 8, 29999); UPDATE t SET id = -9 WHERE id = 9",
    );
    const document = await source.sync('t');
    expect(document.tables).toMatchObject([{ mode: 'incremental', rows: 29998, upserted: 3, deleted: 4 }]);
    expect(await source.rows('SELECT id, v FROM t WHERE id IN (5, 7, 8, 9, -9, 29999, 90001) ORDER BY id')).toEqual([
      { id: -9, v: '9' },
      { id: 5, v: 'changed' },
      { id: 90001, v: 'new' },
    ]);
    expect(await source.rows('SELECT count(*)::INT AS n, count(DISTINCT id)::INT AS d FROM t')).toEqual([
      { n: 29998, d: 29998 },
    ]);
  });
});

describe('commits that did not wait for the disk', () => {
  test('are on it before the file is published', async () => {
    await session.query('CREATE TABLE t (id int PRIMARY KEY); SET synchronous_commit = off');
    for (let id = 0; id < 5; id++) {
      await session.query(`INSERT INTO t VALUES (${id})`);
      const [{ at } = { at: '' }] = await session.query<{ at: string }>(
        'SELECT pg_current_wal_insert_lsn()::text AS at',
      );
      await source.sync('t');
      expect(await session.query(`SELECT pg_current_wal_flush_lsn() >= '${at}' AS flushed`)).toEqual([
        { flushed: 't' },
      ]);
    }
    await session.query('RESET synchronous_commit');
  });
});
