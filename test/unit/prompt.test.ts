import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { complete, type Vocabulary } from '../../src/cli/prompt/completion.ts';
import { oneLine, PromptHistory } from '../../src/cli/prompt/history.ts';
import { searchHistory } from '../../src/cli/prompt/historySearch.ts';
import { TypedText } from '../../src/cli/prompt/typedText.ts';
import { splitWords } from '../../src/cli/prompt/words.ts';
import { temporaryFolder } from '../support/folder.ts';

const vocabulary: Vocabulary = {
  tables: ['transactions', 'shop."My Table"'],
  columns: new Map([
    ['transactions', ['tx_id', 'amount']],
    ['shop."My Table"', ['id']],
  ]),
  keywords: ['SELECT', 'FROM', 'TRANSACTION'],
  functions: ['sum', 'substr'],
  commands: ['\\d', '\\q'],
};

describe('complete', () => {
  test.each<[string, string[], string]>([
    ['select * from tran', ['transactions'], 'tran'],
    ['select * from t', ['transactions'], 't'],
    ['from a x, tr', ['transactions'], 'tr'],
    ['summarize TR', ['transactions'], 'TR'],
    ['from su', ['sum', 'substr'], 'su'],
    ['select tran', ['transactions', 'transaction'], 'tran'],
    ['SEL', ['SELECT'], 'SEL'],
    ['sel', ['select'], 'sel'],
    ['select transactions.a', ['transactions.amount'], 'transactions.a'],
    ['from shop.', ['shop."My Table"'], 'shop.'],
    ['select su', ['sum', 'substr'], 'su'],
    ['\\', ['\\d', '\\q'], '\\'],
    ['select ', [], ''],
  ])('%j', (line, candidates, word) => {
    expect(complete(vocabulary, line)).toEqual([candidates, word]);
  });
});

describe('history', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  test('keeps statements of several lines as one, across runs, newest first', () => {
    const history = new PromptHistory(folder.path);
    history.add('select 1;');
    history.add('select 1;');
    history.add(' select secret;');
    history.add('select 2,\n  3;');
    history.save();
    expect(new PromptHistory(folder.path).newestFirst).toEqual(['select 2, 3;', 'select 1;']);
  });

  test('a line comment does not swallow the next line', () => {
    expect(oneLine('select 1, -- one\n 2;')).toBe('select 1, /* one */ 2;');
  });
});

describe('what is typed', () => {
  const kinds = (...typed: string[]): string[] => {
    const text = new TypedText();
    return typed.map((line) => {
      const outcome = text.add(line);
      if (outcome.kind === 'statements') return outcome.sql;
      return outcome.kind === 'command' ? outcome.line : outcome.kind;
    });
  };

  test.each<[string, string[], string[]]>([
    ['a statement a line', ['select 1;', 'select 2;'], ['select 1;', 'select 2;']],
    ['lines of one statement', ['select 1,', '2', ';'], ['more', 'more', 'select 1,\n2\n;']],
    ['nothing', ['', '  ', '-- note', ';'], ['nothing', 'nothing', 'nothing', 'nothing']],
    ['a comment over lines', ['/* a', '; b', '*/ select 1;'], ['more', 'more', '/* a\n; b\n*/ select 1;']],
    ['nested comments', ['/* a /* b */', '*/ select 1;'], ['more', '/* a /* b */\n*/ select 1;']],
    ['a comment after a statement', ['select 1; /* a', '*/'], ['more', 'select 1; /* a\n*/']],
    ['a comment within one', ['select /* a', 'b */ 1;'], ['more', 'select /* a\nb */ 1;']],
    ['a text over lines', ["select 'a;", "\\q', 1;"], ['more', "select 'a;\n\\q', 1;"]],
    ['a quoted name over lines', ['select 1 as "a;', 'b";'], ['more', 'select 1 as "a;\nb";']],
    ['a dollar quote', ['select $$a;', 'b$$;'], ['more', 'select $$a;\nb$$;']],
    ['backslash commands, also between lines', ['\\x', 'select', ' \\? ', '1;'], ['\\x', 'more', '\\?', 'select\n1;']],
    ['words of other tools', ['help', 'exit;', 'QUIT', '?'], ['\\?', '\\q', '\\q', '\\?']],
    ['and within a statement', ['select', 'exit'], ['more', '\\q']],
    [
      'commands of SQLite',
      ['.tables', '.mode csv', '.read a.sql', '.nope'],
      ['\\d', '\\format csv', '\\i a.sql', '.nope'],
    ],
    ['a number that begins with a point', ['select', '.5;'], ['more', 'select\n.5;']],
  ])('%s', (_name, typed, expected) => expect(kinds(...typed)).toEqual(expected));
});

test.each([
  ['name since=2024-01-01', ['name', 'since=2024-01-01']],
  [`name who='A B' "x y"`, ['name', 'who=A B', 'x y']],
  ['', []],
])('words: %j', (text, words) => expect(splitWords(text)).toEqual(words));

test('the history is searched from the newest, in any case', () => {
  const entries = ['select 3;', 'FROM b;', 'from a;'];
  expect(searchHistory(entries, 'from')).toEqual({ index: 1, entry: 'FROM b;' });
  expect(searchHistory(entries, 'from', 2)).toEqual({ index: 2, entry: 'from a;' });
  expect(searchHistory(entries, 'from', 3)).toBeNull();
});
