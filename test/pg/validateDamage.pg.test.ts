import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PgSession } from '../../src/postgres/session.ts';
import { runCli } from '../support/cli.ts';
import { type Fixture, makeFixture } from '../support/fixture.ts';
import { plant } from '../support/plant.ts';

let source: Fixture;
let session: PgSession;

interface Example {
  kind: string;
  key: string;
  column: string | null;
  postgres: string | null;
  duckdb: string | null;
}
interface Document {
  status: string;
  tables: {
    rows: { postgres: number; duckdb: number };
    lag: { changed: number; deleted: number };
    damage: { missing: number; extra: number; different: number };
    examples: Example[];
    problem: string | null;
    notes: string[];
  }[];
  repaired?: unknown[];
}

async function validate(expected: number, ...flags: string[]): Promise<Document> {
  const result = await runCli(['validate', '--json', ...flags], { env: source.env('t') });
  if (result.code !== expected) throw new Error(`exit ${result.code}: ${result.stderr}${result.stdout}`);
  return JSON.parse(result.stdout) as Document;
}

beforeAll(async () => {
  source = await makeFixture();
  session = source.session;
});
afterAll(() => source.close());

async function makeAndSync(): Promise<void> {
  await source.reset();
  await session.query(`
    CREATE TABLE t (id varchar(20) PRIMARY KEY, at timestamp, amount numeric(15,2), merchant varchar(50), city varchar(30), is_recurring boolean);
    INSERT INTO t SELECT 'tx' || i, timestamp '2024-01-01' + i * interval '1 hour', i - 1000.5, 'Café ' || i % 7, CASE WHEN i % 5 > 0 THEN 'City ' || i % 3 END, i % 4 = 0
    FROM generate_series(1, 3000) i;`);
  await source.sync('t');
}

/** What is planted, and what is found: counts, and the columns with both values. */
const DAMAGES: [
  string,
  string[],
  Partial<Document['tables'][0]['damage']>,
  [string, string | null, string | null][],
][] = [
  [
    'one cent',
    ["UPDATE t SET amount = amount + 0.01 WHERE id = 'tx77'"],
    { different: 1 },
    [['amount', '-923.50', '-923.49']],
  ],
  [
    'a flipped sign',
    ["UPDATE t SET amount = -amount WHERE id = 'tx77'"],
    { different: 1 },
    [['amount', '-923.50', '923.50']],
  ],
  [
    'two values swapped, so that all sums stay equal',
    ["UPDATE t SET amount = CASE id WHEN 'tx1' THEN -998.50 ELSE -999.50 END WHERE id IN ('tx1', 'tx2')"],
    { different: 2 },
    [
      ['amount', '-999.50', '-998.50'],
      ['amount', '-998.50', '-999.50'],
    ],
  ],
  [
    'a microsecond',
    ['UPDATE t SET "at" = "at" + INTERVAL 1 microsecond WHERE id = \'tx5\''],
    { different: 1 },
    [['at', '2024-01-01 05:00:00', '2024-01-01 05:00:00.000001']],
  ],
  [
    'a time zone',
    ['UPDATE t SET "at" = "at" - INTERVAL 2 hour WHERE id = \'tx5\''],
    { different: 1 },
    [['at', '2024-01-01 05:00:00', '2024-01-01 03:00:00']],
  ],
  [
    'NULL turned into the empty string',
    ["UPDATE t SET city = '' WHERE id = 'tx5'"],
    { different: 1 },
    [['city', null, '']],
  ],
  [
    'a trailing space',
    ["UPDATE t SET merchant = merchant || ' ' WHERE id = 'tx7'"],
    { different: 1 },
    [['merchant', 'Café 0', 'Café 0 ']],
  ],
  [
    'another normal form of unicode',
    ["UPDATE t SET merchant = replace(merchant, 'é', 'e' || chr(769)) WHERE id = 'tx7'"],
    { different: 1 },
    [['merchant', 'Café 0', 'Cafe\u0301 0']],
  ],
  [
    'a flipped flag',
    ["UPDATE t SET is_recurring = NOT is_recurring WHERE id = 'tx4'"],
    { different: 1 },
    [['is_recurring', 't', 'false']],
  ],
  ['a missing row', ["DELETE FROM t WHERE id = 'tx9'"], { missing: 1 }, []],
  ['a doubled row', ["INSERT INTO t SELECT * FROM t WHERE id = 'tx9'"], { extra: 1 }, []],
  [
    'a second row of a key',
    ["INSERT INTO t SELECT * REPLACE (amount + 1 AS amount) FROM t WHERE id = 'tx9'"],
    { extra: 1 },
    [],
  ],
  ['an added row', ["INSERT INTO t SELECT * REPLACE ('tx0' AS id) FROM t WHERE id = 'tx9'"], { extra: 1 }, []],
  ['a changed key', ["UPDATE t SET id = 'TX9' WHERE id = 'tx9'"], { extra: 1, missing: 1 }, []],
  [
    'values moved into the next column',
    ["UPDATE t SET merchant = 'Café 2C', city = 'ity 0' WHERE id = 'tx9'"],
    { different: 1 },
    [
      ['merchant', 'Café 2', 'Café 2C'],
      ['city', 'City 0', 'ity 0'],
    ],
  ],
  [
    'three damages at once',
    [
      "UPDATE t SET amount = amount + 0.01 WHERE id = 'tx1'",
      "DELETE FROM t WHERE id = 'tx2'",
      "INSERT INTO t SELECT * REPLACE ('x' AS id) FROM t WHERE id = 'tx9'",
    ],
    { different: 1, missing: 1, extra: 1 },
    [['amount', '-999.50', '-999.49']],
  ],
];

