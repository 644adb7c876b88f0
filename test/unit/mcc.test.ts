import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { categoryOfMcc } from '../../src/ingest/categories/mcc.ts';
import { MCC_TABLE } from '../../src/ingest/categories/mccTable.ts';
import { AT_HOME, ON_A_TRIP } from '../../src/model/household/merchants.ts';
import { sharedData } from '../support/sharedData.ts';

/** A public list of codes, beside the project where it is at all. */
const DATA = sharedData('raw/mcc/mcc_codes.csv');

describe('merchant category codes', () => {
  test.each([
    ['3000', 'Travel', 'Flight'],
    ['3350', 'Travel', 'Flight'],
    ['3351', 'Travel', 'Car rental'],
    ['3500', 'Travel', 'Car rental'],
    ['3501', 'Travel', 'Hotel'],
    ['3999', 'Travel', 'Hotel'],
    ['0742', 'Pets', 'Vet'],
    ['5411', 'Groceries', 'Supermarket'],
    ['6011', 'Cash', 'ATM withdrawal'],
  ])('%s is %s, %s', (mcc, category, subcategory) => {
    expect(categoryOfMcc(mcc)).toEqual({ category, subcategory });
  });

  test.each(['', '0000', '2999', '4000', '742', '54111', 'abcd'])('%p is none', (mcc) => {
    expect(categoryOfMcc(mcc)).toBeNull();
  });

  test('no code stands in two places', () => {
    const count = MCC_TABLE.flatMap(([, , codes]) => codes.split(' ')).reduce((sum, range) => {
      const [from = '', to = from] = range.split('-');
      return sum + Number(to) - Number(from) + 1;
    }, 0);
    const known = Array.from({ length: 10_000 }, (_, code) => String(code).padStart(4, '0')).filter(
      (code) => categoryOfMcc(code) !== null,
    );
    expect(known).toHaveLength(count);
  });

  test('the categories are those of the sample household wherever it uses a code', () => {
    // Sights abroad are filed under Travel by both; delivery and coffee share their codes with other subcategories.
    for (const { mcc, category } of [...AT_HOME, ...ON_A_TRIP])
      expect([mcc, categoryOfMcc(mcc)?.category]).toEqual([mcc, category]);
  });

  if (DATA === undefined) test.skip('the shared list of codes is not on this machine', () => {});
  else
    test('every code of the shared list has an answer', () => {
      const codes = [...fs.readFileSync(path.join(DATA, 'raw/mcc/mcc_codes.csv'), 'utf8').matchAll(/^(\d{4}),/gm)].map(
        ([, code = '']) => code,
      );
      expect(codes.length).toBeGreaterThan(900);
      expect(codes.filter((code) => categoryOfMcc(code) === null)).toEqual([]);
    });
});
