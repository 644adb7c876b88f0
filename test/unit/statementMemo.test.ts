import { expect, test } from '@jest/globals';
import { StatementMemo } from '../../src/web/server/statementMemo.ts';

const rows = (length: number) => [{ text: 'x'.repeat(length) }];

test('what was put is given back, and nothing else', () => {
  const memo = new StatementMemo();
  memo.put('SELECT 1', rows(3));
  memo.put('SELECT 2', []);
  expect(memo.get('SELECT 1')).toEqual(rows(3));
  expect(memo.get('SELECT 2')).toEqual([]);
  expect(memo.get('SELECT 3')).toBeUndefined();
});

test('the least recently used are forgotten, and it never holds more than it may', () => {
  const memo = new StatementMemo({ bytes: 10_000, largest: 4000 });
  for (let index = 0; index < 50; index++) {
    memo.put(`SELECT ${index}`, rows(1000));
    expect(memo.get('SELECT 0')).toBeDefined();
    expect(memo.bytes).toBeLessThanOrEqual(10_000);
  }
  expect(memo.get('SELECT 49')).toBeDefined();
  expect(memo.get('SELECT 1')).toBeUndefined();
});

test('a result too large for it pushes nothing out', () => {
  const memo = new StatementMemo({ bytes: 10_000, largest: 4000 });
  memo.put('small', rows(10));
  memo.put('large', rows(4000));
  expect(memo.get('large')).toBeUndefined();
  expect(memo.get('small')).toBeDefined();
});

test('the same statement once more is counted once', () => {
  const memo = new StatementMemo();
  memo.put('SELECT 1', rows(1000));
  const { bytes } = memo;
  memo.put('SELECT 1', rows(1000));
  expect(memo.bytes).toBe(bytes);
});
