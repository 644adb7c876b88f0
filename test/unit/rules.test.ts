import { describe, expect, test } from '@jest/globals';
import { parseRules } from '../../src/ingest/categories/parseRules.ts';
import { hasFewWays } from '../../src/ingest/categories/rulePattern.ts';
import { firstRule, type RuleSubject } from '../../src/ingest/categories/rules.ts';

const HEADER = 'pattern,account,min,max,merchant,category,subcategory';
const rules = (...lines: string[]) => parseRules('rules.csv', `${HEADER}\n${lines.join('\n')}\n`);
const subject = (values: Partial<RuleSubject>): RuleSubject => ({
  text: 'CARD 1234 REWE MARKT BERLIN',
  merchant: 'Rewe Markt',
  account: 'GIRO',
  amount: '-12.50',
  ...values,
});
const category = (line: string, values: Partial<RuleSubject> = {}): string | null =>
  firstRule(rules(line), subject(values))?.category ?? null;

describe('what a rule matches', () => {
  test.each<[string, string, Partial<RuleSubject>, boolean]>([
    ['a part of the text, in any case', 'rewe mark,,,,,X,', {}, true],
    ['a part of the payee that the text has not', 'Corner,,,,,X,', { merchant: 'The corner shop' }, true],
    ['another text', 'aldi,,,,,X,', {}, false],
    ['letters beyond ASCII, composed or not', 'müller,,,,,X,', { text: 'BA\u0308CKEREI MU\u0308LLER' }, true],
    ['no payee at all', 'aldi,,,,,X,', { merchant: null }, false],
    ['a regular expression', '/^card \\d{4}/,,,,,X,', {}, true],
    ['a regular expression on the payee', '/^rewe/,,,,,X,', {}, true],
    ['a regular expression with a needless escape', '/rewe\\ markt/,,,,,X,', {}, true],
    ['a regular expression that does not fit', '/^berlin/,,,,,X,', {}, false],
    ['one that is watched', '/^(?:\\w+ )+berlin$/,,,,,X,', {}, true],
    ['the account', ',GIRO,,,,X,', {}, true],
    ['another account', ',giro,,,,X,', {}, false],
    ['at least min, itself within', ',,-12.5,,,X,', {}, true],
    ['less than min', ',,-12.49,,,X,', {}, false],
    ['at most max, itself within', ',,,-12.500,,X,', {}, true],
    ['more than max', ',,,-12.51,,X,', {}, false],
    ['beyond what a float tells apart', ',,9007199254740993.01,,,X,', { amount: '9007199254740993.00' }, false],
    ['all of it', 'rewe,GIRO,-20,0,,X,', {}, true],
    ['all but one', 'rewe,GIRO,-20,-15,,X,', {}, false],
  ])('%s', (_name, line, values, expected) => {
    expect(category(line, values)).toBe(expected ? 'X' : null);
  });

  test('the first that matches wins', () => {
    const found = firstRule(rules('aldi,,,,,A,', 'rewe,,,,Rewe,,', 'rewe,,,,,C,'), subject({}));
    expect(found).toMatchObject({ line: 3, merchant: 'Rewe', category: null });
  });

  test('columns may stand in another order, fields be quoted, lines be empty', () => {
    const text =
      'Category,pattern,account,min,max,subcategory,merchant\r\n\r\nFood,"rewe, markt",,,,"Say ""cheese""",\r\n';
    expect(firstRule(parseRules('r', text), subject({ text: 'Rewe, Markt' }))).toMatchObject({
      category: 'Food',
      subcategory: 'Say "cheese"',
      line: 3,
    });
  });
});

describe('a rules file that is wrong is named by line, column and value', () => {
  test.each([
    ['x,,abc,,,C,', 'rules.csv:2: min: found "abc": expected an amount such as -12.50'],
    ['x,,,"1,5",,C,', 'rules.csv:2: max: found "1,5": expected an amount such as -12.50'],
    ['x,,5,1,,C,', 'rules.csv:2: max: found "1": expected at least min, which is 5'],
    ['x,,,,,,', 'rules.csv:2: category: found "": expected a merchant or a category'],
    ['x,,,,,,Sub', 'rules.csv:2: subcategory: found "Sub": expected a category with it'],
    [`x,,,,,${'c'.repeat(51)},`, 'expected at most 50 characters'],
    ['/(/,,,,,C,', 'rules.csv:2: pattern: found "/(/": expected a regular expression'],
    ['//,,,,,C,', 'rules.csv:2: pattern: found "//": expected a regular expression between the slashes'],
    ['x,,,,C', 'rules.csv:2: line: found "x,,,,C": expected 7 fields and found 5'],
  ])('%s', (line, message) => {
    expect(() => rules(line)).toThrow(expect.objectContaining({ code: 'BAD_INPUT', exitCode: 2 }));
    expect(() => rules(line)).toThrow(message);
  });

  test.each(['pattern,category', 'pattern;account;min', `${HEADER},note`, HEADER.replace('max', 'min')])(
    'the header %s',
    (header) => {
      expect(() => parseRules('rules.csv', `${header}\n`)).toThrow(`expected ${HEADER}`);
    },
  );
});

describe('regular expressions that could go on for ever', () => {
  test.each([
    ['amazon|amzn', true],
    ['^card .*berlin$', true],
    ['shell (?:kings)?', true],
    ['[(*+]+x', true],
    ['\\(\\*+', true],
    ['(a+)+$', false],
    ['(?:a|a)*', false],
    ['(a?){50}', false],
    ['.*a.*b.*c', false],
    ['(.)\\1', false],
  ])('%s is asked directly: %p', (source, expected) => {
    expect(hasFewWays(source)).toBe(expected);
  });

  test('are stopped, and the rule is named', () => {
    const endless = rules('/^(a+)+$/,,,,,C,');
    const text = `${'a'.repeat(60)}!`;
    expect(() => firstRule(endless, subject({ text }))).toThrow(expect.objectContaining({ code: 'CONFIG' }));
    expect(() => firstRule(endless, subject({ text }))).toThrow('rules.csv:2: pattern: /^(a+)+$/ takes too long');
  });
});
