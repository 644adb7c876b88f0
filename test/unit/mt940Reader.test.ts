import { describe, expect, test } from '@jest/globals';
import { createMt940Reader } from '../../src/ingest/mt940/mt940Reader.ts';
import type { StatementEvent } from '../../src/ingest/statement.ts';
import { balancesOf, entriesOf, eventsOf } from '../support/statementEvents.ts';

function read(text: string): StatementEvent[] {
  return eventsOf(createMt940Reader({ file: 'f.sta' }), text);
}

/** A statement of one entry that needs no balances. */
function entry(line61: string, ...more: string[]) {
  const [only] = entriesOf(read([':20:X', ':25:12345', line61, ...more, ''].join('\r\n')));
  return only;
}

describe('MT940: the statement line', () => {
  test.each([
    [':61:2401310131D12,50NTRFNONREF', '-12.50', '2024-01-31', '2024-01-31'],
    [':61:240131C12,NTRFNONREF', '12', '2024-01-31', '2024-01-31'],
    [':61:240131    D65,00NOVBREF', '-65.00', '2024-01-31', '2024-01-31'],
    [':61:240131DD212,39NMSCNONREF//', '-212.39', '2024-01-31', '2024-01-31'],
    // A credit taken back, a debit taken back, with and without the third letter of the currency.
    [':61:2401310131RCR204,88NRTINONREF', '-204.88', '2024-01-31', '2024-01-31'],
    [':61:2401310131RC204,88NRTINONREF', '-204.88', '2024-01-31', '2024-01-31'],
    [':61:2401310131RD5,00NRTINONREF', '5.00', '2024-01-31', '2024-01-31'],
    [':61:2401310131RDR5,00NRTINONREF', '5.00', '2024-01-31', '2024-01-31'],
    [':61:240131C500NTRF29-07', '500', '2024-01-31', '2024-01-31'],
    [':61:240131D000000000001,62NTRFX', '-1.62', '2024-01-31', '2024-01-31'],
    [':61:240131CD0,00NDEFNONREF', '0.00', '2024-01-31', '2024-01-31'],
    [':61:240131D,50NTRFX', '-0.50', '2024-01-31', '2024-01-31'],
    // Booked in the year before, and in the year after.
    [':61:2401021231D1,00NTRFX', '-1.00', '2023-12-31', '2024-01-02'],
    [':61:2312290102D1,00NTRFX', '-1.00', '2024-01-02', '2023-12-29'],
    // Books of 360 days.
    [':61:2302300228D1,00NTRFX', '-1.00', '2023-02-28', '2023-02-28'],
    [':61:2302300230D1,00NTRFX', '-1.00', '2023-02-28', '2023-02-28'],
    [':61:240229D1,00NTRFX', '-1.00', '2024-02-29', '2024-02-29'],
  ])('%s', (line, amount, date, valueDate) => {
    expect(entry(line)).toMatchObject({ amount, date, valueDate });
  });

  test('keeps a 30th February in the text', () => {
    expect(entry(':61:2302300228D1,00NTRFX')?.text).toBe('230230 X');
    expect(entry(':61:240229D1,00NTRFX')?.text).toBe('X');
  });

  test.each([
    [':61:240131D12,50', 'expected date, C or D, amount with a decimal comma and a code'],
    [':61:240131D1,234.56NTRFX', 'expected date'],
    [':61:240131X12,50NTRFX', 'expected date'],
    [':61:241331D12,50NTRFX', 'there is no day 241331'],
    [':61:2404310430D12,50NTRFX', 'there is no day 240431'],
  ])('%s is refused, with file, line, record and value', (line, reason) => {
    expect(() => entry(':61:240131C1,00NTRFX', line)).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT',
        message: expect.stringContaining(`f.sta:4 (record 2): :61:: found ${JSON.stringify(line.slice(4))}: ${reason}`),
        details: expect.objectContaining({ file: 'f.sta', line: 4, record: 2, field: ':61:' }),
      }),
    );
  });

  test('references: the bank’s id, none where NONREF stands', () => {
    expect(entry(':61:240131D1,00NTRFNONREF//B4711')).toMatchObject({ bankId: 'B4711', code: 'NTRF', text: '' });
    expect(entry(':61:240131D1,00NTRFINVOICE 7//NONREF')).toMatchObject({ bankId: null, text: 'INVOICE 7' });
    expect(entry(':61:240131D1,00NMSC77//NONREF', '/OCMT/USD1,20/EXCH/')).toMatchObject({
      original: { amount: '-1.20', currency: 'USD' },
    });
  });
});

