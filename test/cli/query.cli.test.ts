import fs from 'node:fs';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Io } from '../../src/io.ts';
import { run } from '../../src/main.ts';
import { type CliOptions, type CliResult, runCli } from '../support/cli.ts';
import { makeDuckDbFile } from '../support/duckdbFile.ts';
import { temporaryFolder } from '../support/folder.ts';

const folder = temporaryFolder();
let env: Record<string, string>;

beforeAll(async () => {
  const file = await makeDuckDbFile(folder.path, [
    `CREATE TABLE transactions AS SELECT 't' || i AS tx_id, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS "timestamp",
       (i - 1)::DECIMAL(15,2) / 1 AS amount, CASE i WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'NULL' ELSE 'a "b", c' END AS merchant
     FROM range(20000) r(i)`,
    'ALTER TABLE transactions ALTER amount TYPE DECIMAL(15,2)',
  ]);
  env = { FINANCE_DB_DUCKDB: file, FINANCE_DB_HOME: folder.path };
});
afterAll(() => folder.remove());

const query = (args: string[], options: CliOptions = {}): Promise<CliResult> =>
  runCli(['query', ...args], { cwd: folder.path, ...options, env: { ...env, ...options.env } });

const FOUR = 'SELECT * FROM transactions ORDER BY "timestamp" LIMIT 4';

describe('formats', () => {
  test('table', async () => {
    const { code, stdout, stderr } = await query([FOUR]);
    expect(stdout).toBe(
      [
        '┌───────┬─────────────────────┬────────┬──────────┐',
        '│ tx_id │ timestamp           │ amount │ merchant │',
        '├───────┼─────────────────────┼────────┼──────────┤',
        '│ t0    │ 2024-01-01 00:00:00 │  -1.00 │ NULL     │',
        '│ t1    │ 2024-01-01 01:00:00 │   0.00 │          │',
        '│ t2    │ 2024-01-01 02:00:00 │   1.00 │ "NULL"   │',
        '│ t3    │ 2024-01-01 03:00:00 │   2.00 │ a "b", c │',
        '└───────┴─────────────────────┴────────┴──────────┘',
        '',
      ].join('\n'),
    );
    expect(stderr).toMatch(/4 rows \(\d+\.\d{3} s\)/);
    expect(code).toBe(0);
  });

  test('csv tells NULL from the empty string', async () => {
    const { stdout, stderr } = await query([FOUR, '--format', 'csv', '--quiet']);
    expect(stdout.split('\n').slice(1)).toEqual([
      't0,2024-01-01 00:00:00,-1.00,',
      't1,2024-01-01 01:00:00,0.00,""',
      't2,2024-01-01 02:00:00,1.00,NULL',
      't3,2024-01-01 03:00:00,2.00,"a ""b"", c"',
      '',
    ]);
    expect(stderr).toBe('');
  });

  test('tsv, jsonl, markdown', async () => {
    expect((await query(["SELECT NULL a, '' b, E'x\\ty\\n' c", '--format', 'tsv'])).stdout).toBe(
      'a\tb\tc\n\\N\t\tx\\ty\\n\n',
    );
    expect((await query(["SELECT 1.10 a, '' b UNION ALL SELECT NULL, NULL", '--format', 'jsonl'])).stdout).toBe(
      '{"a":1.10,"b":""}\n{"a":null,"b":null}\n',
    );
    expect((await query(["SELECT 1.10 amount, 'a|b' tx_id", '--format', 'markdown'])).stdout).toBe(
      '| amount | tx_id |\n| ---: | --- |\n| 1.10 | a\\|b |\n',
    );
  });

  test('json: exact numerals, ISO times, one document', async () => {
    const sql = `SELECT 9007199254740993 a, 12345678901234567890.1234567890 b, sum(i) c, TIMESTAMP '2024-01-01 10:00:00' t,
                        'nan'::DOUBLE n, [1.10] l FROM range(10) r(i)`;
    const { stdout } = await query([sql, '--format', 'json']);
    expect(stdout).toBe(
      '[\n{"a":9007199254740993,"b":12345678901234567890.1234567890,"c":45,"t":"2024-01-01T10:00:00","n":"NaN","l":[1.10]}\n]\n',
    );
    expect(JSON.parse((await query(['SELECT 1 a WHERE false', '--json'])).stdout)).toEqual([]);
    expect(JSON.parse((await query(['SELECT 1 a; SELECT 2 b', '--json'])).stdout)).toEqual([[{ a: 1 }], [{ b: 2 }]]);
    expect(JSON.parse((await query(['SET VARIABLE x = 1; SELECT 2 b', '--json'])).stdout)).toEqual([{ b: 2 }]);
    expect(JSON.parse((await query(['SET VARIABLE x = 1', '--json'])).stdout)).toEqual([]);
  });

  test('a long table keeps its first and last rows', async () => {
    const { stdout } = await query(['FROM range(20000)', '--max-rows', '4']);
    expect(stdout.match(/[│⋮] +(\d+|⋮)/g)?.map((cell) => cell.replace(/\W*│ */, ''))).toEqual([
      '0',
      '1',
      '⋮',
      '19998',
      '19999',
    ]);
    expect(stdout).toContain('19,996 rows in the middle not shown');
  });

  test('a table fits the terminal', async () => {
    const { stdout } = await query(["SELECT repeat('x', 200) a, 12 b"], { columns: 40 });
    expect(stdout.split('\n')[3]).toBe(`│ ${'x'.repeat(30)}… │ 12 │`);
  });

  test('COLUMNS is the width where there is no terminal, and a terminal of no columns has 80', async () => {
    const sql = "SELECT repeat('x', 200) a";
    const width = ({ stdout }: CliResult): number => stdout.split('\n')[0]?.length ?? 0;
    expect(width(await query([sql]))).toBe(204);
    expect(width(await query([sql], { env: { COLUMNS: '50' } }))).toBe(50);
    expect(width(await query([sql], { columns: 0 }))).toBe(80);
    expect(width(await query(['--list'], { env: { COLUMNS: '40' } }))).toBe(40);
  });

  test.each<[string, string[], Record<string, string>]>([
    ['--ascii', ['--ascii'], {}],
    ['LANG=C', [], { LANG: 'C' }],
  ])('%s draws every table with ASCII, and data keeps its own', async (_name, flags, locale) => {
    const { stdout } = await query(["SELECT 'é…│' AS a", ...flags], { env: locale });
    expect(stdout).toBe('+-----+\n| a   |\n+-----+\n| é…│ |\n+-----+\n');
    const list = await query(['--list', ...flags], { env: locale });
    expect(list.stdout).not.toMatch(/[│─┌]/);
    const status = await runCli(['status', ...flags], {
      env: { ...env, ...locale, DATABASE_URL: 'postgres://a@127.0.0.1:1/x' },
    });
    expect(status.stdout).not.toMatch(/[│─┌]/);
  });
});

