import fc from 'fast-check';
import { dayText } from '../../src/ingest/days.ts';

/** An entry in the plainest form: what is to come out however a bank writes it. */
export interface PlainEntry {
  readonly date: string;
  /** In cents, not zero; mostly spending, as on a real account. */
  readonly cents: number;
  readonly text: string;
}

export interface CsvDialect {
  readonly delimiter: ',' | ';' | '\t' | '|';
  readonly decimalMark: '.' | ',';
  readonly thousands: '' | '.' | ',' | ' ' | "'" | '\u00a0' | '\u202f';
  readonly date: 'D.M.Y' | 'D/M/Y' | 'M/D/Y' | 'Y-M-D' | 'D-M-y' | 'YYYYMMDD' | 'D Mon Y';
  readonly sign: 'minus' | 'trailing' | 'parentheses' | 'suffix' | 'mark' | 'columns';
  readonly order: 'oldestFirst' | 'newestFirst';
  readonly newline: '\n' | '\r\n' | '\r';
  readonly header: boolean;
  readonly preamble: boolean;
  readonly symbol: '' | '€' | ' EUR';
}

export const dialects: fc.Arbitrary<CsvDialect> = fc
  .record({
    delimiter: fc.constantFrom(',' as const, ';' as const, '\t' as const, '|' as const),
    decimalMark: fc.constantFrom('.' as const, ',' as const),
    thousands: fc.constantFrom(
      '' as const,
      '.' as const,
      ',' as const,
      ' ' as const,
      "'" as const,
      '\u00a0' as const,
      '\u202f' as const,
    ),
    date: fc.constantFrom(
      'D.M.Y' as const,
      'D/M/Y' as const,
      'M/D/Y' as const,
      'Y-M-D' as const,
      'D-M-y' as const,
      'YYYYMMDD' as const,
      'D Mon Y' as const,
    ),
    sign: fc.constantFrom(
      'minus' as const,
      'trailing' as const,
      'parentheses' as const,
      'suffix' as const,
      'mark' as const,
      'columns' as const,
    ),
    order: fc.constantFrom('oldestFirst' as const, 'newestFirst' as const),
    newline: fc.constantFrom('\n' as const, '\r\n' as const, '\r' as const),
    header: fc.boolean(),
    preamble: fc.boolean(),
    symbol: fc.constantFrom('' as const, '€' as const, ' EUR' as const),
  })
  .map((dialect) => (dialect.thousands === dialect.decimalMark ? { ...dialect, thousands: '' as const } : dialect));

const text = fc.string({ unit: fc.constantFrom('a', 'B', 'é', '"', ',', ';', ' ', '1', '.', '|'), maxLength: 12 });

/** Entries of some weeks, oldest first. */
export const entries: fc.Arbitrary<PlainEntry[]> = fc
  .array(
    fc.record({
      gap: fc.nat(9),
      cents: fc.integer({ min: -5_000_000, max: 1_000_000 }).filter((cents) => cents !== 0),
      text,
    }),
    {
      minLength: 4,
      maxLength: 30,
    },
  )
  .map((rows) => {
    let [month, day] = [3, 25];
    return rows.map(({ gap, cents, text }, index) => {
      day += gap;
      if (day > 28) [month, day] = [(month % 12) + 1, day - 28];
      const year = 2015 + (month < 3 ? 1 : 0);
      return {
        date: dayText(year, month, day) ?? '',
        cents,
        text: `${cents < 0 ? 'Purchase' : 'Salary'} ${index} ${text}`,
      };
    });
  });

const MONTH_NAMES = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

function dateIn(format: CsvDialect['date'], date: string): string {
  const [year = '', month = '', day = ''] = date.split('-');
  if (format === 'D.M.Y') return `${day}.${month}.${year}`;
  if (format === 'D/M/Y') return `${day}/${month}/${year}`;
  if (format === 'M/D/Y') return `${month}/${day}/${year}`;
  if (format === 'D-M-y') return `${day}-${month}-${year.slice(2)}`;
  if (format === 'YYYYMMDD') return `${year}${month}${day}`;
  if (format === 'D Mon Y') return `${day} ${MONTH_NAMES[Number(month) - 1]} ${year}`;
  return date;
}

function numberIn({ decimalMark, thousands, symbol }: CsvDialect, cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, thousands);
  const number = `${whole}${decimalMark}${digits.slice(-2)}`;
  return symbol === '€' ? `€${number}` : `${number}${symbol}`;
}

function signed(dialect: CsvDialect, cents: number): string {
  const number = numberIn(dialect, cents);
  if (cents >= 0) return dialect.sign === 'suffix' && dialect.symbol === '' ? `${number} CR` : number;
  if (dialect.sign === 'trailing' && dialect.symbol === '') return `${number}-`;
  if (dialect.sign === 'parentheses') return `(${number})`;
  if (dialect.sign === 'suffix' && dialect.symbol === '') return `${number} DR`;
  return `-${number}`;
}

/** The file that a bank with such habits would make of the entries. */
export function csvText(dialect: CsvDialect, plain: readonly PlainEntry[], openingCents: number): string {
  const cell = (value: string): string =>
    value.includes(dialect.delimiter) || /["\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const amountNames =
    dialect.sign === 'columns' ? ['Debit', 'Credit'] : dialect.sign === 'mark' ? ['D/C', 'Amount'] : ['Amount'];
  let balance = openingCents;
  const rows = plain.map(({ date, cents, text }) => {
    balance += cents;
    const size = numberIn(dialect, cents);
    const amounts =
      dialect.sign === 'columns'
        ? cents < 0
          ? [size, '']
          : ['', size]
        : dialect.sign === 'mark'
          ? [cents < 0 ? 'D' : 'C', size]
          : [signed(dialect, cents)];
    const stands = `${balance < 0 ? '-' : ''}${numberIn({ ...dialect, symbol: '' }, balance)}`;
    return [dateIn(dialect.date, date), text, ...amounts, stands];
  });
  if (dialect.order === 'newestFirst') rows.reverse();
  const lines = [
    ...(dialect.preamble ? ['Account statement', 'Account 1234567', ''] : []),
    ...(dialect.header ? [['Date', 'Description', ...amountNames, 'Balance'].join(dialect.delimiter)] : []),
    ...rows.map((row) => row.map(cell).join(dialect.delimiter)),
  ];
  return lines.join(dialect.newline) + dialect.newline;
}
