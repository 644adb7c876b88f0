import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runQuery } from '../../src/app/query/query.ts';
import { type DuckDbReader, openReader } from '../../src/duckdb/reader.ts';
import { parseQueryParams } from '../../src/model/queryParams.ts';
import type { ResultColumn } from '../../src/model/resultColumn.ts';
import { makeDuckDbFile } from '../support/duckdbFile.ts';
import { temporaryFolder } from '../support/folder.ts';

const folder = temporaryFolder();
let file: string;
let reader: DuckDbReader;

beforeAll(async () => {
  file = await makeDuckDbFile(folder.path, [
    `CREATE TABLE transactions AS SELECT 't' || i AS tx_id, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS "timestamp",
       (i * 7 % 1000 - 500)::DECIMAL(15,2) AS amount, 'merchant ' || i % 10 AS merchant FROM range(5000) r(i)`,
  ]);
  reader = await openReader(file);
});
afterAll(() => {
  reader.close();
  folder.remove();
});

interface Result {
  readonly columns: readonly ResultColumn[];
  readonly rows: (string | null)[][];
}

async function query(sql: string, params: string[] = [], signal = new AbortController().signal): Promise<Result[]> {
  const results: Result[] = [];
  for await (const { columns, chunks } of runQuery(reader, { sql, params: parseQueryParams(params), signal })) {
    const rows: (string | null)[][] = [];
    for await (const chunk of chunks)
      for (let row = 0; row < chunk.rowCount; row++) rows.push(chunk.columns.map((column) => column[row] ?? null));
    results.push({ columns, rows });
  }
  return results;
}

const failure = (sql: string, params: string[] = []): Promise<{ code: string; message: string; remedy: string }> =>
  query(sql, params).then(
    () => {
      throw new Error('did not fail');
    },
    (error) => error,
  );

describe('values are exact', () => {
  // What DuckDB itself writes is the independent witness.
  test.each([
    '(i % 100)::TINYINT',
    'i * 1000003',
    'i::BIGINT * 900719925474099',
    '(i::HUGEINT * 170141183460469231731687303715) * 1000',
    '(i % 999 - 500)::DECIMAL(4,1)',
    '(i - 2500)::DECIMAL(9,3)',
    'i::DECIMAL(18,4) * 10000.0001',
    'i::DECIMAL(38,10) * 123456789012345.0123456789',
    '((i - 2500) * 0.01)::DECIMAL(15,2)',
    'i % 2 = 0',
    "DATE '0001-01-01' + (i * 700)::INT",
    "DATE '9990-01-01' + (i * 7)::INT",
    "TIMESTAMP '1969-12-31 23:59:59' + INTERVAL (i * 250) MILLISECOND",
    "TIMESTAMP '2300-01-01' + INTERVAL (i * 17) MICROSECOND",
    "TIME '00:00:00' + INTERVAL (i * 12345678) MICROSECOND",
    "repeat('x', i % 20)",
    "repeat('ä日', i % 9) || i",
    "'merchant number ' || i % 7",
    "left('a long text that is shared by all rows', i % 40)",
    'uuid()',
    'INTERVAL (i) DAY',
    "(i % 3)::VARCHAR::ENUM('0', '1', '2')",
  ])('%s', async (expression) => {
    const nulls = `CASE WHEN i % 11 = 3 THEN NULL ELSE ${expression} END`;
    const sql = `SELECT v, v::VARCHAR FROM (SELECT ${nulls} AS v FROM range(5000) r(i))`;
    const [result] = await query(sql);
    expect(result?.rows.length).toBe(5000);
    const different = result?.rows.filter(([ours, theirs]) => ours !== theirs);
    expect(different).toEqual([]);
  });

  test('strings of a stored, compressed column', async () => {
    const [result] = await query('SELECT merchant, tx_id FROM transactions');
    expect(result?.rows.every(([merchant, id], row) => merchant === `merchant ${row % 10}` && id === `t${row}`)).toBe(
      true,
    );
  });

  test('nested values are JSON with all digits', async () => {
    const [result] = await query(
      `SELECT [1.10::DECIMAL(5,2), NULL], {'a': 9007199254740993, 'b': [TIMESTAMP '2024-01-01 10:00:00']}, map {'k': 'a"b'},
              [1.5, 'nan'::DOUBLE], '{"n": 1.10}'::JSON`,
    );
    expect(result?.rows[0]).toEqual([
      '[1.10,null]',
      '{"a":9007199254740993,"b":["2024-01-01T10:00:00"]}',
      '{"k":"a\\"b"}',
      '[1.5,"NaN"]',
      '{"n": 1.10}',
    ]);
    expect(result?.columns.every(({ kind }) => kind === 'json')).toBe(true);
  });

  test('floats are the shortest text that reads back', async () => {
    const [result] = await query(`SELECT 0.1::FLOAT, 0.1::DOUBLE, '-inf'::DOUBLE, 16777217::FLOAT, -0.0::DOUBLE`);
    expect(result?.rows[0]).toEqual(['0.1', '0.1', '-Infinity', '16777216', '-0']);
  });

  test('times with a zone are UTC', async () => {
    const [result] = await query(`SELECT TIMESTAMPTZ '2024-07-01 10:00:00+02', TIMESTAMP 'infinity'`);
    expect(result?.rows[0]).toEqual(['2024-07-01 08:00:00+00:00', 'infinity']);
  });
});

