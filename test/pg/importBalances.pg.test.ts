import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import {
  CSV_PROFILE,
  csvText,
  decimal,
  type Entry,
  mt940Text,
  type Statement,
  totalCents,
} from '../support/statementTexts.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  await fixture.reset();
  fixture.file('home/profiles/bank.json', CSV_PROFILE);
});

/** Four weeks, an entry a day. */
const MONTH: readonly Entry[] = Array.from({ length: 28 }, (_, index) => ({
  day: `2026-02-${String(index + 1).padStart(2, '0')}`,
  cents: -100 - index,
  text: `Shop ${index}`,
}));
const OPENING = 500000;

/** What an account's statement of these days says. */
function days(first: number, last: number, wrongBy = 0): Statement {
  return {
    account: 'GIRO',
    currency: 'USD',
    openingCents: OPENING + totalCents(MONTH.slice(0, first - 1)) + wrongBy,
    entries: MONTH.slice(first - 1, last),
  };
}

async function gapsOf(name: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const { imports } = await fixture.imported([fixture.file(name, text)], '--account', 'GIRO');
  return imports[0]?.gaps ?? [];
}

describe.each([
  ['MT940', mt940Text],
  ['CSV', csvText],
])('%s', (_format, write) => {
  test('statements that follow each other, overlap, come twice or in any order are no gap', async () => {
    for (const [first, last] of [
      [1, 7],
      [5, 12],
      [10, 16],
      [16, 20],
      [10, 16],
      [21, 28],
      [1, 28],
    ] as const)
      expect(await gapsOf(`${first}-${last}`, write(days(first, last)))).toEqual([]);
  });

  test('what is missing between two is told with both balances, days and files, and no longer when it came', async () => {
    await gapsOf('early', write(days(1, 7)));
    const gaps = await gapsOf('late', write(days(10, 16)));
    expect(gaps).toMatchObject([
      {
        account: 'GIRO',
        closing_before: Number((OPENING + totalCents(MONTH.slice(0, 7))) / 100),
        closing_day: '2026-02-07',
        file_before: expect.stringContaining('early'),
        opening: Number((OPENING + totalCents(MONTH.slice(0, 9))) / 100),
        file_after: expect.stringContaining('late'),
        missing: -2.15,
      },
    ]);
    expect(await gapsOf('between', write(days(8, 9)))).toEqual([]);
  });

  test('also when the later one came first', async () => {
    await gapsOf('late', write(days(10, 16)));
    expect(await gapsOf('early', write(days(1, 7)))).toMatchObject([
      { file_before: expect.stringContaining('early'), file_after: expect.stringContaining('late') },
    ]);
  });

  test('an undone import is no neighbour', async () => {
    await gapsOf('early', write(days(1, 7)));
    expect((await fixture.run('import', '--undo', '1')).code).toBe(0);
    expect(await gapsOf('late', write(days(10, 16)))).toEqual([]);
  });
});

test('other accounts and currencies are no neighbours', async () => {
  await gapsOf('a', mt940Text(days(1, 7)));
  const other = mt940Text({ ...days(10, 16), currency: 'EUR' });
  expect(await gapsOf('b', other)).toEqual([]);
});

test('people read it in one sentence', async () => {
  await gapsOf('early.sta', mt940Text(days(1, 7)));
  const file = fixture.file('late.sta', mt940Text(days(10, 16)));
  const { stdout } = await fixture.run('import', file, '--account', 'GIRO', '--dry-run');
  expect(stdout).toMatch(/something is missing between \S+early\.sta, which ends with 4992\.79 on 2026-02-07, and/);
  expect(stdout).toContain('entries of -2.15 USD in all');
});

test('CSV: no balance proves the amount of the first row, but the statement before does', async () => {
  const wrong = csvText(days(8, 14)).replace(';-1.07;', ';1.07;');
  const alone = await fixture.imported([fixture.file('alone', wrong)], '--account', 'GIRO');
  expect(alone.imports[0]).toMatchObject({ balances: { checked: 1, closed: 1 }, gaps: [] });
  expect((await fixture.run('import', '--undo', '1')).code).toBe(0);
  expect(await gapsOf('before', csvText(days(1, 7)))).toEqual([]);
  expect(await gapsOf('after', wrong)).toMatchObject([
    { file_before: expect.stringContaining('before'), missing: -2.14 },
  ]);
});

test('CSV with two currencies in one account: each has balances of its own, and none is the neighbour of the other', async () => {
  const write = (first: number, eur: number, usd: number): string =>
    `Date;Description;Amount;Currency;Balance\n${[0, 1, 2]
      .map((at) => {
        const day = `2026-02-0${first + at}`;
        return `${day};Shop;-1.00;EUR;${decimal(eur - 100 * (at + 1))}\n${day};Hotel;-20.00;USD;${decimal(usd - 2000 * (at + 1))}\n`;
      })
      .join('')}`;
  const { imports } = await fixture.imported([fixture.file('a', write(1, 10000, 90000))], '--account', 'TWO');
  expect(imports[0]).toMatchObject({ statements: 2, balances: { checked: 2, closed: 2 } });
  const next = await fixture.imported([fixture.file('b', write(4, 9700, 84000))], '--account', 'TWO');
  expect(next.imports[0]?.gaps).toEqual([]);
  const late = await fixture.imported([fixture.file('c', write(7, 9400, 77000))], '--account', 'TWO');
  expect(late.imports[0]?.gaps).toMatchObject([{ opening: 770, closing_before: 780, missing: -10 }]);
});

describe('a file of very many statements', () => {
  const COUNT = 6_500;
  /** One entry a statement; what stands in the text of the last but ten is given. */
  const manyStatements = (odd: string): string =>
    Array.from({ length: COUNT }, (_, at) => {
      const text =
        at === COUNT - 10 ? odd : `A text that is long enough for several pieces of the file ${at}`.repeat(2);
      const entries = [{ day: '2026-03-05', cents: 100 + at, text }];
      return mt940Text({ account: 'GIRO', currency: 'USD', openingCents: 0, entries });
    }).join('');

  test('all are stored, in order and with their balances, though few are in memory at once', async () => {
    const { imports } = await fixture.imported([fixture.file('many.sta', manyStatements('Odd'))]);
    expect(imports[0]).toMatchObject({ statements: COUNT, new: COUNT, balances: { checked: COUNT, closed: COUNT } });
    expect(
      await fixture.rows(`SELECT count(*) AS n, min(number) AS first, max(number) AS last, count(DISTINCT number) AS numbers,
        sum(entries) AS entries, count(*) FILTER (WHERE closes AND closing = total AND total = (number + 99) * 0.01) AS right
        FROM transaction_statements`),
    ).toEqual([
      { n: `${COUNT}`, first: '1', last: `${COUNT}`, numbers: `${COUNT}`, entries: `${COUNT}`, right: `${COUNT}` },
    ]);
  });

  test('a value that PostgreSQL refuses is counted from the beginning of the file, and nothing stays', async () => {
    const odd = `/OCMT/EUR${'9'.repeat(40)},5`;
    const result = await fixture.run('import', fixture.file('many.sta', manyStatements(odd)), '--json');
    expect(result.code).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({
      refused: [{ code: 'BAD_INPUT', details: { record: COUNT - 9 } }],
    });
  });
});
