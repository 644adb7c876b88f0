import { expect, test } from '@jest/globals';
import type { Io } from '../../src/io.ts';
import { loadText, openProgress } from '../../src/render/progress.ts';

const at = (rows: number | null, fraction: number | null) => ({ table: 'transactions', rows, bytes: 0, fraction });

test.each([
  ['at the beginning: rows only', at(1234, 0.5), 0.4, 'transactions  1,234 rows'],
  ['then speed and time left', at(1_000_000, 0.25), 2, 'transactions  1,000,000 rows  500,000 rows/s  about 6 s left'],
  ['nobody knows how much there is', at(10, null), 1, 'transactions  10 rows  10 rows/s'],
  ['while changes are looked for', at(null, 0.42), 2, 'transactions  looking for changes  42 %'],
])('progress: %s', (_, progress, seconds, expected) => expect(loadText(progress, seconds)).toBe(expected));

test.each([
  ['reports no columns', { isTTY: true, columns: 0 }],
  ['does not know them', { isTTY: true, columns: undefined }],
  ['is none', { isTTY: false, columns: 80 }],
])('progress is not drawn where the terminal %s', (_, terminal) => {
  const written: string[] = [];
  const stderr = { ...terminal, write: (text: string) => written.push(text), on: () => undefined };
  const progress = openProgress({ stderr } as unknown as Io, { quiet: false, color: false, dumb: false });
  progress.say('waiting');
  expect(written).toEqual([]);
  progress.stop();
});
