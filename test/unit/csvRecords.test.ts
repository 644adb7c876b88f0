import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CsvRecord, CsvRecords } from '../../src/model/csvRecords.ts';

function parse(text: string, cuts: readonly number[] = []): CsvRecord[] {
  const parser = new CsvRecords('f.csv');
  const records: CsvRecord[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    records.push(...parser.push(text.slice(from, cut)));
    from = cut;
  }
  records.push(...parser.push(text.slice(from), true));
  return records;
}

function fields(text: string): (readonly (string | null)[])[] {
  return parse(text).map((record) => record.fields);
}

describe('CSV records', () => {
  test.each<[string, (string | null)[][]]>([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['a,,""\n', [['a', null, '']]],
    [',\n', [[null, null]]],
    ['"a ""b"", c",d\n', [['a "b", c', 'd']]],
    ['"a\nb",c\n', [['a\nb', 'c']]],
    ['a\n\n\r\nb\n', [['a'], ['b']]],
    ['a,b"c\n', [['a', 'b"c']]],
    ['""', [['']]],
    ['', []],
  ])('%j', (text, expected) => {
    expect(fields(text)).toEqual(expected);
  });

  test('know the lines that they are on', () => {
    expect(parse('a\n\n"b\nc\n"\nd').map(({ line, endLine }) => [line, endLine])).toEqual([
      [1, 1],
      [3, 5],
      [6, 6],
    ]);
  });

  test.each([
    ['a\n"b', 'f.csv:2: a quoted field is not closed by the end of the file'],
    ['a\nb,"c"d\n', 'f.csv:2: field 2: text follows a closing quote (a quote within a field is doubled: "")'],
  ])('%j is refused', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  test('a quote that is never closed does not swallow a large file', () => {
    expect(() => parse(`a\n"${'x\n'.repeat(600_000)}`, [1_100_000])).toThrow('f.csv:2: the record is longer than');
  });

  test('come out as they were written, however the text is cut', () => {
    const value = fc.option(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'é', ' ') }));
    const row = fc.array(value, { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(row), fc.constantFrom('\n', '\r\n'), fc.array(fc.nat(80)), (rows, newline, cuts) => {
        const text = rows
          .map(
            (cells) =>
              cells.map((cell) => (cell === null ? '' : `"${cell.replaceAll('"', '""')}"`)).join(',') + newline,
          )
          .join('');
        const inside = cuts.filter((cut) => cut <= text.length);
        expect(parse(text, inside).map((record) => record.fields)).toEqual(rows);
      }),
    );
  });
});
