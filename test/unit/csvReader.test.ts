import { describe, expect, test } from '@jest/globals';
import { OWN_PROFILE } from '../../src/ingest/csv/ownProfile.ts';
import type { CsvProfile } from '../../src/ingest/csv/profile.ts';
import { parseProfile } from '../../src/ingest/csv/profileJson.ts';
import { createCsvReader } from '../../src/ingest/csv/reader.ts';
import type { StatementEntry, StatementEvent } from '../../src/ingest/statement.ts';

function profileWith(changes: Record<string, unknown> = {}): CsvProfile {
  return parseProfile(
    'p.json',
    JSON.stringify({
      name: 'bank',
      match: { header: ['Date', 'Text', 'Amount'], extraColumns: true },
      delimiter: ';',
      columns: { date: 'Date', amount: 'Amount', text: ['Text'] },
      dateFormat: 'DMY',
      decimalMark: ',',
      thousands: '.',
      ...changes,
    }),
  );
}

function read(text: string, profile = profileWith()): StatementEvent[] {
  return [...createCsvReader({ file: 'f.csv', profile }).push(text, true)];
}

function entriesOf(text: string, profile = profileWith()): StatementEntry[] {
  return read(text, profile).filter((event) => event.kind === 'entry');
}

const amounts = (text: string, profile = profileWith()): string[] =>
  entriesOf(text, profile).map(({ amount }) => amount);

