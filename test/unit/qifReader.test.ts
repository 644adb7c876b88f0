import { describe, expect, test } from '@jest/globals';
import { createQifReader } from '../../src/ingest/qif/qifReader.ts';
import { type QifFinding, QifSurvey } from '../../src/ingest/qif/qifSurvey.ts';
import { type DateOrder, qifAmount, qifDate } from '../../src/ingest/qif/qifValues.ts';
import type { StatementEvent } from '../../src/ingest/statement.ts';
import { entriesOf, eventsOf } from '../support/statementEvents.ts';

function survey(text: string): QifFinding {
  const it = new QifSurvey('f.qif');
  it.push(text, true);
  return it.result();
}

function read(text: string, dateOrder: DateOrder = 'MDY', decimalMark: '.' | ',' = '.'): StatementEvent[] {
  return eventsOf(createQifReader({ file: 'f.qif', style: { dateOrder, decimalMark } }), text);
}

function bank(...records: string[]): string {
  return `!Type:Bank\n${records.map((record) => `${record.replaceAll('|', '\n')}\n^\n`).join('')}`;
}

describe('QIF: dates', () => {
  test.each<[string, DateOrder, string | null]>([
    ['1/31/2024', 'MDY', '2024-01-31'],
    ['31.01.2024', 'DMY', '2024-01-31'],
    ["1/ 5'04", 'MDY', '2004-01-05'],
    ["1/ 5' 4", 'MDY', '2004-01-05'],
    ["1/ 5'94", 'MDY', '2094-01-05'],
    ['8/25/93', 'MDY', '1993-08-25'],
    ['25/08/24', 'DMY', '2024-08-25'],
    ['2024-01-31', 'MDY', '2024-01-31'],
    ['20240131', 'DMY', '2024-01-31'],
    ['24-01-31', 'YMD', '2024-01-31'],
    ['1/31/2024', 'DMY', null],
    ['2/30/2024', 'MDY', null],
    ['1/31', 'MDY', null],
    ['', 'MDY', null],
  ])('%s as %s', (text, order, date) => {
    expect(qifDate(text, order)).toBe(date);
  });

  test('one date that fits one order only decides for the whole file', () => {
    const known = (...dates: string[]) => survey(bank(...dates.map((date) => `D${date}|T1.00`)));
    expect(known('1/2/2024', '1/31/2024')).toMatchObject({ kind: 'known', style: { dateOrder: 'MDY' } });
    expect(known('1/2/2024', '31/1/2024')).toMatchObject({ kind: 'known', style: { dateOrder: 'DMY' } });
    expect(known('2024-01-02')).toMatchObject({ kind: 'known' });
    // The same day in both orders.
    expect(known('3/3/2024')).toMatchObject({ kind: 'known' });
  });

  test('two orders that survive are a question, with a guess', () => {
    expect(survey(bank('D1/2/2024|T1.00', 'D2/1/2024|T1.00', 'D3/1/2024|T1.00', 'D1/4/2024|T1.00'))).toEqual({
      kind: 'doubtful',
      orders: ['MDY', 'DMY'],
      guess: { dateOrder: 'MDY', decimalMark: '.' },
      example: { line: 2, text: '1/2/2024' },
    });
    // Sorted when the day stands first.
    expect(survey(bank('D1/2/2024|T1', 'D3/2/2024|T1', 'D2/3/2024|T1', 'D5/3/2024|T1'))).toMatchObject({
      kind: 'doubtful',
      guess: { dateOrder: 'DMY' },
    });
    expect(survey(bank('D1/2/2024|T1,00'))).toMatchObject({ guess: { dateOrder: 'DMY', decimalMark: ',' } });
  });

  test('the order that the user gives wins', () => {
    const asked = new QifSurvey('f.qif', 'YMD');
    asked.push(bank('D24-01-31|T1,50', 'D24-13-01|T1'), true);
    expect(asked.result()).toEqual({ kind: 'known', style: { dateOrder: 'YMD', decimalMark: ',' } });
    expect(() => read(bank('D24-13-01|T1'), 'YMD')).toThrow('f.qif:2 (record 1): D: found "24-13-01"');
  });

  test('two orders in one file, and days that do not exist, are refused', () => {
    expect(() => survey(bank('D1/31/2024|T1', 'D31/1/2024|T1'))).toThrow(
      'f.qif:5 (record 2): D: found "31/1/2024": day and month stand in another order than on line 2',
    );
    expect(() => survey(bank('D31/31/2024|T1'))).toThrow(
      'f.qif:2 (record 1): D: found "31/31/2024": there is no such day',
    );
  });

  test('dates of prices and the like do not count', () => {
    expect(survey(`!Type:Prices\nD31/12/2024\n^\n${bank('D1/31/2024|T1')}`)).toMatchObject({
      style: { dateOrder: 'MDY' },
    });
  });
});

describe('QIF: amounts', () => {
  test.each<[string, '.' | ',', string | null]>([
    ['-1,234.56', '.', '-1234.56'],
    ['1,000', '.', '1000'],
    ['1,00,000.00', '.', '100000.00'],
    ["1'234.50", '.', '1234.50'],
    ['+5', '.', '5'],
    ['1.234,56', ',', '1234.56'],
    ['-12,5', ',', '-12.5'],
    // A thousand, or one with three decimals: neither is guessed.
    ['1.000', '.', null],
    ['12,34.56', '.', null],
    ['1234,56', '.', null],
    ['$5.00', '.', null],
    ["1'234'567.50", '.', '1234567.50'],
    ['1 234,50', ',', '1234.50'],
    ['- 5.00', '.', '-5.00'],
    // Where a digit or the sign was damaged, nothing is guessed.
    ["'17.76", '.', null],
    ['50. 6', '.', null],
    ['50.9 ', '.', '50.9'],
    ['5 0.96', '.', null],
    ['', '.', null],
  ])('%s with %s', (text, mark, amount) => {
    expect(qifAmount(text, mark)).toBe(amount);
  });

  test('the decimal mark is found over the whole file', () => {
    expect(survey(bank('D1/31/2024|T1.000', 'D1/31/2024|T-12,50'))).toMatchObject({ style: { decimalMark: ',' } });
    expect(survey(bank('D1/31/2024|T1,000', 'D1/31/2024|T-12.50'))).toMatchObject({ style: { decimalMark: '.' } });
  });
});