describe('where the SQL comes from', () => {
  test('file, stdin, -', async () => {
    fs.writeFileSync(path.join(folder.path, 'q.sql'), '\ufeffSELECT 1 AS a;\n-- done\n');
    expect((await query(['-f', 'q.sql', '--format', 'csv'])).stdout).toBe('a\n1\n');
    expect((await query(['--format', 'csv'], { stdin: 'SELECT 2 AS a' })).stdout).toBe('a\n2\n');
    expect((await query(['-', '--format', 'csv'], { stdin: 'SELECT 3 AS a' })).stdout).toBe('a\n3\n');
  });

  test('saved queries', async () => {
    fs.mkdirSync(path.join(folder.path, 'queries'), { recursive: true });
    fs.writeFileSync(
      path.join(folder.path, 'queries', 'big.sql'),
      '-- Large amounts\nSELECT count(*) n FROM transactions WHERE amount > $min',
    );
    expect((await query(['--saved', 'big', '--param', 'min=19990', '--format', 'csv'])).stdout).toBe('n\n8\n');
    expect((await query(['--list'])).stdout).toMatch(/big +│ you +│ Large amounts/);
    expect(await query(['--saved', 'bih'])).toMatchObject({ code: 2, stderr: expect.stringContaining('big') });
  });

  test('none, two, not UTF-8, missing', async () => {
    expect((await query([], { stdin: '' })).code).toBe(2);
    expect((await query([' -- nothing'])).stderr).toContain('QUERY_EMPTY');
    expect(await query(['SELECT 1', '-f', 'q.sql'])).toMatchObject({ code: 2 });
    fs.writeFileSync(path.join(folder.path, 'bad.sql'), Buffer.from("SELECT 'ä\xff'", 'latin1'));
    expect(await query(['-f', 'bad.sql'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/bad\.sql.*offset 8/),
    });
    expect((await query(['-f', 'none.sql'])).code).toBe(2);
  });
});