describe('MT940: information', () => {
  test('subfields, continued where they are full and blank where they are not', () => {
    expect(
      entry(
        ':61:240131D1,00NTRFNONREF',
        ':86:177?00ONLINE TRANSFER?109310?20SVWZ+Rent for January of th?21e flat, number',
        '?22 seven?23KREF+A1?30COBADEFFXXX?31DE89370400440532013000?32Erika Muster?33mann GmbH?34000',
      ),
    ).toMatchObject({
      text: 'ONLINE TRANSFER SVWZ+Rent for January of the flat, number seven KREF+A1 Erika Muster mann GmbH',
      payee: 'Erika Muster mann GmbH',
      counterAccount: 'DE89370400440532013000',
    });
  });

  test('another separator; an account that is no IBAN keeps its bank', () => {
    expect(entry(':61:240131D1,00NTRFNONREF', ':86:020>00Fee>20Card?fee>3070010500>31123')).toMatchObject({
      text: 'Fee Card?fee',
      payee: null,
      counterAccount: '70010500/123',
    });
  });

  test('code words', () => {
    expect(
      entry(
        ':61:240131D1,00NTRFNONREF',
        ':86:/TRTP/SEPA TRANSFER/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/Jan de Vries/REMI/and/or rent/EREF/7',
      ),
    ).toMatchObject({
      payee: 'Jan de Vries',
      counterAccount: 'NL91ABNA0417164300',
      text: 'SEPA TRANSFER NL91ABNA0417164300 ABNANL2A Jan de Vries and/or rent 7',
    });
    expect(
      entry(':61:240131D1,00NTRFX', ':86:/CNTP/NL91ABNA0417164300/ABNANL2A/P. Jansen/Delft//REMI/a'),
    ).toMatchObject({
      payee: 'P. Jansen',
      counterAccount: 'NL91ABNA0417164300',
    });
  });

  test('plain lines: cut at the edge they go on, else a blank stands between; several fields are one text', () => {
    const full = `PAYMENT ${'0123456789'.repeat(5)} RE ABC`;
    expect(full).toHaveLength(65);
    expect(entry(':61:240131D1,00NTRFNONREF', `:86:${full}`, 'DEF GHI', 'J', ':86:second', '')?.text).toBe(
      `${full}DEF GHI J second`,
    );
  });
});

const TWO = `{1:F01BANKDEFFXXXX0000000000}{2:O940BANKDEFFXXXXN}{3:}{4:
:20:A
:25:70011110/4005287001EUR
:28C:7/1
:60F:C240130EUR100,00
:61:2401310131D12,50NTRFNONREF//1
:86:one
:NS:01unknown
:62F:C240131EUR87,5
:64:C240131EUR80,00
-}{5:}{1:F01BANKDEFFXXXX0000000000}{2:O940BANKDEFFXXXXN}{4:
:20:B
:25:DE89 3704 0044 0532 0130 00
:60M:D240130EUR1,00
:61:2401310131RC2,00NTRFNONREF//2
- a text that begins with a hyphen
:62M:D240131EUR3,00
-}
`;

describe('MT940: statements', () => {
  test('heads, balances, messages in envelopes', () => {
    const events = read(TWO);
    expect(events.filter((event) => event.kind === 'start')).toMatchObject([
      { account: { id: '70011110/4005287001', type: 'bank' }, currency: 'EUR', number: '7/1', place: { line: 2 } },
      { account: { id: 'DE89370400440532013000' }, currency: 'EUR', opening: { amount: '-1.00', date: '2024-01-30' } },
    ]);
    expect(balancesOf(events)).toMatchObject([
      { entries: 1, sum: '-12.50', closing: { amount: '87.5' }, closes: true },
      { entries: 1, sum: '-2.00', closing: { amount: '-3.00' }, closes: true },
    ]);
    expect(entriesOf(events)[1]?.text).toBe('- a text that begins with a hyphen');
  });

  test('a second opening balance begins another statement of the account', () => {
    const text =
      ':20:A\n:25:1\n:60F:C240130EUR1,00\n:62F:C240130EUR1,00\n:60F:C240131EUR1,00\n:61:240131C1,00NTRFX\n:62F:C240131EUR2,00\n';
    expect(balancesOf(read(text)).map(({ account, closes }) => [account?.id, closes])).toEqual([
      ['1', true],
      ['1', true],
    ]);
  });

  test('a balance of no day', () => {
    expect(read(':20:A\n:60F:C000000EUR 0,00\n')).toMatchObject([{ opening: { amount: '0.00', date: null } }, {}]);
    expect(() => read(':20:A\n:60F:C240230EUR0,00\n:60F:C241331EUR0,00\n')).toThrow(
      'f.sta:3: :60F:: found "C241331EUR0,00"',
    );
  });

  test('MT942: entries of the day are pending', () => {
    const text =
      ':20:A\n:25:1\n:28C:1/1\n:34F:PLN0,\n:13D:2401311815+0100\n:61:2401310131CN0,01NTRFX\n:90C:1PLN0,01\n-\n';
    expect(read(text)).toMatchObject([
      { kind: 'start', currency: 'PLN', opening: null },
      { kind: 'skipped', reason: 'pending', amount: '0.01' },
      { kind: 'end', closing: null },
    ]);
  });

  test.each([
    [
      'the closing balance',
      TWO.slice(0, TWO.indexOf(':62F:')).replace(/^.*\n/, ''),
      'the closing balance (:62F:) is missing',
    ],
    ['the end of the message', TWO.slice(0, TWO.indexOf('-}')), 'the end (-}) of the message of line 1 is missing'],
    ['the code of an entry', ':20:A\n:61:240131D12,5', ':61:: found "240131D12,5"'],
    ['a digit of a balance', ':20:A\n:60F:C240130EU', ':60F:: found "C240130EU"'],
  ])('a file that is cut before %s is told', (_, text, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(message) }),
    );
  });

  test('another file is none', () => {
    expect(() => read('a;b;c\n1;2;3\n')).toThrow('f.sta: not an MT940 file');
  });
});
