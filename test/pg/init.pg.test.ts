import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PgSession } from '../../src/postgres/session.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/csv/', import.meta.url));

let database: TestDatabase;
let session: PgSession;
let folder: ReturnType<typeof temporaryFolder>;

beforeAll(async () => {
  database = await createTestDatabase();
  session = await database.session();
});
afterAll(() => database.drop());
beforeEach(async () => {
  folder = temporaryFolder();
  await session.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
});
afterEach(() => folder.remove());

function init(...args: string[]): Promise<CliResult> {
  const env = { DATABASE_URL: database.url, FINANCE_DB_HOME: folder.path };
  return runCli(['init', ...args], { env, cwd: folder.path });
}

/** Writes f.csv and imports it. */
function importText(text: string | Buffer): Promise<CliResult> {
  fs.writeFileSync(path.join(folder.path, 'f.csv'), text);
  return init('--from', 'f.csv');
}

async function count(): Promise<number> {
  const [row] = await session.query<{ n: string }>('SELECT count(*) AS n FROM transactions');
  return Number(row?.n);
}

async function tableExists(): Promise<boolean> {
  const [row] = await session.query<{ name: string | null }>(`SELECT to_regclass('public.transactions') AS name`);
  return row?.name !== null;
}

describe('the table', () => {
  test('is created as the contract has it, and loads nothing by itself on a server of the user', async () => {
    const result = await init();
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('with indexes on timestamp, merchant and category');
    expect(result.stdout).toContain('ask for it with --sample');
    expect(await count()).toBe(0);
    const indexes = await session.query<{ indexname: string }>(
      `SELECT indexname FROM pg_indexes WHERE tablename = 'transactions' ORDER BY 1`,
    );
    expect(indexes.map((row) => row.indexname)).toEqual([
      'idx_transactions_category',
      'idx_transactions_merchant',
      'idx_transactions_timestamp',
      'transactions_pkey',
    ]);
    await session.query(`INSERT INTO transactions (tx_id, "timestamp", amount) VALUES ('a', '2026-01-01', 1)`);
    const [row] = await session.query<{ created: string }>(
      'SELECT created_at IS NOT NULL AS created FROM transactions',
    );
    expect(row?.created).toBe('t');
  });

  test('is left alone when it is there; a missing index is added', async () => {
    await init('--sample', '200');
    await session.query('DROP INDEX idx_transactions_merchant; UPDATE transactions SET amount = 77');
    const again = await init('--sample');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('exists');
    expect(again.stdout).toContain('No sample data was loaded: the table has rows already.');
    expect(again.stdout).toContain('missing indexes on merchant');
    const [row] = await session.query<{ n: string }>('SELECT count(*) AS n FROM transactions WHERE amount = 77');
    expect(row?.n).toBe('200');
  });

  test('of another shape is refused with every difference', async () => {
    await session.query('CREATE TABLE transactions (tx_id bigint, "timestamp" timestamptz, amount float8, note text)');
    const result = await init('--json');
    expect(result.code).toBe(3);
    const { error } = JSON.parse(result.stdout);
    expect(error.code).toBe('PG_TABLE_SHAPE');
    expect(error.details.differences).toEqual(
      expect.arrayContaining([
        'column "tx_id" is bigint, expected character varying(50)',
        'column "timestamp" is timestamp with time zone, expected timestamp without time zone',
        'column "amount" is double precision, expected numeric(15,2)',
        'column "currency" is missing (character varying(3))',
        'column "note" (text) is not part of the table',
        'there is no primary key, expected (tx_id)',
      ]),
    );
    expect(result.stderr).toContain('column "note" (text) is not part of the table');
  });

  test('that is a view is refused, even with --reset --yes', async () => {
    await session.query('CREATE VIEW transactions AS SELECT 1 AS tx_id');
    for (const flags of [[], ['--reset', '--yes']]) {
      const result = await init(...flags);
      expect(result).toMatchObject({ code: 3 });
      expect(result.stderr).toContain('expected a table, found a view');
    }
  });

  test('is dropped only with --reset --yes', async () => {
    await init('--sample', '123');
    const refused = await init('--reset');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('lose its 123 rows');
    expect(await count()).toBe(123);
    const done = await init('--reset', '--yes', '--sample', '50', '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({ status: 'ok', dropped: 123, created: true, rows: 50 });
    expect(await count()).toBe(50);
  });

  test('survives a --reset whose file cannot be loaded', async () => {
    await init('--sample', '10');
    fs.writeFileSync(path.join(folder.path, 'f.csv'), 'tx_id,timestamp,amount\na,2026-01-01,oops\n');
    expect((await init('--reset', '--yes', '--from', 'f.csv')).code).toBe(2);
    expect(await count()).toBe(10);
  });

  test('may be in another schema', async () => {
    const env = { DATABASE_URL: database.url, FINANCE_DB_HOME: folder.path, FINANCE_DB_TABLES: 'x,Books.transactions' };
    const result = await runCli(['init', '--sample', '5'], { env });
    expect(result.stdout).toContain('Created Books.transactions');
    const [row] = await session.query<{ n: string }>('SELECT count(*) AS n FROM "Books".transactions');
    expect(row?.n).toBe('5');
    await session.query('DROP SCHEMA "Books" CASCADE');
  });

  test('needs a role that may create it', async () => {
    // The shared server knows people by their account, so that another role cannot log in: this one is put on.
    const act = `ALTER ROLE CURRENT_USER IN DATABASE ${database.address.database}`;
    await session.query(`CREATE ROLE init_reader; ${act} SET role = 'init_reader'`);
    const result = await init().finally(() => session.query(`${act} RESET role; DROP ROLE init_reader`));
    expect(result.code).toBe(3);
    expect(result.stderr).toContain('PG_PERMISSION');
    expect(result.stderr).toContain('init needs a role that may create tables');
  });

  test.each([
    ['the table', 'LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE'],
    ['another init', 'SELECT pg_advisory_xact_lock(7236451908)'],
  ])('that is locked, by %s: init says whom it waits for, and gives up by name', async (_name, lock) => {
    await init('--sample', '10');
    const holder = await database.session();
    await holder.query(`SET application_name = 'a patient holder'; BEGIN; ${lock}`);
    const env = { DATABASE_URL: database.url, FINANCE_DB_HOME: folder.path, FINANCE_DB_LOCK_WAIT: '2.5' };
    const result = await runCli(['init', '--reset', '--yes', '--sample', '10'], { env });
    await holder.query('ROLLBACK');
    expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining('[PG_LOCKED]') });
    expect(result.stderr).toMatch(/^waiting for process \d+ \(a patient holder, user \w+\), in a transaction since /);
    expect(result.stderr).toContain('FINANCE_DB_LOCK_WAIT');
    expect(await count()).toBe(10);
  });

  test('is made once by two at a time', async () => {
    const results = await Promise.all([init('--sample', '100'), init('--sample', '100')]);
    expect(results.map((result) => result.code)).toEqual([0, 0]);
    expect(await count()).toBe(100);
  });
});

