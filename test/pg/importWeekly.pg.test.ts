import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { sharedData } from '../support/sharedData.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

/** A row as a bank's file has it: nothing in it is a key. */
interface Row {
  readonly day: string;
  readonly account: string;
  readonly text: string;
  readonly amount: string;
}

const PROFILE = JSON.stringify({
  name: 'weekly',
  match: { header: ['date', 'account', 'text', 'amount'] },
  delimiter: ';',
  columns: { date: 'date', account: 'account', amount: 'amount', text: ['text'] },
  dateFormat: 'YMD',
  currency: 'CZK',
});

function fileOf(rows: readonly Row[]): string {
  return `date;account;text;amount\n${rows.map(({ day, account, text, amount }) => `${day};${account};"${text}";${amount}\n`).join('')}`;
}

/** What is stored, and what should be, as sorted lists: equal rows count as often as they are there. */
async function expectStored(rows: readonly Row[]): Promise<void> {
  const stored = await fixture.rows(
    `SELECT "timestamp"::date || '|' || account_id || '|' || amount AS row FROM transactions ORDER BY 1`,
  );
  const wanted = rows.map(({ day, account, amount }) => `${day}|${account}|${amount}`);
  expect(stored.map(({ row }) => row).sort()).toEqual(wanted.sort());
}

async function take(name: string, rows: readonly Row[]): Promise<void> {
  await fixture.imported([fixture.file(name, fileOf(rows))]);
}

const texts = ['Coffee', 'Coffee', 'Rent, flat 12', 'Müller & Söhne', ''];
const made = fc.array(
  fc.record({
    day: fc.integer({ min: 1, max: 28 }),
    account: fc.constantFrom('A', 'B', 'C'),
    text: fc.constantFrom(...texts),
    amount: fc.constantFrom('-3.50', '-3.50', '12.00', '-900.00'),
  }),
  { minLength: 200, maxLength: 400 },
);

test('files of several accounts with many equal rows, cut anywhere, lose and double nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      made,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 4 }),
      async (rows, cuts) => {
        await fixture.reset();
        fixture.file('home/profiles/weekly.json', PROFILE);
        const all: Row[] = rows
          .sort((a, b) => a.day - b.day)
          .map(({ day, ...rest }) => ({ ...rest, day: `2026-04-${String(day).padStart(2, '0')}` }));
        let covered = 0;
        for (const [index, cut] of cuts.entries()) {
          const end = Math.max(covered, Math.round(cut * all.length));
          // Each begins at a whole day within what came before, a week before its end at most.
          const from = Math.max(0, covered - 100);
          const begin = from === 0 ? 0 : all.findIndex(({ day }) => day === all[from]?.day);
          if (end > begin) await take(`${index}.csv`, all.slice(begin, end));
          covered = end;
          if (covered > 0) await expectStored(all.slice(0, covered));
        }
      },
    ),
    { numRuns: 3 },
  );
});

const data = sharedData('transactions-berka.csv');
if (data === undefined) test.skip('the shared files are not on this machine', () => {});
else
  test('accounts of a real bank, downloaded weekly with overlap, the newest day cut in half each time', async () => {
    fixture.file('home/profiles/weekly.json', PROFILE);
    const lines = fs.readFileSync(path.join(data, 'transactions-berka.csv'), 'utf8').trim().split('\n').slice(1);
    const rows: Row[] = lines.map((line) => {
      const [, time = '', amount = '', , text = '', , account = ''] = line.split(',');
      return { day: time.slice(0, 10), account, text, amount };
    });
    const seen = new Set<string>();
    const twins = rows.filter((row) => seen.size === seen.add(Object.values(row).join('|')).size);
    expect(twins).toHaveLength(63);
    // The accounts with identical rows, in the months that hold most of them: the whole file would take minutes.
    const accounts = new Set(twins.map(({ account }) => account));
    const all = rows
      .filter(({ account, day }) => accounts.has(account) && day >= '1993-12-01')
      .sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
    const days = [...new Set(all.map(({ day }) => day))];
    const files: string[] = [];
    for (let at = 6; at < days.length + 6; at += 7) {
      const [first, last] = [days[Math.max(0, at - 13)] ?? '', days[Math.min(at, days.length - 1)] ?? ''];
      const newest = all.filter(({ day }) => day === last);
      const whole = at >= days.length - 1;
      const half = newest.slice(0, whole ? newest.length : Math.ceil(newest.length / 2));
      const slice = [...all.filter(({ day }) => day >= first && day < last), ...half];
      files.push(fixture.file(`${String(files.length).padStart(3, '0')}.csv`, fileOf(slice)));
    }
    await fixture.imported(files);
    await expectStored(all);
  });
