import { describe, expect, test } from '@jest/globals';
import { amountReader, type NumberStyle } from '../../src/ingest/csv/amount.ts';
import { possibleFormats, sensibleFormats } from '../../src/ingest/csv/dateEvidence.ts';
import { type DateFormat, readDate } from '../../src/ingest/csv/dates.ts';
import { NumberEvidence } from '../../src/ingest/csv/numberEvidence.ts';

const POINT: NumberStyle = { decimalMark: '.', thousands: ',' };
const COMMA: NumberStyle = { decimalMark: ',', thousands: '.' };

describe('amounts with a decimal point', () => {
  const read = amountReader(POINT);
  test.each<[string, string | null, string | null]>([
    ['1', '1', null],
    ['-1.5', '-1.5', null],
    ['-0.00', '0.00', null],
    ['0012.00', '12.00', null],
    ['5.', '5', null],
    ['.5', '0.5', null],
    ['$.23', '0.23', null],
    ['1,234.50', '1234.50', null],
    ['1,00,000.00', '100000.00', null],
    ['12345678901234567890.12', '12345678901234567890.12', null],
    ['1,23', null, null],
    ['1,2345.00', null, null],
    ['1.234.50', null, null],
    ['1 234.00', null, null],
    ['($85.00)', '-85.00', null],
    ['-$76.00', '-76.00', null],
    ['- $21.59', '-21.59', null],
    ['$ -5.00', '-5.00', null],
    ['\u22125.00', '-5.00', null],
    ['+$327.49', '327.49', null],
    ['12.50-', '-12.50', null],
    ['12.50 CR', '12.50', null],
    ['12.50DR', '-12.50', null],
    ['12.50 EUR', '12.50', 'EUR'],
    ['EUR 12.50', '12.50', 'EUR'],
    ['£19.77', '19.77', 'GBP'],
    ['A$5.00', '5.00', null],
    ["'12.00", '12.00', null],
    ['--5', null, null],
    ['(5', null, null],
    ['-5.00)', null, null],
    ['(-5.00)', null, null],
    ['-5 DR', null, null],
    ['$5 EUR', null, null],
    ['abc', null, null],
    ['', null, null],
    ['1e5', null, null],
    ['0x10', null, null],
    ['NaN', null, null],
    ['12/22', null, null],
  ])('%j', (cell, numeral, currency) => {
    const amount = read(cell);
    expect(amount?.numeral ?? null).toBe(numeral);
    expect(amount?.currency ?? null).toBe(currency);
  });
});

test.each<[string, NumberStyle, string | null]>([
  ['1.234,50', COMMA, '1234.50'],
  ['-1.234.567,00', COMMA, '-1234567.00'],
  ['1234,37 EUR', COMMA, '1234.37'],
  ['1.5', COMMA, null],
  ['1.234', COMMA, '1234'],
  ['1.234', POINT, '1.234'],
  ["1'234.50", { decimalMark: '.', thousands: "'" }, '1234.50'],
  ['1\u2019234.50', { decimalMark: '.', thousands: "'" }, '1234.50'],
  ['1 234,50', { decimalMark: ',', thousands: ' ' }, '1234.50'],
  ['1\u00a0234,50', { decimalMark: ',', thousands: ' ' }, '1234.50'],
  ['1\u202f234\u202f567,50 €', { decimalMark: ',', thousands: ' ' }, '1234567.50'],
  ['1,234', { decimalMark: '.', thousands: '' }, null],
  ['-12.345.678,9', COMMA, '-12345678.9'],
  ['-1,234.50', POINT, '-1234.50'],
  ['1.234', COMMA, '1234'],
  ['0.123,4', COMMA, '123.4'],
  ['1.2345,6', COMMA, null],
  ['1.23,45', COMMA, null],
])('%j in the style %j', (cell, style, numeral) => {
  expect(amountReader(style)(cell)?.numeral ?? null).toBe(numeral);
});

describe('the decimal mark of a file', () => {
  test.each<[string[], string[]]>([
    [['1.50'], ['.']],
    [['1,50'], [',']],
    [['1,234', '2,50'], [',']],
    [
      ['1,234', '12'],
      ['.', ','],
    ],
    [
      ['1.234', '12'],
      [',', '.'],
    ],
    [['1,234', '1234.5'], ['.']],
    [['1.234.567'], [',']],
    [['0,125'], [',']],
    [['12', '-5'], ['.']],
    [['1.50', '1,50'], []],
    [['-£1,234.00'], ['.']],
  ])('%j', (cells, marks) => {
    const evidence = new NumberEvidence();
    for (const cell of cells) evidence.add(cell);
    expect(evidence.styles().styles.map(({ decimalMark }) => decimalMark)).toEqual(marks);
  });
});

