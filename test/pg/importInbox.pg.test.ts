import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { fileAway, openInbox } from '../../src/app/import/inbox.ts';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { mt940Text } from '../support/statementTexts.ts';
import { zipBytes } from '../support/zip.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

const LONG_AGO = new Date('2026-01-01T00:00:00Z');

function statement(day: number): string {
  const entries = [{ day: `2026-03-0${day}`, cents: -100 * day, text: `Shop ${day}` }];
  return mt940Text({ account: `ACC${day}`, currency: 'USD', openingCents: 0, entries });
}

/** A file that nobody has written to for a while. */
function put(name: string, content: string | Uint8Array): string {
  const file = fixture.file(`inbox/${name}`, content);
  fs.utimesSync(file, LONG_AGO, LONG_AGO);
  return file;
}

const inbox = (): string => path.join(fixture.folder, 'inbox');
const runInbox = (...flags: string[]): ReturnType<ImportFixture['run']> =>
  fixture.run('import', '--inbox', inbox(), ...flags);

/** All files in the inbox, as relative paths. */
function left(): string[] {
  return (fs.readdirSync(inbox(), { recursive: true, withFileTypes: true }) as fs.Dirent[])
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(inbox(), path.join(entry.parentPath, entry.name)))
    .sort();
}

async function accounts(): Promise<unknown[]> {
  const rows = await fixture.rows('SELECT account_id FROM transactions ORDER BY account_id');
  return rows.map((row) => row.account_id);
}

test('what comes in goes to done/, what is refused to refused/ with the reason, and each is told in a line', async () => {
  put('a.sta', statement(1));
  put('bad.csv', '<html>');
  put(
    'some.zip',
    zipBytes([
      { name: 'x.sta', content: statement(2) },
      { name: 'y.sta', content: 'no' },
    ]),
  );
  put('all.zip', zipBytes([{ name: 'x.sta', content: statement(3) }]));
  put('half.csv.part', 'x');
  put('.hidden', 'x');
  fs.symlinkSync('a.sta', path.join(inbox(), 'link'));
  const { code, stdout, stderr } = await runInbox();
  expect(code).toBe(2);
  expect(left()).toEqual([
    ...['.hidden', 'done/a.sta', 'done/all.zip', 'half.csv.part', 'link'],
    ...['refused/bad.csv', 'refused/bad.csv.reason.txt', 'refused/some.zip', 'refused/some.zip.reason.txt'],
  ]);
  expect(fs.readFileSync(path.join(inbox(), 'refused/bad.csv.reason.txt'), 'utf8')).toMatch(/^\[BAD_INPUT\].*\n→ /);
  expect(fs.readFileSync(path.join(inbox(), 'refused/some.zip.reason.txt'), 'utf8')).toContain(
    '1 of its 2 files came in',
  );
  expect(await accounts()).toEqual(['ACC1', 'ACC2', 'ACC3']);
  expect(stdout.trimEnd().split('\n')).toHaveLength(4);
  expect(stdout).toContain('half.csv.part: it is still being written');
  expect(stderr.trimEnd().split('\n')).toHaveLength(2);
  for (const line of (stdout + stderr).trimEnd().split('\n')) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z import /);
});

test('the command that a refused file is told with names it where it lies then', async () => {
  put('a bank.csv', '31.01.2020;Shop;-12,50\n01.02.2020;Cafe;-3,50\n');
  const { stderr } = await runInbox();
  const command = `finance-db import --learn '${inbox()}/refused/a bank.csv' --yes`;
  expect(stderr).toContain(command);
  expect(fs.readFileSync(path.join(inbox(), 'refused/a bank.csv.reason.txt'), 'utf8')).toContain(command);
  expect((await fixture.run('import', '--learn', `${inbox()}/refused/a bank.csv`, '--yes')).code).toBe(0);
});

test('an empty inbox is quiet and asks for no server', async () => {
  fs.mkdirSync(inbox());
  const { code, stdout, stderr } = await fixture.run(
    'import',
    '--inbox',
    inbox(),
    '--database-url',
    'postgres://127.0.0.1:1/x',
  );
  expect([code, stdout, stderr]).toEqual([0, '', '']);
  expect(JSON.parse((await runInbox('--json')).stdout)).toMatchObject({ status: 'ok', imports: [] });
});

