import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { agreeing, counted, grouped } from '../../src/model/counted.ts';

test('one is singular, everything else plural, with thousands separators', () => {
  expect([0, 1, 2, 1_234_567n, '1', '1200'].map((count) => counted(count, 'row'))).toEqual([
    ...['0 rows', '1 row', '2 rows', '1,234,567 rows', '1 row', '1,200 rows'],
  ]);
  expect(counted(2, 'entry', 'entries')).toBe('2 entries');
  expect([1, 2].map((count) => agreeing(count, 'stays', 'stay'))).toEqual(['stays', 'stay']);
  expect(grouped(-12_345)).toBe('-12,345');
});

const NOUNS =
  'rows|files|commits|entries|accounts|rules|rates|imports|payees|tables|months|columns|transactions|categories|currencies|folders|statements';

/** A count before a plural that is written out says `1 rows` one day. */
const WRITTEN_OUT = new RegExp(
  `\\$\\{(?!(?:[A-Z_]+|[^}]*\\((?:[A-Z_]+))[})])[^}]*\\} (?:(?:more|new|other|whole|missing|extra) )?(?:${NOUNS})\\b(?!=)`,
  'g',
);

test('no count stands before a plural that is written out, in what people read', () => {
  const found = [
    'src/render',
    'src/cli',
    'src/app/import',
    'src/app/categorize',
    'src/app/lake',
    'src/app/validate',
    'src/web/pages',
  ]
    .flatMap((folder) =>
      (fs.readdirSync(folder, { recursive: true }) as string[]).map((file) => path.join(folder, file)),
    )
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const lines = fs.readFileSync(file, 'utf8').split('\n');
      return lines.flatMap((line) => [...line.matchAll(WRITTEN_OUT)].map(([text]) => `${file}: ${text}`));
    });
  expect(found.filter((text) => !INTENDED.some((part) => text.includes(part)))).toEqual([]);
});

/** Always more than ten thousand; an internal error; always more than are shown. */
const INTENDED: readonly string[] = ['zip.entryCount} files', '{counted} rows', 'count(rows.length)} categories'];
