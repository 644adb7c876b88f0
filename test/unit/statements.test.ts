import { describe, expect, test } from '@jest/globals';
import { givesRows, leadingKeyword, splitStatements } from '../../src/duckdb/statements.ts';

const texts = (sql: string): string[] => splitStatements(sql).map((statement) => statement.text);

describe('splitStatements', () => {
  test.each<[string, string[]]>([
    ['', []],
    [' ;; -- nothing\n /* here; */ ;', []],
    ['select 1', ['select 1']],
    ['select 1; select 2;', ['select 1', 'select 2']],
    [`select ';' ; select "a;b"`, [`select ';'`, `select "a;b"`]],
    [`select 'it''s; ok'; select 2`, [`select 'it''s; ok'`, 'select 2']],
    [`select E'a\\';b'; select 2`, [`select E'a\\';b'`, 'select 2']],
    ['select $$a;b$$; select $t$ $$;$$ $t$', ['select $$a;b$$', 'select $t$ $$;$$ $t$']],
    ['select $a; select $b', ['select $a', 'select $b']],
    ['select 1 -- one;\n + 2; select 3', ['select 1 -- one;\n + 2', 'select 3']],
    ['select 1 /* a /* nested; */ b; */ + 2; select 3', ['select 1 /* a /* nested; */ b; */ + 2', 'select 3']],
    ['-- about\nselect 1 -- end', ['select 1']],
  ])('%j', (sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  test('tells lines and whether a semicolon ended the statement', () => {
    expect(splitStatements('select 1;\n\n select 2\n;select 3')).toEqual([
      { text: 'select 1', line: 1, ended: true },
      { text: 'select 2', line: 3, ended: true },
      { text: 'select 3', line: 4, ended: false },
    ]);
  });

  test.each(["select 'a; ", 'select "a; ', 'select $$a; ', 'select 1 /* a; '])('%j is not ended', (sql) => {
    expect(splitStatements(sql).at(-1)?.ended).toBe(false);
  });
});

test('knows what gives rows', () => {
  expect(leadingKeyword('select 1')).toBe('SELECT');
  expect(leadingKeyword('(select 1)')).toBe('');
  expect(
    ['from t', '(select 1)', 'pivot t on a', 'set variable x = 1', 'create temp table x as select 1'].map(givesRows),
  ).toEqual([true, true, true, false, false]);
});
