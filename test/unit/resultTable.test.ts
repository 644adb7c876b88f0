import { expect, test } from '@jest/globals';
import { tableWriter } from '../../src/render/resultTable.ts';
import { displayWidth } from '../../src/render/width.ts';

function draw(names: readonly string[], columns: readonly (readonly string[])[], width: number): string {
  const writer = tableWriter({ width, color: false, maxRows: 100 });
  return (
    writer.open() +
    writer.begin(names.map((name) => ({ name, type: 'VARCHAR', kind: 'text' }))) +
    writer.rows({ rowCount: columns[0]?.length ?? 0, columns }) +
    writer.end() +
    writer.close()
  );
}

const KEYS = ['household-2024-00000001', 'household-2024-00000002', 'household-2024-00000013'];
const NAMES = Array.from({ length: 9 }, (_, index) => `column_${index}`);
const TEXTS = NAMES.map(() => ['the same long text', 'the same long text', 'the same long text']);

test.each([80, 60])('keys stay apart at %d columns, and what is left out is named', (width) => {
  const text = draw(['tx_id', ...NAMES], [KEYS, ...TEXTS], width);
  for (const key of KEYS) expect(text).toContain(`│ ${key} │`);
  for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  const [title = ''] = text.split('\n').slice(1);
  const note = text.slice(text.indexOf('└')).replace(/\s+/g, ' ');
  expect(note).toContain('not shown: column_');
  // Shown ones may be cut, so that each is either in the title line by its place or in the note.
  const shown = title.split('│').length - 2 - 2;
  expect(NAMES.filter((name) => new RegExp(`[ :]${name}[, ]`).test(note))).toHaveLength(NAMES.length - shown);
});

test('a key is cut behind what tells it from the others', () => {
  const keys = ['a1-xxxxxxxxxxxxxxxxxxxxxxxxxx', 'b2-xxxxxxxxxxxxxxxxxxxxxxxxxx', 'c3-xxxxxxxxxxxxxxxxxxxxxxxxxx'];
  const text = draw(['tx_id', ...NAMES], [keys, ...TEXTS], 60);
  expect(text).toContain('│ a1-xxxx… │');
});
