import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { generateSample } from '../../src/model/household/generate.ts';
import { centsText } from '../../src/model/household/posting.ts';
import { textProblem } from '../../src/model/importText.ts';
import {
  TRANSACTIONS_COLUMNS,
  TRANSACTIONS_NAMES,
  type TransactionsColumnName,
} from '../../src/model/transactionsTable.ts';

type Named = Record<TransactionsColumnName, string | null>;

function sample(rows: number, options: { seed?: number; currency?: string } = {}): Named[] {
  return [...generateSample({ rows, ...options })].map(
    (row) => Object.fromEntries(TRANSACTIONS_NAMES.map((name, index) => [name, row[index] ?? null])) as Named,
  );
}

/** Whole hundredths of decimal text. */
function cents(text: string | null): bigint {
  if (text === null || !/^-?\d+\.\d\d$/.test(text)) throw new Error(`not an amount: ${text}`);
  return BigInt(text.replace('.', ''));
}

function day(row: Named): number {
  return Date.parse(`${row.timestamp?.slice(0, 10)}T00:00:00Z`) / 86_400_000;
}

const rows = sample(5_000);

describe('the sample', () => {
  test('is the same on every machine', () => {
    const digest = createHash('md5').update(
      [...generateSample({ rows: 5_000 })].map((row) => row.join('\t')).join('\n'),
    );
    expect(digest.digest('hex')).toBe('c36aeaeb6ff24e913cb35b6c86df1f91');
    expect(sample(300, { seed: 7 })).toEqual(sample(300, { seed: 7 }));
    expect(sample(300, { seed: 7 })).not.toEqual(sample(300, { seed: 8 }));
  });

  test.each([1, 2, 7, 50, 999, 1_500, 5_000, 12_345])(
    'has exactly %i rows, in order of time, with keys of their own',
    (count) => {
      const some = sample(count);
      expect(some).toHaveLength(count);
      expect(new Set(some.map((row) => row.tx_id)).size).toBe(count);
      const times = some.map((row) => row.timestamp ?? '');
      expect(times).toEqual([...times].sort());
      expect(times.at(-1)).toMatch(/^2026-10-31/);
    },
  );

  test('fits the columns of the table', () => {
    const problems = sample(20_000).flatMap((row) =>
      TRANSACTIONS_COLUMNS.flatMap(({ name, rule }) => {
        const text = row[name];
        const problem = text === null ? null : textProblem(rule, text);
        return problem === null ? [] : [`${name} ${text}: ${problem}`];
      }),
    );
    expect(problems).toEqual([]);
  });

  test('covers two years to the day', () => {
    expect(rows[0]?.timestamp).toMatch(/^2024-11-01/);
    expect(rows.at(-1)?.timestamp).toMatch(/^2026-10-31/);
  });

  test('has three accounts', () => {
    expect(new Set(rows.map((row) => row.account_id))).toEqual(new Set(['checking-001', 'savings-001', 'card-001']));
    expect(new Set(sample(25_000).map((row) => row.account_id)).size).toBe(15);
  });

  test('earns more than it spends, but not much more', () => {
    const total = (keep: (amount: bigint) => boolean): bigint =>
      rows
        .filter((row) => row.category !== 'Transfer')
        .map((row) => cents(row.normalized_amount))
        .filter(keep)
        .reduce((sum, amount) => sum + amount, 0n);
    const income = total((amount) => amount > 0n);
    const spent = -total((amount) => amount < 0n);
    expect(income).toBeGreaterThan(spent);
    expect(income).toBeLessThan(spent * 2n);
  });

  test('has both legs of every transfer, at most two days apart', () => {
    const legs = rows.filter((row) => row.category === 'Transfer');
    expect(legs.length).toBeGreaterThan(80);
    const open = legs.filter((row) => cents(row.amount) < 0n);
    const arrivals = legs.filter((row) => cents(row.amount) > 0n);
    expect(arrivals).toHaveLength(open.length);
    for (const leg of open) {
      const at = arrivals.findIndex(
        (other) =>
          cents(other.amount) === -cents(leg.amount) &&
          other.account_id !== leg.account_id &&
          day(other) >= day(leg) &&
          day(other) - day(leg) <= 2,
      );
      expect([leg.tx_id, at]).not.toEqual([leg.tx_id, -1]);
      arrivals.splice(at, 1);
    }
  });

  test('has a subscription that gets dearer once and one that ends', () => {
    const prices = (merchant: string): (string | null)[] =>
      rows.filter((row) => row.merchant === merchant).map((row) => row.amount);
    const video = prices('Streamhaus');
    expect(video).toHaveLength(24);
    expect(video).toEqual([...video].sort());
    expect([...new Set(video)]).toEqual(['-15.49', '-17.99']);
    const gym = rows.filter((row) => row.merchant === 'FitFabrik');
    expect(gym.length).toBeGreaterThan(6);
    expect(day(gym.at(-1) as Named)).toBeLessThan(day(rows.at(-1) as Named) - 200);
    expect(gym.every((row) => row.is_recurring === 'true')).toBe(true);
  });

  test('has a salary that rises each January', () => {
    const pay = rows.filter((row) => row.merchant === 'Lakeview University').map((row) => cents(row.amount));
    expect(pay).toHaveLength(24);
    expect(new Set(pay).size).toBe(3);
    expect(pay.at(-1)).toBeGreaterThan(pay[0] ?? 0n);
  });

  test('has refunds, which are positive and where the money was spent', () => {
    const refunds = rows.filter((row) => row.category === 'Shopping' && cents(row.amount) > 0n);
    expect(refunds.length).toBeGreaterThan(10);
    for (const refund of refunds)
      expect(
        rows.some(
          (row) =>
            row.merchant === refund.merchant &&
            cents(row.amount) < 0n &&
            (row.timestamp ?? '') < (refund.timestamp ?? ''),
        ),
      ).toBe(true);
  });

  test('travels in other currencies, with a normalized amount in the home currency', () => {
    const abroad = rows.filter((row) => row.currency !== 'USD');
    expect(abroad.length).toBeGreaterThan(50);
    expect(new Set(abroad.map((row) => row.currency)).size).toBeGreaterThanOrEqual(2);
    for (const row of abroad) {
      expect(cents(row.normalized_amount)).toBeLessThan(0n);
      expect(row.normalized_amount).not.toBe(row.amount);
      expect(row.state).toBeNull();
    }
    expect(rows.filter((row) => row.currency === 'USD' && row.normalized_amount !== row.amount)).toEqual([]);
    for (const row of sample(25_000)) if (row.currency === 'JPY') expect(cents(row.amount) % 100n).toBe(0n);
  });

  test('is in the base currency', () => {
    const euro = sample(5_000, { currency: 'EUR' });
    expect(euro.filter((row) => row.currency === 'EUR' && row.normalized_amount !== row.amount)).toEqual([]);
    expect(euro.filter((row) => row.currency === 'EUR').length).toBeGreaterThan(4_000);
    expect(sample(5_000, { currency: 'NOK' }).some((row) => row.currency === 'NOK')).toBe(true);
  });

  test('gives each MCC to one trade', () => {
    const categories = new Map<string, Set<string>>();
    for (const { mcc, category } of rows)
      if (mcc !== null && category !== null) categories.set(mcc, (categories.get(mcc) ?? new Set()).add(category));
    for (const [mcc, names] of categories) expect([mcc, [...names]]).toEqual([mcc, [[...names][0]]]);
  });
});

test.each([
  [0, '0.00'],
  [5, '0.05'],
  [-5, '-0.05'],
  [-1205, '-12.05'],
  [999_999_999_999_999, '9999999999999.99'],
])('%i cents are %s', (value, text) => {
  expect(centsText(value)).toBe(text);
});
