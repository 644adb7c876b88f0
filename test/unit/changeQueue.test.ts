import { expect, test } from '@jest/globals';
import { ChangeQueue, type QueuedItem } from '../../src/app/follow/changeQueue.ts';
import { Watermarks } from '../../src/app/follow/watermarks.ts';
import { parseSnapshot, sees } from '../../src/model/watermark.ts';
import { WriteBudget } from '../../src/model/writeBudget.ts';

function queueWithFlow(): { queue: ChangeQueue; flow: string[] } {
  const flow: string[] = [];
  const queue = new ChangeQueue(() => ({ pause: () => flow.push('pause'), resume: () => flow.push('resume') }));
  return { queue, flow };
}

const begin: QueuedItem = { kind: 'begin', finalLsn: 1n, committedAt: 0n, xid: 1 };
const insert: QueuedItem = { kind: 'insert', oid: 1, row: ['1'] };
const commit = (lsn: bigint): QueuedItem => ({ kind: 'commit', commitLsn: lsn, endLsn: lsn, committedAt: 0n });
const put = (queue: ChangeQueue, item: QueuedItem, bytes = 10): void => {
  if (item.kind !== 'position') queue.message(item, bytes);
};

test('a transaction is handed on when it is whole', async () => {
  const { queue } = queueWithFlow();
  put(queue, begin);
  put(queue, insert);
  expect(await queue.next(1)).toBeNull();
  put(queue, commit(5n));
  expect([await queue.next(1), await queue.next(1), await queue.next(1), await queue.next(1)]).toEqual([
    begin,
    insert,
    commit(5n),
    null,
  ]);
  expect(queue.received).toBe(5n);
});

test('one that does not fit is handed on in pieces until the stream may go on', async () => {
  const { queue, flow } = queueWithFlow();
  put(queue, begin);
  let sent = 0;
  let taken = 0;
  // As a socket does: nothing comes while it is paused.
  for (let turn = 0; turn < 1000 && taken < 100; turn++) {
    if (flow.at(-1) !== 'pause' && sent < 100) {
      put(queue, insert, 1 << 20);
      sent++;
      if (sent === 100) put(queue, commit(9n));
    } else if ((await queue.next(1))?.kind === 'insert') taken++;
  }
  expect([sent, taken]).toEqual([100, 100]);
  expect(flow.filter((what) => what === 'pause').length).toBeGreaterThan(1);
});

test('positions in a row are one, and the end of the stream comes last', async () => {
  const { queue } = queueWithFlow();
  queue.position(3n);
  queue.position(7n);
  queue.position(5n);
  queue.ended(Object.assign(new Error('over'), { code: 'x' }) as never);
  expect(await queue.next(1)).toEqual({ kind: 'position', lsn: 7n });
  await expect(queue.next(1)).rejects.toThrow('over');
});

test('a snapshot is safe once all before the position read after it was put', () => {
  const marks = new Watermarks({ snapshotText: '1:1:', lsn: 10n });
  marks.add({ snapshotText: '2:2:', lsn: 20n });
  marks.add({ snapshotText: '3:3:', lsn: 30n });
  expect([19n, 20n, 29n, 35n, 5n].map((at) => marks.at(at).snapshotText)).toEqual([
    '1:1:',
    '2:2:',
    '2:2:',
    '3:3:',
    '3:3:',
  ]);
});

test('what a snapshot sees, by the lower half of an id', () => {
  const round = 1n << 32n;
  const snapshot = parseSnapshot(`${5n * round + 100n}:${5n * round + 110n}:${5n * round + 105n}`);
  expect([99, 100, 105, 109, 110, 4_294_967_295].map((xid) => sees(snapshot, xid))).toEqual([
    true,
    true,
    false,
    true,
    false,
    true,
  ]);
});

test('what is not written in quiet times may be written later, and no more', () => {
  const budget = new WriteBudget(10, 0);
  expect(budget.wait(0)).toBe(0);
  budget.spend(6000, 0);
  expect(budget.wait(0)).toBe(0);
  budget.spend(100, 0);
  expect(budget.wait(0)).toBe(10_000);
  expect(budget.wait(4000)).toBe(6000);
  expect(budget.wait(10_000)).toBe(0);
  expect(new WriteBudget(null, 0).wait(0)).toBe(0);
});
