import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { InputFile } from '../../src/app/import/inputFile.ts';
import { learnProfile } from '../../src/app/import/learn.ts';
import { openStatements } from '../../src/app/import/openStatements.ts';
import type { ImportRequest } from '../../src/app/import/request.ts';
import type { Config } from '../../src/config/config.ts';
import { parseProfile } from '../../src/ingest/csv/profileJson.ts';
import { temporaryFolder } from '../support/folder.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** `Währung` and `Müller` as cp850 writes them: bytes that Windows-1252 has as other signs. */
const CP850 = Buffer.from('Datum;Text;Betrag;W\x84hrung\n31.01.2020;M\x81ller;-12,50;EUR\n', 'latin1');
const PROFILE = {
  name: 'old',
  match: { header: ['Datum', 'Text', 'Betrag', 'Währung'] },
  delimiter: ';',
  columns: { date: 'Datum', amount: 'Betrag', currency: 'Währung', text: ['Text'] },
  dateFormat: 'DMY',
  decimalMark: ',',
};

function input(content: string | Buffer): InputFile {
  const file = path.join(folder.path, 'f.csv');
  fs.writeFileSync(file, content);
  return { name: 'f.csv', path: file, bytes: fs.statSync(file).size };
}

function profile(changes: Record<string, unknown>): void {
  const file = path.join(folder.path, 'profiles', `${String(changes.name)}.json`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(changes));
}

function request(changes: Partial<ImportRequest> = {}): ImportRequest {
  return {
    config: { home: folder.path, baseCurrency: 'EUR' } as Config,
    cwd: folder.path,
    stdin: process.stdin,
    now: () => new Date(0),
    signal: new AbortController().signal,
    account: null,
    format: null,
    profile: null,
    encoding: null,
    dateOrder: null,
    dryRun: false,
    allNew: false,
    rules: [],
    settings: [],
    ...changes,
  };
}

async function texts(file: InputFile, changes: Partial<ImportRequest> = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const events of (await openStatements(file, request(changes))).events())
    for (const event of events) if (event.kind === 'entry') found.push(event.text);
  return found;
}

test("a profile's encoding applies to the header that it is known by, and to the rows", async () => {
  profile({ ...PROFILE, encoding: 'cp850' });
  expect(await texts(input(CP850))).toEqual(['Müller']);
});

test('without it the header is another, unless --encoding says so', async () => {
  profile(PROFILE);
  await expect(texts(input(CP850))).rejects.toMatchObject({ code: 'BAD_INPUT' });
  expect(await texts(input(CP850), { encoding: 'cp850' })).toEqual(['Müller']);
});

test('a profile in an encoding that the bytes cannot have does not fit', async () => {
  profile({ ...PROFILE, encoding: 'utf-8' });
  await expect(texts(input(CP850))).rejects.toMatchObject({ code: 'BAD_INPUT' });
});

test('--learn keeps the encoding that was given', async () => {
  const file = input(CP850);
  const learnt = await learnProfile(request({ encoding: 'cp850', profile: 'mine' }), 'f.csv');
  expect(parseProfile('mine', fs.readFileSync(learnt.path, 'utf8')).encoding).toBe('cp850');
  expect(await texts(file)).toEqual(['Müller']);
});

test('of two profiles that fit the one with more names counts', async () => {
  profile({
    ...PROFILE,
    name: 'open',
    match: { header: ['Datum', 'Betrag'], extraColumns: true },
    columns: { date: 'Datum', amount: 'Betrag', text: [] },
  });
  profile(PROFILE);
  expect((await openStatements(input('Datum;Text;Betrag;Währung\n31.01.2020;a;-1,00;EUR\n'), request())).source).toBe(
    'csv:old',
  );
});

test('a profile without header names is used only when it is named', async () => {
  profile({
    name: 'plain',
    delimiter: ';',
    columns: { date: 1, amount: 3, text: [2] },
    dateFormat: 'DMY',
    decimalMark: ',',
  });
  const file = input('31.01.2020;Shop;-12,50\n01.02.2020;Cafe;-3,50\n');
  await expect(texts(file)).rejects.toMatchObject({ code: 'IMPORT_DOUBTFUL' });
  expect(await texts(file, { profile: 'plain' })).toEqual(['Shop', 'Cafe']);
});

