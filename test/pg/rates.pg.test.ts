import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EXCHANGE_RATES } from '../../src/model/importTables.ts';
import { normalizedSql } from '../../src/postgres/imports/normalize.ts';
import { ensureSideTables } from '../../src/postgres/imports/sideTables.ts';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { CSV_PROFILE, csvText } from '../support/statementTexts.ts';
import { until } from '../support/until.ts';

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.reset());

const TABLE = { schema: 'public', name: 'transactions' };

const HISTORY = `Date,USD,JPY,GBP,HRK,BGN,
2026-03-06,1.1000,180.00,0.8000,N/A,N/A,
2026-03-05,1.2000,170.00,N/A,N/A,N/A,
2025-12-31,1.1500,160.00,0.8500,N/A,1.9558,
2022-12-30,1.0666,140.66,0.88693,7.5365,1.9558,
`;

async function withRows(
  rows: readonly (readonly [string, string, string])[],
  base = 'USD',
): Promise<Record<string, string | null>[]> {
  const values = rows.map(
    ([day, amount, currency], id) => `(${id}, ${amount}::numeric(15,2), '${currency}', DATE '${day}')`,
  );
  const select = `SELECT * FROM (VALUES ${values.join(', ')}) v(id, amount, currency, day)`;
  return fixture.rows(
    `SELECT id, normalized_amount, rate_day FROM (${normalizedSql(TABLE, base, select)}) n ORDER BY id`,
  );
}

async function loadHistory(): Promise<void> {
  const result = await fixture.run('rates', '--from', fixture.file('eurofxref-hist.csv', HISTORY), '--json');
  expect(result).toMatchObject({ code: 0 });
}

describe('which rate', () => {
  test.each([
    ['of the day, crossed by the euro', '2026-03-06', '100.00', 'GBP', '137.50', '2026-03-06'],
    ['of the last day before it', '2026-03-08', '-1.00', 'EUR', '-1.10', '2026-03-06'],
    ['of the older of two days', '2026-03-05', '80.00', 'JPY', '0.56', '2026-03-05'],
    ['seven days back at most', '2026-03-13', '1.00', 'EUR', '1.10', '2026-03-06'],
    ['fixed since the currency joined the euro', '2026-03-06', '19.56', 'BGN', '11.00', '2026-03-06'],
    ['quoted until then', '2022-12-30', '7.54', 'HRK', '1.07', '2022-12-30'],
  ])('%s', async (_what, day, amount, currency, expected, rateDay) => {
    await loadHistory();
    expect(await withRows([[day, amount, currency]])).toEqual([
      { id: '0', normalized_amount: expected, rate_day: rateDay },
    ]);
  });

  test.each([
    ['eight days after the last rate', '2026-03-14', 'GBP'],
    ['a currency that nobody quotes', '2026-03-06', 'XXX'],
    ['before the first rate', '1998-12-31', 'GBP'],
  ])('none: %s', async (_what, day, currency) => {
    await loadHistory();
    expect(await withRows([[day, '1.00', currency]])).toEqual([]);
  });
});

