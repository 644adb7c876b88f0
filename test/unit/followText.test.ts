import { expect, test } from '@jest/globals';
import { followText } from '../../src/web/pages/followText.ts';

test.each([
  [null, null],
  [{ state: 'streaming', why: null, lag_seconds: 0 }, 'follows PostgreSQL, up to date'],
  [{ state: 'streaming', why: null, lag_seconds: 90 }, 'follows PostgreSQL, 90 s behind'],
  [{ state: 'scanning', why: null, lag_seconds: 0 }, 'follows PostgreSQL, comparing both sides'],
  [{ state: 'waiting', why: 'connection refused', lag_seconds: 0 }, 'follows PostgreSQL, waiting: connection refused'],
] as const)('%j: %s', (note, text) => {
  expect(followText(note)).toBe(text);
});
