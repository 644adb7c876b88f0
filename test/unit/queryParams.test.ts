import { describe, expect, test } from '@jest/globals';
import { literalForm, parseQueryParams } from '../../src/model/queryParams.ts';

describe('parseQueryParams', () => {
  test('reads names, types and values as they stand', () => {
    expect(parseQueryParams(['a=1', 'b:decimal(15, 2)=1.10', 'c=x=y; --', 'd=', 'e:int[]=[1,2]'])).toEqual([
      { name: 'a', type: null, value: '1' },
      { name: 'b', type: 'decimal(15, 2)', value: '1.10' },
      { name: 'c', type: null, value: 'x=y; --' },
      { name: 'd', type: null, value: '' },
      { name: 'e', type: 'int[]', value: '[1,2]' },
    ]);
  });

  test.each(['a', '=1', '1a=2', 'a:int); drop table x; --=1', 'a b=1'])('refuses %j', (text) => {
    expect(() => parseQueryParams([text])).toThrow(/expected name=value/);
  });

  test('refuses a name given twice', () => {
    expect(() => parseQueryParams(['a=1', 'a=2'])).toThrow(/a is given twice/);
  });
});

test.each([
  ['0', 'integer'],
  ['-12345678901234567890', 'integer'],
  ['007', 'text'],
  ['1.10', 'decimal'],
  ['-0.5', 'decimal'],
  ['1e5', 'float'],
  ['TRUE', 'boolean'],
  ['2024-02-29', 'date'],
  ['2024-13-01', 'text'],
  ['2024-02-29 10:00', 'timestamp'],
  ['2024-02-29T10:00:00.5', 'timestamp'],
  ['', 'text'],
  ['NULL', 'text'],
  [`0.${'1'.repeat(40)}`, 'text'],
])('the form of %j is %s', (value, form) => {
  expect(literalForm(value)).toBe(form);
});
