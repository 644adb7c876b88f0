import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Suggestions } from '../../src/app/categorize/suggest.ts';
import { calibrate, thresholdFor } from '../../src/learn/categories/calibration.ts';
import type { FiledRow } from '../../src/learn/categories/examples.ts';
import { amountSize, folded, payeeFeatures } from '../../src/learn/categories/features.ts';
import { judgeCategories } from '../../src/learn/categories/judge.ts';
import { generator } from '../../src/learn/categories/logistic.ts';
import { learnCategories } from '../../src/learn/categories/model.ts';
import { wordsOfFeature } from '../../src/learn/categories/why.ts';
import { renderAutomatic, renderSuggestions, sumText, sureText } from '../../src/render/categorySuggestions.ts';
import { sharedData } from '../support/sharedData.ts';
import { thorough } from '../support/thorough.ts';

const SHOPS: readonly (readonly [category: string, ...names: string[]])[] = [
  ['Fuel', 'Shell Station', 'Petrol Corner', 'Shell Autohof', 'City Petrol'],
  ['Groceries', 'Green Market', 'Corner Market', 'Super Market North', 'Fresh Market'],
  ['Dining', 'Pizza House', 'Pizzeria Roma', 'Noodle House', 'Pizza Corner'],
];

/** So many rows of invented shops, in order of time. */
function rowsOf(count: number): FiledRow[] {
  const random = generator(7);
  return Array.from({ length: count }, () => {
    const [category, ...names] = SHOPS[Math.floor(random() * SHOPS.length)] as (typeof SHOPS)[number];
    const name = names[Math.floor(random() * names.length)] ?? '';
    const amount = `-${(5 + random() * 60).toFixed(2)}`;
    const payee = `${name} ${Math.floor(random() * 9000)}`;
    return { payee, account: 'GIRO', amount, mcc: null, category, subcategory: `of ${name.split(' ')[0]}` };
  });
}

describe('features', () => {
  test.each([
    ['SHELL 1234 / Köln', 'shell 0 köln'],
    ['shell 99/KÖLN', 'shell 0 köln'],
    ['  ', ''],
    ['A&B', 'a&b'],
  ])('%j is compared as %j', (payee, text) => expect(folded(payee)).toBe(text));

  test('runs of three to five characters, words, and the payee whole', () => {
    const features = payeeFeatures('shell');
    expect(features).toEqual(expect.arrayContaining(['p:shell', 'w:shell', 'g: sh', 'g:shell', 'g:ell ']));
    expect(features.every((name) => !name.startsWith('g:') || (name.length >= 5 && name.length <= 7))).toBe(true);
  });

  test.each([
    ['-32.00', '-6'],
    ['-63.99', '-6'],
    ['-40', '-6r'],
    ['0.30', '+0'],
    ['0.00', '0'],
  ])('%s is of size %s', (amount, size) => expect(amountSize(amount)).toBe(size));

  test.each([
    ['g:shel', '"shel"'],
    ['s:-6r', 'round amounts 32 to 64 out'],
    ['ap:GIRO|shell', '"shell" on account GIRO'],
    ['as:GIRO|+', 'money in of account GIRO'],
    ['m:5411', 'merchant code 5411'],
  ])('%s in words: %s', (name, words) => expect(wordsOfFeature(name)).toBe(words));
});

