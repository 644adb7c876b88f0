import { expect, test } from '@jest/globals';
import { markLack, otherWay, type Way } from '../../src/app/sync/otherWays.ts';
import type { SyncRequest } from '../../src/app/sync/syncRequest.ts';
import type { Planned } from '../../src/app/sync/writeTables.ts';
import { FinanceDbError } from '../../src/errors/financeDbError.ts';

type Work = Pick<Planned, 'work' | 'looks'>;

/** Tables by their names: how each is brought up to date, and whether by blocks. */
function work(tables: Record<string, ['full' | 'incremental' | 'none', boolean]>): Work {
  return {
    work: Object.entries(tables).map(([name, [mode]]) => ({
      plan: { mode, source: { oid: name, table: { schema: 'public', name } } },
      columns: [],
    })),
    looks: { of: (oid: string) => ({ blocks: tables[oid]?.[1] === true ? new Map() : null }), summaries: 0 },
  } as unknown as Work;
}

const memory = new FinanceDbError('DUCKDB_MEMORY', 'it ran out', { details: { table: 't' } });
const request = { full: false } as SyncRequest;
const start: Way = { request, file: { kind: 'missing' }, warnings: ['said before'] };
const after = (tables: Parameters<typeof work>[0], way = start): Way | null =>
  otherWay(way, markLack(memory, work(tables)));

test('a sync that lacks memory is tried without changed blocks, then by loading what changed, and then given up', () => {
  const byScan = after({ a: ['incremental', true], b: ['none', false], c: ['incremental', false] });
  expect(byScan).toMatchObject({ request: { places: { from: Number.POSITIVE_INFINITY } }, file: start.file });
  expect(byScan?.warnings).toEqual(['said before', expect.stringContaining('read as a whole')]);
  const anew = after({ a: ['incremental', false], b: ['none', false], c: ['incremental', false] }, byScan ?? start);
  expect(anew?.request).toMatchObject({
    fullTables: new Set(['a', 'c']),
    fullBecause: expect.any(String),
    full: false,
  });
  expect(anew?.warnings).toEqual([...(byScan?.warnings ?? []), expect.stringContaining('loaded anew')]);
  expect(after({ a: ['full', false], b: ['none', false], c: ['full', false] }, anew ?? start)).toBeNull();
});

test('of other errors, and of a load in full, nothing else is tried; what an error says is kept', () => {
  expect(after({ a: ['full', false] })).toBeNull();
  const disk = new FinanceDbError('DISK_FULL', 'no space');
  expect(otherWay(start, markLack(disk, work({ a: ['incremental', true] })))).toBeNull();
  expect(otherWay(start, new Error('other'))).toBeNull();
  const marked = markLack(memory, work({ a: ['incremental', true] }));
  expect(marked).toMatchObject({ code: 'DUCKDB_MEMORY', message: 'it ran out', details: { table: 't' } });
});
