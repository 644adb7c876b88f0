import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PACK_PAGES, type Pack, placesOf } from '../../src/model/packs.ts';

const pack = (index: number, changed: number, dense = false): Pack => ({
  part: '0',
  page: String(index * PACK_PAGES),
  end: String((index + 1) * PACK_PAGES),
  rows: '100000',
  changed: String(changed),
  places:
    dense || changed === 0 ? null : `{${Array.from({ length: changed }, (_, i) => `"(${index},${i})"`).join(',')}}`,
});

describe('placesOf', () => {
  test('nothing changed: nowhere', () => expect(placesOf([pack(0, 0), pack(1, 0)], 'c')).toEqual([]));

  test('few rows of several packs are fetched by one query', () =>
    expect(placesOf([pack(0, 2), pack(1, 0), pack(2, 1)], 'c')).toEqual([
      `ctid = ANY ('{"(0,0)","(0,1)","(2,0)"}'::tid[])`,
    ]));

  test('dense packs beside each other are one range', () =>
    expect(placesOf([pack(1, 5000, true), pack(2, 5000, true), pack(3, 1), pack(4, 9, true)], 'c')).toEqual([
      "ctid >= '(256,0)'::tid AND ctid < '(768,0)'::tid AND c",
      `ctid = ANY ('{"(3,0)"}'::tid[])`,
      "ctid >= '(1024,0)'::tid AND ctid < '(1280,0)'::tid AND c",
    ]));

  test('many dense packs are several ranges, for several connections', () => {
    const all = Array.from({ length: 40 }, (_, index) => pack(index, 5000, true));
    expect(placesOf(all, 'c')).toEqual([
      "ctid >= '(0,0)'::tid AND ctid < '(4096,0)'::tid AND c",
      "ctid >= '(4096,0)'::tid AND ctid < '(8192,0)'::tid AND c",
      "ctid >= '(8192,0)'::tid AND ctid < '(10240,0)'::tid AND c",
    ]);
  });

  test('a shorter pack ends where the next one begins', () =>
    expect(
      placesOf(
        [{ ...pack(0, 2, true), end: '100' }, { ...pack(1, 2, true), page: '100', end: '356' }, pack(2, 1)],
        'c',
      ),
    ).toEqual([`ctid = ANY ('{"(2,0)"}'::tid[])`, "ctid >= '(0,0)'::tid AND ctid < '(356,0)'::tid AND c"]));

  test('every place is in one query, every dense pack in one range, and no query has too many', () => {
    const packs = fc
      .array(fc.record({ changed: fc.integer({ min: 0, max: 1000 }), dense: fc.boolean() }), { maxLength: 30 })
      .map((list) => list.map(({ changed, dense }, index) => pack(index, changed, dense && changed > 0)));
    fc.assert(
      fc.property(packs, (list) => {
        const conditions = placesOf(list, 'c');
        const tids = conditions.flatMap((condition) => condition.match(/"\(\d+,\d+\)"/g) ?? []);
        const sparse = list.filter(({ places }) => places !== null);
        expect(tids.sort()).toEqual(
          sparse.flatMap(({ places }) => places?.slice(1, -1).match(/"[^"]+"/g) ?? []).sort(),
        );
        for (const condition of conditions) expect((condition.match(/"\(/g) ?? []).length).toBeLessThanOrEqual(5000);
        const covered = conditions.flatMap((condition) => {
          const [, from, to] = /^ctid >= '\((\d+),0\)'::tid AND ctid < '\((\d+),0\)'::tid AND c$/.exec(condition) ?? [];
          return from === undefined ? [] : range(Number(from), Number(to));
        });
        const dense = list.filter(({ places, changed }) => places === null && changed !== '0');
        expect(covered).toEqual(dense.map(({ page }) => Number(page)));
      }),
    );
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: (to - from) / PACK_PAGES }, (_, index) => from + index * PACK_PAGES);
}