describe('a CSV file read by its profile', () => {
  test('gives a statement with every field of an entry', () => {
    expect(read('Date;Text;Amount\n01.02.2020;  a  b ;-1.234,50\n')).toEqual([
      { kind: 'start', place: { line: 2, record: 0 }, account: null, currency: null, number: null, opening: null },
      {
        kind: 'entry',
        place: { line: 2, record: 1 },
        date: '2020-02-01',
        time: null,
        valueDate: null,
        amount: '-1234.50',
        currency: null,
        bankId: null,
        text: 'a b',
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
      },
      { kind: 'end', place: { line: 2, record: 0 }, opening: null, closing: null },
    ]);
  });

  test.each<[string, string, string[]]>([
    ['lines above the header', 'Bank of x;;\n\nAccount;123\nDate;Text;Amount\n1.2.2020;a;-1\n', ['-1']],
    ['a header in another order and case', 'AMOUNT; text ;date\n-1;a;1.2.2020\n', ['-1']],
    ['a delimiter at the end of lines', 'Date;Text;Amount;\n1.2.2020;a;-1;\n', ['-1']],
    ['rows of nothing', 'Date;Text;Amount\n;;\n1.2.2020;a;-1\n;;;;\n', ['-1']],
    ['a footer with an amount', 'Date;Text;Amount\n1.2.2020;a;-1\nTotal;;-1\n', ['-1']],
    ['a footer of words', 'Date;Text;Amount\n1.2.2020;a;-1\n\nCreated by the bank, without warranty\n', ['-1']],
    ['the header again', 'Date;Text;Amount\n1.2.2020;a;-1\nDate;Text;Amount\n2.2.2020;b;-2\n', ['-1', '-2']],
    ['rows of less width', 'Date;Text;Amount;Note\n1.2.2020;a;-1\n2.2.2020;b;-2;x\n', ['-1', '-2']],
    ['a cell of several lines', 'Date;Text;Amount\n1.2.2020;"a\nb";-1\n', ['-1']],
    ["a spreadsheet's apostrophe", "Date;Text;Amount\n'1.2.2020;a;'-1\n", ['-1']],
    ['no row', 'Date;Text;Amount\n', []],
  ])('%s', (_, text, expected) => {
    expect(amounts(text)).toEqual(expected);
  });

  test.each<[string, Record<string, unknown>, string, string[]]>([
    ['positive is spending', { sign: 'inverted' }, '1.2.2020;a;5\n1.2.2020;b;-7\n1.2.2020;c;0', ['-5', '7', '0']],
    [
      'marks',
      { sign: { debit: ['D', 'Af'], credit: ['C'] }, columns: { date: 1, amount: 3, mark: 2, text: [] } },
      '1.2.2020;D;5\n1.2.2020; af ;6\n1.2.2020;c;7\n1.2.2020;D;-2',
      ['-5', '-6', '7', '2'],
    ],
    [
      'two columns',
      { sign: 'columns', columns: { date: 1, debit: 2, credit: 3, text: [] } },
      '1.2.2020;5;\n1.2.2020;;6\n1.2.2020;0,00;7\n1.2.2020;8;0\n1.2.2020;0;0',
      ['-5', '6', '7', '-8', '0'],
    ],
    [
      'two columns with signs',
      { sign: 'signedColumns', columns: { date: 1, debit: 2, credit: 3, text: [] } },
      '1.2.2020;-5;\n1.2.2020;;+6',
      ['-5', '6'],
    ],
  ])('signs: %s', (_, changes, rows, expected) => {
    expect(amounts(`Date;Text;Amount\n${rows}\n`, profileWith(changes))).toEqual(expected);
  });

  test('what is not booked is counted with its amount, what was declined too', () => {
    const profile = profileWith({
      columns: { date: 'Date', amount: 'Amount', text: ['Text'], status: 'State' },
      pending: ['Pending'],
      declined: ['failed'],
    });
    const events = read(
      'Date;Text;Amount;State\n1.2.2020;a;-1;PENDING\n1.2.2020;b;-2;done\n1.2.2020;c;-3;Failed\n',
      profile,
    );
    expect(events.filter(({ kind }) => kind === 'skipped')).toEqual([
      { kind: 'skipped', place: { line: 2, record: 1 }, reason: 'pending', amount: '-1' },
      { kind: 'skipped', place: { line: 4, record: 3 }, reason: 'other', amount: '-3' },
    ]);
  });

  test('rows that are to be ignored, and rows that tell balances', () => {
    const profile = profileWith({ ignore: ['^[^;]*;Reserved'], opening: ['Saldo anterior'], closing: ['SALDO'] });
    const events = read(
      'Date;Text;Amount\n31.1.2020;Saldo Anterior;10\n1.2.2020;reserved;-5\n1.2.2020;b;-2\n1.2.2020;saldo;8\n',
      profile,
    );
    expect(events.map(({ kind }) => kind)).toEqual(['start', 'entry', 'end']);
    expect(events[0]).toMatchObject({ opening: { amount: '10', date: '2020-01-31' } });
    expect(events[2]).toMatchObject({ opening: { amount: '10' }, closing: { amount: '8', date: '2020-02-01' } });
  });

  const CARD = { sign: 'inverted', accountType: 'card' };
  test.each<[string, Record<string, unknown>, string, string | null, string | null]>([
    ['oldest first', {}, '1.2.2020;a;-1;9\n2.2.2020;b;-2;7\n', '10', '7'],
    ['newest first', {}, '2.2.2020;b;-2;7\n1.2.2020;a;-1;9\n', '10', '7'],
    ['one day, order unknown', {}, '1.2.2020;a;-1;9\n1.2.2020;b;-2;7\n', null, null],
    ['one day, order known', { order: 'newestFirst' }, '1.2.2020;b;-2;7\n1.2.2020;a;-1;9\n', '10', '7'],
    ['balances now and then', {}, '1.2.2020;a;-1;\n2.2.2020;b;-2;7\n3.2.2020;c;-3;\n', '10', '4'],
    ['one row', {}, '1.2.2020;a;-1;9\n', '10', '9'],
    ['a card that shows what is owed', CARD, '1.2.2020;a;5;105\n2.2.2020;b;-30;75\n', '-100', '-75'],
    ['the same, newest first', CARD, '2.2.2020;b;-30;75\n1.2.2020;a;5;105\n', '-100', '-75'],
    [
      'balances of a debt now and then',
      CARD,
      '1.2.2020;a;5;\n2.2.2020;b;3;108\n3.2.2020;c;1;\n4.2.2020;d;2;111\n',
      '-100',
      '-111',
    ],
    ['a card that shows what is left', CARD, '1.2.2020;a;5;95\n2.2.2020;b;-30;125\n', '100', '125'],
    ['a card of one row: nothing tells', CARD, '1.2.2020;a;5;105\n', null, null],
    [
      'a debt, with rows that tell it',
      { ...CARD, opening: ['start'], closing: ['end'] },
      '1.2.2020;start;;100\n1.2.2020;a;5;105\n2.2.2020;b;-30;75\n2.2.2020;end;;75\n',
      '-100',
      '-75',
    ],
  ])('balances before and after, %s', (_, changes, rows, opening, closing) => {
    const profile = profileWith({
      columns: { date: 'Date', amount: 'Amount', balance: 'Balance', text: ['Text'] },
      ...changes,
    });
    const end = read(`Date;Text;Amount;Balance\n${rows}`, profile).at(-1);
    if (end?.kind !== 'end') throw new Error('no end');
    expect([end.opening?.amount ?? null, end.closing?.amount ?? null]).toEqual([opening, closing]);
  });

  test('several accounts in one file are statements of their own', () => {
    const profile = profileWith({
      columns: { date: 'Date', amount: 'Amount', account: 'Account', currency: 'Cur', text: ['Text'] },
      accountType: 'card',
    });
    const events = read(
      'Account;Date;Text;Amount;Cur\nDE89 3704;1.2.2020;a;-1;eur\nDE893704;1.2.2020;b;-2;USD\n="007";1.2.2020;c;-3;EUR\n',
      profile,
    );
    expect(events.filter(({ kind }) => kind === 'start')).toMatchObject([
      { account: { id: 'DE893704', type: 'card' }, currency: 'EUR' },
      { account: { id: '007' }, currency: 'EUR' },
    ]);
    expect(events.filter(({ kind }) => kind === 'entry')).toMatchObject([
      { currency: null },
      { currency: 'USD' },
      { currency: null },
    ]);
  });

  test('a currency beside an amount counts, and the amount before conversion', () => {
    const profile = profileWith({
      currency: 'EUR',
      columns: { date: 'Date', amount: 'Amount', originalAmount: 'Orig', originalCurrency: 'OC', text: ['Text'] },
    });
    const events = entriesOf('Date;Text;Amount;Orig;OC\n1.2.2020;a;-1 USD;;\n1.2.2020;b;-2;2,50;gbp\n', profile);
    expect(events).toMatchObject([
      { amount: '-1', currency: null, original: null },
      { amount: '-2', currency: 'EUR', original: { amount: '-2.50', currency: 'GBP' } },
    ]);
  });

  test.each<[string, string, string]>([
    [
      'Date;Text;Amount\n31.2.2020;a;-1\n',
      'f.csv:2 (record 1): column "Date": found "31.2.2020"',
      'no date of the form DMY',
    ],
    [
      'Date;Text;Amount\n1.2.2020;a;1.5\n',
      'f.csv:2 (record 1): column "Amount": found "1.5"',
      'its decimal mark is "," by the profile',
    ],
    ['Date;Text;Amount\n1.2.2020;a;\n', 'column "Amount": found ""', 'the row has a date and no amount'],
    [
      'Date;Text;Amount\n1.2.2020;a;-1\n;b;-2\n3.2.2020;c;-3\n',
      'f.csv:3 (record 2): column "Date": found ""',
      'no date',
    ],
    ['Date;Text;Amount\n1.2.2020;a;b;-1\n', 'field 4: found "-1"', 'the header has 3 columns'],
    ['Datum;Text;Amount\n1.2.2020;a;-1\n', 'f.csv: no header as profile bank has it', '"Date"'],
    ['Date;Text;Amount\n1.2.2020;a;-1,00\n2.2.20', 'f.csv:3', 'column "Amount": found ""'],
    ['Date;Text;Amount\n1.2.2020;a;-1,00\n2.2.2020;a;-1', 'f.csv:3', 'the file is cut off in the middle of this row'],
    ['Text;Date;Amount\nx;1.2.2020;-1,00\nabc', 'f.csv:3', 'the file is cut off in the middle of this row'],
  ])('%j is refused', (text, where, why) => {
    expect(() => read(text)).toThrow(where);
    expect(() => read(text)).toThrow(why);
  });

  test('marks that the profile does not know are refused', () => {
    const profile = profileWith({
      sign: { debit: ['D'], credit: ['C'] },
      columns: { date: 1, amount: 3, mark: 2, text: [] },
    });
    expect(() => read('Date;Text;Amount\n1.2.2020;X;5\n', profile)).toThrow(
      'found "X": the marks of the profile are "D", "C"',
    );
    const both = profileWith({ sign: 'columns', columns: { date: 1, debit: 2, credit: 3, text: [] } });
    expect(() => read('Date;Text;Amount\n1.2.2020;5;6\n', both)).toThrow('the row has a debit (5) as well');
  });

  test('a column that the file does not have is told', () => {
    expect(() =>
      read('Date;Text;Amount\n', profileWith({ columns: { date: 'Date', amount: 'Betrag', text: [] } })),
    ).toThrow('profile bank: f.csv has no column "Betrag"');
  });
});

test('files with our own columns keep id, time, merchant, place and category', () => {
  const text =
    'tx_id,timestamp,amount,currency,merchant,mcc,account_id,city,state,channel,category,subcategory\nbk-1,2020-02-01 10:11:12,-5.00,CZK,"Shop, Brno",5411,acct-1,Brno,,card,Food,Groceries\n';
  expect(read(text, OWN_PROFILE)).toMatchObject([
    { kind: 'start', account: { id: 'acct-1', type: 'bank' }, currency: 'CZK' },
    {
      date: '2020-02-01',
      time: '10:11:12',
      amount: '-5.00',
      bankId: 'bk-1',
      payee: 'Shop, Brno',
      text: 'Shop, Brno',
      mcc: '5411',
      city: 'Brno',
      state: null,
      code: 'card',
      category: 'Food',
      subcategory: 'Groceries',
    },
    { kind: 'end' },
  ]);
  expect(entriesOf('tx_id,timestamp,amount\na,2020-02-01,1\n', OWN_PROFILE)).toMatchObject([
    { bankId: 'a', payee: null, text: '' },
  ]);
});