describe('a CSV file', () => {
  test.each([
    ['gzip', gzipSync('tx_id\n')],
    ['zip', Buffer.from('PK\u0003\u0004rest')],
    ['zstd', Buffer.from('28b52ffd0458', 'hex')],
  ])('that is compressed is refused by name: %s', async (format, bytes) => {
    const result = await importText(bytes);
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining(`f.csv is compressed (${format})`) });
    expect(result.stderr).toContain('unpack it first');
    expect(await tableExists()).toBe(false);
  });

  test('beside a second one is refused, rather than left out', async () => {
    const result = await init('--from', 'a.csv', '--from', 'b.csv');
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('"a.csv"') });
    expect(await tableExists()).toBe(false);
  });

  test('may have its columns in any order and leave out most', async () => {
    const result = await init('--from', `${FIXTURES}subset.csv`);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('currency is USD, the base currency');
    expect(result.stdout).toContain('created_at is the time of loading');
    const rows = await session.query(
      'SELECT tx_id, "timestamp" AS at, amount, currency, merchant, normalized_amount AS n, city FROM transactions ORDER BY 1',
    );
    expect(rows).toEqual([
      {
        tx_id: 's-1',
        at: '2026-01-31 00:00:00',
        amount: '-12.50',
        currency: 'USD',
        merchant: 'Café "Olé", Ost',
        n: '-12.50',
        city: null,
      },
      {
        tx_id: 's-2',
        at: '2026-02-28 09:15:00',
        amount: '100.00',
        currency: 'USD',
        merchant: null,
        n: '100.00',
        city: null,
      },
      {
        tx_id: 's-3',
        at: '2026-02-28 09:15:00.123456',
        amount: '-0.01',
        currency: 'USD',
        merchant: '',
        n: '-0.01',
        city: null,
      },
    ]);
  });

  test('from Windows: BOM, CRLF, lines within values, no newline at the end', async () => {
    const result = await init('--from', `${FIXTURES}windows.csv`);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('2 rows in other currencies have no normalized_amount');
    const rows = await session.query(
      'SELECT tx_id, currency, merchant, is_recurring AS r, normalized_amount AS n FROM transactions ORDER BY 1',
    );
    expect(rows).toEqual([
      { tx_id: 'w-1', currency: 'USD', merchant: 'two\r\nlines', r: 't', n: '-4.20' },
      { tx_id: 'w-2', currency: 'JPY', merchant: '寿司 さくら', r: 'f', n: null },
      { tx_id: 'w-3', currency: null, merchant: 'back\\slash\tand tab', r: null, n: null },
    ]);
  });

  test('may follow another one, and is refused whole when a key is there already', async () => {
    expect((await importText('tx_id,timestamp,amount\na,2026-01-01,1\n')).code).toBe(0);
    expect((await importText('tx_id,timestamp,amount\nb,2026-01-01,1\n')).code).toBe(0);
    const result = await importText('tx_id,timestamp,amount,merchant\nc,2026-01-01,1,"x\ny"\na,2026-01-01,1,\n');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('f.csv:4: column "tx_id": found "a": it is already in the table');
    expect(await count()).toBe(2);
  });

  test('may not have a key twice', async () => {
    const many = Array.from({ length: 3_000 }, (_, index) => `k${index},2026-01-01,1`).join('\n');
    const result = await importText(`tx_id,timestamp,amount\n${many}\nk42,2026-01-01,1\nz,2026-01-01,1\n`);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('f.csv:3002: column "tx_id": found "k42": it is already in line 44');
    expect(await tableExists()).toBe(false);
  });

  const HEADER = 'tx_id,timestamp,amount,merchant,state\n';
  test.each<[string, string | Buffer, string]>([
    [
      'a day that is not',
      `${HEADER}a,2026-02-30,1,,`,
      'f.csv:2: column "timestamp": found "2026-02-30": there is no such day',
    ],
    ['a text for a number', `${HEADER}a,2026-01-01,ten,,`, 'f.csv:2: column "amount": found "ten": it is not a number'],
    [
      'too many decimals',
      `${HEADER}a,2026-01-01,1.00,,\nb,2026-01-01,1.005,,`,
      'f.csv:3: column "amount": found "1.005"',
    ],
    [
      'too large',
      `${HEADER}a,2026-01-01,12345678901234.00,,`,
      'column "amount": found "12345678901234.00": it has more than 13',
    ],
    ['NaN', `${HEADER}a,2026-01-01,NaN,,`, 'column "amount": found "NaN": it is not an amount'],
    [
      'too long',
      `${HEADER}a,2026-01-01,1,,ABC`,
      'column "state": found "ABC": it has 3 characters, and the column takes 2',
    ],
    ['too few fields', `${HEADER}a,2026-01-01,1\n`, 'f.csv:2: column "merchant": missing, the row has 3 of 5 fields'],
    ['too many fields', `${HEADER}a,2026-01-01,1,x,,y\n`, 'f.csv:2: the row has 6 fields and the header 5: "y"'],
    ['an empty key', `${HEADER},2026-01-01,1,,`, 'f.csv:2: column "tx_id": it is empty'],
    ['a quoted empty key', `${HEADER}"",2026-01-01,1,,`, 'f.csv:2: column "tx_id": it is empty'],
    ['no amount', `${HEADER}a,2026-01-01,,,`, 'f.csv:2: column "amount": it is empty'],
    ['a NUL', `${HEADER}a,2026-01-01,1,x\u0000y,`, 'f.csv:2: column "merchant": found "x\\u0000y": it holds a NUL'],
    [
      'bytes that are not UTF-8',
      Buffer.concat([
        Buffer.from(`${HEADER}a,2026-01-01,1,\ufffd,\nb,2026-01-01,1,caf`),
        Buffer.from([0xe9]),
        Buffer.from(',\n'),
      ]),
      'f.csv:3: column "merchant": found "caf\ufffd": it is not UTF-8 text',
    ],
    ['an open quote', `${HEADER}a,2026-01-01,1,"x,\n`, 'f.csv:2: a quoted field is not closed'],
    ['an unknown column', 'tx_id,timestamp,amount,payee\n', 'f.csv:1: unknown column in the header: "payee"'],
    ['a missing column', 'tx_id,timestamp\n', 'f.csv:1: missing column in the header: amount'],
    ['a column twice', 'tx_id,timestamp,amount,city,City\n', 'f.csv:1: column "city" is in the header twice'],
    ['semicolons', 'tx_id;timestamp;amount\n', 'f.csv:1: the columns are not separated by commas'],
    ['nothing', '', 'f.csv:1: the file is empty'],
  ])('with %s is refused, and nothing is made', async (_, text, message) => {
    const result = await importText(text);
    expect(result.stderr).toContain(message);
    expect(result.code).toBe(2);
    expect(await tableExists()).toBe(false);
  });

  test('that is not there is told before the server is asked', async () => {
    const result = await init('--from', 'nope.csv');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('FILE_UNREADABLE');
    expect(await tableExists()).toBe(false);
  });

  test('must be a file, which can be read twice', async () => {
    const result = await init('--from', folder.path);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('is not a regular file');
  });

  test('whose row the table itself refuses is named by line', async () => {
    await init('--no-sample');
    await session.query(`ALTER TABLE transactions ADD CHECK (amount <> 13)`);
    const result = await importText('tx_id,timestamp,amount\na,2026-01-01,1\n\nb,2026-01-01,13\n');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('f.csv:4: PostgreSQL refused the row');
    expect(await count()).toBe(0);
  });
});

