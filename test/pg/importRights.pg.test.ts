import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connect } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { mt940Text } from '../support/statementTexts.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

const ENTRIES = [{ day: '2026-03-02', cents: -350, text: 'Coffee corner' }];
const statement = (account = 'GIRO'): string =>
  mt940Text({ account, currency: 'USD', openingCents: 0, entries: ENTRIES });

describe('rights', () => {
  const ROLE = 'finance_db_importer';
  beforeEach(() => fixture.rows(`DROP ROLE IF EXISTS ${ROLE}; CREATE ROLE ${ROLE}`));
  const dropRole = async (): Promise<void> => {
    await fixture.rows(`DROP OWNED BY ${ROLE} CASCADE; DROP ROLE ${ROLE}`);
  };

  /** Runs as that role; gives up the GRANTs that the error asks for. */
  async function asRole(...argv: string[]): Promise<{ code: number; grants: readonly string[]; stdout: string }> {
    const url = `${fixture.database.url}&options=-c%20role%3D${ROLE}`;
    const { code, stdout } = await runCli(['import', ...argv, '--json'], {
      cwd: fixture.folder,
      env: { DATABASE_URL: url, FINANCE_DB_HOME: fixture.folder },
    });
    const document = JSON.parse(stdout) as { error?: { code: string; details: { grants: readonly string[] } } };
    if (document.error !== undefined) expect(document.error.code).toBe('PG_PERMISSION');
    return { code, grants: document.error?.details.grants ?? [], stdout };
  }

  test.each([
    ['may do nothing, and nothing is there', '', false, [/USAGE ON SCHEMA/, /CREATE ON SCHEMA/]],
    ['may only select', 'SELECT', true, [/INSERT, UPDATE ON transactions/, /INSERT ON transaction_imports/]],
    ['may not update', 'SELECT, INSERT', true, [/UPDATE ON transactions/, /UPDATE ON transaction_import_rows/]],
  ])('a role that %s is told what to grant, and with that it works', async (_who, rights, exists, expected) => {
    if (exists) await fixture.imported([fixture.file('before', statement('OTHER'))]);
    if (rights !== '')
      await fixture.rows(
        `GRANT USAGE ON SCHEMA public TO ${ROLE}; GRANT ${rights} ON ALL TABLES IN SCHEMA public TO ${ROLE}`,
      );
    const file = fixture.file('a', statement());
    const { code, grants } = await asRole(file);
    expect(code).toBe(3);
    for (const pattern of expected) expect(grants.join('; ')).toMatch(pattern);
    for (const grant of grants) await fixture.rows(grant);
    expect((await asRole(file)).code).toBe(0);
    // A way back takes more, where the tables are another's.
    const undo = await asRole('--undo', exists ? '2' : '1');
    expect(undo).toMatchObject(
      exists ? { code: 3, grants: expect.arrayContaining([`GRANT DELETE ON transactions TO "${ROLE}"`]) } : { code: 0 },
    );
    for (const grant of undo.grants) await fixture.rows(grant);
    if (exists) expect((await asRole('--undo', '2')).code).toBe(0);
    await dropRole();
  });

  test('without CREATE in the schema, before a byte of the file is read', async () => {
    await fixture.rows(`GRANT USAGE ON SCHEMA public TO ${ROLE}`);
    const { code, grants } = await asRole(fixture.file('page.csv', '<html>an error</html>'));
    expect([code, grants]).toEqual([3, [`GRANT CREATE ON SCHEMA "public" TO "${ROLE}"`]]);
    await dropRole();
  });
});