describe('dates', () => {
  test.each<[string, DateFormat, string | null]>([
    ['01/09/2015', 'MDY', '2015-01-09'],
    ['01/09/2015', 'DMY', '2015-09-01'],
    ['22.01.2014', 'DMY', '2014-01-22'],
    ['20. 1. 2014', 'DMY', '2014-01-20'],
    ['3.4.15', 'DMY', '2015-04-03'],
    ['3.4.69', 'DMY', '1969-04-03'],
    ['2012-3-22', 'YMD', '2012-03-22'],
    ['2012/03/22', 'YMD', '2012-03-22'],
    ['10-Nov-09', 'DMY', '2009-11-10'],
    ['10-Nov-9', 'DMY', '2009-11-10'],
    ['07 Nov 2013', 'DMY', '2013-11-07'],
    ['07Nov2013', 'DMY', '2013-11-07'],
    ['9. November 2010', 'DMY', '2010-11-09'],
    ['Mon 9 Nov 2010', 'DMY', '2010-11-09'],
    ['Nov 9, 2010', 'MDY', '2010-11-09'],
    ['1 févr. 2014', 'DMY', '2014-02-01'],
    ['5. Mär 2014', 'DMY', '2014-03-05'],
    ['12 dic 2014', 'DMY', '2014-12-12'],
    ['3 paź 2020', 'DMY', '2020-10-03'],
    ['3 máj 2020', 'DMY', '2020-05-03'],
    ['3 Juni 2020', 'DMY', '2020-06-03'],
    ['3 juil. 2020', 'DMY', '2020-07-03'],
    ['3 července 2020', 'DMY', '2020-07-03'],
    ['20091224', 'YYYYMMDD', '2009-12-24'],
    ['20091224120000[0:GMT]', 'YYYYMMDD', '2009-12-24'],
    ['930101', 'YYMMDD', '1993-01-01'],
    ['31122019', 'DDMMYYYY', '2019-12-31'],
    ['12312019', 'MMDDYYYY', '2019-12-31'],
    ['40339', 'excel', '2010-06-10'],
    ['60000', 'excel', '2064-04-08'],
    ['29.02.2015', 'DMY', null],
    ['29.02.2016', 'DMY', '2016-02-29'],
    ['31/04/2015', 'DMY', null],
    ['13/13/2015', 'MDY', null],
    ['1.2.3', 'DMY', null],
    ['2015', 'YMD', null],
    ['', 'DMY', null],
    ['07 Foo 2013', 'DMY', null],
  ])('%j as %s', (cell, format, date) => {
    expect(readDate(cell, format)?.date ?? null).toBe(date);
  });

  test.each<[string, DateFormat, string | null]>([
    ['2002-09-10T23:00:04', 'YMD', '23:00:04'],
    ['2002-09-10T23:00:04.123Z', 'YMD', '23:00:04'],
    ['2021-02-03 13:12', 'YMD', '13:12:00'],
    ['12/22/2014 3:05 PM', 'MDY', '15:05:00'],
    ['12/22/2014 12:05 AM', 'MDY', '00:05:00'],
    ['40339.5', 'excel', '12:00:00'],
    ['2021-02-03', 'YMD', null],
  ])('%j has the time %s', (cell, format, time) => {
    expect(readDate(cell, format)).toMatchObject({ time });
  });

  test.each<[string, DateFormat[]]>([
    ['02/12/2009', ['DMY', 'MDY']],
    ['24/12/2009', ['DMY']],
    ['12/24/2009', ['MDY']],
    ['02.12.2009', ['DMY']],
    ['2009-12-02', ['YMD']],
    ['02/12/09', ['DMY', 'MDY']],
    ['02-12-09', ['DMY', 'MDY', 'YMD']],
    ['13-Nov-09', ['DMY']],
  ])('%j can be read as %j', (cell, formats) => {
    expect(sensibleFormats(possibleFormats(cell), [cell])).toEqual(formats);
  });
});
