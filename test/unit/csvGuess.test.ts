import { describe, expect, test } from '@jest/globals';
import { type CsvGuess, CsvGuesser } from '../../src/ingest/csv/guess.ts';

function guess(text: string): CsvGuess {
  const guesser = new CsvGuesser('f.csv');
  guesser.push(text, true);
  return guesser.result();
}

/** What would be imported: days and signed amounts of the first rows. */
function shown({ preview }: CsvGuess): string[] {
  return preview.map(({ date, amount }) => `${date} ${amount}`);
}

describe('a running balance that closes is a proof', () => {
  test.each<[string, string, string[]]>([
    [
      'oldest first',
      'Date,Text,Amount,Balance\n13/01/2020,Purchase a,-5.00,95.00\n14/01/2020,Purchase b,-10.00,85.00\n15/01/2020,Salary,20.00,105.00\n',
      ['2020-01-13 -5.00', '2020-01-14 -10.00', '2020-01-15 20.00'],
    ],
    [
      'newest first',
      'Datum;Text;Betrag;Saldo\n15.01.2020;Salary;20,00;105,00\n14.01.2020;Purchase b;-10,00;85,00\n13.01.2020;Purchase a;-5,00;95,00\n',
      ['2020-01-15 20.00', '2020-01-14 -10.00', '2020-01-13 -5.00'],
    ],
    [
      'no header, columns for both ways',
      '2020-01-13,Purchase a,5.00,,95.00\n2020-01-14,Purchase b,10.00,,85.00\n2020-01-15,Salary,,20.00,105.00\n',
      ['2020-01-13 -5.00', '2020-01-14 -10.00', '2020-01-15 20.00'],
    ],
    [
      'marks',
      'Datum;Af Bij;Bedrag;Saldo\n20200113;Af;5,00;95,00\n20200114;Af;10,00;85,00\n20200115;Bij;20,00;105,00\n',
      ['2020-01-13 -5.00', '2020-01-14 -10.00', '2020-01-15 20.00'],
    ],
    [
      'Czech marks and days of six digits',
      'id;account;date;type;amount;balance\n1;576;930113;VYDAJ;5.00;95.00\n2;576;930114;VYBER;10.00;85.00\n3;576;930115;PRIJEM;20.00;105.00\n',
      ['1993-01-13 -5.00', '1993-01-14 -10.00', '1993-01-15 20.00'],
    ],
    [
      'positive is spending',
      'Date,Text,Amount,Balance\n2020-01-13,Purchase a,5.00,95.00\n2020-01-14,Purchase b,10.00,85.00\n2020-01-15,Salary,-20.00,105.00\n',
      ['2020-01-13 -5.00', '2020-01-14 -10.00', '2020-01-15 20.00'],
    ],
    [
      'balances at the end of a day only',
      'Date,Text,Amount,Balance\n2020-01-13,Purchase a,-5.00,\n2020-01-13,Purchase b,-1.00,94.00\n2020-01-14,Purchase b,-10.00,84.00\n2020-01-15,Salary,20.00,\n2020-01-15,d,-1.00,103.00\n',
      ['2020-01-13 -5.00', '2020-01-13 -1.00', '2020-01-14 -10.00', '2020-01-15 20.00', '2020-01-15 -1.00'],
    ],
    [
      'two accounts, mixed',
      'Account,Text,Date,Amount,Balance\nA1,Shop,2020-01-13,-5.00,95.00\nB2,Tip,2020-01-13,1.00,1.00\nA1,Shop,2020-01-14,-10.00,85.00\nB2,Coffee,2020-01-14,-1.00,0.00\nA1,Salary,2020-01-15,20.00,105.00\n',
      ['2020-01-13 -5.00', '2020-01-13 1.00', '2020-01-14 -10.00', '2020-01-14 -1.00', '2020-01-15 20.00'],
    ],
    [
      'pending rows apart',
      'Date,Text,Amount,Balance,Status\n2020-01-13,Purchase a,-5.00,95.00,Completed\n2020-01-14,Purchase b,-10.00,85.00,Completed\n2020-01-15,Purchase c,-20.00,65.00,Completed\n2020-01-16,d,-7.00,,Pending\n',
      ['2020-01-13 -5.00', '2020-01-14 -10.00', '2020-01-15 -20.00'],
    ],
    [
      'a pending row without a date',
      'Date,Text,Amount,Balance,State\n2020-01-13,Purchase a,-5.00,95.00,COMPLETED\n,Purchase b,-10.00,,PENDING\n2020-01-15,Purchase c,-20.00,75.00,COMPLETED\n2020-01-16,d,-7.00,68.00,COMPLETED\n',
      ['2020-01-13 -5.00', '2020-01-15 -20.00', '2020-01-16 -7.00'],
    ],
    [
      'a column that says what is booked',
      'Date,Text,Amount,Balance,Info\n2020-01-13,Purchase a,-5.00,95.00,Umsatz gebucht\n2020-01-14,Purchase b,-10.00,,Umsatz vorgemerkt\n2020-01-15,Purchase c,-20.00,75.00,Umsatz gebucht\n2020-01-16,d,-7.00,68.00,Umsatz gebucht\n',
      ['2020-01-13 -5.00', '2020-01-15 -20.00', '2020-01-16 -7.00'],
    ],
    [
      'a preamble and a footer',
      'Bank;X\nKonto;123\n\nBuchungstag;Wertstellung;Text;Betrag;Saldo\n13.01.2020;12.01.2020;Purchase a;-5,00;95,00\n14.01.2020;14.01.2020;Purchase b;-10,00;85,00\n15.01.2020;15.01.2020;Salary;20,00;105,00\nSumme;;;5,00;\n',
      ['2020-01-13 -5.00', '2020-01-14 -10.00', '2020-01-15 20.00'],
    ],
    [
      'opening and closing rows',
      'Date,Text,Amount\n2020-01-12,Opening balance,100.00\n2020-01-13,Purchase a,-5.00\n2020-01-14,Purchase b,-10.00\n2020-01-15,Salary,20.00\n2020-01-15,Closing balance,105.00\n',
      ['2020-01-13 -5.00', '2020-01-14 -10.00', '2020-01-15 20.00'],
    ],
  ])('%s', (_, text, rows) => {
    const found = guess(text);
    expect(found.doubts).toEqual([]);
    expect(found.verdict).toBe('proven');
    expect(shown(found)).toEqual(rows);
  });
});

