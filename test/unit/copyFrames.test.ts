import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CopyFrames } from '../../src/postgres/copyFrames.ts';

/** A message of the protocol: a letter, the length of what follows with these four octets, and that. */
function message(letter: string, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.write(letter);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

interface Heard {
  rows: Buffer;
  count: number;
  messages: Buffer[];
  rest: Buffer | null;
  longest: number;
}

/** Sends `stream` in pieces; each stands `headroom` bytes into memory that is used again and again, as a socket's is. */
function send(stream: Buffer, pieces: readonly number[], headroom: number): Heard {
  const heard: Heard = { rows: Buffer.alloc(0), count: 0, messages: [], rest: null, longest: 0 };
  const frames = new CopyFrames({
    rows: (rows, count) => {
      heard.rows = Buffer.concat([heard.rows, rows]);
      heard.count += count;
    },
    message: (whole) => heard.messages.push(Buffer.from(whole)),
    ready: (rest) => {
      heard.rest = Buffer.from(rest);
    },
  });
  const memory = Buffer.alloc(headroom + stream.length, 0xee);
  let at = 0;
  for (let piece = 0; at < stream.length; piece++) {
    const size = Math.min(pieces[piece % pieces.length] ?? 1, stream.length - at);
    stream.copy(memory, headroom, at, at + size);
    frames.push(memory, headroom, headroom + size);
    at += size;
  }
  heard.longest = frames.longestRow;
  return heard;
}

const rowsOfAnyLength = fc.array(
  fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 30, maxLength: 300 })),
  {
    maxLength: 30,
  },
);

test('rows come out as they went in, however the stream is cut and wherever it lies in memory', () => {
  const notice = message('N', Buffer.from('SNOTICE\0Mhello\0\0'));
  const rest = Buffer.concat([message('Z', Buffer.from('I')), Buffer.from('whatever follows')]);
  fc.assert(
    fc.property(
      rowsOfAnyLength,
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 400 }),
      fc.nat(30),
      (rows, pieces, headroom, noticeAt) => {
        const frames = rows.map((row) => message('d', row));
        frames.splice(noticeAt, 0, notice);
        const end = [message('c', Buffer.alloc(0)), message('C', Buffer.from('COPY 1\0')), rest];
        const stream = Buffer.concat([message('H', Buffer.alloc(7)), ...frames, ...end]);
        // What follows ReadyForQuery must come with it: a server says nothing more unasked.
        const cut = stream.length - rest.length;
        const heard = send(stream.subarray(0, cut), pieces, headroom);
        expect(heard.rows.equals(Buffer.concat(rows))).toBe(true);
        expect(heard.count).toBe(rows.length);
        expect(heard.longest).toBe(rows.reduce((most, row) => Math.max(most, row.length), 0));
        expect(heard.messages.map((whole) => whole.toString('latin1'))).toEqual([
          notice.toString('latin1'),
          message('C', Buffer.from('COPY 1\0')).toString('latin1'),
        ]);
        expect(send(stream, [stream.length], headroom).rest).toEqual(rest);
      },
    ),
  );
});

test('a row larger than the memory before and after it arrives whole', () => {
  const row = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
  const stream = Buffer.concat([
    message('d', Buffer.from('short\n')),
    message('d', row),
    message('Z', Buffer.from('I')),
  ]);
  const heard = send(stream, [64], 32);
  expect(heard.rows.equals(Buffer.concat([Buffer.from('short\n'), row]))).toBe(true);
  expect(heard.longest).toBe(5000);
  expect(heard.rest).toEqual(message('Z', Buffer.from('I')));
});
