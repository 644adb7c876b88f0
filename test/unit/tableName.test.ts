import { describe, expect, test } from '@jest/globals';
import { displayName, duckdbTable, parseTableList, postgresTable } from '../../src/model/tableName.ts';

describe('parseTableList', () => {
  test.each([
    ['transactions', [['public', 'transactions']]],
    [
      'a, b.c',
      [
        ['public', 'a'],
        ['b', 'c'],
      ],
    ],
    ['MixedCase', [['public', 'MixedCase']]],
    ['"a.b"', [['public', 'a.b']]],
    [
      '"x,y"."q""q",z',
      [
        ['x,y', 'q"q'],
        ['public', 'z'],
      ],
    ],
    [' "my schema" . "my table" ', [['my schema', 'my table']]],
    ['été.😀', [['été', '😀']]],
  ])('%s', (text, expected) => {
    expect(parseTableList(text).map(({ schema, name }) => [schema, name])).toEqual(expected);
  });

  test.each([
    '',
    ' , ',
    'a.b.c',
    'a.',
    '.a',
    '"a',
    'a b',
    'a,A',
    'a,public.a',
    'finance_db.x',
    'information_schema.tables',
  ])('refuses %j', (text) => {
    expect(() => parseTableList(text)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  });
});

test('names are quoted for each side', () => {
  const table = { schema: 'public', name: 'odd "name"' };
  expect(postgresTable(table)).toBe('"public"."odd ""name"""');
  expect(duckdbTable(table)).toBe('"main"."odd ""name"""');
  expect(displayName({ schema: 'x', name: 'y' })).toBe('x.y');
});
