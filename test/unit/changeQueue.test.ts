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

/** A message as the server sends it: its letter, its numbers, and for a row one value of so many octets. */
function messageOf(item: QueuedItem, valueBytes = 1): Buffer {
  const bytes = Buffer.alloc(64 + valueBytes);
  let at = bytes.write({ begin: 'B', commit: 'C', insert: 'I' }[item.kind as string] ?? '?', 'latin1');
  if (item.kind === 'begin') {
    at = bytes.writeBigUInt64BE(item.finalLsn, at);
    at = bytes.writeUInt32BE(item.xid, bytes.writeBigUInt64BE(0n, at));
  } else if (item.kind === 'commit') {
    at = bytes.writeBigUInt64BE(item.commitLsn, at + 1);
    at = bytes.writeBigUInt64BE(0n, bytes.writeBigUInt64BE(item.endLsn, at));
  } else {
    at = bytes.writeUInt16BE(1, bytes.writeUInt32BE(1, at) + bytes.write('N', 5, 'latin1'));
    at = bytes.writeUInt32BE(valueBytes, at + bytes.write('t', at, 'latin1'));
    bytes.fill('1', at, at + valueBytes);
    at += valueBytes;
  }
  return bytes.subarray(0, at);
}

const put = (queue: ChangeQueue, item: QueuedItem, valueBytes?: number): void =>
  queue.message(messageOf(item, valueBytes));

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

test('messages of any size come out as they went in, positions between them', async () => {
  const { queue } = queueWithFlow();
  const sizes = [1, 300_000, 5, 200_000, 100_000, 262_144, 7];
  for (let round = 0; round < 3; round++) {
    for (const [at, size] of sizes.entries()) {
      put(queue, insert, size);
      queue.position(BigInt(100 * round + at + 1));
    }
    expect(queue.holdsTransaction()).toBe(true);
    for (const [at, size] of sizes.entries()) {
      const item = await queue.next(1);
      expect(item?.kind === 'insert' && item.row[0] === '1'.repeat(size)).toBe(true);
      expect(queue.peek()).toEqual({ kind: 'position', lsn: BigInt(100 * round + at + 1) });
      expect(await queue.next(1)).toEqual({ kind: 'position', lsn: BigInt(100 * round + at + 1) });
    }
    expect([queue.holdsTransaction(), queue.peek(), await queue.next(1)]).toEqual([false, null, null]);
  }
});

test('what is no message of the protocol ends the stream, whether it shows at once or when it is read', async () => {
  const { queue } = queueWithFlow();
  expect(() => queue.message(Buffer.from('?'))).toThrow('unknown type');
  queue.message(messageOf(insert, 9).subarray(0, 12));
  await expect(queue.next(1)).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining('too early'),
  });
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
