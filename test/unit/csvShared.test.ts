import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CsvGuesser } from '../../src/ingest/csv/guess.ts';
import { matchProfile } from '../../src/ingest/csv/matchProfile.ts';
import type { CsvProfile } from '../../src/ingest/csv/profile.ts';
import { parseProfile } from '../../src/ingest/csv/profileJson.ts';
import { createCsvReader } from '../../src/ingest/csv/reader.ts';
import { EncodingDetector } from '../../src/ingest/encoding.ts';
import { Sum } from '../../src/ingest/numeral.ts';
import { TextDecoding } from '../../src/ingest/textDecoding.ts';
import { sharedData } from '../support/sharedData.ts';

/** Real files of banks, which are no part of the project: they lie beside it on some machines. Elsewhere this is skipped. */
const DATA = sharedData('raw/statements/csv');

/**
 * File, verdict, rows, sum, order of dates of the guess: worked out by reading the files, and for the longer ones with awk.
 * `right`: unproven, but the guess shown reads the file rightly. `ask`: something is doubtful that no program can know.
 */
const SAMPLES: readonly [string, 'proven' | 'right' | 'ask' | 'none', number, string, string, RegExp | null][] = [
  ['reckon/51-sample.csv', 'ask', 8, '79.25', 'MDY', /no amount has a sign/],
  ['reckon/73-sample.csv', 'ask', 1, '27.00', 'DMY', /day\/month\/year or as month\/day\/year/],
  ['reckon/85-date-example.csv', 'right', 2, '-13.77', 'YMD', /no running balance/],
  ['reckon/austrian_example.csv', 'right', 13, '-149.57', 'DMY', /no running balance/],
  ['reckon/bom_utf8_file.csv', 'none', 0, '0', '', /the file has no rows/],
  ['reckon/broker_canada_example.csv', 'right', 12, '4782.91', 'YMD', /no running balance/],
  ['reckon/chase.csv', 'right', 9, '6922.11', 'YYYYMMDD', /no running balance/],
  ['reckon/danish_kroner_nordea_example.csv', 'right', 6, '-4732.00', 'DMY', /does not close/],
  ['reckon/english_date_example.csv', 'proven', 3, '-548.51', 'DMY', null],
  ['reckon/extratofake.csv', 'right', 22, '805.00', 'MDY', /no running balance/],
  ['reckon/french_example.csv', 'right', 9, '-337.44', 'DMY', /no running balance/],
  ['reckon/german_date_example.csv', 'proven', 3, '-548.51', 'DMY', null],
  ['reckon/harder_date_example.csv', 'ask', 5, '-123.12', 'DMY', /day\/month\/year or as year\/month\/day/],
  ['reckon/ing.csv', 'right', 3, '-18.63', 'YYYYMMDD', /no running balance/],
  ['reckon/intuit_mint_example.csv', 'right', 7, '-688.96', 'MDY', /no running balance/],
  ['reckon/invalid_header_example.csv', 'right', 2, '41.90', 'DMY', /no running balance/],
  ['reckon/inversed_credit_card.csv', 'right', 16, '187.01', 'YMD', /positive amounts seem to be spending/],
  ['reckon/multi-line-field.csv', 'right', 1, '-21.59', 'YMD', /no running balance/],
  ['reckon/nationwide.csv', 'proven', 4, '360.23', 'DMY', null],
  ['reckon/simple.csv', 'none', 0, '0', '', /no column has dates/],
  ['reckon/some_other.csv', 'right', 9, '6954.57', 'YMD', /no running balance/],
  ['reckon/spanish_date_example.csv', 'ask', 3, '-548.51', 'DMY', /day\/month\/year or as month\/day\/year/],
  ['reckon/suntrust.csv', 'proven', 7, '700.00', 'MDY', null],
  ['reckon/test_money_column.csv', 'right', 2, '40.00', 'YMD', /no running balance/],
  ['reckon/two_money_columns.csv', 'right', 5, '-548.51', 'MDY', /does not close/],
  ['reckon/yyyymmdd_date_example.csv', 'right', 1, '-123.45', 'YYYYMMDD', /no running balance/],
  ['csv2ofx/creditunion.csv', 'ask', 8, '465000', 'MDY', /no amount has a sign/],
  ['csv2ofx/default.csv', 'ask', 8, '465000', 'YMD', /no amount has a sign/],
  ['csv2ofx/mint.csv', 'right', 4, '-3000.00', 'MDY', /no running balance/],
  ['csv2ofx/stripe-default.csv', 'ask', 5, '112.50', 'YMD', /no amount has a sign/],
  ['csv2ofx/xero.csv', 'right', 13, '0', 'DMY', /no running balance/],
];

