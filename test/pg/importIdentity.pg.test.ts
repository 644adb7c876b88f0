import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import {
  CSV_PROFILE,
  csvText,
  type Entry,
  mt940Text,
  ofxText,
  type Statement,
  totalCents,
} from '../support/statementTexts.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
/** Files of few rows prove nothing by their balance; a profile does. */
const start = async (): Promise<void> => {
  await fixture.reset();
  fixture.file('home/profiles/bank.json', CSV_PROFILE);
};
beforeEach(start);

const ACCOUNT = 'GIRO';
const coffee: Entry = { day: '2026-03-02', cents: -350, text: 'Coffee corner' };
const rent: Entry = { day: '2026-03-03', cents: -90000, text: 'Rent March, flat 12' };
const pay: Entry = { day: '2026-03-04', cents: 250000, text: 'Salary Example Ltd' };

function statement(entries: readonly Entry[], openingCents = 100000): Statement {
  return { account: ACCOUNT, currency: 'USD', openingCents, entries };
}

/** What one file of these entries brought. */
async function importOf(
  name: string,
  content: string,
  ...flags: string[]
): Promise<{ new: number; known: number; possible_duplicates: number }> {
  const { imports } = await fixture.imported([fixture.file(name, content)], '--account', ACCOUNT, ...flags);
  const [one] = imports;
  if (one === undefined) throw new Error('nothing was imported');
  return { new: one.new, known: one.known, possible_duplicates: one.possible_duplicates };
}

async function stored(): Promise<number> {
  const [row] = await fixture.rows('SELECT count(*) AS n FROM transactions');
  return Number(row?.n);
}

describe('the same entries again', () => {
  test('keys are the documented hashes, so that other versions and databases give the same', async () => {
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const uuid = (text: string): string => md5(text).replace(/^(.{8})(.{4})(.{4})(.{4})(.*)$/, '$1-$2-$3-$4-$5');
    const byText = (rest: string, number: number): string => `i${md5(`text|${uuid(`${ACCOUNT}|${rest}`)}|${number}`)}`;
    const byBank = (rest: string): string => `i${md5(`bank|${uuid(`${ACCOUNT}|${rest}`)}`)}`;
    const shared = { ...rent, id: 'X1' };
    const entries = [coffee, coffee, { ...pay, id: 'P-77' }, shared, { ...shared, day: pay.day }];
    await importOf('a', ofxText(statement(entries)));
    const rows = await fixture.rows('SELECT tx_id FROM transactions ORDER BY "timestamp", tx_id');
    const expected = [
      byText('2026-03-02|-3.50|USD|COFFEECORNER', 1),
      byText('2026-03-02|-3.50|USD|COFFEECORNER', 2),
      byText('2026-03-03|-900.00|USD|RENTMARCHFLAT12', 1),
      byBank('2026-03-04|2500.00|USD|P-77'),
      byText('2026-03-04|-900.00|USD|RENTMARCHFLAT12', 1),
    ];
    expect(rows.map(({ tx_id }) => tx_id).sort()).toEqual(expected.sort());
  });

  test.each([
    ['CSV', csvText],
    ['OFX', ofxText],
    ['MT940', mt940Text],
  ])('%s: the same file twice brings nothing', async (_format, write) => {
    const text = write(statement([coffee, coffee, rent]));
    expect(await importOf('a', text)).toMatchObject({ new: 3, known: 0 });
    expect(await importOf('b', text)).toEqual({ new: 0, known: 3, possible_duplicates: 0 });
  });

  test('the same bytes read in another way are compared like any other file', async () => {
    const text = csvText(statement([coffee, coffee, rent]));
    await importOf('a', text);
    await fixture.rows('DELETE FROM transactions WHERE amount = -3.50');
    expect(await importOf('a', text)).toEqual({ new: 0, known: 3, possible_duplicates: 0 });
    const { imports } = await fixture.imported([`${fixture.folder}/a`], '--account', 'OTHER');
    expect(imports[0]).toMatchObject({ new: 3, known: 0 });
    // A profile that was wrong, and is corrected under its name.
    const { columns, ...rest } = JSON.parse(CSV_PROFILE);
    const wrong = { ...rest, columns: { ...columns, amount: 'Balance', balance: undefined } };
    fixture.file('home/profiles/bank.json', JSON.stringify(wrong));
    expect(await importOf('a', text)).toMatchObject({ new: 3, known: 0 });
    fixture.file('home/profiles/bank.json', CSV_PROFILE);
    expect(await importOf('a', text)).toEqual({ new: 0, known: 3, possible_duplicates: 0 });
  });

  test('two equal purchases on a day stay two, and a third that comes later is one more', async () => {
    await importOf('a', csvText(statement([coffee, coffee])));
    expect(await importOf('b', csvText(statement([coffee, coffee, coffee])))).toMatchObject({ new: 1, known: 2 });
    expect(await stored()).toBe(3);
  });

  test('a file cut in the middle of a day: the rest of the day comes with the next', async () => {
    await importOf('a', csvText(statement([coffee, rent])));
    const whole = [coffee, rent, { ...rent, text: 'Power' }, pay];
    expect(await importOf('b', csvText(statement(whole)))).toMatchObject({ new: 2, known: 2 });
  });

  test('ids that begin anew in each file tell entries of different days apart', async () => {
    await importOf('a', ofxText(statement([{ ...coffee, id: '1' }])));
    const next = { ...coffee, day: '2026-03-09', id: '1' };
    expect(await importOf('b', ofxText(statement([next])))).toMatchObject({ new: 1, known: 0 });
  });

  test('ids tell equal entries of one day apart, though they come in two files', async () => {
    await importOf('a', ofxText(statement([{ ...coffee, id: 'A' }])));
    expect(await importOf('b', ofxText(statement([{ ...coffee, id: 'B' }])))).toMatchObject({
      new: 1,
      possible_duplicates: 1,
    });
    expect(
      await importOf(
        'c',
        ofxText(
          statement([
            { ...coffee, id: 'A' },
            { ...coffee, id: 'B' },
          ]),
        ),
      ),
    ).toMatchObject({ new: 0 });
  });

  test('an id that comes twice in its file is no id', async () => {
    const twice = [
      { ...coffee, id: '7' },
      { ...rent, id: '7' },
    ];
    await importOf('a', ofxText(statement(twice)));
    expect(await importOf('b', ofxText(statement([{ ...rent, id: '7' }])))).toMatchObject({ new: 0, known: 1 });
  });

  test('a bank that makes its ids anew for each download: complete days show it', async () => {
    const entries = (prefix: string): Entry[] =>
      [coffee, rent, { ...rent, text: 'Power' }, pay].map((entry, index) => ({ ...entry, id: `${prefix}${index}` }));
    await importOf('a', ofxText(statement(entries('x'))));
    expect(await importOf('b', ofxText(statement(entries('y'))))).toEqual({ new: 0, known: 4, possible_duplicates: 0 });
  });
});