describe('without a proof nothing is imported, and it is said why', () => {
  test.each<[string, string, RegExp]>([
    [
      'no balance',
      'Date,Text,Amount\n13/01/2020,a,-5.00\n',
      /there is no running balance that would prove the amounts/,
    ],
    [
      'a balance with a gap',
      'Date,Amount,Balance\n2020-01-13,-5.00,95.00\n2020-01-14,-10.00,85.00\n2020-01-15,20.00,106.00\n',
      /does not close/,
    ],
    [
      'two orders of dates',
      'Date,Amount,Balance\n02/12/2009,-5.00,95.00\n02/12/2009,-10.00,85.00\n02/12/2009,20.00,105.00\n',
      /day\/month\/year or as month\/day\/year/,
    ],
    ['no sign', 'Date,Text,Amount\n13/01/2020,a,5.00\n14/01/2020,b,7.00\n', /no amount has a sign/],
    [
      'a balance that may be a debt',
      'Date,Text,Amount,Balance\n2020-01-13,Cafe,5.00,105.00\n2020-01-14,Shop,10.00,115.00\n2020-01-15,Books,20.00,135.00\n',
      /is a positive amount money in, or spending/,
    ],
    [
      'a balance that is a debt',
      'Date,Text,Amount,Balance\n2020-01-13,Cafe,5.00,105.00\n2020-01-14,PAYMENT RECEIVED THANK YOU,-100.00,5.00\n2020-01-15,Books,20.00,25.00\n',
      /by the words of the file it is a debt/,
    ],
    [
      'marks against signs',
      'Date,Type,Amount\n2020-01-13,DEBIT,-5.00\n2020-01-14,DEBIT,10.00\n2020-01-15,CREDIT,20.00\n',
      /contradict the signs/,
    ],
    [
      'signs of a card',
      'Date,Type,Amount\n2020-01-13,DEBIT,5.00\n2020-01-14,CREDIT,-10.00\n2020-01-15,DEBIT,20.00\n',
      /positive amounts seem to be spending/,
    ],
    ['both decimal marks', 'Date;Text;Amount\n2020-01-13;a;-5.25\n2020-01-14;b;-5,25\n', /comma and the point both/],
    [
      'a row without date',
      'Date,Amount,Balance\n2020-01-13,-5.00,95.00\n,-10.00,85.00\n2020-01-15,20.00,105.00\n2020-01-16,1.00,106.00\n2020-01-17,-1.00,105.00\n',
      /line 3 has an amount and no date/,
    ],
    [
      'an unknown status',
      'Date,Amount,Balance,Status\n2020-01-13,-5.00,95.00,Xyz\n2020-01-14,-10.00,85.00,Booked\n2020-01-15,20.00,105.00,Booked\n',
      /rows may not be booked yet.*"Xyz"/,
    ],
    [
      'one row an account',
      'Account,Date,Amount,Balance\nA,2020-01-13,-5.00,95.00\nB,2020-01-14,-10.00,50.00\nC,2020-01-15,20.00,20.00\n',
      /3 rows are too few to prove the amounts/,
    ],
    ['no dates', 'a,b,c\nd,e,f\n', /no column has dates/],
    ['no amounts', 'Date,Text\n2020-01-13,a\n2020-01-14,b\n', /no column has amounts/],
    ['a header alone', 'Date,Text,Amount\n', /the file has no rows/],
    ['nothing', '', /the file has no rows/],
  ])('%s', (_, text, doubt) => {
    const found = guess(text);
    expect(found.verdict).toBe('unproven');
    expect(found.doubts.join('\n')).toMatch(doubt);
  });
});

