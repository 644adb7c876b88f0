import { describe, expect, test } from '@jest/globals';
import { BucketSums, bucketCount, unequalBuckets } from '../../src/model/bucketDigests.ts';
import { canonicalColumn } from '../../src/model/canonical.ts';
import { canonicalRow, concatenated } from '../../src/model/canonicalRow.ts';
import type { ColumnMapping, TypeFamily } from '../../src/model/typeMapping.ts';

const column = (name: string, family: TypeFamily, postgresType: string, duckdbType: string): ColumnMapping => ({
  ...{ name, family, postgresType, duckdbType, notNull: false, element: null },
  copyExpression: name,
  mayBeEscaped: false,
  fromText: (text) => text,
});
const varchar = (name: string, length: number): ColumnMapping =>
  column(name, 'text', `character varying(${length})`, 'VARCHAR');
const dialect = { version: 180004, encoding: 'UTF8', hashObjection: null };

describe('marks', () => {
  test.each([1, 2, 3, 50, 63, 64, 255, 10_000])(
    'of varchar(%i) have room for its octets, NULL and too long',
    (length) => {
      const bits = canonicalColumn(varchar('v', length), dialect).mark?.bits ?? 0;
      expect(2 ** bits - 2).toBeGreaterThan(length * 4);
      expect(2 ** (bits - 1) - 2).toBeLessThanOrEqual(length * 4);
    },
  );

  test('are packed so that no 64-bit number overflows', () => {
    const columns = Array.from({ length: 40 }, (_, index) => varchar(`c${index}`, 50));
    const { postgres, duckdb } = canonicalRow(columns, dialect);
    // Seven marks of eight bits in each.
    expect(postgres.match(/int8send/g)).toHaveLength(6);
    expect(duckdb.match(/::BIT::BLOB/g)).toHaveLength(6);
  });
});

test('names of columns are quoted, whatever is in them', () => {
  const { postgres, duckdb } = canonicalRow([varchar('a"b', 5)], dialect);
  expect(postgres).toContain('"a""b"');
  expect(duckdb).toContain('"a""b"');
});

test('a concatenation is no deeper than it must be', () => {
  const depth = (sql: string): number => {
    let [now, most] = [0, 0];
    for (const character of sql) {
      if (character === '(') most = Math.max(most, ++now);
      if (character === ')') now--;
    }
    return most;
  };
  const parts = Array.from({ length: 1600 }, (_, index) => `c${index}`);
  expect(depth(concatenated(parts))).toBeLessThan(10);
  expect(concatenated(parts).replace(/[()]/g, '')).toBe(parts.join(' || '));
});

describe('buckets', () => {
  const sums = (...rows: [string, string, string][]) => {
    const all = new BucketSums();
    for (const [bucket, count, sum] of rows) all.add([{ bucket, rows: count, sum }]);
    return all.total();
  };

  test('signed and unsigned sums are equal modulo 2^64, in however many parts they come', () => {
    const signed = sums(['1', '1', '-1'], ['1', '1', '3'], ['2', '1', '-6']);
    const unsigned = sums(['1', '2', '18446744073709551618'], ['2', '1', '18446744073709551610']);
    expect(unequalBuckets(signed, unsigned)).toEqual([]);
    expect(signed.digest).toBe('fffffffffffffffc');
    expect(unsigned.digest).toBe(signed.digest);
  });

  test('that only one side has, or that differ in count alone, are unequal', () => {
    const left = sums(['1', '1', '0'], ['2', '1', '7']);
    const right = sums(['2', '1', '7'], ['1', '2', '0'], ['3', '1', '1']);
    expect(unequalBuckets(left, right)).toEqual([1, 3]);
  });

  test('are about a thousand, more when rows changed, and no more than are of use', () => {
    expect(bucketCount(10n, 0n)).toBe(64);
    expect(bucketCount(5_000_000n, 0n)).toBe(1024);
    expect(bucketCount(5_000_000n, 1000n)).toBe(16_384);
    expect(bucketCount(5_000_000n, 1_000_000n)).toBe(1024);
  });
});
