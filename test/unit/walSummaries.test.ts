import { describe, expect, test } from '@jest/globals';
import { leafBounds } from '../../src/model/leafBounds.ts';
import type { SourceColumn } from '../../src/model/sourceTable.ts';
import {
  type CheckpointMark,
  isCovered,
  keepMarks,
  parseFullXid,
  reachOf,
  startOf,
  widenXid,
} from '../../src/model/walSummaries.ts';

const mark = (redo: string, nextXid: number, timeline = '1'): CheckpointMark => ({
  ...{ timeline, redo, nextXid: String(nextXid) },
});

test('transaction ids of the control file', () => {
  expect(parseFullXid('0:740')).toBe(740n);
  expect(parseFullXid('2:5')).toBe(2n * 2n ** 32n + 5n);
  expect(widenXid(740n, 740n)).toBe(740n);
  // The oldest one is of the round before.
  expect(widenXid(4294967290n, 2n ** 32n + 5n)).toBe(4294967290n);
  expect(widenXid(0n, 740n)).toBeNull();
});

describe('where to begin', () => {
  const marks = [mark('0/10', 100), mark('0/20', 200), mark('0/30', 300)];
  test.each<[string, bigint, string | null]>([
    ['behind the newest checkpoint before the oldest transaction', 250n, '0/20'],
    ['at one of the very same id', 300n, '0/30'],
    ['nowhere, when a transaction is older than all of them', 99n, null],
  ])('is %s', (_, xmin, redo) => expect(startOf(marks, '1', { xmin })?.redo ?? null).toBe(redo));

  test('is on the same timeline', () => expect(startOf(marks, '2', { xmin: 999n })).toBeNull());

  test('is never lost by keeping fewer, however long a transaction is open', () => {
    const many = Array.from({ length: 1000 }, (_, index) => mark(`0/${(index + 1).toString(16)}`, index));
    for (const oldest of [0n, 5n, 500n, 900n, 2000n])
      expect(startOf(keepMarks(many, oldest), '1', { xmin: oldest })).toEqual(startOf(many, '1', { xmin: oldest }));
    expect(keepMarks(many, 0n).length).toBeLessThan(300);
    expect(keepMarks([mark('0/10', 1), mark('0/10', 1)], 1n)).toHaveLength(1);
  });
});

describe('how far summaries reach', () => {
  const summary = (start: string, end: string, timeline = '1') => ({ timeline, start, end });
  test.each<[string, ReturnType<typeof summary>[], bigint]>([
    ['none', [], 0x20n],
    ['one after the other, in any order', [summary('0/30', '0/40'), summary('0/10', '0/30')], 0x40n],
    ['up to a gap', [summary('0/10', '0/30'), summary('0/31', '0/40')], 0x30n],
    ['not from behind the start', [summary('0/21', '0/40')], 0x20n],
    ['not on another timeline', [summary('0/10', '0/30'), summary('0/30', '0/40', '2')], 0x30n],
  ])('%s', (_, summaries, expected) => expect(reachOf(summaries, '1', 0x20n)).toBe(expected));
});

describe('whether they tell all that a snapshot sees', () => {
  const checkpoint = { ...mark('0/30', 300), oldestActive: 300n };
  test.each<[string, boolean, Parameters<typeof isCovered>]>([
    ['up to its position', true, [0x40n, { xmax: 999n }, '0/40', null]],
    ['not so far', false, [0x3fn, { xmax: 999n }, '0/40', null]],
    ['up to a checkpoint, before which all that it sees had ended', true, [0x30n, { xmax: 300n }, '0/40', checkpoint]],
    ['up to a checkpoint, and a transaction has ended since', false, [0x30n, { xmax: 301n }, '0/40', checkpoint]],
    ['one was open at the checkpoint', false, [0x30n, { xmax: 300n }, '0/40', { ...checkpoint, oldestActive: 299n }]],
    ['not even up to the checkpoint', false, [0x2fn, { xmax: 300n }, '0/40', checkpoint]],
    ['a checkpoint that does not say', false, [0x30n, { xmax: 300n }, '0/40', { ...checkpoint, oldestActive: null }]],
  ])('%s', (_, expected, args) => expect(isCovered(...args)).toBe(expected));
});

describe('bounds of leaves for DuckDB', () => {
  const column = (name: string, formatted: string): SourceColumn =>
    ({ name, type: { formatted } }) as unknown as SourceColumn;
  const columns = [
    ...[column('at', 'timestamp without time zone'), column('id', 'integer'), column('we"ird', 'date')],
    ...[column('v', 'text'), column('z', 'timestamp(3) with time zone')],
  ];
  test.each<[string, string | null]>([
    [
      `((at IS NOT NULL) AND (at >= '2024-01-01 00:00:00'::timestamp without time zone) AND (at < '2024-02-01 00:00:00'::timestamp without time zone))`,
      `( ( "at" IS NOT NULL ) AND ( "at" >= '2024-01-01 00:00:00'::timestamp without time zone ) AND ( "at" < '2024-02-01 00:00:00'::timestamp without time zone ) )`,
    ],
    ['((id IS NOT NULL) AND (id >= 1) AND (id < -5))', '( ( "id" IS NOT NULL ) AND ( "id" >= 1 ) AND ( "id" < -5 ) )'],
    [`("we""ird" < '2024-02-01'::date)`, `( "we""ird" < '2024-02-01'::date )`],
    [
      `(z < '2024-02-01 00:00:00+00'::timestamp with time zone)`,
      `( "z" < '2024-02-01 00:00:00+00'::timestamp with time zone )`,
    ],
    [`(z < '2024-02-01 00:00:00+02'::timestamp with time zone)`, null],
    [`(at < 'infinity'::timestamp without time zone)`, `( "at" < 'infinity'::timestamp without time zone )`],
    [`(at < '0044-03-15 00:00:00 BC'::timestamp without time zone)`, null],
    [`(v = 'a'::text)`, null],
    ['(id <> 5)', null],
    ['(NOT (id = 5))', null],
    ['(id IS NULL)', null],
    ['(id = ANY (ARRAY[1, 2]))', null],
    ["satisfies_hash_partition('16398'::oid, 4, 0, id)", null],
    ['(other < 5)', null],
  ])('%s', (constraint, expected) => expect(leafBounds(constraint, { columns })).toBe(expected));
});