function textOf(file: string): string {
  const bytes = fs.readFileSync(file);
  const detector = new EncodingDetector();
  detector.push(bytes);
  return new TextDecoding(file, detector.result().encoding).push(bytes, true);
}

function totals(file: string, text: string, profile: CsvProfile): { rows: number; sum: string } {
  const sum = new Sum();
  let rows = 0;
  for (const event of createCsvReader({ file, profile }).push(text, true))
    if (event.kind === 'entry') {
      rows++;
      sum.add(event.amount);
    }
  return { rows, sum: sum.toString() };
}

if (DATA === undefined) test.skip('the shared files are not on this machine', () => {});
else {
  const data = DATA;
  describe('shared CSV samples', () => {
    test.each(SAMPLES)('%s: %s', (name, verdict, rows, sum, dateFormat, doubt) => {
      const text = textOf(path.join(data, 'raw/statements/csv', name));
      const guesser = new CsvGuesser(name);
      guesser.push(text, true);
      const guess = guesser.result();
      expect(guess.verdict).toBe(verdict === 'proven' ? 'proven' : 'unproven');
      if (doubt !== null) expect(guess.doubts.join('\n')).toMatch(doubt);
      if (verdict === 'none' || guess.profile === null) {
        expect([verdict, guess.profile]).toEqual(['none', null]);
        return;
      }
      expect(guess.profile.dateFormat).toBe(dateFormat);
      expect(totals(name, text, guess.profile)).toEqual({ rows, sum });
    });

    test('each sample is in the table', () => {
      const folder = path.join(data, 'raw/statements/csv');
      const files = ['reckon', 'csv2ofx'].flatMap((sub) =>
        fs.readdirSync(path.join(folder, sub)).map((file) => `${sub}/${file}`),
      );
      expect(files.sort()).toEqual(SAMPLES.map(([name]) => name).sort());
    });
  });

  describe('purchase cards through profiles', () => {
    const card = (name: string, header: string[], amount: string): CsvProfile =>
      parseProfile(
        name,
        JSON.stringify({
          name,
          match: { header },
          delimiter: ';',
          columns: {
            date: 'TRANS DATE',
            amount,
            account: 'CARD NUMBER',
            payee: 'MERCHANT NAME',
            category: 'TRANS CAC DESC 1',
            text: ['MERCHANT NAME'],
          },
          dateFormat: 'DMY',
          thousands: ',',
          sign: 'inverted',
          currency: 'GBP',
          accountType: 'card',
        }),
      );
    const common = [
      'TRANS DATE',
      'TRANS VAT DESC',
      'ORIGINAL GROSS AMT',
      'MERCHANT NAME',
      'CARD NUMBER',
      'TRANS CAC CODE 1',
      'TRANS CAC DESC 1',
      'TRANS CAC CODE 2',
      'TRANS CAC DESC 2',
      'TRANS CAC CODE 3',
      'Directorate',
    ];
    const profiles = [
      card('cards-2016', common, 'ORIGINAL GROSS AMT'),
      card('cards-2017', [...common, 'ORIGINAL CUR', 'BILLING GROSS AMT', 'BILLING CUR CODE'], 'BILLING GROSS AMT'),
    ];
    test.each([
      ['201612', 'cards-2016', 3002, '-503670.76'],
      ['201701', 'cards-2017', 5227, '-588890.69'],
      ['201702', 'cards-2017', 3836, '-741035.41'],
      ['201705', 'cards-2017', 5255, '-274541.22'],
    ])('%s', (month, name, rows, sum) => {
      const file = `purchase-card-transactions-${month}.csv`;
      const text = textOf(path.join(data, 'raw/categories', file));
      const profile = matchProfile(file, () => text.slice(0, 1 << 16), false, profiles);
      expect(profile?.name).toBe(name);
      if (profile !== null) expect(totals(file, text, profile)).toEqual({ rows, sum });
    });
  });

  test.each([
    ['transactions-berka.csv', 49_102, '39246142.80'],
    ['transactions-tabformer.csv', 30_000, '-1310882.44'],
  ])('our own columns: %s', (file, rows, sum) => {
    const text = textOf(path.join(data, file));
    const profile = matchProfile(file, () => text.slice(0, 1 << 16), false, []);
    expect(profile?.name).toBe('finance-db');
    if (profile !== null) expect(totals(file, text, profile)).toEqual({ rows, sum });
  });
}
