import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BankRecord, BankRecords } from '../../src/ingest/csv/records.ts';

function parse(text: string, delimiter = ',', cuts: readonly number[] = []): BankRecord[] {
  const reader = new BankRecords('f.csv', delimiter);
  const records: BankRecord[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    records.push(...reader.push(text.slice(from, cut)));
    from = cut;
  }
  return [...records, ...reader.push(text.slice(from), true)];
}

describe('records of what banks call CSV', () => {
  test.each<[string, string, string[][]]>([
    [
      'a,b\n1,2\n',
      ',',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a;b\r\n1;2',
      ';',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a\tb\r1\t2\r',
      '\t',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['a|""|\n', '|', [['a', '', '']]],
    ['a,b,\n', ',', [['a', 'b', '']]],
    ['\n\r\na\n', ',', [['a']]],
    ['"a ""b"", c",d\n', ',', [['a "b", c', 'd']]],
    ['"a\nb",c\nd\n', ',', [['a\nb', 'c'], ['d']]],
    [
      '"a\r\nb",c\r\nd,e\r\n',
      ',',
      [
        ['a\r\nb', 'c'],
        ['d', 'e'],
      ],
    ],
    // As banks write it, and no standard has it:
    ['a,b"c\n', ',', [['a', 'b"c']]],
    ['"say "hi" to",x\n', ',', [['say "hi" to', 'x']]],
    ['a, "b, c" ,d\n', ',', [['a', 'b, c', 'd']]],
    ['="00123";x\n', ';', [['="00123"', 'x']]],
    [
      '1,SEPA "IN\n2,x\n',
      ',',
      [
        ['1', 'SEPA "IN'],
        ['2', 'x'],
      ],
    ],
    ['""\n', ',', [['']]],
    ['', ',', []],
  ])('%j', (text, delimiter, expected) => {
    expect(parse(text, delimiter).map(({ fields }) => fields)).toEqual(expected);
  });

  test('know the lines that they begin on', () => {
    expect(parse('a\n\n"b\nc\n"\nd\n').map(({ line }) => line)).toEqual([1, 3, 6]);
    expect(parse('a\r\r"b\rc"\rd').map(({ line }) => line)).toEqual([1, 3, 5]);
    expect(parse('a\r\n\r\nb\r\n').map(({ line }) => line)).toEqual([1, 3]);
  });

  test('a quote that is never closed is told by its line', () => {
    expect(() => parse('a\n"b\nc\n')).toThrow('f.csv:2: a quoted field is not closed by the end of the file');
    expect(() => parse(`a\n"${'x\n'.repeat(600_000)}`, ',', [1_100_000])).toThrow('f.csv:2: the record is longer than');
  });

  test('a file without any line end does not fill the memory', () => {
    const reader = new BankRecords('f.csv', ',');
    reader.push('x'.repeat(1 << 20));
    expect(() => reader.push('x')).toThrow('f.csv:1: the record is longer than');
  });

  test('are the same however the text is cut', () => {
    const unit = fc.constantFrom('a', '"', ',', ';', '\n', '\r\n', ' ', 'é');
    fc.assert(
      fc.property(fc.string({ unit }), fc.array(fc.nat(40)), (text, cuts) => {
        const outcome = (places: readonly number[]): unknown => {
          try {
            return parse(text, ',', places);
          } catch (error) {
            return (error as Error).message;
          }
        };
        expect(outcome(cuts.filter((cut) => cut <= text.length))).toEqual(outcome([]));
      }),
    );
  });

  test('come out as they were written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ';', '\n', 'é', ' ') });
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 4 })),
        fc.constantFrom('\n', '\r\n'),
        (rows, newline) => {
          // A quote, then a delimiter or line end within the value: what is forgiven cannot be told from what is meant.
          const text = rows
            .map((cells) => cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(';') + newline)
            .join('');
          expect(parse(text, ';').map(({ fields }) => fields)).toEqual(rows);
        },
      ),
    );
  });
});
