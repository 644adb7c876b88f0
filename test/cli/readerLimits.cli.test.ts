import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { publishSampleFile } from '../../src/app/sync/sampleFile.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { type CliOptions, type CliResult, runCli } from '../support/cli.ts';
import { makeDuckDbFile } from '../support/duckdbFile.ts';
import { temporaryFolder } from '../support/folder.ts';

const folder = temporaryFolder();
let file: string;

beforeAll(async () => {
  file = await makeDuckDbFile(folder.path, ['CREATE TABLE t AS SELECT i AS a FROM range(25000) r(i)']);
});
afterAll(() => folder.remove());

const query = (args: string[], options: CliOptions = {}): Promise<CliResult> =>
  runCli(['query', ...args], {
    cwd: folder.path,
    ...options,
    env: { FINANCE_DB_DUCKDB: file, FINANCE_DB_HOME: folder.path, ...options.env },
  });

const setting = async (name: string, memory?: string): Promise<string> => {
  const reader = await openReader(file, { memory });
  const [row] = await reader.all<{ value: string }>('SELECT current_setting($name)::VARCHAR AS value', { name });
  reader.close();
  return row?.value ?? '';
};

describe('memory, disk and time', () => {
  test('a reader has limits of memory and of temporary files, whether set or not', async () => {
    expect(await setting('memory_limit', '500MB')).toBe('476.8 MiB');
    expect(await setting('memory_limit')).toMatch(/^\d/);
    expect(await setting('max_temp_directory_size')).toMatch(/^\d/);
    expect(await setting('temp_directory')).toMatch(/test\.duckdb\.spill-\d+-\d+$/);
  });

  test('FINANCE_DB_MEMORY holds for query, and what needs more says so', async () => {
    const result = await query(['SELECT list(i) FROM range(50000000) r(i)'], { env: { FINANCE_DB_MEMORY: '100MB' } });
    expect(result.stderr).toMatch(/\[DUCKDB_MEMORY\].*\n.*FINANCE_DB_MEMORY/);
    expect(result).toMatchObject({ code: 4, stdout: '' });
  });

  test('what spilled is gone afterwards', async () => {
    const sql =
      'SELECT count(*) AS n FROM (SELECT DISTINCT hash(i), hash(i + 1), hash(i + 2) FROM range(4000000) r(i))';
    const { stdout } = await query([sql, '--format', 'csv'], { env: { FINANCE_DB_MEMORY: '100MB' } });
    expect(stdout).toBe('n\n4000000\n');
    expect(fs.readdirSync(folder.path).filter((name) => name.includes('spill'))).toEqual([]);
  });

  test.each<[string, string[]]>([
    ['query', ['query', 'SELECT count(*) FROM range(10000000000) a, range(1000) b']],
    ['query -o', ['query', 'SELECT count(*) FROM range(10000000000) a, range(1000) b', '-o', 'late.csv']],
    ['query -o parquet', ['query', 'SELECT count(*) FROM range(10000000000) a, range(1000) b', '-o', 'late.parquet']],
  ])('--timeout ends %s', async (_name, args) => {
    const result = await runCli([...args, '--timeout', '0.2'], { cwd: folder.path, env: { FINANCE_DB_DUCKDB: file } });
    expect(result.stderr).toContain('[QUERY_TIMEOUT]: stopped after 0.2 s');
    expect(result.code).toBe(7);
    expect(fs.readdirSync(folder.path).filter((name) => name.includes('late'))).toEqual([]);
  });

  test('--timeout and Ctrl-C end stats', async () => {
    const slow = await makeDuckDbFile(
      folder.path,
      ['CREATE VIEW transactions AS SELECT count(*) AS tx_id FROM range(10000000000) a, range(1000) b'],
      'slow.duckdb',
    );
    const reader = await openReader(slow, { signal: AbortSignal.timeout(100) });
    await expect(reader.all('FROM transactions')).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(reader.all('SELECT 1')).rejects.toMatchObject({ code: 'INTERRUPTED' });
    reader.close();
    expect((await runCli(['stats', '--timeout', 'soon'], { env: { FINANCE_DB_DUCKDB: slow } })).code).toBe(2);
  });
});

