import { describe, expect, test } from '@jest/globals';
import { channelOfCode, channelOfWords } from '../../src/ingest/clean/channel.ts';
import { cleanEntry } from '../../src/ingest/clean/cleanEntry.ts';
import type { StatementEntry } from '../../src/ingest/statement.ts';

function entry(values: Partial<StatementEntry>): StatementEntry {
  return {
    kind: 'entry',
    place: { line: 1, record: 1 },
    date: '2026-01-02',
    time: null,
    valueDate: null,
    amount: '-1.00',
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

describe('the same purchase, whatever the format', () => {
  test.each([
    ['CSV', 'csv', { text: 'KARTENZAHLUNG REWE MARKT GMBH 4711//BERLIN/DE 2026-01-02T18:05 KARTE 1234' }],
    ['OFX, all in NAME', 'ofx', { payee: 'REWE MARKT 4711', text: 'REWE MARKT 4711 KARTE 1234 02.01.26' }],
    // NAME is 32 wide, and the text is cut within a word.
    [
      'OFX, NAME that goes on in MEMO',
      'ofx',
      { payee: 'KARTENZAHLUNG 0201 18:05 REWE MA', text: 'KARTENZAHLUNG 0201 18:05 REWE MA RKT GMBH BERLIN DE' },
    ],
    [
      'OFX, NAME that MEMO has again',
      'ofx',
      { payee: 'KARTENZAHLUNG 0201 18:05 REWE MA', text: 'KARTENZAHLUNG 0201 18:05 REWE MARKT GMBH' },
    ],
    ['OFX, how in NAME and who in MEMO', 'ofx', { payee: 'KARTENZAHLUNG', text: 'KARTENZAHLUNG REWE MARKT GMBH' }],
    ['MT940, structured', 'mt940', { payee: 'REWE Markt GmbH//BERLIN/DE', text: 'KARTENZAHLUNG EREF+1 SVWZ+2026' }],
    ['MT940, in the purpose', 'mt940', { text: 'KARTENZAHLUNG EREF+4711 SVWZ+REWE MARKT GMBH 4711 BERLIN DE' }],
    ['CAMT', 'camt', { payee: 'REWE Markt GmbH', text: 'REWE Markt GmbH KARTENZAHLUNG' }],
    ['QIF', 'qif', { payee: 'Rewe Markt 4711', text: 'Rewe Markt 4711 Einkauf' }],
  ] as const)('%s', (_name, format, values) => {
    expect(cleanEntry(entry(values), format).merchant).toBe('Rewe Markt');
  });
});

describe('what else an entry says', () => {
  test('city and state from the text, and where the payee came from', () => {
    const text = 'POS PURCHASE STARBUCKS #12 SEATTLE WA';
    expect(cleanEntry(entry({ text }), 'csv')).toEqual({
      merchant: 'Starbucks',
      merchantBy: 'text',
      mcc: null,
      city: 'Seattle',
      state: 'WA',
      channel: 'pos',
    });
  });

  test('fields of the file go before what the text says', () => {
    const values = { text: 'STARBUCKS SEATTLE WA MCC 5814', city: 'Tacoma', state: 'OR', mcc: '5812', code: 'ATM' };
    expect(cleanEntry(entry({ ...values, payee: 'STARBUCKS' }), 'ofx')).toEqual({
      merchant: 'Starbucks',
      merchantBy: 'field',
      mcc: '5812',
      city: 'Tacoma',
      state: 'OR',
      channel: 'atm',
    });
  });

  test('a merchant code in the text', () => {
    expect(cleanEntry(entry({ text: 'STARBUCKS MCC: 5814' }), 'csv')).toMatchObject({
      merchant: 'Starbucks',
      mcc: '5814',
    });
  });

  test('numbers that are part of a name stay with their text, however alike two texts are', () => {
    for (const name of ['Studio 54', 'Studio 55', 'Studio 54'])
      expect(cleanEntry(entry({ text: name }), 'csv').merchant).toBe(name);
  });

  test('no text at all', () => {
    expect(cleanEntry(entry({}), 'csv')).toMatchObject({ merchant: null, merchantBy: null, channel: null });
  });

  test('our own columns stay as they are', () => {
    const own = { txId: '1', channel: 'pos', isRecurring: null, normalizedAmount: null };
    expect(cleanEntry(entry({ payee: 'GASMART #118', text: 'GASMART #118', own }), 'csv')).toMatchObject({
      merchant: 'GASMART #118',
    });
  });
});

test.each([
  ['POS', 'pos'],
  ['ATM', 'atm'],
  ['XFER', 'transfer'],
  ['DIRECTDEBIT', 'direct_debit'],
  ['REPEATPMT', 'standing_order'],
  ['CHECK', 'check'],
  ['SRVCHG', 'system'],
  ['DEBIT', null],
  ['OTHER', null],
  ['NTRF', 'transfer'],
  ['NDDT', 'direct_debit'],
  ['NSTO', 'standing_order'],
  ['NCHG', 'system'],
  ['NIDB', 'online'],
  ['NMSC', null],
  ['NDIV', null],
  ['NTRF/105', 'direct_debit'],
  ['NMSC/166', 'transfer'],
  ['N102', null],
  ['NMSC/106', 'pos'],
  ['NTRF+117+9248', 'standing_order'],
  ['PMNT/CCRD/POSD', 'pos'],
  ['PMNT/CCRD/CWDL', 'atm'],
  ['PMNT/RDDT/ESDD', 'direct_debit'],
  ['PMNT/RCDT/ESCT', 'transfer'],
  ['PMNT/ICDT/STDO', 'standing_order'],
  ['PMNT/CNTR/CWDL', 'atm'],
  ['ACMT/MDOP/CHRG', 'system'],
  ['', null],
])('the code %p is the channel %p', (code, channel) => {
  expect(channelOfCode(code)).toBe(channel);
});

test.each([
  ['KARTENZAHLUNG REWE', 'pos'],
  ['SEPA LASTSCHRIFT Stadtwerke', 'direct_debit'],
  ['GELDAUTOMAT 4711', 'atm'],
  ['DAUERAUFTRAG Miete', 'standing_order'],
  ['SEPA-Ueberweisung Erika', 'transfer'],
  ['PAYPAL *SPOTIFY', 'online'],
  ['CHECK 2656', 'check'],
  ['Rewe Markt', null],
])('the words %p are the channel %p', (text, channel) => {
  expect(channelOfWords(text)).toBe(channel);
});
