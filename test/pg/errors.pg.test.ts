import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { FinanceDbError } from '../../src/errors/financeDbError.ts';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { urlOf } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { unmount } from '../support/smallDisk.ts';
import { startTcpServer } from '../support/tcpServer.ts';

let server: Awaited<ReturnType<typeof startTcpServer>>;
let admin: PgSession;
let root: ReturnType<typeof temporaryFolder>;
let home: string;
let number = 0;

beforeAll(async () => {
  root = temporaryFolder();
  server = await startTcpServer(root.path);
  admin = await connect(server.address, { retryMs: 2000 });
  await admin.query(
    "CREATE ROLE outsider LOGIN PASSWORD 's3cret-outsider'; CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'one')",
  );
});
afterAll(async () => {
  await admin.close();
  await server.stop();
  root.remove();
});
beforeEach(() => {
  home = path.join(root.path, `home-${number++}`);
});

function run(
  argv: string[],
  env: Record<string, string> = {},
  options: { signal?: AbortSignal; stdin?: string } = {},
): Promise<CliResult> {
  return runCli(argv, {
    env: { DATABASE_URL: urlOf(server.address), FINANCE_DB_HOME: home, FINANCE_DB_TABLES: 't', ...env },
    ...options,
  });
}

function published(): boolean {
  return fs.existsSync(path.join(home, 'finance.duckdb'));
}

/** What a stranger needs: the code, what it was about, and what to do next; and never a stack or a password. */
function expectError(result: CliResult, exit: number, code: string, ...mentions: string[]): void {
  expect({ exit: result.code, stderr: result.stderr }).toMatchObject({
    exit,
    stderr: expect.stringContaining(`[${code}]`),
  });
  for (const mention of mentions) expect(result.stderr).toContain(mention);
  expect(result.stderr).toContain('→');
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result.stderr).not.toContain('s3cret');
  expect(result.stderr).not.toContain(server.address.password);
}

describe('PostgreSQL', () => {
  test('is down', async () => {
    fs.mkdirSync(home, { recursive: true });
    fs.writeFileSync(path.join(home, 'finance.duckdb'), 'kept as it is');
    const result = await run(['sync'], { DATABASE_URL: 'postgres://u:s3cret@127.0.0.1:1/db?sslmode=disable' });
    expectError(result, 3, 'PG_UNREACHABLE', 'u@127.0.0.1:1/db', 'ECONNREFUSED');
    expect(fs.readFileSync(path.join(home, 'finance.duckdb'), 'utf8')).toBe('kept as it is');
  });

  test('is down, and nothing was ever published: the sample is, marked as such', async () => {
    const result = await run(['sync'], { DATABASE_URL: 'postgres://u@127.0.0.1:1/db?sslmode=disable' });
    expectError(result, 3, 'PG_UNREACHABLE', 'SAMPLE DATA');
    const status = await run(['status', '--json'], { DATABASE_URL: 'postgres://u@127.0.0.1:1/db?sslmode=disable' });
    expect(JSON.parse(status.stdout)).toMatchObject({
      postgres: { reachable: false },
      duckdb: { exists: true, sample: true },
      tables: [{ table: 'transactions', rows: 5000 }],
    });
    const query = await run(['query', 'SELECT count(*) AS n FROM transactions', '--json']);
    expect(JSON.parse(query.stdout)).toEqual([{ n: 5000, sample_data: true }]);
    const sampleTable = { FINANCE_DB_TABLES: 'transactions' };
    const csv = await run(['query', 'SELECT 1 AS a', '--format', 'csv']);
    expect(csv.stdout).toBe('a,sample_data\n1,true\n');
    expect((await run(['stats', 'accounts', '--format', 'csv'], sampleTable)).stdout).toMatch(
      /^.*,sample_data\n(?:.*,true\n)+$/,
    );
    expect(JSON.parse((await run(['stats', '--json'], sampleTable)).stdout)).toMatchObject({ data: { sample: true } });
    expect(query.stderr).toContain('SAMPLE DATA');
    // The first real sync takes its place, and nothing of the sample remains.
    expect((await run(['sync'])).code).toBe(0);
    const after = await run(['query', "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'", '--json']);
    expect(JSON.parse(after.stdout)).toEqual([{ table_name: 't' }]);
    expect(after.stderr).not.toContain('SAMPLE');
  });

  test('does not take the password', async () => {
    const result = await run(['sync'], { DATABASE_URL: urlOf({ ...server.address, password: 's3cret-wrong' }) });
    expectError(result, 3, 'PG_AUTH', 'password authentication failed');
    expect(published()).toBe(false);
  });

  test('has no such database', async () => {
    const result = await run(['sync'], { DATABASE_URL: urlOf({ ...server.address, database: 'nowhere' }) });
    expectError(result, 3, 'PG_DATABASE_MISSING', '"nowhere" does not exist');
  });

  test('does not let the role read the table', async () => {
    const result = await run(['sync'], {
      DATABASE_URL: urlOf({ ...server.address, user: 'outsider', password: 's3cret-outsider' }),
    });
    expectError(result, 3, 'PG_PERMISSION', 'permission denied for table t', 'GRANT SELECT');
  });

  test('has no such table', async () => {
    const result = await run(['sync'], { FINANCE_DB_TABLES: 't,missing' });
    expectError(result, 3, 'PG_TABLE_MISSING', 'missing', 'finance-db init');
    expect(published()).toBe(false);
  });

  test('has an empty table: that is no error', async () => {
    await admin.query('CREATE TABLE IF NOT EXISTS empty (id int PRIMARY KEY)');
    const result = await run(['sync', '--json'], { FINANCE_DB_TABLES: 'empty' });
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ tables: [{ table: 'empty', rows: 0 }] });
  });

  test('holds a value that cannot be kept: named by table, column and key, and nothing is published', async () => {
    await admin.query(
      "CREATE TABLE IF NOT EXISTS nan (id int PRIMARY KEY, amount numeric(15,2)); INSERT INTO nan VALUES (1, 1), (2, 'NaN') ON CONFLICT DO NOTHING",
    );
    const result = await run(['sync'], { FINANCE_DB_TABLES: 'nan' });
    expectError(result, 6, 'VALUE_REFUSED', 'nan.amount', 'id=2', 'NaN');
    expect(published()).toBe(false);
    expect(fs.readdirSync(home)).toEqual([]);
  });

  test('has a column that cannot be kept', async () => {
    await admin.query('CREATE TABLE IF NOT EXISTS names (id int PRIMARY KEY, c regclass)');
    expectError(await run(['sync'], { FINANCE_DB_TABLES: 'names' }), 6, 'TYPE_REFUSED', 'names.c', 'regclass');
  });

  test('is left by Ctrl-C in the middle of a sync', async () => {
    await admin.query(
      "CREATE TABLE IF NOT EXISTS large (id int PRIMARY KEY, v text); INSERT INTO large SELECT i, repeat('x', 500) FROM generate_series(1, 200000) i ON CONFLICT DO NOTHING",
    );
    const interruption = new AbortController();
    // As soon as rows arrive.
    const watch = setInterval(() => {
      if (fs.existsSync(path.join(home, 'finance.duckdb.work', 'spool')))
        interruption.abort(new FinanceDbError('INTERRUPTED', 'interrupted'));
    }, 1);
    const result = await run(['sync'], { FINANCE_DB_TABLES: 'large' }, { signal: interruption.signal });
    clearInterval(watch);
    expectError(result, 130, 'INTERRUPTED', 'nothing was published');
    expect(fs.readdirSync(home)).toEqual([]);
  });
});

