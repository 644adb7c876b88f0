import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MessageCutter, parseStreamed, statusUpdate } from '../../src/postgres/replication/messages.ts';
import { MalformedMessage, parsePgOutput, UNCHANGED } from '../../src/postgres/replication/pgoutput.ts';

const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.from(value, 'utf8');
const name = (value: string): Buffer => text(`${value}\0`);
const all = (...parts: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? text(part) : part)));
const tuple = (...values: readonly (string | null | undefined)[]): Buffer =>
  all(
    u16(values.length),
    ...values.map((value) =>
      value === null ? text('n') : value === undefined ? text('u') : all('t', u32(text(value).length), value),
    ),
  );

describe('a message of pgoutput', () => {
  test.each([
    [
      'begin',
      all('B', u64(0x1_0000_0002n), u64(7n), u32(4_000_000_000)),
      { kind: 'begin', finalLsn: 0x1_0000_0002n, committedAt: 7n, xid: 4_000_000_000 },
    ],
    [
      'commit',
      all('C', u8(0), u64(1n), u64(2n), u64(3n)),
      { kind: 'commit', commitLsn: 1n, endLsn: 2n, committedAt: 3n },
    ],
    [
      'relation',
      all(
        'R',
        u32(16400),
        name('My Schema'),
        name('täble'),
        'd',
        u16(2),
        u8(1),
        name('id'),
        u32(23),
        u32(0xffffffff),
        u8(0),
        name('V'),
        u32(25),
        u32(0xffffffff),
      ),
      {
        ...{ kind: 'relation', oid: 16400, schema: 'My Schema', name: 'täble', replicaIdentity: 'd' },
        columns: [
          { name: 'id', identity: true, typeOid: 23 },
          { name: 'V', identity: false, typeOid: 25 },
        ],
      },
    ],
    ['insert', all('I', u32(5), 'N', tuple('1', null, '')), { kind: 'insert', oid: 5, row: ['1', null, ''] }],
    [
      'update of a row whose key stays',
      all('U', u32(5), 'N', tuple('1', undefined)),
      { kind: 'update', oid: 5, old: null, row: ['1', UNCHANGED] },
    ],
    [
      'update of a key',
      all('U', u32(5), 'K', tuple('1', null), 'N', tuple('2', 'x')),
      { kind: 'update', oid: 5, old: { what: 'key', values: ['1', null] }, row: ['2', 'x'] },
    ],
    [
      'update of a row with a full identity',
      all('U', u32(5), 'O', tuple('1', 'a'), 'N', tuple('1', 'b')),
      { kind: 'update', oid: 5, old: { what: 'full', values: ['1', 'a'] }, row: ['1', 'b'] },
    ],
    ['delete', all('D', u32(5), 'K', tuple('1')), { kind: 'delete', oid: 5, old: { what: 'key', values: ['1'] } }],
    ['truncate', all('T', u32(2), u8(1), u32(5), u32(6)), { kind: 'truncate', oids: [5, 6] }],
    ['origin', all('O', u64(1n), name('elsewhere')), { kind: 'other' }],
    ['type', all('Y', u32(1), name('s'), name('t')), { kind: 'other' }],
  ])('%s', (_name, bytes, expected) => {
    expect(parsePgOutput(bytes)).toEqual(expected);
    for (let end = 0; end < bytes.length && expected.kind !== 'other'; end++)
      expect(() => parsePgOutput(bytes.subarray(0, end))).toThrow(MalformedMessage);
  });

  test('keeps the bytes of a text as they are, a byte order mark too', () => {
    const bytes = all('I', u32(5), 'N', tuple('\ufeffäöü€😀'));
    const message = parsePgOutput(bytes);
    expect(message.kind === 'insert' && Buffer.from(String(message.row[0]), 'latin1').toString('utf8')).toBe(
      Buffer.from('\ufeffäöü€😀').toString('utf8'),
    );
  });

  test('of any bytes is parsed or refused, and never anything else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...'BCRIUDTOYM?'), fc.uint8Array({ maxLength: 80 }), (type, rest) => {
        try {
          parsePgOutput(all(type, Buffer.from(rest)));
        } catch (error) {
          if (!(error instanceof MalformedMessage)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('messages come out whole, however they were cut on their way', () => {
  const message = fc.uint8Array({ maxLength: 300 }).map((body) => all('d', u32(body.length + 4), Buffer.from(body)));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 90 })), (messages, cuts) => {
      const stream = Buffer.concat(messages);
      const cutter = new MessageCutter();
      const out: Buffer[] = [];
      let at = 0;
      for (let turn = 0; at < stream.length; turn++) {
        const end = Math.min(stream.length, at + (cuts[turn % Math.max(1, cuts.length)] ?? 17));
        out.push(...cutter.push(Buffer.from(stream.subarray(at, end))).map((found) => Buffer.from(found)));
        at = end;
      }
      expect(Buffer.concat(out).equals(stream)).toBe(true);
      expect(out.map((found) => found.length)).toEqual(messages.map((sent) => sent.length));
    }),
  );
});

test('data and keepalives are told apart, and an answer says how far we are', () => {
  const framed = (body: Buffer): Buffer => all('d', u32(body.length + 4), body);
  expect(parseStreamed(framed(all('w', u64(1n), u64(2n), u64(3n), 'payload')))).toEqual({
    kind: 'data',
    payload: text('payload'),
  });
  expect(parseStreamed(framed(all('k', u64(0x1_0000_0000n), u64(0n), u8(1))))).toEqual({
    kind: 'keepalive',
    walEnd: 0x1_0000_0000n,
    replyWanted: true,
  });
  expect(parseStreamed(framed(text('k')))).toEqual({ kind: 'unknown' });
  const answer = statusUpdate({ received: 3n, flushed: 2n }, new Date('2000-01-01T00:00:01Z'), true);
  expect(answer).toEqual(all('r', u64(3n), u64(2n), u64(2n), u64(1_000_000n), u8(1)));
});
