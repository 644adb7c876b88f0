import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bucketsFor, keyBucket, unequalCounts } from '../../src/model/keyBucket.ts';
import type { ColumnMapping } from '../../src/model/typeMapping.ts';

const column = (name: string, family: ColumnMapping['family']): ColumnMapping => ({
  ...{
    name,
    family,
    duckdbType: '',
    postgresType: '',
    notNull: true,
    element: null,
    copyExpression: '',
    mayBeEscaped: false,
  },
  fromText: (text: string) => text,
});

describe('keyBucket', () => {
  test('takes a whole number of the key', () => {
    expect(keyBucket([column('a', 'text'), column('b"c', 'integer')], 256)).toBe('(CAST("b""c" AS BIGINT) & 255)');
  });
  test('has none for other keys', () => {
    expect(keyBucket([column('a', 'text')], 256)).toBeNull();
  });
});

test.each([
  [1n, 9_999n, null],
  [1n, 10_000n, 256],
  [1_000n, 1_000_000n, 32_768],
  [10_000n, 1_000_000n, 65_536],
  [20_000n, 1_000_000n, null],
])('bucketsFor(%s deleted of %s): %s', (deleted, rows, expected) => {
  expect(bucketsFor(deleted, rows)).toBe(expected);
});

test('unequalCounts finds the buckets that lost something, and no others', () => {
  const counts = fc.dictionary(fc.nat(50).map(String), fc.integer({ min: 1, max: 9 }).map(String));
  const list = (of: Record<string, string>) => Object.entries(of).map(([bucket, rows]) => ({ bucket, rows }));
  fc.assert(
    fc.property(counts, counts, (left, right) => {
      const expected = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter(
        (bucket) => left[bucket] !== right[bucket],
      );
      expect(unequalCounts(list(left), list(right)).sort()).toEqual(expected.sort());
    }),
  );
});
