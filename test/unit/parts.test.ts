import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Cut, cutParts, type Part, partsOf } from '../../src/model/parts.ts';
import type { Leaf, SourceTable } from '../../src/model/sourceTable.ts';

const leaf = (oid: string, more: Partial<Leaf> = {}): Leaf => ({
  ...{ oid, kind: 'r', pages: 3, schema: 'public', name: `t_${oid}`, filenode: oid, readable: true, isDefault: false },
  deletes: null,
  constraint: `(at >= ${oid})`,
  ...more,
});

const table = (...leaves: Leaf[]): SourceTable => ({
  ...{ table: { schema: 'public', name: 't' }, oid: '1', kind: 'p', unlogged: false, rowSecurity: false },
  ...{
    inherited: false,
    pages: 0,
    filenode: '0',
    deletes: '0',
    columns: [],
    key: ['id'],
    dividedBy: null,
    otherStorage: null,
  },
  leaves,
});

describe('partsOf', () => {
  test('a leaf is read by its own name, or through its table by its condition', () =>
    expect(partsOf(table(leaf('7'), leaf('8', { readable: false })), 180000).map(({ from }) => from)).toEqual([
      '"public"."t_7" AS rows',
      `(SELECT tableoid, xmin, ctid, * FROM "public"."t" WHERE tableoid = '8'::oid AND (at >= 8)) AS rows`,
    ]));

  test.each<[string, SourceTable, number]>([
    ['a leaf that can be read in neither way', table(leaf('7'), leaf('8', { readable: false, constraint: null })), 6],
    ['a leaf that is no heap', { ...table(leaf('7')), otherStorage: 'elsewhere' }, 3],
    ['no leaves', table(), 0],
  ])('%s: the table is one part, as large as its leaves, of which no file tells', (_, source, pages) =>
    expect(partsOf(source, 180000)).toMatchObject([{ oid: '1', pages, filenode: null, pageable: false }]),
  );

  test('an earlier server reads no ranges of pages', () =>
    expect(partsOf(table(leaf('7')), 130000)).toMatchObject([{ oid: '7', pageable: false }]));
});

test('cuts hold every page of every part once, in order', () => {
  const parts = fc.array(fc.record({ pages: fc.integer({ min: 0, max: 300_000 }), pageable: fc.boolean() }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 9 }), fc.boolean(), (sizes, readers, together) => {
      const all: Part[] = sizes.map((size, index) => ({
        ...{ oid: String(index), from: 't', filenode: '1', constraint: null, ...size },
      }));
      const queries = cutParts(all, readers, together);
      if (!together) expect(queries.every((cuts) => cuts.length === 1)).toBe(true);
      const byPart = new Map<number, Cut[]>();
      for (const cut of queries.flat()) byPart.set(cut.part, [...(byPart.get(cut.part) ?? []), cut]);
      expect([...byPart.keys()]).toEqual(all.map((_, index) => index));
      for (const [index, cuts] of byPart) {
        if (all[index]?.pageable === false) expect(cuts).toEqual([{ part: index, range: null }]);
        cuts.forEach(({ range }, position) => {
          if (range === null) expect(cuts).toHaveLength(1);
          else expect(range.from).toBe(position === 0 ? 0 : cuts[position - 1]?.range?.to);
          if (range !== null) expect(range.to === null).toBe(position === cuts.length - 1);
        });
      }
    }),
  );
});
