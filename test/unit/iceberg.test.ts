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

test.each<[string, string, string, 'same' | 'widened' | 'new version']>([
  ['smallint to integer', 'SMALLINT', 'INTEGER', 'same'],
  ['integer to bigint', 'INTEGER', 'BIGINT', 'widened'],
  ['real to double precision', 'FLOAT', 'DOUBLE', 'widened'],
  ['more digits', 'DECIMAL(9,2)', 'DECIMAL(38,2)', 'widened'],
  ['a list of wider elements', 'INTEGER[]', 'BIGINT[]', 'widened'],
  ['text to json: the same text', 'VARCHAR', 'JSON', 'same'],
  ['time to interval: both are texts', 'TIME', 'INTERVAL', 'same'],
  ['bigint to integer', 'BIGINT', 'INTEGER', 'new version'],
  ['double precision to real', 'DOUBLE', 'FLOAT', 'new version'],
  ['fewer digits', 'DECIMAL(9,2)', 'DECIMAL(8,2)', 'new version'],
  ['another scale', 'DECIMAL(9,2)', 'DECIMAL(12,3)', 'new version'],
  ['integer to decimal', 'INTEGER', 'DECIMAL(12,0)', 'new version'],
  ['timestamp to timestamptz', 'TIMESTAMP', 'TIMESTAMPTZ', 'new version'],
  ['date to timestamp', 'DATE', 'TIMESTAMP', 'new version'],
  ['text to number', 'VARCHAR', 'INTEGER', 'new version'],
  ['a value to a list', 'INTEGER', 'INTEGER[]', 'new version'],
  ['a list to a value', 'INTEGER[]', 'INTEGER', 'new version'],
])('a column that changes its type: %s', (_what, from, to, outcome) => {
  const first = evolveSchema([column('x', from, 1), column('y', 'DATE', 2)], null);
  const before = { ...first, nextSchemaId: 1 };
  const after = evolveSchema([column('x', to, 1), column('y', 'DATE', 2)], before);
  const [x, y] = after.schema.fields;
  expect(after.newVersion).toBe(outcome === 'new version');
  expect(x?.id === first.schema.fields[0]?.id).toBe(outcome !== 'new version');
  expect(y).toEqual(first.schema.fields[1]);
  // An id is never given twice.
  if (outcome === 'new version') expect(x?.id).toBeGreaterThan(first.lastColumnId);
  expect(after.changes).toHaveLength(outcome === 'same' ? 0 : 1);
});

test('columns in another order keep their ids, and no file is written anew', () => {
  const first = evolveSchema([column('x', 'INTEGER', 1), column('y', 'DATE', 2)], null);
  const turned = evolveSchema([column('y', 'DATE', 2), column('x', 'INTEGER', 1)], { ...first, nextSchemaId: 1 });
  expect(turned.schema.fields.map(({ id, name }) => [id, name])).toEqual([
    [2, 'y'],
    [1, 'x'],
  ]);
  expect(turned).toMatchObject({ rewrite: false, newVersion: false, changes: ['the columns changed their order'] });
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