test.each([
  ['umsatz.csv', {}, 'finance-db import --learn umsatz.csv'],
  ['my bank.csv', { account: 'my giro' }, "finance-db import --learn 'my bank.csv' --account 'my giro'"],
  ["Anna's (1).csv", {}, `finance-db import --learn 'Anna'"'"'s (1).csv' --profile Anna-s-1`],
  [
    '-f.csv',
    { encoding: 'latin1', settings: ['--home', '/srv/my bank'] },
    "finance-db import --learn ./-f.csv --profile f --encoding latin1 --home '/srv/my bank'",
  ],
])('the command that is suggested for %s can be copied', async (name, given, command) => {
  const file = { ...input('Datum;Text;Betrag\n31.01.2020;a;-1,00\n'), name };
  const error = await openStatements(file, request(given)).catch((problem: unknown) => problem);
  expect((error as { remedy: string }).remedy).toContain(`\`${command} --yes\``);
});

test('dates that can be read in two orders: the other one is named, and --date-order is obeyed or refused', async () => {
  const file = input('Date;Text;Amount\n02/03/2020;Shop;-12.50\n02/04/2020;Cafe;-1.00\n');
  const error = await openStatements(file, request()).catch((problem: unknown) => problem);
  expect((error as { remedy: string }).remedy).toContain('add --date-order MDY');
  const wrong = await openStatements(file, request({ dateOrder: 'YMD' })).catch((problem: unknown) => problem);
  expect((wrong as Error).message).toContain('cannot be read in the order YMD');
  const days = async (dateOrder: 'DMY' | 'MDY' | 'YMD') =>
    (await learnProfile(request({ dateOrder, profile: dateOrder }), 'f.csv')).preview.map(({ date }) => date);
  expect(await days('DMY')).toEqual(['2020-03-02', '2020-04-02']);
  expect(await days('MDY')).toEqual(['2020-02-03', '2020-02-04']);
});

const HEADERLESS = '31.01.2020;Shop;-12,50\n01.02.2020;Cafe;-3,50\n';

test('what --learn says to do next works: without a header the profile is named', async () => {
  const file = input(HEADERLESS);
  const learnt = await learnProfile(request({ account: 'giro' }), 'f.csv');
  expect(learnt).toMatchObject({ made: true, next: 'finance-db import f.csv --profile f' });
  await expect(texts(file)).rejects.toMatchObject({ code: 'IMPORT_DOUBTFUL' });
  expect(await texts(file, { profile: 'f' })).toEqual(['Shop', 'Cafe']);
});

test('with a header it is found, unless another profile has the same one', async () => {
  input('Datum;Text;Betrag\n31.01.2020;a;-1,00\n');
  expect(await learnProfile(request(), 'f.csv')).toMatchObject({ next: 'finance-db import f.csv', namedOnly: null });
  expect(await learnProfile(request({ profile: 'other', account: 'giro' }), 'f.csv')).toMatchObject({
    next: 'finance-db import f.csv --profile other',
    namedOnly: 'the profile f has the same header',
  });
});

test('learning the same again says so; learning something else by that name is refused, with what reads by it', async () => {
  input(HEADERLESS);
  await learnProfile(request(), 'f.csv');
  expect(await learnProfile(request(), 'f.csv')).toMatchObject({ made: false });
  await expect(learnProfile(request({ account: 'giro' }), 'f.csv')).rejects.toMatchObject({
    code: 'USAGE',
    remedy: expect.stringContaining('`finance-db import f.csv --profile f` reads by it'),
  });
});

test('--learn takes one file: of a folder of several it takes none', async () => {
  input(HEADERLESS);
  fs.writeFileSync(path.join(folder.path, 'g.csv'), HEADERLESS);
  await expect(learnProfile(request({ profile: 'x' }), '.')).rejects.toMatchObject({
    code: 'USAGE',
    remedy: expect.stringContaining('f.csv'),
  });
  expect(fs.existsSync(path.join(folder.path, 'profiles'))).toBe(false);
});