describe('statements', () => {
  test('run in turn; those without rows give no result', async () => {
    const results = await query(
      `CREATE TEMP TABLE x AS SELECT 1 a; INSERT INTO x VALUES (2); SET VARIABLE v = 5;
       SELECT sum(a) + getvariable('v') FROM x; PIVOT x ON a USING count(*); DROP TABLE x`,
    );
    expect(results.map(({ rows }) => rows)).toEqual([[['8']], [['1', '1']]]);
  });

  test('are all parsed before the first one runs', async () => {
    await expect(failure('CREATE TEMP TABLE y AS SELECT 1;\nselec 2')).resolves.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringMatching(/syntax error at or near "selec"\n\nLINE 2: selec 2\n {8}\^/),
    });
    await expect(failure('SELECT * FROM y')).resolves.toMatchObject({ code: 'QUERY_FAILED' });
  });

  test('errors carry the suggestion and the statement they belong to', async () => {
    await expect(failure('SELECT merchnt FROM transactions')).resolves.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringContaining('"merchant"'),
    });
    await expect(failure('SELECT 1;\nSELECT * FROM transaction')).resolves.toMatchObject({
      message: expect.stringMatching(/in the statement of line 2: [\s\S]*Did you mean "transactions"/),
    });
  });

  test('without any is QUERY_EMPTY', async () => {
    await expect(failure(' -- nothing\n;')).resolves.toMatchObject({ code: 'QUERY_EMPTY' });
  });

  test('an interruption stops the running one', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    await expect(
      query('SELECT count(*) FROM range(10000000000) a, range(1000) b', [], stop.signal),
    ).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(query('SELECT 1')).resolves.toHaveLength(1);
  });
});