describe('learning', () => {
  const rows = rowsOf(400);
  const model = learnCategories(rows);

  test('a payee never met before, by its characters', () => {
    const row = { payee: 'Petrol Hill 12', account: 'GIRO', amount: '-41.10', mcc: null };
    const [guess] = model?.guess(row, 3) ?? [];
    expect(guess?.category).toBe('Fuel');
    const why = model?.why(row, 'Fuel');
    expect(why?.kind).toBe('model');
    expect(why?.kind === 'model' && why.features.join()).toContain('petrol');
    expect(why?.kind === 'model' && why.features.length).toBeLessThanOrEqual(3);
  });

  test('a payee that was filed before, with its subcategory', () => {
    const row = { payee: 'Pizza House 1', account: 'GIRO', amount: '-20.00', mcc: null };
    expect(model?.guess(row, 1)[0]?.category).toBe('Dining');
    expect(model?.why(row, 'Dining').kind).toBe('history');
    expect(model?.subcategory(row, 'Dining')).toBe('of Pizza');
  });

  test('is the same each time', () => {
    const row = { payee: 'Unknown Thing', account: 'X', amount: '-1.00', mcc: null };
    expect(learnCategories(rows)?.guess(row, 3)).toEqual(model?.guess(row, 3));
  });

  test('is never certain, and its guesses come in order', () => {
    for (const row of rowsOf(50)) {
      const guesses = model?.guess(row, 3) ?? [];
      expect(guesses[0]?.confidence).toBeLessThan(1);
      expect([...guesses].sort((a, b) => b.confidence - a.confidence)).toEqual(guesses);
    }
  });

  test.each([
    ['few rows', rowsOf(29)],
    ['one category', rowsOf(400).filter(({ category }) => category === 'Fuel')],
    ['none', []],
  ])('%s teach nothing', (_, few) => expect(learnCategories(few)).toBeNull());
});

describe('judging', () => {
  test('by later rows, beside the rivals', () => {
    const rows = rowsOf(600);
    const judged = judgeCategories(rows.slice(0, 450), rows.slice(450));
    expect(judged).toMatchObject({ learntFrom: 450, judgedOn: 150, categories: 3 });
    expect(judged?.right).toBeGreaterThan(0.95);
    expect(judged?.mostFrequent).toBeLessThan(0.6);
    expect(judged?.coverage.map(({ wanted }) => wanted)).toEqual([0.9, 0.95]);
  });

  test('thresholds and steps of confidence never contradict what was seen', () => {
    const outcome = fc.record({ confidence: fc.double({ min: 0, max: 1, noNaN: true }), right: fc.boolean() });
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 200 }), fc.constantFrom(0.5, 0.9), (outcomes, wanted) => {
        const threshold = thresholdFor(outcomes, wanted);
        const above = outcomes.filter(({ confidence }) => threshold !== null && confidence >= threshold);
        if (threshold !== null) {
          expect(above.length).toBeGreaterThanOrEqual(20);
          expect(above.filter(({ right }) => right).length / above.length).toBeGreaterThanOrEqual(wanted);
        }
        const calibration = calibrate(outcomes);
        const steps = [0, 0.1, 0.3, 0.5, 0.8, 1].map(calibration);
        if (outcomes.length > 0) for (const step of steps) expect(step).toBeLessThan(1);
      }),
      { numRuns: 100 },
    );
  });
});

/** Purchase cards with categories that people gave them: date, payee, card, amount and category of each row. */
function purchaseCards(folder: string): (FiledRow & { month: string })[] {
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.csv'))
    .sort()
    .flatMap((name) => {
      const [header = '', ...lines] = fs.readFileSync(path.join(folder, name), 'latin1').split(/\r?\n/);
      const columns = header.split(';').map((column) => column.trim());
      return lines.filter(Boolean).map((line) => {
        const fields = line.split(';');
        const field = (column: string): string => (fields[columns.indexOf(column)] ?? '').trim();
        const amount = field('BILLING GROSS AMT') || field('ORIGINAL GROSS AMT');
        return {
          month: name.slice(-10, -4),
          payee: field('MERCHANT NAME'),
          account: field('CARD NUMBER'),
          amount: `-${amount.replaceAll(',', '')}`,
          mcc: null,
          category: field('TRANS CAC DESC 1'),
          subcategory: null,
        };
      });
    });
}

const shared = sharedData('raw/categories');
// It learns for half a minute.
(shared !== undefined && thorough(false, true) ? test : test.skip)(
  'real purchase cards: later months, all categories',
  () => {
    const rows = purchaseCards(path.join(shared ?? '', 'raw/categories'));
    const judged = judgeCategories(
      rows.filter(({ month }) => month <= '201704'),
      rows.filter(({ month }) => month >= '201705' && month <= '201707'),
    );
    expect(judged?.right).toBeGreaterThan((judged?.payeesOwn ?? 1) + 0.05);
    expect(judged?.rightOfThree).toBeGreaterThan(0.85);
  },
);