describe('a column of accounts is what the running balance says', () => {
  const [A, B, C] = ['AT611904300234573201', 'DE89370400440532013000', 'NL91ABNA0417164300'];
  test.each<[string, string, { account?: string; counterAccount?: string }]>([
    [
      "the other party's",
      `Date;Counterparty;IBAN;Amount;Balance\n13.01.2020;Shop;${A};-5,00;95,00\n14.01.2020;Cafe;${B};-10,00;85,00\n15.01.2020;Salary;${C};20,00;105,00\n16.01.2020;Shop;${A};-1,00;104,00\n`,
      { counterAccount: 'IBAN' },
    ],
    [
      "the other party's, where many rows have none",
      `Date;Text;IBAN;Amount;Balance\n13.01.2020;Shop;;-5,00;95,00\n14.01.2020;Cafe;;-10,00;85,00\n15.01.2020;Salary;${C};20,00;105,00\n16.01.2020;Shop;;-1,00;104,00\n`,
      { counterAccount: 'IBAN' },
    ],
    [
      'the own ones',
      `Date;Counterparty;IBAN;Amount;Balance\n13.01.2020;Shop;${A};-5,00;95,00\n13.01.2020;Cafe;${B};-10,00;85,00\n14.01.2020;Salary;${A};20,00;115,00\n16.01.2020;Shop;${A};-1,00;114,00\n16.01.2020;Shop;${B};-1,00;84,00\n`,
      { account: 'IBAN' },
    ],
    [
      'the own one and the other one',
      `Date;Account;Payee;IBAN;Amount;Balance\n13.01.2020;${A};Shop;${B};-5,00;95,00\n14.01.2020;${A};Cafe;${C};-10,00;85,00\n15.01.2020;${A};Salary;${B};20,00;105,00\n`,
      { account: 'Account', counterAccount: 'IBAN' },
    ],
    [
      'the other way round',
      `Date;Account;Payee;IBAN;Amount;Balance\n13.01.2020;${B};Shop;${A};-5,00;95,00\n14.01.2020;${C};Cafe;${A};-10,00;85,00\n15.01.2020;${B};Salary;${A};20,00;105,00\n`,
      { account: 'IBAN', counterAccount: 'Account' },
    ],
    [
      'only the card that was used',
      'Date;Text;Card number;Amount;Balance\n13.01.2020;Shop;4711 **** 1;-5,00;95,00\n14.01.2020;Cafe;4711 **** 2;-10,00;85,00\n15.01.2020;Salary;4711 **** 1;20,00;105,00\n',
      {},
    ],
  ])('%s', (_, text, roles) => {
    const { verdict, doubts, profile } = guess(text);
    expect([verdict, doubts]).toEqual(['proven', []]);
    const { account, counterAccount } = profile?.columns ?? {};
    expect({ account, counterAccount }).toEqual({ account: undefined, counterAccount: undefined, ...roles });
  });

  test('without a balance it is the likelier', () => {
    const rows = (ibans: readonly string[]): string =>
      `Date;Counterparty;IBAN;Amount\n${ibans.map((iban, day) => `1${day}.01.2020;x;${iban};-5,00\n`).join('')}`;
    expect(guess(rows([A, B, C])).profile?.columns.counterAccount).toBe('IBAN');
    expect(guess(rows([A, A, A, A, B, B, B])).profile?.columns.account).toBe('IBAN');
    expect(guess(rows([A, A])).profile?.columns.account).toBe('IBAN');
  });
});