describe('the DuckDB file', () => {
  test('is missing', async () => {
    expectError(await run(['query', 'SELECT 1']), 4, 'DUCKDB_MISSING', 'finance.duckdb', 'finance-db sync');
  });

  test('has random bytes in it', async () => {
    fs.mkdirSync(home, { recursive: true });
    fs.writeFileSync(
      path.join(home, 'finance.duckdb'),
      Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 251)),
    );
    expectError(await run(['query', 'SELECT 1']), 4, 'DUCKDB_UNREADABLE', 'finance.duckdb', 'sets the file aside');
    // Nothing says that it ever was ours.
    expectError(await run(['sync']), 4, 'DUCKDB_NOT_OURS', 'finance.duckdb', '--duckdb');
    expect(fs.readdirSync(home)).toEqual(['finance.duckdb']);
  });

  test('cannot be written where it is to be', async () => {
    const file = path.join(root.path, 'a-file');
    fs.writeFileSync(file, '');
    expectError(await run(['sync', '--duckdb', path.join(file, 'finance.duckdb')]), 4, 'DUCKDB_NOT_WRITABLE', 'a-file');
  });

  const canMount = process.platform === 'linux' && process.getuid?.() === 0;
  (canMount ? test : test.skip)('does not fit on the disk (needs root, for a small tmpfs)', async () => {
    await admin.query(
      "CREATE TABLE IF NOT EXISTS wide (id int PRIMARY KEY, v text); INSERT INTO wide SELECT i, (SELECT string_agg(md5(i::text || j::text), '') FROM generate_series(1, 30) j) FROM generate_series(1, 8000) i ON CONFLICT DO NOTHING",
    );
    fs.mkdirSync(home, { recursive: true });
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', home]).status !== 0)
      throw new Error('cannot mount a tmpfs');
    try {
      const result = await run(['sync'], { FINANCE_DB_TABLES: 'wide' });
      expectError(result, 4, 'DISK_FULL', 'free some space');
      expect(fs.readdirSync(home)).toEqual([]);
    } finally {
      unmount(home);
    }
  });
});

describe('what was typed', () => {
  test('has a flag that does not exist', async () => {
    const result = await run(['sync', '--fulll']);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("unknown option '--fulll'");
    expect(result.stderr).toContain('--full');
  });

  test('has a command that does not exist', async () => {
    const result = await run(['snyc']);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('sync');
  });

  test('names a URL that is none, without showing it', async () => {
    expectError(await run(['sync'], { DATABASE_URL: 'mysql://u:s3cret@h/db' }), 2, 'CONFIG', 'postgres://');
  });

  test('gives one JSON document for programs', async () => {
    const result = await run(['sync', '--json'], { FINANCE_DB_TABLES: 'missing' });
    expect(JSON.parse(result.stdout)).toMatchObject({
      status: 'error',
      error: { code: 'PG_TABLE_MISSING', exit: 3, details: { table: 'missing' } },
    });
  });
});
