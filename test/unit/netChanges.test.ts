import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asCopied, escapeCopyText, intervalParts, listAsJson } from '../../src/model/changes/copyValue.ts';
import { type ChangedValue, Contradiction, KEPT, NetChanges } from '../../src/model/changes/netChanges.ts';
import { textColumn } from '../../src/model/stagingColumn.ts';

/** What a batch leaves of a table, by the rules that the file goes by. */
function applied(
  before: ReadonlyMap<string, readonly ChangedValue[]>,
  changes: NetChanges,
): Map<string, readonly ChangedValue[]> {
  const rows = new Map(changes.truncated ? [] : before);
  const old = new Map(rows);
  for (const change of changes.list()) {
    const [key = ''] = change.key;
    expect(rows.has(key)).toBe(change.before);
    if (change.before) rows.delete(key);
  }
  for (const { after } of changes.list()) {
    if (after === null) continue;
    const source = after.base === null ? undefined : old.get(after.base[0] ?? '');
    const row = after.values.map((value, at) => (value === KEPT ? (source?.[at] ?? null) : value));
    expect(rows.has(String(row[0]))).toBe(false);
    rows.set(String(row[0]), row);
  }
  return rows;
}

test('any changes, netted, leave what they leave one by one', () => {
  const key = fc.integer({ min: 0, max: 7 }).map(String);
  const value = fc.constantFrom<ChangedValue>('a', 'b', null, KEPT);
  const step = fc.record({
    kind: fc.constantFrom('insert', 'update', 'rename', 'delete', 'truncate'),
    ...{ key, other: key, value, large: value },
  });
  fc.assert(
    fc.property(fc.uniqueArray(key), fc.array(step, { maxLength: 30 }), (present, steps) => {
      const before = new Map(present.map((id) => [id, [id, `v${id}`, `large${id}`] as readonly ChangedValue[]]));
      const rows = new Map(before);
      const changes = new NetChanges([0]);
      for (const { kind, key: id, other, value: v, large } of steps) {
        const row = rows.get(id);
        const whole = (next: ChangedValue, at: number): ChangedValue => (next === KEPT ? (row?.[at] ?? null) : next);
        if (kind === 'insert' && row === undefined) {
          const fresh = [id, v === KEPT ? 'x' : v, large === KEPT ? null : large];
          rows.set(id, fresh);
          changes.insert(fresh);
        } else if (kind === 'update' && row !== undefined) {
          rows.set(id, [id, whole(v, 1), whole(large, 2)]);
          changes.update(null, [id, v, large]);
        } else if (kind === 'rename' && row !== undefined && (other === id || !rows.has(other))) {
          rows.delete(id);
          rows.set(other, [other, whole(v, 1), whole(large, 2)]);
          changes.update([id], [other, v, large]);
        } else if (kind === 'delete' && row !== undefined) {
          rows.delete(id);
          changes.delete([id]);
        } else if (kind === 'truncate' && v === 'a' && large === 'b') {
          rows.clear();
          changes.truncate();
        }
      }
      const result = applied(before, changes);
      expect([...result].sort()).toEqual([...rows].sort());
    }),
    { numRuns: 2000 },
  );
});

describe('what cannot be is refused', () => {
  const CASES: readonly (readonly [name: string, steps: (changes: NetChanges) => void])[] = [
    ['a second row of a key', (changes) => [changes.insert(['1', 'a']), changes.insert(['1', 'b'])]],
    ['a change after the delete', (changes) => [changes.delete(['1']), changes.update(null, ['1', 'b'])]],
    ['two deletes', (changes) => [changes.delete(['1']), changes.delete(['1'])]],
    ['a row without its key', (changes) => changes.insert([null, 'a'])],
    ['a delete without its key', (changes) => changes.delete([null])],
    ['a new row that keeps a value', (changes) => changes.insert(['1', KEPT])],
    ['a key that moves onto another row', (changes) => [changes.insert(['1', 'a']), changes.update(['2'], ['1', 'b'])]],
  ];
  test.each(CASES)('%s', (_name, steps) => {
    expect(() => steps(new NetChanges([0]))).toThrow(Contradiction);
  });
});

test('texts are escaped as COPY does', () => {
  expect(escapeCopyText('a\\b\tc\nd\re\bf\fg\vh')).toBe('a\\\\b\\tc\\nd\\re\\bf\\fg\\vh');
  expect(escapeCopyText('nothing to do: é')).toBe('nothing to do: é');
});

test.each([
  ['00:00:00', '0 0 0'],
  ['1 year 2 mons 3 days 04:05:06.789', '14 3 14706789000'],
  ['-1 years -2 mons +3 days -04:05:06.000001', '-14 3 -14706000001'],
  ['1 mon', '1 0 0'],
  ['-1 days', '0 -1 0'],
  ['1 day -00:00:01', '0 1 -1000000'],
  ['2562047788:00:54.775807', '0 0 9223372036854775807'],
  ['infinity', 'infinity'],
  ['-infinity', '-infinity'],
])('the interval %s is %s', (text, parts) => {
  expect(intervalParts(text)).toBe(parts);
});

test.each([
  ['{}', '[]'],
  ['{1,2,NULL}', '["1","2",null]'],
  ['{"NULL",""}', '["NULL",""]'],
  ['{"a,b","c\\"d","e\\\\f"}', '["a,b","c\\"d","e\\\\f"]'],
  ['{"{x}"}', '["{x}"]'],
  ['{"line\nbreak"}', '["line\\nbreak"]'],
  ['{{1,2},{3,4}}', '{{1,2},{3,4}}'],
  ['[0:1]={1,2}', '[0:1]={1,2}'],
])('the array %s is %s', (text, json) => {
  expect(listAsJson(text, ',')).toBe(json);
});

test('boxes are told apart by semicolons', () => {
  const column = { ...textColumn('b'), family: 'list' as const, postgresType: 'box[]' };
  expect(asCopied(column, '{(1,1),(0,0);(2,2),(1,1)}')).toBe('["(1,1),(0,0)","(2,2),(1,1)"]');
});