test('a database whose default is one snapshot a transaction: two imports at once bring each row once', async () => {
  await fixture.imported([fixture.file('before', statement('OTHER'))]);
  const name = fixture.database.address.database;
  await fixture.rows(`ALTER DATABASE ${name} SET default_transaction_isolation = 'repeatable read'`);
  const holder = await connect(fixture.database.address, { retryMs: 0 });
  try {
    await holder.query('BEGIN; SELECT pg_advisory_xact_lock(7236451909)');
    const file = fixture.file('a', statement());
    const runs = [fixture.run('import', file), fixture.run('import', file)];
    for (;;) {
      const [row] = await fixture.rows(`SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
      if (row?.n === '2') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await holder.query('COMMIT');
    const results = await Promise.all(runs);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(results.map(({ stdout }) => /new=\d/.exec(stdout)?.[0]).sort()).toEqual(['new=0', 'new=1']);
    expect(results.map(({ stderr }) => stderr).join('')).toContain('waiting for another import to end');
  } finally {
    await holder.close();
    await fixture.rows(`ALTER DATABASE ${name} RESET default_transaction_isolation`);
  }
});

test('who waits for an import that hangs is told whose it is, gives up, and leaves nothing', async () => {
  const holder = await connect(fixture.database.address, { retryMs: 0 });
  try {
    await holder.query("SET application_name = 'hung import'; BEGIN; SELECT pg_advisory_xact_lock(7236451909)");
    const [row] = await holder.query<{ pid: string }>('SELECT pg_backend_pid() AS pid');
    fixture.file('.env', 'FINANCE_DB_LOCK_WAIT=1\n');
    const { code, stderr } = await fixture.run('import', fixture.file('a', statement()));
    expect(code).toBe(4);
    const who = `process ${row?.pid} (hung import, user ${fixture.database.address.user}), in a transaction since 20`;
    expect(stderr).toContain(`import waits: waiting for another import to end: ${who}`);
    expect(stderr).toContain('IMPORT_LOCKED');
    expect(stderr).toContain(`another import keeps this one waiting for more than 1 s: ${who}`);
    expect(await fixture.rows("SELECT to_regclass('transactions') AS t")).toEqual([{ t: null }]);
  } finally {
    await holder.close();
  }
  expect((await fixture.imported([fixture.file('a', statement())])).imports[0]).toMatchObject({ new: 1 });
});

test('side tables are synced like any table, and DuckDB tells where a row comes from', async () => {
  await fixture.imported([fixture.file('march.sta', statement())]);
  const tables = 'transactions,transaction_imports,transaction_statements,transaction_import_rows,exchange_rates';
  const sync = await fixture.run('sync', '--validate', '--json', '--tables', tables);
  expect(sync.code).toBe(0);
  expect(sync.stdout).toContain('equal');
  const { stdout } = await fixture.run(
    'query',
    '--format',
    'csv',
    `SELECT t.amount, i.file, r.line, r.text
    FROM transactions t JOIN transaction_import_rows r USING (tx_id) JOIN transaction_imports i USING (import_id)`,
  );
  expect(stdout).toMatch(/^amount,file,line,text\n-3\.50,.*march\.sta,5,Coffee corner\n$/);
});

describe('init --reset', () => {
  test('forgets the imports with the rows, and says so before and after', async () => {
    const file = fixture.file('a', statement());
    await fixture.imported([file]);
    expect((await fixture.run('init', '--reset')).stderr).toContain('and the records of 1 import');
    const { stdout } = await fixture.run('init', '--reset', '--yes', '--no-sample');
    expect(stdout).toContain('Dropped the records of 1 import');
    expect((await fixture.imported([file])).imports[0]).toMatchObject({ id: 1, new: 1, known: 0 });
  });

  test('leaves exchange rates and a table of somebody else under one of the names alone', async () => {
    await fixture.rows('CREATE TABLE transaction_imports (mine int)');
    expect((await fixture.run('init', '--no-sample')).code).toBe(0);
    expect((await fixture.run('init', '--reset', '--yes', '--no-sample')).code).toBe(0);
    expect(await fixture.rows('SELECT mine FROM transaction_imports')).toEqual([]);
    const { code, stderr } = await fixture.run('import', fixture.file('a', statement()));
    expect([code, stderr]).toEqual([3, expect.stringContaining('PG_TABLE_SHAPE')]);
  });
});

test('sample rows give way to the first real import, in one transaction, and do not come back', async () => {
  expect((await fixture.run('init', '--sample', '50')).code).toBe(0);
  const bad = await fixture.run('import', fixture.file('bad', 'x'));
  expect(bad.code).toBe(2);
  const count = async (): Promise<unknown> => (await fixture.rows('SELECT count(*) AS n FROM transactions'))[0]?.n;
  expect(await count()).toBe('50');
  const file = fixture.file('a', statement());
  expect(JSON.parse((await fixture.run('import', file, '--dry-run', '--json')).stdout)).toMatchObject({
    sample_rows_removed: 50,
  });
  // A refused file between them takes nothing of the dry run back: neither does the sample give way twice, nor is a row new twice.
  const dry = await fixture.run('import', file, fixture.file('web.csv', '<html>'), file, '--dry-run', '--json');
  expect(JSON.parse(dry.stdout)).toMatchObject({
    sample_rows_removed: 50,
    imports: [{ new: 1 }, { new: 0, known: 1 }],
    refused: [{}],
  });
  expect(await count()).toBe('50');
  await fixture.imported([file]);
  expect(await count()).toBe('1');
  expect((await fixture.run('import', '--undo', '1')).code).toBe(0);
  expect(await count()).toBe('0');
});
