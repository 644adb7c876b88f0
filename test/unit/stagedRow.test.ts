import { expect, test } from '@jest/globals';
import { STAGED_COLUMNS, type StagedRow, stagedValues } from '../../src/ingest/stagedRow.ts';

test('the values of a staged row come in the order of its columns', () => {
  const names = STAGED_COLUMNS.map(({ name }) => name);
  const row = Object.fromEntries([...names].reverse().map((name) => [name, name])) as StagedRow;
  expect(stagedValues(row)).toEqual(names);
});
