import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Io } from '../../src/io.ts';
import { guardOutput } from '../../src/render/terminalStream.ts';
import { displayWidth } from '../../src/render/width.ts';
import { wrapLine, wrapText } from '../../src/render/wrap.ts';

test.each([
  ['short', 80, 0, ['short']],
  ['one two three', 7, 0, ['one two', 'three']],
  ['one two three', 9, 2, ['one two', '  three']],
  ['  one two three', 9, 0, ['  one two', '  three']],
  ['unbreakable word', 5, 0, ['unbreakable', 'word']],
  ['run `sync --full` now', 12, 2, ['run', '  `sync --full`', '  now']],
  ['a `b c', 3, 0, ['a', '`b', 'c']],
  ['a  b', 2, 0, ['a ', 'b']],
  ['漢字 漢字', 5, 0, ['漢字', '漢字']],
])('%j within %d columns', (text, width, hang, lines) => {
  expect(wrapLine(text, width, hang)).toEqual(lines);
});

test('no word is broken, lost or moved, and no line is longer than its width but for a long word', () => {
  const words = fc.array(fc.stringMatching(/^[a-zé漢]{1,12}$/), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(words, fc.integer({ min: 4, max: 40 }), (list, width) => {
      const lines = wrapLine(list.join(' '), width);
      expect(lines.flatMap((line) => line.split(' '))).toEqual(list);
      for (const line of lines) if (line.includes(' ')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }),
  );
});

test('an endless line stays as it is', () => {
  expect(wrapText('a b\nc d', Number.POSITIVE_INFINITY)).toBe('a b\nc d');
});

test.each([
  [true, 'a sentence that is\n  longer than a line\n'],
  [false, 'a sentence that is longer than a line\n'],
])('what goes to stderr breaks no word on a terminal (%s), whichever message it is', (isTTY, shown) => {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 20 });
  const io = { stdout: stream, stderr: stream } as unknown as Io;
  guardOutput(io).stderr.write('a sentence that is longer than a line\n');
  expect(String(stream.read())).toBe(shown);
});
