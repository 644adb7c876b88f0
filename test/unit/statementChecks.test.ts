import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodedEntities } from '../../src/ingest/entities.ts';
import { fitting, fittingNumeral } from '../../src/ingest/fits.ts';
import { joinedText } from '../../src/ingest/freeText.ts';
import { accountId, asIban } from '../../src/ingest/iban.ts';
import type { StatementEntry, StatementEvent } from '../../src/ingest/statement.ts';
import { TextLines } from '../../src/ingest/textLines.ts';
import { balancesOf } from '../support/statementEvents.ts';

const MONEY = { precision: 15, scale: 2 };

function entry(values: Partial<StatementEntry>): StatementEntry {
  return {
    kind: 'entry',
    place: { line: 7, record: 3 },
    date: '2024-01-31',
    time: null,
    valueDate: null,
    amount: '1',
    currency: null,
    bankId: null,
    text: '',
    payee: null,
    counterAccount: null,
    code: null,
    mcc: null,
    city: null,
    state: null,
    category: null,
    subcategory: null,
    original: null,
    balance: null,
    ...values,
  };
}

describe('what a column holds', () => {
  test.each([
    ['5', '5.00'],
    ['8.850', '8.85'],
    ['-0.1', '-0.10'],
    ['9999999999999.99', '9999999999999.99'],
    ['0009999999999999.9900', '0009999999999999.99'],
    ['115.8331', null],
    ['0.001', null],
    ['10000000000000', null],
    ['-10000000000000.00', null],
  ])('%s in numeric(15,2)', (numeral, fitted) => {
    expect(fittingNumeral(numeral, MONEY)).toBe(fitted);
  });

  test('events pass with the column’s decimals; what does not fit is named', () => {
    const end: StatementEvent = { kind: 'end', place: { line: 1, record: 0 }, opening: null, closing: null };
    expect([...fitting('f', [entry({ amount: '8.850' }), end], MONEY)]).toEqual([entry({ amount: '8.85' }), end]);
    expect(() => [...fitting('f', [entry({ amount: '115.8331' })], MONEY)]).toThrow(
      'f:7 (record 3): amount: found "115.8331": it does not fit numeric(15,2) exactly',
    );
    expect(() => [...fitting('f', [entry({ payee: 'a\0b' })], MONEY)]).toThrow(
      'f:7 (record 3): payee: found "a\\u0000b"',
    );
  });
});

describe('the balance of a statement', () => {
  const start = (opening: string | null): StatementEvent => ({
    kind: 'start',
    place: { line: 1, record: 0 },
    account: null,
    currency: 'EUR',
    number: null,
    opening: opening === null ? null : { amount: opening, date: null },
  });
  const end = (closing: string | null, opening: string | null = null): StatementEvent => ({
    kind: 'end',
    place: { line: 9, record: 0 },
    opening: opening === null ? null : { amount: opening, date: null },
    closing: closing === null ? null : { amount: closing, date: null },
  });
  const pending: StatementEvent = { kind: 'skipped', place: { line: 2, record: 1 }, reason: 'pending', amount: '7' };

  test.each<[string, StatementEvent[], boolean | null]>([
    ['closes', [start('0.1'), entry({ amount: '0.2' }), pending, end('0.30')], true],
    ['does not', [start('0.1'), entry({ amount: '0.2' }), end('0.31')], false],
    ['has no opening', [start(null), entry({}), end('1')], null],
    ['has no closing', [start('1'), entry({}), end(null)], null],
    ['knows its opening at its end', [start(null), entry({}), end('3', '2')], true],
    ['holds two currencies', [start('1'), entry({ currency: 'USD' }), end('2')], null],
    ['holds its own currency, said again', [start('1'), entry({ currency: 'EUR' }), end('2')], true],
  ])('%s', (_, events, closes) => {
    expect(balancesOf(events)).toMatchObject([{ closes }]);
  });

  test('is exact for any number of entries', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e9, max: 1e9 })), (cents) => {
        const text = (value: number) =>
          `${value < 0 ? '-' : ''}${Math.trunc(Math.abs(value) / 100)}.${String(Math.abs(value) % 100).padStart(2, '0')}`;
        const total = cents.reduce((sum, each) => sum + each, 0);
        const events = [start('0'), ...cents.map((each) => entry({ amount: text(each) })), end(text(total))];
        expect(balancesOf(events)).toMatchObject([{ closes: true, entries: cents.length }]);
      }),
    );
  });
});

test.each([
  ['DE89 3704 0044 0532 0130 00', 'DE89370400440532013000'],
  ['nl91abna0417164300', 'NL91ABNA0417164300'],
  ['DE88370400440532013000', null],
  ['12345', null],
])('IBAN %s', (text, iban) => {
  expect(asIban(text)).toBe(iban);
});

test('an account’s id: the IBAN alone, else bank and number', () => {
  expect(accountId('70011110', 'DE89 3704 0044 0532 0130 00')).toBe('DE89370400440532013000');
  expect(accountId('70011110', '40 05')).toBe('70011110/4005');
  expect(accountId(null, '40 05')).toBe('4005');
});

test('texts are joined without saying anything twice', () => {
  expect(joinedText(['Corner Shop', ' POS  7\nCorner Shop ', null, '', 'POS 7', '319'])).toBe('POS 7 Corner Shop 319');
});

test('entities: what is none stays', () => {
  expect(decodedEntities('a &amp; b &#x20AC; &nope; AT&T; &#xD800; &#99999999;')).toBe(
    'a & b € &nope; AT&T; &#xD800; &#99999999;',
  );
});

test('lines end with LF, CRLF or CR, and know their numbers', () => {
  const lines = new TextLines('f');
  const seen: [string, number][] = [];
  for (const piece of ['a\r', '\nb\rc', '\n\nd']) for (const line of lines.push(piece)) seen.push([line, lines.line]);
  for (const line of lines.push('', true)) seen.push([line, lines.line]);
  expect(seen).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 3],
    ['', 4],
    ['d', 5],
  ]);
  expect(() => [...new TextLines('f').push('x'.repeat(2_000_000))]).toThrow(
    'f:1: a line of more than a million characters',
  );
});
