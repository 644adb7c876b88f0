import { expect, test } from '@jest/globals';
import { emptyCheck, type TableCheck, type ValidationResult } from '../../src/app/validate/result.ts';
import { renderValidation } from '../../src/render/validateReport.ts';

const render = (change: Partial<TableCheck>, status: ValidationResult['status']): string[] =>
  renderValidation(
    {
      ...{
        status,
        quick: false,
        snapshot: '1:1:',
        seconds: 1,
        bytesReceived: 437_000,
        receiptProblem: null,
        metAt: null,
        warnings: [],
      },
      tables: [{ ...emptyCheck('transactions'), rows: { postgres: 5_000_000n, duckdb: 5_000_000n }, ...change }],
    },
    { color: false, width: 80 },
  ).split('\n');

test('a check of millions of rows is whole at 80 columns', () => {
  const lines = render({}, 'equal');
  expect(lines.slice(0, 5)).toEqual([
    '┌──────────────┬─────────┬─────────────────┬─────────────┬────────┬──────┐',
    '│ table        │ verdict │ PostgreSQL rows │ DuckDB rows │ damage │ lag  │',
    '├──────────────┼─────────┼─────────────────┼─────────────┼────────┼──────┤',
    '│ transactions │ equal   │       5,000,000 │   5,000,000 │ none   │ none │',
    '└──────────────┴─────────┴─────────────────┴─────────────┴────────┴──────┘',
  ]);
});

test('what differs is said whole, even where the table must cut it', () => {
  const lines = render(
    { damage: { missing: 1200n, extra: 3n, different: 45n }, lag: { changed: 6n, deleted: 0n } },
    'damaged',
  );
  expect(Math.max(...lines.slice(0, 5).map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines).toContain('transactions: damage 1,200 missing, 3 extra, 45 different; lag 6 changed');
});
