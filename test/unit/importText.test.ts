import { describe, expect, test } from '@jest/globals';
import { textProblem } from '../../src/model/importText.ts';
import type { ColumnRule } from '../../src/model/transactionsTable.ts';

const MONEY: ColumnRule = { kind: 'decimal', precision: 15, scale: 2 };
const TIME: ColumnRule = { kind: 'timestamp' };

describe('amounts', () => {
  test.each(['0', '-12.05', '+3', '.5', '5.', '1.500', '0000000000000000001.00', '9999999999999.99', ' 1.00 '])(
    '%j is taken',
    (text) => expect(textProblem(MONEY, text)).toBeNull(),
  );
  test.each([
    ['1.005', 'more than 2 decimal places'],
    ['10000000000000', 'more than 13 digits'],
    ['1,234.50', 'thousands separators'],
    ["1'234.50", 'thousands separators'],
    ['1 234', 'thousands separators'],
    ['12,50', 'the decimal sign is a point'],
    ['1e3', 'exponents'],
    ['NaN', 'not an amount'],
    ['-Infinity', 'not an amount'],
    ['$5', 'not a number'],
    ['(5.00)', 'not a number'],
    ['.', 'not a number'],
    ['-', 'not a number'],
    ['1\u0000', 'NUL'],
  ])('%j is refused', (text, problem) => expect(textProblem(MONEY, text)).toContain(problem));
});

describe('times', () => {
  test.each(['2024-02-29', '2026-01-31 23:59', '2026-01-31T23:59:59', '2026-01-31 00:00:00.123456', '0001-01-01'])(
    '%j is taken',
    (text) => expect(textProblem(TIME, text)).toBeNull(),
  );
  test.each([
    ['2023-02-29', 'no such day'],
    ['2100-02-29', 'no such day'],
    ['2026-13-01', 'no such day'],
    ['2026-04-31', 'no such day'],
    ['0000-01-01', 'no such day'],
    ['2026-01-01 24:00', 'no such time'],
    ['2026-01-01 10:00:60', 'no such time'],
    ['2026-01-01 10:00:00.1234567', 'finer than a microsecond'],
    ['2026-01-01T10:00:00Z', 'without a zone'],
    ['2026-01-01 10:00:00+02', 'without a zone'],
    ['31/01/2026', 'not a time like'],
    ['infinity', 'not a time like'],
    ['now', 'not a time like'],
  ])('%j is refused', (text, problem) => expect(textProblem(TIME, text)).toContain(problem));
});

test('texts are counted in characters, as PostgreSQL does', () => {
  const rule: ColumnRule = { kind: 'text', maxLength: 2 };
  expect(textProblem(rule, '🎉🎉')).toBeNull();
  expect(textProblem(rule, '🎉🎉!')).toBe('it has 3 characters, and the column takes 2');
});

test('booleans are those of PostgreSQL', () => {
  for (const text of ['true', 'F', 'yes', '0', 'off']) expect(textProblem({ kind: 'boolean' }, text)).toBeNull();
  expect(textProblem({ kind: 'boolean' }, 'maybe')).toContain('neither');
});