describe('large results', () => {
  test.each([
    ['a text', "SELECT repeat('x', 130000000) AS big", /column big has a text of 130 MB/],
    ['a list', 'SELECT list(i) AS big FROM range(11000000) r(i)', /column big has a value of about 11 million/],
    ['lists in a struct', 'SELECT {a: list(i)} AS big FROM range(11000000) r(i)', /column big has a value/],
  ])('%s that is too large is named', async (_name, sql, message) => {
    const result = await query([sql, '--format', 'csv']);
    expect(result.stderr).toMatch(/QUERY_TOO_LARGE/);
    expect(result.stderr).toMatch(message);
    expect(result).toMatchObject({ code: 7, stdout: '' });
  });

  test('large rows come piece by piece, whole and in order', async () => {
    const sql = `SELECT i, repeat(chr((65 + i)::INT), 2500000) AS t, [i, NULL] AS l, CASE WHEN i % 2 = 0 THEN 'é' END AS e
                 FROM range(16) r(i)`;
    const { stdout, code } = await query([sql, '--format', 'tsv']);
    expect(code).toBe(0);
    const lines = stdout.split('\n').slice(1, -1);
    const short = lines.map((line) => line.replace(/([A-Z])\1+/, (run) => `${run[0]}*${run.length}`));
    expect(short).toEqual(
      Array.from({ length: 16 }, (_, i) =>
        [i, `${String.fromCharCode(65 + i)}*2500000`, `[${i},null]`, i % 2 === 0 ? 'é' : '\\N'].join('\t'),
      ),
    );
  });

  test('--max-rows 0 draws a long result in tables of bounded size, with every row', async () => {
    const { stdout } = await query(['FROM t', '--max-rows', '0']);
    expect(stdout.match(/│ +\d+ │/g)).toHaveLength(25_000);
    expect(stdout.match(/┌/g)).toHaveLength(3);
    expect(stdout).not.toContain('\n\n');
    expect((await query(['FROM t LIMIT 3', '--max-rows', '0'])).stdout.match(/┌/g)).toHaveLength(1);
    expect((await query(['FROM t LIMIT 0', '--max-rows', '0'])).stdout.match(/┌/g)).toHaveLength(1);
  });
});

describe('-o that is no plain file', () => {
  test.each(['-', '/dev/stdout', '/proc/self/fd/1', '/dev/fd/1'])('%s is stdout', async (name) => {
    const { stdout, code } = await query(['SELECT 1 AS a', '-o', name, '--format', 'csv']);
    expect([code, stdout]).toEqual([0, 'a\n1\n']);
    expect(fs.existsSync(path.join(folder.path, '-'))).toBe(false);
  });

  test('an open descriptor is written on, whatever file is behind it', async () => {
    const target = path.join(folder.path, 'behind.txt');
    const fd = fs.openSync(target, 'w');
    fs.writeSync(fd, 'before\n');
    expect((await query(['SELECT 1 AS a', '-o', `/dev/fd/${fd}`, '--format', 'csv'])).code).toBe(0);
    fs.symlinkSync(`/dev/fd/${fd}`, path.join(folder.path, 'link.csv'));
    expect((await query(['SELECT 2 AS a', '-o', 'link.csv'])).code).toBe(0);
    fs.writeSync(fd, 'after\n');
    fs.closeSync(fd);
    expect(fs.readFileSync(target, 'utf8')).toBe('before\na\n1\na\n2\nafter\n');
  });

  const full = fs.existsSync('/dev/full') ? test : test.skip;
  full('a write that fails after all was handed over is told, however little it was', async () => {
    const { code, stderr } = await query(['SELECT 1 AS a', '-o', '/dev/full', '--format', 'csv']);
    expect([code, stderr]).toEqual([4, expect.stringContaining('[DISK_FULL]')]);
  });

  test('a device and a pipe stay what they are', async () => {
    expect((await query(['SELECT 1 AS a', '-o', '/dev/null', '--format', 'csv'])).code).toBe(0);
    expect(fs.statSync('/dev/null').isCharacterDevice()).toBe(true);
    const pipe = path.join(folder.path, 'pipe.csv');
    execFileSync('mkfifo', [pipe]);
    const reading = fs.promises.readFile(pipe, 'utf8');
    expect((await query(['SELECT 1 AS a', '-o', 'pipe.csv'])).code).toBe(0);
    expect(await reading).toBe('a\n1\n');
    expect(fs.statSync(pipe).isFIFO()).toBe(true);
  });
});

describe('the sample', () => {
  let env: Record<string, string>;
  beforeAll(async () => {
    const sample = path.join(folder.path, 'sample.duckdb');
    const signal = new AbortController().signal;
    await publishSampleFile({
      duckdbPath: sample,
      baseCurrency: 'USD',
      now: () => new Date(),
      signal,
      fileMode: 0o600,
    });
    env = { FINANCE_DB_DUCKDB: sample };
  });

  test.each([
    ['csv', '1 AS a', 'a,sample_data\n1,true\n'],
    ['tsv', '1 AS a', 'a\tsample_data\n1\ttrue\n'],
    ['json', '1 AS a', '[\n{"a":1,"sample_data":true}\n]\n'],
    ['jsonl', '1 AS a', '{"a":1,"sample_data":true}\n'],
  ])('what programs read says so in every row: %s', async (format, columns, text) => {
    const { stdout, stderr } = await query([`SELECT ${columns}`, '--format', format], { env });
    expect(stdout).toBe(text);
    expect(stderr).toContain('SAMPLE DATA');
  });

  test('files too, Parquet in its metadata; tables do not, and real data never does', async () => {
    await query(['SELECT 1 AS a', '-o', 's.csv'], { env });
    expect(fs.readFileSync(path.join(folder.path, 's.csv'), 'utf8')).toBe('a,sample_data\n1,true\n');
    await query(['SELECT 1 AS a', '-o', 's.parquet'], { env });
    expect(fs.readFileSync(path.join(folder.path, 's.parquet'), 'latin1')).toContain('sample_data');
    expect((await query(['SELECT 1 AS a'], { env })).stdout).not.toContain('sample_data');
    expect((await query(['SELECT 1 AS a', '--format', 'csv'])).stdout).toBe('a\n1\n');
  });
});
