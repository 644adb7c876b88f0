import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { putAside } from '../../src/postgres/imports/indexesAside.ts';
import { runCli } from '../support/cli.ts';
import { type ImportDocument, type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { type Entry, mt940Text, ofxText } from '../support/statementTexts.ts';
import { type ZippedFile, zipBytes } from '../support/zip.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

/** A statement of its own day and account; nothing of two of them is the same. */
function statement(day: number): string {
  const entries: Entry[] = [{ day: `2026-03-0${day}`, cents: -100 * day, text: `Shop ${day}` }];
  return mt940Text({ account: `ACC${day}`, currency: 'USD', openingCents: 0, entries });
}

interface Refused {
  readonly file: string;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Imports with --json, whatever the exit code. */
async function run(
  ...argv: string[]
): Promise<{ code: number; document: ImportDocument; refused: readonly Refused[] }> {
  const { code, stdout } = await fixture.run('import', ...argv, '--json');
  const document = JSON.parse(stdout) as ImportDocument & { refused?: readonly Refused[] };
  return { code, document, refused: document.refused ?? [] };
}

async function stored(): Promise<number> {
  const [row] = await fixture.rows(
    `SELECT CASE WHEN to_regclass('public.transactions') IS NULL THEN 0
       ELSE (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM public.transactions', false, true, '')))[1]::text::int END AS n`,
  );
  return Number(row?.n);
}

const zip = (name: string, files: readonly ZippedFile[]): string => fixture.file(name, zipBytes(files));

describe('what a name stands for', () => {
  test('a folder for its files, in the order of their names, without those in folders, hidden ones and links that lead back', async () => {
    fixture.file('in/b.sta', statement(2));
    fixture.file('in/a.sta', statement(1));
    fixture.file('in/.hidden', 'x');
    fixture.file('in/deeper/c.sta', statement(3));
    fs.symlinkSync('..', path.join(fixture.folder, 'in/up'));
    fs.symlinkSync('deeper/c.sta', path.join(fixture.folder, 'in/link.sta'));
    const { code, document } = await run(path.join(fixture.folder, 'in'));
    expect(code).toBe(0);
    expect(document.imports.map(({ file }) => path.basename(file))).toEqual(['a.sta', 'b.sta', 'link.sta']);
    expect(document).toMatchObject({
      left_aside: ['deeper', 'up'].map((name) => path.join(fixture.folder, 'in', name)),
    });
    const { stdout } = await fixture.run('import', 'in');
    expect(stdout).toContain(
      'import left in: folders=2 in it were not looked into → finance-db import in/deeper in/up',
    );
  });

  test('an empty folder is told', async () => {
    fs.mkdirSync(path.join(fixture.folder, 'in/deeper'), { recursive: true });
    const { code, refused } = await run(path.join(fixture.folder, 'in'));
    expect([code, refused[0]?.code]).toEqual([2, 'FILE_UNREADABLE']);
    expect(refused[0]?.remedy).toContain(`\`finance-db import ${fixture.folder}/in/deeper\``);
  });

  test.each([
    ['a statement', () => statement(1), '-'],
    ['an archive', () => zipBytes([{ name: 'x/a.sta', content: statement(1) }]), '-/x/a.sta'],
  ])('- for stdin: %s', async (_what, content, file) => {
    const stdin = content();
    const result = await runCli(['import', '-', '--json'], {
      env: { DATABASE_URL: fixture.database.url, FINANCE_DB_HOME: path.join(fixture.folder, 'home') },
      stdin: stdin as string,
    });
    expect(JSON.parse(result.stdout).imports).toMatchObject([{ file, new: 1 }]);
  });

  test('- twice is refused', async () => {
    expect((await fixture.run('import', '-', '-')).stderr).toContain('named twice');
  });

  test('what cannot be read is named, and the rest comes in', async () => {
    const pipe = path.join(fixture.folder, 'pipe');
    spawnSync('mkfifo', [pipe]);
    fs.symlinkSync('nowhere', path.join(fixture.folder, 'dangling'));
    fs.symlinkSync('circle', path.join(fixture.folder, 'circle'));
    const good = fixture.file('good.sta', statement(1));
    const names = ['missing.sta', 'dangling', 'circle', 'pipe'];
    const { code, document, refused } = await run(...names, good);
    expect(code).toBe(2);
    expect(refused.map(({ file, code }) => [file, code])).toEqual(names.map((name) => [name, 'FILE_UNREADABLE']));
    expect(refused.map(({ message }) => message).join('\n')).not.toMatch(/ENOENT|ELOOP/);
    expect(document).toMatchObject({ status: 'error', imports: [{ new: 1 }], error: { exit: 2 } });
  });
});

/** What stands between backticks in a message, without the name of the program, as a shell would have it. */
function pasted(text: string | undefined): string[] {
  return (/`finance-db ([^`]*)`/.exec(text ?? '')?.[1] ?? '').split(' ');
}

describe('a CSV file that nothing proves', () => {
  const HEADERLESS = '31.01.2020;Shop;-12,50\n01.02.2020;Cafe;-3,50\n';

  test('one command keeps the layout and imports the file; the next file is read by name', async () => {
    const archive = zip('all.zip', [
      { name: 'x/bank.csv', content: HEADERLESS },
      { name: 'b.sta', content: statement(1) },
    ]);
    const first = await run(archive);
    expect(first.refused.map(({ code }) => code)).toEqual(['IMPORT_DOUBTFUL']);
    const done = await fixture.run(...pasted(first.refused[0]?.remedy), '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({
      status: 'ok',
      profile: 'bank',
      imports: [{ file: `${archive}/x/bank.csv`, source: 'csv:bank', new: 2 }],
    });
    fixture.file('next.csv', HEADERLESS.replace('Cafe', 'Bar'));
    expect((await run('next.csv', '--profile', 'bank')).document.imports).toMatchObject([{ new: 1, known: 1 }]);
  });

  test('without --yes it is kept alone, and the command that is told then works', async () => {
    fixture.file('bank.csv', HEADERLESS);
    const { stdout } = await fixture.run('import', '--learn', 'bank.csv');
    expect(await stored()).toBe(0);
    expect((await fixture.run(...pasted(stdout))).stdout).toContain('csv:bank rows=2 new=2');
  });

  test('what cannot be read as it was shown leaves neither rows nor a profile', async () => {
    fixture.file('bank.csv', `Date;Text;Amount\n2020-01-31;Shop;-12.50\n2020-02-30;Cafe;-3.50\n`);
    const { code, stderr } = await fixture.run('import', '--learn', 'bank.csv', '--yes');
    expect([code, await stored()]).toEqual([2, 0]);
    expect(stderr).toContain('2020-02-30');
    expect(fs.readdirSync(path.join(fixture.folder, 'home/profiles'))).toEqual([]);
  });
});

test('a file without a currency is not taken for another than its account had: all its rows would come twice, as other money', async () => {
  const entries = [{ day: '2026-03-01', cents: -1250, text: 'Shop' }];
  const bank = fixture.file('a.sta', mt940Text({ account: 'A', currency: 'EUR', openingCents: 0, entries }));
  const later = fixture.file('b.csv', 'Date;Text;Amount\n2026-03-01;Shop;-12.50\n2026-03-02;Cafe;-3.00\n');
  await fixture.imported([bank]);
  await fixture.run('import', '--learn', later, '--account', 'A');
  const { code, refused } = await run(later);
  expect([code, refused[0]?.code, await stored()]).toEqual([2, 'IMPORT_DOUBTFUL', 1]);
  expect(refused[0]?.message).toContain('would be taken for USD');
  expect(refused[0]?.remedy).toContain('FINANCE_DB_BASE_CURRENCY=EUR or "currency": "EUR"');
  const env = { DATABASE_URL: fixture.database.url, FINANCE_DB_HOME: path.join(fixture.folder, 'home') };
  const done = await runCli(['import', later, '--json'], { env: { ...env, FINANCE_DB_BASE_CURRENCY: 'EUR' } });
  expect(JSON.parse(done.stdout).imports).toMatchObject([{ new: 1, known: 1 }]);
});

describe('archives', () => {
  test('several statements, a bad one among them: the good ones come in, the bad one is named', async () => {
    const file = zip('march.zip', [
      { name: 'a.sta', content: statement(1) },
      { name: 'b.csv', content: '<html><body>Please log in</body></html>' },
      { name: '__MACOSX/._a', content: 'x' },
      { name: 'inner/c.sta', content: statement(2), deflated: true },
    ]);
    const { code, document, refused } = await run(file);
    expect(code).toBe(2);
    expect(document.imports.map(({ file: name }) => name)).toEqual([`${file}/a.sta`, `${file}/inner/c.sta`]);
    expect(refused).toMatchObject([{ file: `${file}/b.csv`, code: 'BAD_INPUT' }]);
  });

  test.each<[string, () => Buffer, RegExp]>([
    [
      'an archive in it',
      () => zipBytes([{ name: 'in.zip', content: zipBytes([{ name: 'a', content: 'x' }]) }]),
      /archive within/,
    ],
    [
      'a workbook',
      () =>
        zipBytes([
          { name: 'x', content: 'y'.repeat(70000) },
          { name: 'xl/workbook.xml', content: '' },
        ]),
      /Excel workbook/,
    ],
    [
      'an .ods',
      () =>
        zipBytes([
          { name: 'mimetype', content: 'm' },
          { name: 'content.xml', content: '' },
        ]),
      /save it as CSV|spreadsheet/,
    ],
    ['nothing', () => zipBytes([]), /no files/],
    [
      'its end cut off',
      () => zipBytes([{ name: 'a.sta', content: statement(1) }]).subarray(0, 60),
      /cut or damaged|cannot be unpacked/,
    ],
    [
      'a size that lies',
      () => zipBytes([{ name: 'a.sta', content: 'x'.repeat(5000), deflated: true, stated: 10 }]),
      /cannot be unpacked/,
    ],
    [
      'a bomb',
      () => zipBytes([{ name: 'a.sta', content: '0', deflated: true, stated: 3_000_000_000 }]),
      /would unpack/,
    ],
    [
      'many that are a bomb together',
      () =>
        zipBytes(Array.from({ length: 40 }, (_, index) => ({ name: `${index}`, content: '0', stated: 99_000_000 }))),
      /would unpack/,
    ],
    [
      'a password',
      () => zipBytes([{ name: 'a.sta', content: statement(1), deflated: true, encrypted: true }]),
      /encrypted/,
    ],
  ])('%s: refused, and nothing is left in the temporary folder', async (_what, bytes, words) => {
    const file = fixture.file('x.zip', bytes());
    const { code, refused } = await run(file);
    expect([code, refused[0]?.code]).toEqual([2, 'BAD_INPUT']);
    expect(`${refused[0]?.message} ${refused[0]?.remedy}`).toMatch(words);
    expect(await stored()).toBe(0);
  });
});

describe('bad input: named by file, place, field and value, and nothing of the file is loaded', () => {
  const good: Entry = { day: '2026-03-02', cents: -350, text: 'Coffee' };
  const ofx = (...entries: Entry[]): string => ofxText({ account: 'A', currency: 'USD', openingCents: 0, entries });
  const cases: [string, string, string | Buffer, RegExp][] = [
    [
      'too large',
      'a.ofx',
      ofx(good, { ...good, id: '2' }).replace(/<TRNAMT>-3.50(?![\s\S]*TRNAMT)/, '<TRNAMT>-99999999999999.50'),
      /a\.ofx:\d+ .*record 2.*99999999999999\.50/,
    ],
    ['three decimals', 'a.ofx', ofx(good).replace('-3.50', '-3.505'), /a\.ofx:\d+ .*-3\.505/],
    ['no day', 'a.ofx', ofx(good).replace('<DTPOSTED>20260302', '<DTPOSTED>20260230'), /a\.ofx:\d+ .*20260230/],
    ['no amount', 'a.ofx', ofx(good).replace('-3.50', 'n/a'), /a\.ofx:\d+ .*n\/a/],
    ['cut', 'a.ofx', ofx(good).slice(0, -90), /a\.ofx/],
    ['cut MT940', 'a.sta', statement(1).slice(0, -25), /a\.sta/],
    ["a bank's own error", 'a.csv', '{"error":{"message":"Session expired"}}', /Session expired/],
    ['a web page', 'a.csv', '<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table></body></html>', /web page/],
    ['.xls', 'a.xls', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0, 0, 0, 0]), /save it as CSV/],
    ['empty', 'a.csv', '', /empty/],
    ['blank', 'a.csv', ' \n\n', /white space/],
    [
      'entities',
      'a.xml',
      `<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>&b;</Id></Stmt></BkToCstmrStmt></Document>`,
      /a\.xml/,
    ],
  ];
  test.each(cases)('%s', async (_what, name, content, words) => {
    const before = fixture.file('before.sta', statement(1));
    const after = fixture.file('c/after.sta', statement(2));
    const { code, document, refused } = await run(before, fixture.file(name, content), path.dirname(after));
    expect(code).toBe(2);
    expect(document.imports).toHaveLength(2);
    expect(refused).toHaveLength(1);
    expect(`${refused[0]?.message} ${refused[0]?.remedy}`).toMatch(words);
    expect(refused[0]?.remedy).not.toBe('');
    expect(await stored()).toBe(2);
  });
});

test('names that stand for nothing start no server, and none is made', async () => {
  const home = path.join(fixture.folder, 'new-home');
  const options = { cwd: fixture.folder, env: { FINANCE_DB_HOME: home } };
  const { code, stdout, stderr } = await runCli(['import', 'nothere.csv', 'nor-this', '--json'], options);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'error',
    refused: [
      { file: 'nothere.csv', code: 'FILE_UNREADABLE' },
      { file: 'nor-this', code: 'FILE_UNREADABLE' },
    ],
  });
  expect(stderr).toContain('cannot read nothere.csv: there is no such file');
  expect(fs.existsSync(home)).toBe(false);
});

test('the parts of a batch in CAMT are rows of their own', async () => {
  const part = (id: string, amount: string, name: string): string =>
    `<TxDtls><Refs><AcctSvcrRef>${id}</AcctSvcrRef></Refs><Amt Ccy="CHF">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Nm>${name}</Nm></Dbtr></RltdPties></TxDtls>`;
  const file = fixture.file(
    'batch.xml',
    `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.04"><BkToCstmrDbtCdtNtfctn>
<Ntfctn><Id>N1</Id><Acct><Id><IBAN>CH9300762011623852957</IBAN></Id><Ccy>CHF</Ccy></Acct>
<Ntry><Amt Ccy="CHF">350.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-05</Dt></BookgDt>
<NtryDtls>${part('T1', '100.00', 'Anna Muster')}${part('T2', '250.00', 'Beat Beispiel')}</NtryDtls></Ntry>
<Ntry><Amt Ccy="CHF">20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-06</Dt></BookgDt><AddtlNtryInf>Fee</AddtlNtryInf></Ntry>
</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>`,
  );
  const { code, document } = await run(file);
  expect([code, document.imports[0]?.rows, document.imports[0]?.new]).toEqual([0, 3, 3]);
  expect(
    await fixture.rows(
      'SELECT r.record, t.amount, t.merchant FROM transaction_import_rows r JOIN transactions t USING (tx_id) ORDER BY 1',
    ),
  ).toEqual([
    { record: '1', amount: '100.00', merchant: 'Anna Muster' },
    { record: '2', amount: '250.00', merchant: 'Beat Beispiel' },
    { record: '3', amount: '-20.00', merchant: 'Fee' },
  ]);
});

describe('what is told', () => {
  test('JSON of a success, a dry run and a refusal has what the Contract names', async () => {
    const file = fixture.file('a.sta', statement(1));
    const dry = await run(file, '--dry-run');
    const done = await run(file);
    const bad = await run(fixture.file('b.sta', ''));
    const fields = {
      ...{ file, format: 'mt940', account: 'ACC1', statements: 1, rows: 1, new: 1, known: 0, possible_duplicates: 0 },
      skipped: { pending: 0, investment: 0, other: 0 },
      balances: { checked: 1, closed: 1 },
      ...{ first: '2026-03-01', last: '2026-03-01', sum: -1 },
    };
    const rest = {
      transfers: 0,
      categories: { rule: 0, history: 0, mcc: 0, learnt: 0 },
      normalized: { same: 1, bank: 0, rates: 0, missing: 0 },
    };
    expect(dry.document).toMatchObject({ status: 'dry-run', imports: [fields], ...rest });
    expect(dry.document.imports[0]).not.toHaveProperty('id');
    expect(dry.document.imports[0]).toMatchObject({
      largest: [{ day: '2026-03-01', account: 'ACC1', amount: -1, currency: 'USD', category: null }],
      uncategorised: [{ rows: 1, sum: -1 }],
    });
    expect(done.document.imports[0]).not.toHaveProperty('largest');
    expect(done.document).toMatchObject({ status: 'ok', imports: [{ id: 1, ...fields }], ...rest });
    expect(bad.document).toMatchObject({
      status: 'error',
      error: { code: 'BAD_INPUT', exit: 2 },
      imports: [],
      transfers: 0,
      categories: { rule: 0, history: 0, mcc: 0, learnt: 0, none: 0 },
      normalized: { same: 0, bank: 0, rates: 0, missing: 0 },
    });
  });

  test('a dry run of several overlapping files tells what they bring together, and leaves not even the tables', async () => {
    const entries: Entry[] = [1, 2, 3].map((day) => ({ day: `2026-03-0${day}`, cents: -day, text: `S ${day}` }));
    const part = (from: number, to: number): string =>
      mt940Text({ account: 'A', currency: 'USD', openingCents: 0, entries: entries.slice(from, to) });
    const { document } = await run(
      '--dry-run',
      fixture.file(
        'bad.ofx',
        ofxText({ account: 'A', currency: 'USD', openingCents: 0, entries }).replace('-0.01', 'x'),
      ),
      fixture.file('1.sta', part(0, 2)),
      fixture.file('2.sta', part(1, 3)),
    );
    expect(document.imports.map((one) => [one.new, one.known])).toEqual([
      [2, 0],
      [1, 1],
    ]);
    expect(await fixture.rows(`SELECT relname FROM pg_class WHERE relname LIKE 'transaction%'`)).toEqual([]);
  });

  test('a line a file, whatever is in its name', async () => {
    const name = 'in/evil\n2026-01-01T00:00:00Z import ok x\u001b[31m.sta';
    const good = fixture.file(name, statement(1));
    const bad = fixture.file(`${name}2`, 'x');
    const { code, stdout, stderr } = await fixture.run('import', good, bad);
    expect(code).toBe(2);
    for (const text of [stdout, stderr]) {
      expect(text.trimEnd().split('\n')).toHaveLength(1);
      expect(text).not.toContain('\u001b');
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z import (ok|refused) /);
    }
  });

  test.each([80, 120])('%i columns of a terminal: whole, and nothing that matters is left out', async (columns) => {
    const options = {
      cwd: fixture.folder,
      env: { TERM: 'dumb', DATABASE_URL: fixture.database.url, FINANCE_DB_HOME: path.join(fixture.folder, 'home') },
      columns,
    };
    fixture.file('a-rather-long-name-of-a-file-from-the-bank-2026-03.sta', statement(1));
    fixture.file('in/b.sta', statement(2));
    fixture.file('bad.sta', '');
    const names = ['a-rather-long-name-of-a-file-from-the-bank-2026-03.sta', 'in', 'bad.sta', 'none.sta'];
    const dry = await runCli(['import', ...names, '--dry-run'], options);
    const done = await runCli(['import', ...names], options);
    const list = await runCli(['import', '--list'], options);
    const text = dry.stdout + done.stdout + done.stderr + list.stdout;
    expect(Math.max(...text.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(columns);
    for (const word of [
      'statements',
      'possible duplicates',
      'balances',
      'days',
      'sum',
      'largest',
      'Without a category',
    ])
      expect(dry.stdout).toContain(word);
    for (const word of ['new', 'known', 'alike', '1 of 1 close', '-1.00']) expect(done.stdout).toContain(word);
    expect(done.stderr).toContain('2 files were refused');
    expect(list.stdout).not.toContain('│ … │');
  });

  test('a file for which a flag is wrong is refused, and the others come in', async () => {
    const two = fixture.file('two.sta', statement(1) + statement(2));
    const one = fixture.file('one.sta', statement(3));
    const { code, document, refused } = await run(two, one, '--account', 'MINE');
    expect(code).toBe(2);
    expect(refused).toMatchObject([{ file: two, code: 'USAGE' }]);
    expect(document.imports).toMatchObject([{ file: one, account: 'MINE' }]);
  });

  test.each([
    [['--encoding', 'klingon'], /klingon/],
    [['--profile', 'none'], /there is no profile/],
  ])('%j is told before anything is read', async (flags, words) => {
    const { code, stderr } = await fixture.run('import', fixture.file('a.sta', statement(1)), ...flags);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
    expect(await stored()).toBe(0);
  });
});

describe('indexes while an empty table is filled', () => {
  const table = { schema: 'public', name: 'filled' };
  const indexes = (name: string) =>
    fixture.rows(
      `SELECT indexrelid::regclass::text AS index, pg_get_indexdef(indexrelid) AS definition, indisunique, indisprimary, indisvalid,
         (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f') AS constraint
       FROM pg_index WHERE indrelid = '${name}'::regclass ORDER BY 1`,
    );

  test('many rows into the table that init makes: afterwards it has the same indexes and constraints, and all rows', async () => {
    expect((await fixture.run('init', '--no-sample')).code).toBe(0);
    const before = await indexes('transactions');
    const identities = () =>
      fixture.rows("SELECT indexrelid AS oid FROM pg_index WHERE indrelid = 'transactions'::regclass");
    const old = await identities();
    expect(old).toHaveLength(4);
    const entries = Array.from({ length: 10_500 }, (_, at) => ({ day: '2026-03-05', cents: -at, text: `Shop ${at}` }));
    const text = mt940Text({ account: 'ACC', currency: 'USD', openingCents: 0, entries });
    const { imports } = await fixture.imported([fixture.file('many.sta', text)]);
    expect(imports[0]).toMatchObject({ new: 10_500, known: 0 });
    expect(await indexes('transactions')).toEqual(before);
    // They were built from all rows at once, after them.
    expect((await identities()).filter(({ oid }) => old.some((one) => one.oid === oid))).toEqual([]);
    expect(await fixture.rows('SELECT count(DISTINCT tx_id) AS n FROM transactions')).toEqual([{ n: '10500' }]);
    expect((await indexes('transaction_import_rows')).map(({ definition }) => definition)).toEqual([
      'CREATE INDEX transaction_import_rows_account_id_booked_idx ON public.transaction_import_rows USING btree (account_id, booked)',
      'CREATE UNIQUE INDEX transaction_import_rows_pkey ON public.transaction_import_rows USING btree (import_id, record)',
    ]);
  });

  test.each([
    ['an index of words', 'CREATE INDEX "Odd name" ON filled (lower(text))', ['"Odd name"']],
    ['a comment', "CREATE INDEX told ON filled (text); COMMENT ON INDEX told IS 'mine'", ['told']],
    ['an order of rows', 'CREATE INDEX ordered ON filled (text); ALTER TABLE filled CLUSTER ON ordered', ['ordered']],
    ['an identity', 'ALTER TABLE filled REPLICA IDENTITY USING INDEX filled_pkey', ['filled_pkey']],
    ['a view', 'CREATE VIEW grouped AS SELECT id, text FROM filled GROUP BY id', ['filled_pkey']],
    ['a foreign key', 'CREATE TABLE of_it (id int REFERENCES filled)', ['all']],
    [
      'a trigger',
      'CREATE TABLE other (id int PRIMARY KEY); ALTER TABLE filled ADD FOREIGN KEY (id) REFERENCES other',
      ['all'],
    ],
    ['a row', "INSERT INTO filled VALUES (1, 'x')", ['all']],
    ['nothing', 'CREATE UNIQUE INDEX part ON filled (text) INCLUDE (id) WHERE id > 7', []],
  ])('%s keeps what depends on it where it is; the rest is made anew as it was', async (_, sql, kept) => {
    await fixture.session.query(`CREATE TABLE filled (id int PRIMARY KEY, text text UNIQUE); ${sql}`);
    const before = await indexes('filled');
    await fixture.session.query('BEGIN; SET LOCAL search_path = pg_catalog');
    const aside = await putAside(fixture.session, table);
    const left = (await indexes('public.filled')).map(({ index }) => String(index).replace('public.', ''));
    for (const { make } of aside) await fixture.session.query(make);
    await fixture.session.query('COMMIT');
    expect(left).toEqual(kept.includes('all') ? before.map(({ index }) => index) : kept);
    expect(await indexes('filled')).toEqual(before);
  });

  test('a table that somebody uses at this moment is filled as it is, and nobody waits', async () => {
    await fixture.session.query('CREATE TABLE filled (id int PRIMARY KEY)');
    const other = await fixture.database.session();
    try {
      await other.query('BEGIN; SELECT FROM filled');
      await fixture.session.query('BEGIN');
      expect(await putAside(fixture.session, table)).toEqual([]);
      await fixture.session.query('INSERT INTO filled VALUES (1); COMMIT');
    } finally {
      await other.close();
    }
  });
});