test('a name that is taken is not replaced', async () => {
  for (const content of [statement(1), statement(2), statement(3)]) {
    put('a.sta', content);
    expect((await runInbox()).code).toBe(0);
  }
  put(`${'ä'.repeat(110)}.csv`, '<html>');
  expect((await runInbox()).code).toBe(2);
  const names = left();
  expect(names.filter((name) => name.startsWith('done/'))).toHaveLength(3);
  expect(names.filter((name) => name.startsWith('refused/'))).toHaveLength(2);
});

test('a file that grows while it is looked at, or after, is left for the next run', async () => {
  const file = fixture.file('inbox/a.sta', 'x');
  const options = { cwd: '/', now: () => new Date(), signal: new AbortController().signal, dryRun: false };
  const opening = openInbox(inbox(), options);
  const growing = setInterval(() => fs.appendFileSync(file, 'y'), 50);
  const first = await opening.finally(() => clearInterval(growing));
  expect([[...first.files.keys()], first.unfinished]).toEqual([[], [file]]);
  first.close();
  fs.utimesSync(file, LONG_AGO, LONG_AGO);
  const second = await openInbox(inbox(), options);
  expect([...second.files.keys()]).toEqual([file]);
  fs.appendFileSync(file, 'z');
  await fileAway(second, file, { imported: [], refused: [] }, new Date());
  second.close();
  expect(left()).toEqual(['a.sta']);
});

test('two runs at once: the second leaves with exit 4, and says who is at it', async () => {
  put('a.sta', statement(1));
  const options = { cwd: '/', now: () => new Date(), signal: new AbortController().signal, dryRun: false };
  const held = await openInbox(inbox(), options);
  const { code, stderr } = await runInbox();
  expect(code).toBe(4);
  expect(stderr).toMatch(new RegExp(`^\\S+Z error \\[INBOX_LOCKED\\].*process ${process.pid} `));
  held.close();
  expect((await runInbox()).code).toBe(0);
  expect(left()).toEqual(['done/a.sta']);
});

test('a PostgreSQL error in the middle: what came in is filed away, the rest stays and comes with the next run', async () => {
  put('1.sta', statement(1));
  expect((await runInbox()).code).toBe(0);
  for (const day of [2, 3, 4]) put(`${day}.sta`, statement(day));
  await fixture.rows(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.account_id = 'ACC3' THEN RAISE EXCEPTION 'disk is on fire'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER fail BEFORE INSERT ON transactions FOR EACH ROW EXECUTE FUNCTION fail()`);
  const { code, stderr } = await runInbox();
  expect(code).toBe(3);
  expect(stderr).toMatch(/error \[PG_QUERY\].*disk is on fire.*imported before that: /);
  expect(left()).toEqual(['3.sta', '4.sta', 'done/1.sta', 'done/2.sta']);
  expect(await accounts()).toEqual(['ACC1', 'ACC2']);
  await fixture.rows('DROP TRIGGER fail ON transactions');
  expect((await runInbox()).code).toBe(0);
  expect(await accounts()).toEqual(['ACC1', 'ACC2', 'ACC3', 'ACC4']);
  expect(left()).toEqual(['done/1.sta', 'done/2.sta', 'done/3.sta', 'done/4.sta']);
});

test('a dry run moves nothing, and no line of it reads like one of an import', async () => {
  put('a.sta', statement(1));
  const { code, stdout } = await runInbox('--dry-run');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^\S+Z import dry-run ok \S+: .* new=1 .*\n$/),
  });
  expect(left()).toEqual(['a.sta']);
});

test('an inbox that is not there, or a file', async () => {
  expect(await fixture.run('import', '--inbox', 'nowhere')).toMatchObject({ code: 2 });
  expect(await fixture.run('import', '--inbox', fixture.file('f', ''))).toMatchObject({ code: 2 });
});