test('exact, rounded half to even: the same as with whole numbers in JavaScript', async () => {
  await fixture.session.query('CREATE TABLE transactions (tx_id text)');
  await ensureSideTables(fixture.session, TABLE, [EXCHANGE_RATES]);
  const rate = fc.integer({ min: 1, max: 9_999_999 });
  const cents = fc.oneof(
    fc.integer({ min: -999_999, max: 999_999 }),
    fc.integer({ min: -99_999_999_999, max: 99_999_999_999 }),
  );
  await fc.assert(
    fc.asyncProperty(rate, rate, fc.array(cents, { minLength: 1, maxLength: 50 }), async (from, to, amounts) => {
      const text = (value: number): string =>
        `${Math.floor(value / 10_000)}.${String(value % 10_000).padStart(4, '0')}`;
      await fixture.session.query(
        `TRUNCATE exchange_rates; INSERT INTO exchange_rates VALUES ('2026-01-05', 'AAA', ${text(from)}), ('2026-01-05', 'BBB', ${text(to)})`,
      );
      const found = await withRows(
        amounts.map((amount) => ['2026-01-05', `${amount}::numeric / 100`, 'AAA'] as const),
        'BBB',
      );
      const expected = amounts.map((amount) => halfToEven(BigInt(amount) * BigInt(to), BigInt(from)));
      // What does not fit the column has no normalized amount.
      const fitting = expected
        .map((value, id) => ({ value, id }))
        .filter(({ value }) => value < 10n ** 15n && value > -(10n ** 15n));
      expect(
        found.map(({ id, normalized_amount }) => [id, BigInt((normalized_amount ?? '').replace('.', ''))]),
      ).toEqual(fitting.map(({ id, value }) => [String(id), value]));
    }),
    { numRuns: 40 },
  );
});

function halfToEven(numerator: bigint, denominator: bigint): bigint {
  const size = numerator < 0n ? -numerator : numerator;
  const quotient = size / denominator;
  const twice = 2n * (size - quotient * denominator);
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  const rounded = up ? quotient + 1n : quotient;
  return numerator < 0n ? -rounded : rounded;
}

test('an import looks a rate up once a day and currency, however many rows there are', async () => {
  fixture.file('home/profiles/bank.json', CSV_PROFILE);
  const entries = Array.from({ length: 3000 }, (_, at) => ({
    day: at < 1500 ? '2026-03-05' : '2026-03-06',
    cents: -100 - at,
    text: `Shop ${at}`,
  }));
  const text = csvText({ account: 'A', currency: 'EUR', openingCents: 0, entries });
  await fixture.imported([fixture.file('a.csv', text)], '--account', 'A');
  // The server counts when the session has ended.
  let scans = 0;
  await until('the scans are counted', async () => {
    const [row] = await fixture.rows(
      "SELECT seq_scan + coalesce(idx_scan, 0) AS n FROM pg_stat_user_tables WHERE relname = 'exchange_rates'",
    );
    scans = Number(row?.n ?? 0);
    return scans > 0;
  });
  expect(scans).toBeLessThan(20);
});

