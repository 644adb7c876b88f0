import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AvroSchema, readAvro, writeAvro } from '../../src/lake/iceberg/avro.ts';
import { boundBytes } from '../../src/lake/iceberg/bounds.ts';
import { parseMetadata } from '../../src/lake/iceberg/metadata.ts';
import { evolveSchema, type LakeColumn } from '../../src/lake/iceberg/schema.ts';
import { monthStart, unitOfMonth } from '../../src/lake/months.ts';

const SCHEMA: AvroSchema = {
  type: 'record',
  name: 'r',
  fields: [
    { name: 'number', type: 'long' },
    { name: 'text', type: ['null', 'string'] },
    { name: 'list', type: { type: 'array', items: 'bytes' } },
    { name: 'flag', type: 'boolean' },
  ],
};

test('Avro comes back as it was written, and a file that is cut short is refused', () => {
  const row = fc.record({
    number: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    text: fc.option(fc.string({ unit: 'grapheme' })),
    list: fc.array(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
    flag: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const file = writeAvro(SCHEMA, rows, { content: 'data' });
      expect(readAvro(file)).toMatchObject({ rows, metadata: { content: 'data' } });
      if (rows.length > 0) expect(() => readAvro(file.subarray(0, -1))).toThrow();
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['int', '-2', false, 'feffffff'],
  ['date', '19797', true, '554d0000'],
  ['long', '1', false, '0100000000000000'],
  ['timestamp', '1710460800000000', false, '00e062b0a7130600'],
  ['decimal(9, 2)', '14.20', false, '058c'],
  ['decimal(38, 10)', '-0.0000000001', true, 'ff'],
  ['decimal(5, 2)', '1.28', true, '0080'],
  ['decimal(2, 2)', '-.50', true, 'ce'],
  ['string', 'abcdefghijklmnopq', false, Buffer.from('abcdefghijklmnop').toString('hex')],
  ['string', 'abcdefghijklmnopq', true, Buffer.from('abcdefghijklmnoq').toString('hex')],
  ['string', '\u{10ffff}'.repeat(17), true, undefined],
  ['string', `${'a'.repeat(15)}\u{d7ff}bc`, true, Buffer.from(`${'a'.repeat(15)}\u{e000}`).toString('hex')],
  ['float', '1.5', true, undefined],
])('the bound of %s %s', (type, text, upper, expected) => {
  expect(boundBytes(type, text, upper)?.toString('hex')).toBe(expected);
});

const column = (name: string, duckdbType: string, number: number | null): LakeColumn => ({ name, duckdbType, number });

test('fields are known by the numbers of their columns', () => {
  const first = evolveSchema(
    [column('a', 'INTEGER', 1), column('b', 'DECIMAL(9,2)', 2), column('l', 'SMALLINT[]', 3)],
    null,
  );
  expect(first.schema.fields.map(({ id, type }) => [id, type])).toEqual([
    [1, 'int'],
    [2, 'decimal(9, 2)'],
    [3, { type: 'list', 'element-id': 4, element: 'int', 'element-required': false }],
  ]);
  const before = { ...first, nextSchemaId: 1 };
  // a and b change their names with each other.
  const swapped = evolveSchema([column('b', 'BIGINT', 1), column('a', 'DECIMAL(12,2)', 2)], before);
  expect(swapped.schema.fields.map(({ id, name, type }) => [id, name, type])).toEqual([
    [1, 'b', 'long'],
    [2, 'a', 'decimal(12, 2)'],
  ]);
  expect(swapped.changes).toContain('dropped l');
  expect(swapped.newVersion).toBe(false);
  const narrowed = evolveSchema([column('a', 'SMALLINT', 1), column('b', 'DECIMAL(9,3)', 2)], before);
  expect(narrowed.schema.fields.map(({ id }) => id)).toEqual([1, 5]);
  expect(narrowed.newVersion).toBe(true);
  // A column of the same name that took the place of another is another one; without numbers the name must do.
  expect(evolveSchema([column('a', 'INTEGER', 9)], before).schema.fields[0]?.id).toBe(5);
  expect(evolveSchema([column('a', 'INTEGER', null)], before).schema.fields[0]?.id).toBe(1);
});

test('months begin where they begin, also before 1970 and around leap days', () => {
  fc.assert(
    fc.property(fc.integer({ min: -12 * 1900, max: 12 * 8000 }), (month) => {
      const start = new Date(0);
      start.setUTCFullYear(1970 + Math.floor(month / 12), ((month % 12) + 12) % 12, 1);
      expect(monthStart(month, 'TIMESTAMP')).toBe(`make_timestamp(${BigInt(start.getTime()) * 1000n}::BIGINT)`);
    }),
  );
  expect([650, -1, null, -20_000].map(unitOfMonth)).toEqual(['2024-03', '1969-12', 'none', 'm-20000']);
});

test('snapshots of another writer, whose ids are too large for numbers, are not taken for ours', () => {
  expect(() => parseMetadata('{"format-version":2,"current-snapshot-id": 8744736658442914487}')).toThrow(
    /another program/,
  );
});