test('the order of dates is decided over the whole file', () => {
  const row = (day: number, index: number): string =>
    `${String(day).padStart(2, '0')}/02/2020,a ${index},-${1 + (index % 2)}.00,${100_000 - (index + 1) - Math.floor((index + 1) / 2)}.00\n`;
  const many = Array.from({ length: 9000 }, (_, index) => row(3, index)).join('');
  const first = guess(`Date,Text,Amount,Balance\n${many}`);
  expect(first.doubts).toEqual(['the dates can be read as day/month/year or as month/day/year']);
  const last = guess(`Date,Text,Amount,Balance\n${many}${row(13, 9000)}`);
  expect([last.verdict, last.profile?.dateFormat]).toEqual(['proven', 'DMY']);
});

test('days in order tell which reading is meant', () => {
  const found = guess('Date,Amount,Balance\n01/31/2020,-1.00,9.00\n02/01/2020,-1.00,8.00\n');
  expect(found.profile?.dateFormat).toBe('MDY');
  const ordered = guess(
    'Date,Text,Amount,Balance\n02/03/2020,Coffee,-1.00,9.00\n02/05/2020,Coffee,-1.00,8.00\n03/01/2020,Coffee,-1.00,7.00\n04/02/2020,Coffee,-1.00,6.00\n',
  );
  expect([ordered.verdict, ordered.profile?.dateFormat]).toEqual(['proven', 'MDY']);
});

test('the columns are known by names and contents', () => {
  const found = guess(
    'Booking Date;Value Date;Transaction Type;Payee;IBAN counter account;Purpose;Amount;Currency;Balance after;MCC\n' +
      '13.01.2020;12.01.2020;Card;Cafe X;AT611904300234573201;Coffee;-5,00;EUR;95,00;5812\n' +
      '14.01.2020;14.01.2020;Card;Shop;AT611904300234573201;Bread;-10,00;EUR;85,00;5411\n' +
      '15.01.2020;15.01.2020;Transfer;Salary;AT021904300234573201;Pay;20,00;EUR;105,00;\n',
  );
  expect(found.profile?.columns).toMatchObject({
    date: 'Booking Date',
    valueDate: 'Value Date',
    payee: 'Payee',
    amount: 'Amount',
    currency: 'Currency',
    balance: 'Balance after',
    mcc: 'MCC',
    code: 'Transaction Type',
  });
  expect(found.profile?.columns.text).toEqual(expect.arrayContaining(['Payee', 'Purpose', 'Transaction Type']));
  expect(found.profile?.match?.header).toHaveLength(10);
});
