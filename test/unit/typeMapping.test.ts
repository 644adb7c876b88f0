import { describe, expect, test } from '@jest/globals';
import type { SourceColumn, SourceTable, SourceType } from '../../src/model/sourceTable.ts';
import { fingerprint } from '../../src/model/sourceTable.ts';
import { mapColumns } from '../../src/model/typeMapping.ts';

const type = (bareName: string, more: Partial<SourceType> = {}): SourceType => ({
  ...{ name: bareName, bareName, builtIn: true, kind: 'b', typmod: -1, formatted: bareName, element: null },
  ...more,
});
const column = (name: string, columnType: SourceType): SourceColumn => ({
  ...{ name, number: 1, notNull: false, generated: null, type: columnType },
  typeParts: [{ formatted: columnType.formatted, labels: null, attributes: null }],
});
const table = (...columns: SourceColumn[]): SourceTable => ({
  ...{
    table: { schema: 'public', name: 't' },
    oid: '1',
    kind: 'r',
    unlogged: false,
    rowSecurity: false,
    otherStorage: null,
    inherited: false,
  },
  ...{ pages: 0, filenode: '1', deletes: '0', columns, key: null, dividedBy: null, leaves: [] },
});
const numeric = (precision: number, scale: number): SourceType =>
  type('numeric', { typmod: ((precision << 16) | (scale & 0x7ff)) + 4 });
const mapped = (columnType: SourceType): string | undefined =>
  mapColumns(table(column('c', columnType)))[0]?.duckdbType;

describe('mapColumns', () => {
  test.each([
    [type('bool'), 'BOOLEAN'],
    [type('int2'), 'SMALLINT'],
    [type('int8'), 'BIGINT'],
    [type('float4'), 'FLOAT'],
    [type('timestamptz'), 'TIMESTAMPTZ'],
    [type('varchar'), 'VARCHAR'],
    [type('inet'), 'VARCHAR'],
    [type('mood', { kind: 'e', builtIn: false }), 'VARCHAR'],
    // A type of somebody else's that only happens to be called like a built-in one.
    [type('int4', { builtIn: false }), 'VARCHAR'],
    [numeric(15, 2), 'DECIMAL(15,2)'],
    [numeric(38, 38), 'DECIMAL(38,38)'],
    [numeric(39, 2), 'VARCHAR'],
    [numeric(5, -2), 'DECIMAL(7,0)'],
    [numeric(3, 5), 'DECIMAL(5,5)'],
    [type('numeric'), 'VARCHAR'],
    [type('_int4', { element: type('int4') }), 'INTEGER[]'],
    [type('_interval', { element: type('interval') }), 'VARCHAR[]'],
  ])('%o', (source, expected) => {
    expect(mapped(source)).toBe(expected);
  });

  test('refuses types whose text depends on other objects, by table and column', () => {
    expect(() => mapped(type('regclass'))).toThrow(
      expect.objectContaining({ code: 'TYPE_REFUSED', message: expect.stringContaining('t.c (regclass)') }),
    );
  });

  test('refuses columns that DuckDB cannot tell apart', () => {
    expect(() => mapColumns(table(column('a', type('int4')), column('A', type('int4'))))).toThrow(
      expect.objectContaining({ code: 'TYPE_REFUSED' }),
    );
  });
});

describe('fingerprint', () => {
  const base = table(column('a', type('int4')));
  const variants: [string, SourceTable][] = [
    ['another name', table(column('b', type('int4')))],
    ['another type', table(column('a', type('int8')))],
    ['another column of the same name', table({ ...column('a', type('int4')), number: 2 })],
    ['a generating expression', table({ ...column('a', type('int4')), generated: 'b + 1' })],
    ['a key', { ...base, key: ['a'] }],
    [
      'enum labels',
      table({ ...column('a', type('int4')), typeParts: [{ formatted: 'int4', labels: ['x'], attributes: null }] }),
    ],
  ];
  test.each(variants)('tells %s', (_name, variant) => {
    expect(fingerprint(variant, 1)).not.toBe(fingerprint(base, 1));
  });
  test('does not care for the size or the oid', () => {
    expect(fingerprint({ ...base, pages: 99, oid: '2' }, 1)).toBe(fingerprint(base, 1));
  });
});