describe('queries only read', () => {
  const outside = path.join(folder.path, 'outside.csv');
  fs.writeFileSync(outside, 'a\n1\n');

  test.each([
    'INSERT INTO transactions SELECT * FROM transactions',
    'UPDATE transactions SET amount = 0',
    'DELETE FROM transactions',
    'TRUNCATE transactions',
    'DROP TABLE transactions',
    'CREATE TABLE y (a INT)',
    'CREATE VIEW y AS SELECT 1',
    'ALTER TABLE transactions ADD COLUMN y INT',
    "COPY transactions TO 'OUT'",
    "COPY (SELECT 1) TO 'OUT'",
    "COPY transactions FROM 'FILE'",
    "EXPORT DATABASE 'OUT'",
    "IMPORT DATABASE 'OUT'",
    "ATTACH 'OUT' AS o",
    "ATTACH ':memory:' AS m",
    'DETACH test',
    'INSTALL httpfs',
    'LOAD httpfs',
    'FORCE INSTALL httpfs',
    'UPDATE EXTENSIONS',
    'CHECKPOINT',
    'VACUUM',
    'SET threads = 1',
    'SET enable_external_access = true',
    'RESET lock_configuration',
    'PRAGMA enable_profiling',
    "PRAGMA profile_output = 'OUT'",
    "PREPARE p AS COPY (SELECT 1) TO 'OUT'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO 'OUT'",
    'EXPLAIN ANALYZE DELETE FROM transactions',
    "SELECT * FROM read_csv('FILE')",
    "FROM 'FILE'",
    "SELECT * FROM read_text('FILE')",
    "SELECT * FROM glob('*')",
    "SELECT * FROM query('SELECT * FROM read_csv(''FILE'')')",
    "COMMENT ON TABLE transactions IS 'x'",
  ])('%s', async (sql) => {
    const out = path.join(folder.path, 'out');
    const before = fs.readFileSync(file);
    await expect(failure(sql.replace('OUT', out).replace('FILE', outside))).resolves.toMatchObject({
      code: 'QUERY_NOT_READ_ONLY',
    });
    expect(fs.existsSync(out)).toBe(false);
    expect(fs.readFileSync(file).equals(before)).toBe(true);
  });
});

describe('parameters', () => {
  test.each<[string, string[], string[]]>([
    ['SELECT typeof($x), $x', ['x=5'], ['INTEGER', '5']],
    ['SELECT typeof($x), $x', ['x=12345678901234567890123'], ['HUGEINT', '12345678901234567890123']],
    ['SELECT typeof($x), $x', ['x=1.10'], ['DECIMAL(3,2)', '1.10']],
    ['SELECT typeof($x), $x', ['x=007'], ['VARCHAR', '007']],
    ['SELECT typeof($x), $x', ['x=2024-02-01'], ['DATE', '2024-02-01']],
    ['SELECT typeof($x), $x', ['x:varchar=5'], ['VARCHAR', '5']],
    ['SELECT typeof($x), $x', ["x='; DROP TABLE transactions; --"], ['VARCHAR', "'; DROP TABLE transactions; --"]],
    ['SELECT count(*) FROM transactions WHERE "timestamp" < $until', ['until=2024-01-02'], ['24']],
    ['SELECT count(*) FROM transactions WHERE tx_id = $id', ['id=t5'], ['1']],
    ['SELECT count(*) FROM transactions WHERE amount = $a', ['a=-500.00'], ['5']],
    ['SELECT count(*) FROM (FROM transactions LIMIT $n)', ['n=7'], ['7']],
    ['SELECT $X', ['x=1'], ['1']],
  ])('%s with %j', async (sql, params, row) => {
    const [result] = await query(sql, params);
    expect(result?.rows).toEqual([row]);
  });

  test('missing and unfitting ones are usage errors', async () => {
    await expect(failure('SELECT $x')).resolves.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('$x'),
    });
    await expect(failure('SELECT ?')).resolves.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('without a name'),
    });
    await expect(failure('SELECT $x', ['x:date=soon'])).resolves.toMatchObject({ code: 'USAGE' });
  });
});

describe('files that cannot be read', () => {
  test('missing', async () => {
    await expect(openReader(path.join(folder.path, 'none.duckdb'))).rejects.toMatchObject({
      code: 'DUCKDB_MISSING',
      remedy: expect.stringContaining('finance-db sync'),
    });
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['random bytes', () => Buffer.alloc(50_000, 'finance')],
    ['empty', () => Buffer.alloc(0)],
    ['cut short', (bytes) => bytes.subarray(0, 20_000)],
    ['a wrong block', (bytes) => Buffer.from(bytes).fill(0x55, 20_000)],
  ])('%s', async (name, damage) => {
    const bad = path.join(folder.path, `${name}.duckdb`);
    fs.writeFileSync(bad, damage(fs.readFileSync(file)));
    const use = async (): Promise<void> => {
      const opened = await openReader(bad);
      await opened.all('SELECT sum(amount), max(merchant) FROM transactions');
    };
    await expect(use()).rejects.toMatchObject({
      code: 'DUCKDB_UNREADABLE',
      remedy: expect.stringContaining('finance-db sync'),
    });
  });
});
