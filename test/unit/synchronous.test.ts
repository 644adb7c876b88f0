import { expect, test } from '@jest/globals';
import { isSynchronous } from '../../src/postgres/replication/synchronous.ts';

test.each([
  ['', false],
  ['*', true],
  ['a, b', false],
  ['a, finance-db', true],
  ['a,"Finance-DB"', true],
  ['"a ""finance-db"""', false],
  ['1 (*)', true],
  ['FIRST 1 (a, "*")', true],
  ['any 2 (a, b, "finance-db")', true],
  ['FIRST 2 (first, any)', false],
  ['2', false],
] as const)('%s names finance-db: %s', (setting, expected) => {
  expect(isSynchronous(setting, 'finance-db')).toBe(expected);
});