test('a table that sync would leave out is made and told', async () => {
  const env = { DATABASE_URL: database.url, FINANCE_DB_HOME: folder.path, FINANCE_DB_TABLES: 'expenses' };
  const result = await runCli(['init', '--no-sample'], { env });
  expect(result.stdout).toContain('FINANCE_DB_TABLES does not name transactions');
  expect(await tableExists()).toBe(true);
});

test('an interrupted load leaves nothing', async () => {
  const interruption = new AbortController();
  const { FinanceDbError } = await import('../../src/errors/financeDbError.ts');
  setTimeout(() => interruption.abort(new FinanceDbError('INTERRUPTED', 'interrupted')), 400);
  const result = await runCli(['init', '--sample', '1000000'], {
    env: { DATABASE_URL: database.url, FINANCE_DB_HOME: folder.path },
    signal: interruption.signal,
  });
  expect(result.code).toBe(130);
  expect(await tableExists()).toBe(false);
});

test('on the embedded server the default sample is loaded once', async () => {
  const env = { FINANCE_DB_HOME: folder.path };
  const first = await runCli(['init', '--json'], { env });
  expect(JSON.parse(first.stdout)).toMatchObject({
    source: { kind: 'embedded' },
    created: true,
    rows: 5000,
    loaded: { kind: 'sample', rows: 5000, currency: 'USD' },
  });
  const second = await runCli(['init', '--json'], { env });
  expect(JSON.parse(second.stdout)).toMatchObject({
    created: false,
    rows: 5000,
    loaded: { kind: 'none', reason: 'has_rows' },
  });
});

test('--sample and --from exclude each other', async () => {
  expect(await init('--sample', '--from', 'f.csv')).toMatchObject({ code: 2 });
});