describe('damage planted into the file', () => {
  let synced: Buffer;
  beforeAll(async () => {
    await makeAndSync();
    synced = fs.readFileSync(source.duckdbPath);
  });
  // Nothing is done to PostgreSQL here: each test begins with the bytes of that one sync.
  beforeEach(() => {
    for (const name of fs.readdirSync(source.folder)) fs.rmSync(path.join(source.folder, name), { recursive: true });
    fs.writeFileSync(source.duckdbPath, synced);
  });

  test.each(DAMAGES)('%s is found and mended', async (_, statements, damage, columns) => {
    await plant(source.duckdbPath, ...statements);
    const { status, tables } = await validate(5);
    expect(status).toBe('damaged');
    expect(tables[0]?.damage).toEqual({ missing: 0, extra: 0, different: 0, ...damage });
    expect(tables[0]?.lag).toEqual({ changed: 0, deleted: 0 });
    const named = (tables[0]?.examples ?? []).filter((example) => example.column !== null);
    expect(named.map(({ column, postgres, duckdb }) => [column, postgres, duckdb])).toEqual(columns);
    const mended = await validate(0, '--repair');
    expect(mended.status).toBe('equal');
    expect(mended.repaired).toMatchObject([{ table: 't', how: 'rows', damage }]);
    // A sync of the mended file has nothing to do, and compares all of it once more.
    expect(await source.sync('t', '--validate')).toMatchObject({
      tables: [{ mode: 'none' }],
      validation: { status: 'equal' },
    });
  });

  test('thousands of damaged rows are mended, and the first are named', async () => {
    await plant(source.duckdbPath, 'UPDATE t SET amount = amount * 2');
    const { tables } = await validate(5, '--limit', '3');
    expect(tables[0]?.damage.different).toBe(3000);
    expect(tables[0]?.examples).toHaveLength(3);
    expect((await validate(0, '--repair')).status).toBe('equal');
  });

  test.each([
    ['a lost column', 'ALTER TABLE t DROP COLUMN city'],
    ['a column of another type', 'ALTER TABLE t ALTER amount TYPE DOUBLE'],
    ['a lost table', 'DROP TABLE t'],
    ['another source', "UPDATE finance_db.sync_state SET system_identifier = '1'"],
    ['an older snapshot', "UPDATE finance_db.sync_state SET snapshot = '3:3:'"],
    ['another count of rows', 'UPDATE finance_db.sync_state SET row_count = row_count + 1'],
    ['a snapshot of the future', "UPDATE finance_db.sync_state SET snapshot = '999999999:999999999:'"],
  ])('%s is found, and the table loaded anew', async (_, statement) => {
    await plant(source.duckdbPath, statement);
    const { status, tables } = await validate(5);
    expect(status).toBe('damaged');
    expect(tables[0]?.problem).not.toBeNull();
    const mended = await validate(0, '--repair');
    expect(mended).toMatchObject({ status: 'equal', repaired: [{ how: 'full' }] });
  });
});

describe('damage beside changes of PostgreSQL', () => {
  beforeEach(makeAndSync);

  test('a state that names a later snapshot than its rows are of', async () => {
    await session.query("UPDATE t SET amount = 1 WHERE id = 'tx3'; DELETE FROM t WHERE id = 'tx4'");
    const [row] = await session.query<{ s: string }>('SELECT pg_current_snapshot()::text AS s');
    await plant(source.duckdbPath, `UPDATE finance_db.sync_state SET snapshot = '${row?.s}'`);
    // Even if the seal is put right: the rows tell.
    await plant(source.duckdbPath, 'DROP TABLE finance_db.seals');
    const { tables } = await validate(5);
    expect(tables[0]?.damage).toEqual({ missing: 0, extra: 1, different: 1 });
  });

  test('sync --validate does not publish a file that fails', async () => {
    await plant(source.duckdbPath, "UPDATE t SET amount = 0 WHERE id = 'tx9'");
    await session.query("INSERT INTO t (id) VALUES ('new')");
    const { code, stdout } = await source.trySync('t', ['--validate']);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'DAMAGED', details: { validation: { status: 'damaged' } } },
    });
    // The published file still lacks the new row.
    expect((await validate(5)).tables[0]).toMatchObject({ lag: { changed: 1 }, damage: { different: 1 } });
    await source.sync('t', '--full', '--validate');
    expect((await validate(0)).status).toBe('equal');
  });
});

test('a table with a column called rowid, which hides DuckDB’s: damage is found, and the table loaded anew', async () => {
  await source.reset();
  await session.query(
    `CREATE TABLE t (id int PRIMARY KEY, "RowId" text, v text); INSERT INTO t SELECT i, 'same', i::text FROM generate_series(1, 3000) i`,
  );
  await source.sync('t');
  await plant(source.duckdbPath, "UPDATE t SET v = 'x' WHERE id = 7", 'DELETE FROM t WHERE id = 8');
  const { tables } = await validate(5);
  expect(tables[0]?.damage).toEqual({ missing: 1, extra: 0, different: 1 });
  expect(tables[0]?.examples).toMatchObject([
    { kind: 'different', key: '7', column: 'v', postgres: '7', duckdb: 'x' },
    { kind: 'missing', key: '8', duckdb: null },
  ]);
  expect((await validate(0, '--repair')).status).toBe('equal');
  await session.query('DELETE FROM t WHERE id % 100 = 0');
  expect((await source.sync('t')).tables).toMatchObject([{ mode: 'incremental', rows: 2970, deleted: 30 }]);
  expect((await validate(0)).status).toBe('equal');
});
