import { describe, expect, test } from '@jest/globals';
import { CsvGuesser, profileOf } from '../../src/ingest/csv/guess.ts';
import { matchProfile } from '../../src/ingest/csv/matchProfile.ts';
import { OWN_PROFILE } from '../../src/ingest/csv/ownProfile.ts';
import { parseProfile, profileJson } from '../../src/ingest/csv/profileJson.ts';

const BANK = {
  name: 'bank',
  match: { header: ['Date', 'Text', 'Amount'] },
  delimiter: ';',
  columns: { date: 'Date', amount: 'Amount', text: ['Text'] },
  dateFormat: 'DMY',
};

function parsed(changes: Record<string, unknown>) {
  return parseProfile('bank.json', JSON.stringify({ ...BANK, ...changes }));
}

describe('a profile', () => {
  test('says what is usual by being silent', () => {
    expect(parsed({})).toMatchObject({
      encoding: null,
      numbers: { decimalMark: '.', thousands: '' },
      sign: 'signed',
      accountType: 'bank',
      order: null,
      match: { header: ['Date', 'Text', 'Amount'], optional: [], extraColumns: false },
    });
  });

  test.each<[Record<string, unknown>, string]>([
    [{ name: '' }, '"name": expected a text; found ""'],
    [{ name: undefined }, '"name": expected a text; found nothing'],
    [{ colour: 'red' }, '"colour": expected no such field; the fields are name, match'],
    [{ delimiter: ';;' }, '"delimiter": expected one character, such as "," or ";" or "\\t"; found ";;"'],
    [{ dateFormat: 'dd.mm.yyyy' }, '"dateFormat": expected one of "DMY", "MDY", "YMD"'],
    [{ dateFormat: undefined }, '"dateFormat": expected one of'],
    [{ decimalMark: ',', thousands: ',' }, '"thousands": expected another mark than "decimalMark"; found ","'],
    [{ encoding: 'klingon' }, '"encoding": expected one of utf-8'],
    [{ currency: 'Euro' }, '"currency": expected an ISO 4217 code such as "EUR"; found "Euro"'],
    [{ columns: 5 }, '"columns": expected an object'],
    [{ columns: { amount: 'Amount' } }, '"columns.date": expected the column with the dates'],
    [
      { columns: { date: 0, amount: 'Amount' } },
      '"columns.date": expected the name of a column, or its number from 1; found 0',
    ],
    [{ columns: { date: 'Date' } }, '"columns": expected "debit" or "credit", since "sign" is "columns"'],
    [{ columns: { date: 'Date', amount: 'Amount', debit: 'D' }, sign: 'columns' }, 'expected no "amount" beside'],
    [{ columns: { date: 'Date', amount: 'Amount', when: 'x' } }, '"columns.when": expected no such field'],
    [{ sign: 'negative' }, '"sign": expected one of "signed", "inverted"'],
    [{ sign: { debit: ['D'], credit: ['C'] } }, '"columns": expected "mark", since "sign" lists its values'],
    [{ columns: { date: 'Date', amount: 'Amount', mark: 'M' } }, '"sign": expected the values of the mark column'],
    [{ ignore: ['['] }, '"ignore": expected a regular expression; found "["'],
    [{ match: { header: [] } }, '"match.header": expected the names that the header of the file must have'],
    [{ match: null }, 'expected numbers, since there is no "match"'],
    [{ skipLines: -1 }, '"skipLines": expected a number of lines; found -1'],
    [{ fixed: { amount: '5' } }, '"fixed.amount": expected no such field'],
  ])('%j is refused', (changes, message) => {
    expect(() => parsed(changes)).toThrow(`bank.json: `);
    expect(() => parsed(changes)).toThrow(message);
  });

  test('that is no JSON is refused', () => {
    expect(() => parseProfile('bank.json', '{"name": ')).toThrow('bank.json: no JSON: ');
    expect(() => parseProfile('bank.json', '[]')).toThrow('the profile: expected an object: {…}; found []');
  });

  test('is the same after it was written and read', () => {
    const guesser = new CsvGuesser('f.csv');
    guesser.push(
      'Datum;Text;S/H;Betrag;Währung;Saldo;Status\n01.02.2020;a;S;1,00;EUR;9,00;gebucht\n13.02.2020;b;H;2,00;EUR;11,00;gebucht\n',
      true,
    );
    const profile = profileOf(guesser.result(), 'bank');
    if (profile === null) throw new Error('no profile');
    for (const one of [
      profile,
      OWN_PROFILE,
      parsed({ ignore: ['^Total'], fixed: { city: 'Graz' }, account: 'X', order: 'newestFirst' }),
    ])
      expect(parseProfile('f', profileJson(one))).toEqual(one);
  });
});

describe('the profile of a file', () => {
  const bank = parsed({});
  const more = parsed({ name: 'more', match: { header: ['Date', 'Text', 'Amount', 'Fee'] } });
  const open = parsed({ name: 'open', match: { header: ['Date', 'Amount'], extraColumns: true } });

  test.each<[string, string | null]>([
    ['Date;Text;Amount\n', 'bank'],
    [' AMOUNT ;date;  Text\n', 'bank'],
    ['Statement of May\n\nDate;Text;Amount;\n', 'bank'],
    ['Date;Text;Amount;Fee\n', 'more'],
    ['Date;Text;Amount;Other\n', 'open'],
    ['Date,Text,Amount\n', null],
    ['Date;Amounts\n', null],
    ['tx_id,timestamp,amount\n', 'finance-db'],
    ['amount,tx_id,timestamp,mcc,city\n', 'finance-db'],
    ['tx_id,timestamp,amount,colour\n', null],
    ['', null],
  ])('%j: %s', (head, name) => {
    expect(matchProfile('f.csv', () => head, true, [bank, more, open])?.name ?? null).toBe(name);
  });

  test('two that fit equally well are told', () => {
    const twin = parsed({ name: 'twin' });
    expect(() => matchProfile('f.csv', () => 'Date;Text;Amount\n', true, [bank, twin])).toThrow(
      'the profiles bank and twin fit equally well',
    );
  });
});
