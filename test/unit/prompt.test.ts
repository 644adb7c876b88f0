import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { complete, type Vocabulary } from '../../src/cli/prompt/completion.ts';
import { oneLine, PromptHistory } from '../../src/cli/prompt/history.ts';
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
    ['select * from tran', ['transactions', 'transaction'], 'tran'],
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