describe('QIF: accounts', () => {
  test('several accounts, a list of accounts before them, lists of categories', () => {
    const lines = [
      ...['!Option:AutoSwitch', '!Account', 'NOld', 'TBank', '^', 'NCard', 'TCCard', '^', '!Clear:AutoSwitch'],
      ...['!Type:Cat', 'NFood', 'E', '^'],
      ...['!Account', 'NChecking', 'TBank', '^', '!Type:Bank'],
      ...['D1/31/2024', 'T-5.00', 'N77', 'PCorner Shop', 'MBread', 'LFood:Bread:Rye/Class', '^'],
      ...['D1/31/2024', 'T-10.00', 'L[Savings]', '^'],
      ...['!Account', 'NVisa', 'TCCard', '^', '!Type:CCard', 'D2/1/2024', 'U-1.00', 'Mx', '^'],
      ...['!Account', 'NBroker', 'TInvst', '^', '!Type:Invst', 'D2/1/2024', 'NBuy', 'T1,000.00', '^', ''],
    ];
    expect(read(lines.join('\r\n'))).toMatchObject([
      { kind: 'start', account: { id: 'Checking', type: 'bank' }, currency: null },
      {
        kind: 'entry',
        amount: '-5.00',
        payee: 'Corner Shop',
        text: 'Corner Shop Bread 77',
        category: 'Food',
        subcategory: 'Bread:Rye',
        place: { line: 19, record: 1 },
      },
      { kind: 'entry', category: null, counterAccount: 'Savings' },
      { kind: 'end' },
      { kind: 'start', account: { id: 'Visa', type: 'card' } },
      { kind: 'entry', amount: '-1.00', text: 'x', payee: null },
      { kind: 'end' },
      { kind: 'start', account: { id: 'Broker', type: 'other' } },
      { kind: 'skipped', reason: 'investment', amount: '1000.00' },
      { kind: 'end' },
    ]);
  });

  test('a type in another language holds entries', () => {
    expect(read('!Type:Banque\nD1/31/2024\nT-5.00\n^\n')).toMatchObject([
      { kind: 'start' },
      { kind: 'entry' },
      { kind: 'end' },
    ]);
  });

  test('splits add up to the record', () => {
    expect(entriesOf(read(bank('D1/31/2024|T-5.00|SFood|Ebread|$-3.00|SFood|Emilk|$-2.00')))).toMatchObject([
      { amount: '-5.00', category: 'Food', text: 'bread milk' },
    ]);
    expect(entriesOf(read(bank('D1/31/2024|T-5.00|SFood|$-3.00|SHome|$-2.00')))).toMatchObject([{ category: null }]);
    expect(() => read(bank('D1/31/2024|T-5.00|SFood|$-3.00|SHome|$-1.99'))).toThrow(
      'f.qif:2 (record 1): T: found "-5.00": its splits ($) come to -4.99',
    );
  });

  test('an opening balance is a balance, and names the account', () => {
    expect(read(bank('D1/1/2024|T100.00|POpening Balance|L[Giro]', 'D1/31/2024|T-5.00'))).toMatchObject([
      { kind: 'start', account: { id: 'Giro' }, opening: { amount: '100.00', date: '2024-01-01' } },
      { kind: 'skipped', reason: 'other', amount: '100.00' },
      { kind: 'entry', amount: '-5.00' },
      { kind: 'end' },
    ]);
  });

  test('lines of a memo may begin with D and T', () => {
    const events = read(bank('D1/31/2024|T-12.00|MThanks|Dear customer|Thank you|Total 5.00'));
    expect(entriesOf(events)).toMatchObject([{ amount: '-12.00', date: '2024-01-31' }]);
  });

  test.each([
    [bank('T1.00'), 'f.qif:2 (record 1): D: found "": expected a day that exists, written as MDY'],
    [bank('D1/31/2024'), 'f.qif:2 (record 1): T: found "": expected an amount such as -12.50'],
    [bank('D1/31/2024|Tabc'), 'f.qif:3 (record 1): T: found "abc"'],
    ['!Type:Bank\nD1/31/2024\nT-12', 'f.qif:2: the file is cut: its last record has no end (^)'],
    ['a;b\n1;2\n', 'f.qif: not a QIF file'],
    // Entries are not lost where a line between them is damaged.
    [
      bank('D1/31/2024|T-12.00|Ponex\nD1/31/2024|T-3.00|Ptwo', 'D1/31/2024|T-4.00'),
      'f.qif:5 (record 1): D: found "1/31/2024": a second day in one record: the end (^) of an entry is missing',
    ],
    [bank('D1/31/2024|T-12.00|Pone|ED1/31/2024|T-3.00'), 'f.qif:6 (record 1): T: found "-3.00": a second amount'],
    [
      '!Account\nNGiro\nTBank\n^\n!Typ:Bank\nD1/31/2024\nT-12.00\n^\n',
      'f.qif:6: D: found "1/31/2024": an entry where accounts or lists are described',
    ],
    ['!Type:Cat\nNFood\nE\n^\nD1/31/2024\nT-12.00\n^\n', 'f.qif:5: D: found "1/31/2024": an entry where'],
  ])('%j is refused', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