describe('the same account from another source', () => {
  test('CSV and later OFX with the same texts', async () => {
    const entries = [coffee, rent, pay].map((entry, index) => ({ ...entry, id: `F${index}` }));
    await importOf('a.csv', csvText(statement(entries)));
    expect(await importOf('b.ofx', ofxText(statement(entries)))).toEqual({ new: 0, known: 3, possible_duplicates: 0 });
    // And its ids are known from then on.
    expect(await importOf('c.ofx', ofxText(statement([{ ...rent, id: 'F1', text: 'other words now' }])))).toMatchObject(
      { known: 1 },
    );
  });

  test('other texts: on days that are complete in both files it is the same, on the others it is listed', async () => {
    await importOf('a.csv', csvText(statement([coffee, rent, pay])));
    const other = [coffee, rent, pay].map((entry, index) => ({ ...entry, text: `POS ${index} 4711 ${'XYZ'[index]}` }));
    expect(await importOf('b.sta', mt940Text(statement(other)))).toEqual({ new: 2, known: 1, possible_duplicates: 2 });
  });
});

describe('what only looks alike', () => {
  test('the same amount within three days under another text is imported and listed', async () => {
    await importOf('a', csvText(statement([coffee])));
    const alike = { ...coffee, day: '2026-03-05', text: 'Another coffee place' };
    expect(await importOf('b', csvText(statement([alike])))).toEqual({ new: 1, known: 0, possible_duplicates: 1 });
  });

  test('the same text on another day is none: a coffee each morning', async () => {
    await importOf('a', csvText(statement([coffee])));
    expect(await importOf('b', csvText(statement([{ ...coffee, day: '2026-03-03' }])))).toMatchObject({
      possible_duplicates: 0,
    });
  });

  test('--all-new takes nothing for known, but the same file', async () => {
    const text = csvText(statement([coffee]));
    await importOf('a', text);
    expect(await importOf('b', csvText(statement([coffee, rent])), '--all-new')).toMatchObject({ new: 2 });
    expect(await importOf('c', text, '--all-new')).toMatchObject({ new: 0, known: 1 });
    expect(await stored()).toBe(3);
  });
});

describe('properties', () => {
  const entry = fc.record({
    day: fc.integer({ min: 1, max: 6 }).map((day) => `2026-04-0${day}`),
    cents: fc.constantFrom(-350, -350, -1200, 99, 0),
    text: fc.constantFrom('Coffee', 'Coffee', 'Bakery', 'Müller & Söhne', ''),
  });
  /** Weekly files begin at a whole day and end anywhere, as banks export what there is. */
  const files = fc.array(
    fc.record({ from: fc.integer({ min: 1, max: 6 }), upTo: fc.double({ min: 0, max: 1, noNaN: true }) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );

  test.each([
    ['CSV', csvText],
    ['MT940', mt940Text],
    ['OFX with ids', ofxText],
  ])('%s: files cut anywhere, in any order of beginnings, lose and double nothing', async (_format, write) => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 12 }), files, async (unsorted, cuts) => {
        await start();
        const all = unsorted
          .sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))
          .map((one, index) => ({ ...one, id: `ID${index}` }));
        let covered = 0;
        // The first has all from the beginning, so that what is there is a prefix; each begins within what came before.
        for (const [index, { from, upTo }] of cuts.entries()) {
          const end = Math.max(covered, Math.round(upTo * all.length));
          const begin = index === 0 ? 0 : all.findIndex(({ day }) => day >= `2026-04-0${from}`);
          const start = begin < 0 || begin > covered ? 0 : begin;
          const part = all.slice(start, end);
          if (part.length === 0) continue;
          await importOf(`${index}`, write(statement(part, totalCents(all.slice(0, start)))));
          covered = end;
          const [row] = await fixture.rows('SELECT count(*) AS n, sum(amount) * 100 AS cents FROM transactions');
          expect(Number(row?.n)).toBe(covered);
          expect(Number(row?.cents)).toBe(totalCents(all.slice(0, covered)));
        }
      }),
      { numRuns: 12 },
    );
  });
});