describe('the command', () => {
  test('normalises what has none, and leaves the rest alone', async () => {
    await fixture.run('init');
    await fixture.session.query(`INSERT INTO transactions (tx_id, "timestamp", amount, currency, normalized_amount) VALUES
      ('a', '2026-03-06', 100, 'GBP', NULL), ('b', '2026-03-06', 5, 'USD', NULL), ('c', '2026-03-06', 7, 'EUR', 9.99), ('d', '2026-03-06', 7, 'XXX', NULL)`);
    await fixture.session.query("UPDATE transactions SET normalized_amount = 5 WHERE tx_id = 'b'");
    expect((await fixture.run('rates')).stdout).toMatch(
      /^0 rows .*\n2 rows still without: no exchange rate is loaded; .*\nNext: finance-db rates --from FILE/,
    );
    await fixture.session.query("UPDATE transactions SET normalized_amount = NULL WHERE tx_id = 'b'");
    const result = await fixture.run('rates', '--from', fixture.file('h.csv', HISTORY), '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({
      rates: { read: 14, added: 14, changed: 0, currencies: 5, first: '2022-12-30', last: '2026-03-06' },
      normalized: { same: 1, rates: 1, missing: 1 },
    });
    expect(await fixture.rows('SELECT tx_id, normalized_amount AS n FROM transactions ORDER BY 1')).toEqual([
      { tx_id: 'a', n: '137.50' },
      { tx_id: 'b', n: '5.00' },
      { tx_id: 'c', n: '9.99' },
      { tx_id: 'd', n: null },
    ]);
  });

  describe('another base currency than before', () => {
    const setBase = (currency: string): string => fixture.file('.env', `FINANCE_DB_BASE_CURRENCY=${currency}\n`);
    const stored = (): Promise<Record<string, string | null>[]> =>
      fixture.rows(`SELECT t.currency, t.normalized_amount AS n, r.normalized_by AS by, r.rate_day,
          t.normalized_amount IS NOT DISTINCT FROM r.normalized_amount AS recorded
        FROM transactions t JOIN transaction_import_rows r USING (tx_id) ORDER BY t.currency`);
    beforeEach(async () => {
      setBase('EUR');
      fixture.file('home/profiles/bank.json', CSV_PROFILE);
      await loadHistory();
      for (const [currency, cents] of Object.entries({ EUR: 1000, GBP: 800, USD: 1100, XXX: 500 })) {
        const entries = [{ day: '2026-03-06', cents, text: 'Shop' }];
        const text = csvText({ account: currency, currency, openingCents: 0, entries });
        await fixture.imported([fixture.file(`${currency}.csv`, text)], '--account', currency);
      }
    });

    test('amounts that were taken over, and those by rates, are made anew', async () => {
      setBase('USD');
      const { stdout } = await fixture.run('rates', '--json');
      expect(JSON.parse(stdout)).toMatchObject({ taken_back: 3, normalized: { same: 1, rates: 2, missing: 1 } });
      const [recorded, rate_day] = ['t', '2026-03-06'];
      expect(await stored()).toEqual([
        { currency: 'EUR', n: '11.00', by: 'rates', rate_day, recorded },
        { currency: 'GBP', n: '11.00', by: 'rates', rate_day, recorded },
        { currency: 'USD', n: '11.00', by: 'same', rate_day: null, recorded },
        { currency: 'XXX', n: null, by: null, rate_day: null, recorded },
      ]);
      expect((await fixture.run('rates')).stdout).toBe(
        '0 rows normalised to USD.\n1 row still without: no rate within seven days before; reports leave it out.\n',
      );
      // Undo still sees that nobody has edited them.
      expect((await fixture.run('import', '--undo', '1')).stdout).toContain('1 row deleted');
    });

    test('what somebody has changed since stays', async () => {
      await fixture.session.query("UPDATE transactions SET normalized_amount = 9.99 WHERE currency = 'EUR'");
      setBase('USD');
      await fixture.run('rates');
      expect((await stored())[0]).toMatchObject({ currency: 'EUR', n: '9.99' });
    });

    test('a default that nobody has set changes nothing, and says so', async () => {
      const before = await stored();
      fixture.file('.env', '');
      const { code, stderr } = await fixture.run('rates');
      expect(code).toBe(2);
      expect(stderr).toContain('normalized amounts are in EUR (1 were taken over as they are)');
      expect(stderr).toContain('set FINANCE_DB_BASE_CURRENCY=EUR');
      expect(await stored()).toEqual(before);
    });
  });

  test('a history that was corrected corrects the rates that are there', async () => {
    await loadHistory();
    const corrected = HISTORY.replace('1.1000', '1.1001');
    const result = await fixture.run('rates', '--from', fixture.file('h.csv', corrected), '--json');
    expect(JSON.parse(result.stdout)).toMatchObject({ rates: { added: 0, changed: 1 } });
  });

  test.each([
    ['a file of another kind', 'a;b\n1;2\n', 'it is not the history'],
    ['a day that does not exist', 'Date,USD,\n2026-02-30,1.1,\n', ':2: Date: found "2026-02-30"'],
    ['a rate that is none', 'Date,USD,\n2026-02-03,1.1x,\n', ':2: USD: found "1.1x"'],
    ['nothing', '', 'it is empty'],
  ])('refused: %s', async (_what, content, message) => {
    const result = await fixture.run('rates', '--from', fixture.file('h.csv', content));
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(message);
    expect(await fixture.rows("SELECT to_regclass('exchange_rates') AS t")).toEqual([{ t: null }]);
  });
});
