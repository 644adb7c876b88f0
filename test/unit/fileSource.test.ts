import { describe, expect, test } from '@jest/globals';
import { EMBEDDED_PLACE, type FileSource, isOtherSource, sourceText } from '../../src/model/fileSource.ts';

const source: FileSource = { systemIdentifier: '7', databaseOid: '5', database: 'finance', place: 'db:5432' };

describe('another source', () => {
  const cases: readonly (readonly [string, Partial<FileSource>, Partial<FileSource>, boolean])[] = [
    ['the same', {}, {}, false],
    ['another cluster behind the same address', {}, { systemIdentifier: '8' }, true],
    ['another database of the cluster', {}, { databaseOid: '6', database: 'books' }, true],
    ['a database made again under its name', {}, { databaseOid: '6' }, true],
    ['a standby: another address, the same cluster', {}, { place: 'standby:5433' }, false],
    ['a database that was renamed', {}, { database: 'books' }, false],
    ['no identity now, the same address', {}, { systemIdentifier: null }, false],
    ['no identity then, the same address', { systemIdentifier: null }, {}, false],
    ['no identity, another host', { systemIdentifier: null }, { systemIdentifier: null, place: 'other:5432' }, true],
    ['no identity, another name', {}, { systemIdentifier: null, database: 'books' }, true],
    [
      'no identity, and an older file that kept no names',
      { place: null, database: null },
      { systemIdentifier: null },
      false,
    ],
    [
      'an older file that kept no names, another cluster',
      { place: null, database: null },
      { systemIdentifier: '8' },
      true,
    ],
  ];
  test.each(cases)('%s', (_name, file, server, other) => {
    expect(isOtherSource({ ...source, ...file }, { ...source, ...server })).toBe(other);
  });
});

test('a source in words', () => {
  expect(sourceText(source)).toBe('finance at db:5432');
  expect(sourceText({ ...source, place: EMBEDDED_PLACE })).toBe('finance on the embedded server');
  expect(sourceText({ ...source, place: null })).toMatch(/oid 5, system identifier 7/);
});
