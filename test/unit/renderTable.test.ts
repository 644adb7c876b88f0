import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { printable } from '../../src/render/printable.ts';
import { renderTable } from '../../src/render/table.ts';
import { displayWidth, pad, truncate } from '../../src/render/width.ts';

const columns = [{ title: 'merchant' }, { title: 'amount', align: 'right' as const }, { title: 'city' }];
const rows = [
  ['日本語のとても長い名前の店舗', '-12.50', 'Kyōto'],
  ['👨‍👩‍👧 family', '1234567.00', ''],
];

describe('renderTable', () => {
  test('aligns wide characters and emoji, numbers to the right', () => {
    expect(renderTable(columns, rows, { width: Number.POSITIVE_INFINITY, color: false })).toBe(
      [
        '┌──────────────────────────────┬────────────┬───────┐',
        '│ merchant                     │     amount │ city  │',
        '├──────────────────────────────┼────────────┼───────┤',
        '│ 日本語のとても長い名前の店舗 │     -12.50 │ Kyōto │',
        '│ 👨‍👩‍👧 family                    │ 1234567.00 │       │',
        '└──────────────────────────────┴────────────┴───────┘',
      ].join('\n'),
    );
  });

  test('cuts texts, never numbers, to fit', () => {
    const table = renderTable(columns, rows, { width: 40, color: false });
    expect(table).toContain('│ 日本語のとても… │');
    expect(table).toContain('1234567.00');
    for (const line of table.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(40);
  });

  test('leaves out middle columns when cutting is not enough', () => {
    const many = Array.from({ length: 15 }, (_, index) => ({ title: `column_${index}` }));
    const table = renderTable(many, [many.map(() => 'some longer text')], { width: 80, color: false });
    expect(table.split('\n')[1]).toMatch(/^│ column_0 +│.*│ … │.*column_14 +│$/);
    for (const line of table.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  test('all lines of a table have the same width, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 20, max: 100 }), (cells, width) => {
        const table = renderTable(
          [{ title: 'a' }, { title: 'b' }],
          cells.map((cell) => [printable(cell), 'x']),
          { width, color: false },
        );
        expect(new Set(table.split('\n').map(displayWidth)).size).toBe(1);
      }),
    );
  });
});

describe('width', () => {
  test('truncate never exceeds the width and keeps colours closed', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('日本語', 4)).toBe('日…');
    expect(truncate('日本語', 6)).toBe('日本語');
    expect(truncate('\u001b[31mabcdef\u001b[39m', 4)).toBe('\u001b[31mabc…\u001b[39m');
  });

  test('pad counts columns', () => {
    expect(pad('日', 4)).toBe('日  ');
    expect(pad('日', 4, 'right')).toBe('  日');
  });

  test('printable makes control characters visible', () => {
    expect(printable('a\nb\u001b[2Jc\u202ed')).toBe('a\\nb\\x1b[2Jc\\u202ed');
  });
});
