import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connect, type PgSession } from '../../src/postgres/session.ts';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { startTool } from '../support/process.ts';
import { mt940Text } from '../support/statementTexts.ts';
import { zipBytes } from '../support/zip.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

const ENTRIES = Array.from({ length: 2000 }, (_, index) => ({
  day: '2026-03-02',
  cents: -1 - index,
  text: `Shop ${index}`,
}));
const statement = (account: string): string =>
  mt940Text({ account, currency: 'USD', openingCents: 0, entries: ENTRIES });

/** Resolves when the import waits for the table that `holder` has locked, with its rows in `transactions` already. */
async function waiting(): Promise<string> {
  for (;;) {
    const [row] = await fixture.rows(`SELECT l.pid FROM pg_locks l WHERE NOT l.granted
      AND l.relation = 'transaction_import_rows'::regclass`);
    if (row?.pid != null) return row.pid;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function count(): Promise<unknown> {
  return (await fixture.rows('SELECT count(*) AS n FROM transactions'))[0]?.n;
}

/** Imports as a process of its own, with a temporary folder in which no other program's files come and go. */
function startImport(file: string, ...flags: string[]): ReturnType<typeof startTool> {
  const TMPDIR = temporary();
  fs.mkdirSync(TMPDIR, { recursive: true });
  return startTool(['import', file, ...flags], {
    DATABASE_URL: fixture.database.url,
    FINANCE_DB_HOME: fixture.folder,
    TMPDIR,
  });
}

const temporary = (): string => path.join(fixture.folder, 'tmp');

test.each<[string, (child: ReturnType<typeof startTool>['child'], pid: string) => unknown, number | null, RegExp]>([
  ['SIGINT', (child) => child.kill('SIGINT'), 130, /interrupted/],
  ['SIGTERM', (child) => child.kill('SIGTERM'), 143, /terminated/],
  ['kill -9', (child) => child.kill('SIGKILL'), null, /^$/],
  [
    'a server that ends the session',
    (_child, pid) => fixture.rows(`SELECT pg_terminate_backend(${pid})`),
    3,
    /PG_CONNECTION_LOST/,
  ],
])('%s in the middle of a file leaves nothing of it, and the next run works', async (_what, stop, code, words) => {
  // The first file makes the tables; an archive needs a temporary folder.
  await fixture.imported([fixture.file('first.sta', statement('FIRST'))]);
  const file = fixture.file('second.zip', zipBytes([{ name: 'a.sta', content: statement('SECOND') }]));
  const holder: PgSession = await connect(fixture.database.address, { retryMs: 0 });
  try {
    await holder.query('BEGIN; LOCK TABLE transaction_import_rows IN SHARE MODE');
    const { child, ended } = startImport(file);
    const pid = await waiting();
    await stop(child, pid);
    const result = await ended;
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toMatch(words);
  } finally {
    await holder.query('COMMIT');
    await holder.close();
  }
  // The next run waits for its turn, should the server not have noticed yet.
  const next = await startImport(file, '--json').ended;
  expect(next.code).toBe(0);
  expect(JSON.parse(next.stdout)).toMatchObject({ imports: [{ new: 2000, known: 0 }] });
  expect(await count()).toBe('4000');
  expect(fs.readdirSync(temporary())).toEqual([]);
});