const ROW: FiledRow = { payee: '', account: 'GIRO', amount: '-10.00', mcc: null, category: '', subcategory: null };

test('with too few rows to prove anything, each payee is as sure as its own past makes it', () => {
  const filed = (payee: string, category: string, count: number): FiledRow[] =>
    Array.from({ length: count }, () => ({ ...ROW, payee, category }));
  const rows = [
    ...filed('Bakery', 'Food', 16),
    ...filed('Petrol', 'Car', 4),
    ...filed('Market', 'Food', 6),
    ...filed('Market', 'Home', 6),
  ];
  const sure = (payee: string): number => learnCategories(rows)?.guess({ ...ROW, payee }, 1)[0]?.confidence ?? 0;
  expect(sure('Bakery')).toBeGreaterThan(0.9);
  expect(sure('Bakery')).toBeLessThanOrEqual(17 / 18);
  expect(sure('Petrol')).toBeLessThanOrEqual(5 / 6);
  expect(sure('Petrol')).toBeGreaterThan(sure('Market'));
  expect(sure('Nobody knows')).toBeLessThanOrEqual(0.8);
});

test.each([
  [
    0,
    40,
    0.9,
    'Nothing was filed: of 40 rows of t without a category the surest suggestion is 77.4 % sure, less than 90 % (--min-confidence).',
  ],
  [12, 40, 0.95, 'Filed 12 of 40 rows of t without a category: those whose suggestion is at least 95 % sure.'],
  [0, 0, 0.9, 'Every row of t has a category.'],
])('%d filed of %d at %d', (filed, unfiled, least, says) => {
  const ids = [{ txId: 'a', confidence: 0.774 }];
  const suggestions = [{ ids }] as unknown as Suggestions['suggestions'];
  const result = { table: 't', learntFrom: 30, categories: [], run: '1', filed, unfiled, suggestions };
  expect(renderAutomatic(result, least).split('\n')[0]).toBe(says);
});

test('the reasons of a suggestion are whole at 80 columns', () => {
  const features = ['"hmcourts service g" with round amounts 16 to 32 out', 'money out of account card', '"court"'];
  const one = {
    payee: 'hmcourts-service.g',
    category: 'Supplies & Services',
    subcategory: null,
    confidence: 0.58,
    rows: 2,
  };
  const sums = { sum: '-40.00', notNormalized: 0, unconverted: [] };
  const suggestion = { ...one, ...sums, why: { kind: 'model', features }, others: [], ids: [] };
  const suggestions = [suggestion] as unknown as Suggestions['suggestions'];
  const found = { table: 't', learntFrom: 30, categories: [], unfiled: 2, suggestions };
  const text = renderSuggestions(found, { width: 80, color: false, ascii: false });
  for (const word of features.join(' ').split(' ')) expect(text).toContain(word);
});

test.each([
  [{ sum: '-1234.5', rows: 3, notNormalized: 0, unconverted: [] }, '-1,234.50'],
  [{ sum: '0', rows: 2, notNormalized: 2, unconverted: [{ currency: 'GBP', sum: '-20' }] }, '-20.00 GBP'],
  [{ sum: '-5', rows: 3, notNormalized: 1, unconverted: [{ currency: 'JPY', sum: '-700' }] }, '-5.00 and -700 JPY'],
])('what the rows of %j add up to', (one, says) => {
  expect(sumText(one as unknown as Suggestions['suggestions'][number])).toBe(says);
});

test.each([
  [0.93, 0.934, '93 % sure'],
  [0.44, 0.93, '44 to 93 % sure'],
])('rows that are %d to %d sure', (confidence, surest, says) => {
  expect(sureText({ confidence, surest } as Suggestions['suggestions'][number])).toBe(says);
});
