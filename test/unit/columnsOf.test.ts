import { expect, test } from '@jest/globals';
import { columnsOf } from '../../src/io.ts';

const NEVER = Number.POSITIVE_INFINITY;

test.each<[string, { isTTY?: boolean; columns?: number }, Record<string, string>, number]>([
  ['a terminal', { isTTY: true, columns: 120 }, {}, 120],
  ['a terminal knows better than COLUMNS', { isTTY: true, columns: 120 }, { COLUMNS: '60' }, 120],
  ['a terminal that reports none', { isTTY: true, columns: 0 }, {}, 80],
  ['a terminal that says nothing', { isTTY: true }, {}, 80],
  ['a terminal that reports none, and COLUMNS', { isTTY: true, columns: 0 }, { COLUMNS: '60' }, 60],
  ['a pipe', {}, {}, NEVER],
  ['a pipe, and COLUMNS', {}, { COLUMNS: '60' }, 60],
  ['COLUMNS that means nothing', {}, { COLUMNS: 'wide' }, NEVER],
  ['COLUMNS of nothing', {}, { COLUMNS: '0' }, NEVER],
])('%s', (_name, stream, env, columns) => expect(columnsOf(stream, env)).toBe(columns));