describe('exit codes', () => {
  test.each<[string, string[], number]>([
    ['bad SQL', ['SELECT merchnt FROM transactions'], 7],
    ['a write', ['DELETE FROM transactions'], 7],
    ['no statement', [';'], 2],
    ['a parameter missing', ['SELECT $x'], 2],
    ['a format that does not exist', ['SELECT 1', '--format', 'xml'], 2],
    ['a missing DuckDB file', ['SELECT 1', '--duckdb', '/nonexistent/x.duckdb'], 4],
  ])('%s', async (_name, args, code) => {
    const result = await query(args);
    expect(result.code).toBe(code);
    expect(result.stdout).toBe('');
  });

  test('a failure while rows come leaves stdout to the error', async () => {
    const { code, stdout } = await query(["SELECT CAST('x' || i AS INT) FROM range(5) r(i)", '--format', 'csv']);
    expect(code).toBe(7);
    expect(stdout).toBe('');
  });
});

describe('-o', () => {
  test.each(['csv', 'tsv', 'json', 'jsonl', 'md', 'parquet'])('%s', async (extension) => {
    const name = `out.${extension}`;
    const { code, stdout, stderr } = await query(['FROM transactions -- all', '-o', name]);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain(`20,000 rows written to ${name}`);
    expect(fs.statSync(path.join(folder.path, name)).size).toBeGreaterThan(10_000);
    expect(fs.readdirSync(folder.path).filter((entry) => entry.endsWith('.tmp'))).toEqual([]);
  });

  test('keeps the old file when the query fails', async () => {
    const file = path.join(folder.path, 'kept.csv');
    fs.writeFileSync(file, 'old');
    expect((await query(["SELECT CAST('x' || i AS INT) FROM range(5) r(i)", '-o', file])).code).toBe(7);
    expect(fs.readFileSync(file, 'utf8')).toBe('old');
    expect((await query(["SELECT CAST('x' AS INT)", '-o', 'kept.parquet'])).code).toBe(7);
    expect(fs.existsSync(path.join(folder.path, 'kept.parquet'))).toBe(false);
  });

  test('parameters reach Parquet, and other files are out of reach', async () => {
    expect(
      (await query(['FROM transactions WHERE amount < $x', '--param', 'x=2', '-o', 'p.parquet'])).stderr,
    ).toContain('3 rows');
    expect((await query([`FROM '${path.join(folder.path, 'out.csv')}'`, '-o', 'p.parquet'])).code).toBe(7);
    expect((await query(["SELECT 1) TO 'x.csv'; --", '-o', 'p.parquet'])).code).toBe(7);
  });

  test('usage errors', async () => {
    expect((await query(['SELECT 1', '-o', 'x.unknown'])).code).toBe(2);
    expect((await query(['SELECT 1; SELECT 2', '-o', 'x.csv'])).code).toBe(2);
    expect((await query(['SELECT 1', '-o', 'no/such/folder/x.csv'])).code).toBe(2);
    expect((await query(['SELECT 1', '-o', folder.path])).code).toBe(2);
  });
});

describe('streams', () => {
  test('a reader that goes away ends the output quietly', async () => {
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const stderr = new PassThrough();
    const io: Io = {
      stdin: Object.assign(new PassThrough(), { isTTY: false }),
      stdout,
      stderr,
      signal: new AbortController().signal,
      cwd: folder.path,
      now: () => new Date(),
    };
    expect(await run(['query', 'FROM range(100000000)', '--format', 'csv'], io, env)).toBe(0);
    expect(stderr.read()).toBeNull();
  });

  test('an interrupted query ends with 130', async () => {
    const stop = new AbortController();
    const { FinanceDbError } = await import('../../src/errors/financeDbError.ts');
    setTimeout(() => stop.abort(new FinanceDbError('INTERRUPTED', 'interrupted')), 150);
    const sql = 'SELECT count(*) FROM range(10000000000) a, range(1000) b';
    expect((await query([sql], { signal: stop.signal })).code).toBe(130);
  });
});

test('the prompt runs statements, commands, and survives errors', async () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const io: Io = {
    stdin,
    stdout,
    stderr,
    signal: new AbortController().signal,
    cwd: folder.path,
    now: () => new Date(),
  };
  stdin.end(
    [
      '\\format csv',
      'SELECT 1',
      ' AS a;',
      'SELECT nope;',
      '\\d transactions',
      '\\nope',
      'SELECT 2 AS b;',
      '\\q',
      '',
    ].join('\n'),
  );
  expect(await run(['query'], io, env)).toBe(0);
  const shown = String(stdout.read());
  expect(shown).toContain('a\n1\n');
  expect(shown).toContain('amount,"DECIMAL(15,2)",true');
  expect(shown).toContain('b\n2\n');
  expect(String(stderr.read())).toMatch(/"nope" was not found[\s\S]*there is no command \\nope/);
  expect(fs.readFileSync(path.join(folder.path, 'query_history'), 'utf8')).toBe(
    'SELECT 1 AS a;\nSELECT nope;\nSELECT 2 AS b;\n',
  );
});
