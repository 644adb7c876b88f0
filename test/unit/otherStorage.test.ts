import { describe, expect, test } from '@jest/globals';
import { otherStorage, type RowHolder, type SourceTable } from '../../src/model/sourceTable.ts';
import { changesNeedTransaction, planTable, type TableState } from '../../src/model/syncPlan.ts';

const heap: RowHolder = { kind: 'r', access_method: 'heap', distributed: false };
const parent: RowHolder = { kind: 'p', access_method: null, distributed: false };

describe('where rows are kept', () => {
  test.each<[string, RowHolder[], RegExp | null]>([
    ['a table', [heap], null],
    ['a view', [{ kind: 'v', access_method: null, distributed: false }], null],
    ['partitions', [parent, heap, heap], null],
    ['a columnar table', [{ ...heap, access_method: 'columnar' }], /columnar/],
    ['one columnar partition', [parent, heap, { ...heap, access_method: 'columnar' }], /columnar/],
    ['a foreign table', [{ kind: 'f', access_method: null, distributed: false }], /foreign/],
    ['one foreign partition', [parent, heap, { kind: 'f', access_method: null, distributed: false }], /foreign/],
    ['a table of Citus', [{ ...heap, distributed: true }], /Citus/],
    ['a partitioned table of Citus', [{ ...parent, distributed: true }, heap], /Citus/],
  ])('%s', (_name, holders, expected) => {
    const found = otherStorage(holders);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatch(expected);
  });
});

test('what is no local heap is never gated and loaded in full each time, and the reason said', () => {
  const source: SourceTable = {
    table: { schema: 'public', name: 't' },
    ...{ oid: '1', kind: 'r', unlogged: false, rowSecurity: false, inherited: false },
    ...{
      pages: 1,
      filenode: '1',
      deletes: '0',
      columns: [],
      key: ['id'],
      dividedBy: null,
      leaves: [],
      otherStorage: 'kept elsewhere',
    },
  };
  expect(changesNeedTransaction(source)).toBe(false);
  expect(changesNeedTransaction({ ...source, otherStorage: null })).toBe(true);
  const snapshot = { xmin: 10n, xmax: 10n, inProgress: [] };
  const identity = { systemIdentifier: '1', databaseOid: '1', timeline: '1', lsn: '0/1' };
  const { fingerprint } = planTable(source, null, { identity, snapshot }, false);
  const state: TableState = {
    ...{ schema: 'public', name: 't', identity, tableOid: '1', fingerprint, snapshot },
    ...{ rows: 1n, leaves: [], gated: true, deletes: new Map(), parts: null, places: null, snapshotText: '10:10:' },
  };
  expect(planTable(source, state, { identity, snapshot }, false)).toMatchObject({
    mode: 'full',
    reason: 'kept elsewhere',
  });
  // And when it has become a heap, what was read before counts for nothing.
  const heapNow = planTable({ ...source, otherStorage: null }, state, { identity, snapshot }, false);
  expect(heapNow).toMatchObject({ mode: 'full', reason: 'the definition of the table changed' });
});
