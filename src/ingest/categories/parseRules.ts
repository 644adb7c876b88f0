import { FinanceDbError } from '../../errors/financeDbError.ts';
import { CsvRecords } from '../../model/csvRecords.ts';
import { compareNumerals, normalNumeral } from '../numeral.ts';
import { badValue } from '../problem.ts';
import { type PatternTest, readPattern, SlowPattern } from './rulePattern.ts';
import type { Rule } from './rules.ts';

/** The header of a rules file; the columns may stand in any order. */
export const RULE_COLUMNS = ['pattern', 'account', 'min', 'max', 'merchant', 'category', 'subcategory'] as const;

type RuleColumn = (typeof RULE_COLUMNS)[number];

/** How much `transactions` holds of what a rule sets. */
const LONGEST = { merchant: 255, category: 50, subcategory: 50 } as const;

/**
 * Reads a rules file.
 * @param file its name, for messages
 * @throws FinanceDbError BAD_INPUT naming file, line, column and value
 */
export function parseRules(file: string, text: string): readonly Rule[] {
  const rules: Rule[] = [];
  let header: readonly RuleColumn[] | null = null;
  for (const { line, fields } of new CsvRecords(file).push(text, true)) {
    const values = fields.map((field) => (field ?? '').trim());
    if (header === null) header = readHeader(file, line, values);
    else if (values.some((value) => value !== '')) rules.push(readRule(file, line, header, values));
  }
  return rules;
}

function readHeader(file: string, line: number, names: readonly string[]): readonly RuleColumn[] {
  const expected = RULE_COLUMNS.join(',');
  const isColumn = (name: string): name is RuleColumn => RULE_COLUMNS.some((column) => column === name);
  const columns = names.map((name) => name.toLowerCase()).filter(isColumn);
  if (columns.length === names.length && new Set(columns).size === RULE_COLUMNS.length) return columns;
  throw badValue(file, { line, record: 0 }, 'header', names.join(','), `expected ${expected}`, remedy(file));
}

function readRule(file: string, line: number, header: readonly RuleColumn[], values: readonly string[]): Rule {
  const bad = (column: string, value: string, expectation: string): FinanceDbError =>
    badValue(file, { line, record: 0 }, column, value, expectation, remedy(file));
  if (values.length !== header.length)
    throw bad('line', values.join(','), `expected ${header.length} fields and found ${values.length}`);
  const value = (column: RuleColumn): string | null => values[header.indexOf(column)] || null;
  const bound = (column: 'min' | 'max'): string | null => {
    const written = value(column);
    const numeral = written === null ? null : normalNumeral(written);
    if (written !== null && numeral === null) throw bad(column, written, 'expected an amount such as -12.50');
    return numeral;
  };
  const [min, max] = [bound('min'), bound('max')];
  if (min !== null && max !== null && compareNumerals(min, max) > 0)
    throw bad('max', max, `expected at least min, which is ${min}: money that goes out is negative`);
  const set = (column: keyof typeof LONGEST): string | null => {
    const written = value(column);
    if (written !== null && [...written].length > LONGEST[column])
      throw bad(column, written, `expected at most ${LONGEST[column]} characters`);
    return written;
  };
  const [merchant, category, subcategory] = [set('merchant'), set('category'), set('subcategory')];
  if (category === null && subcategory !== null) throw bad('subcategory', subcategory, 'expected a category with it');
  if (merchant === null && category === null)
    throw bad('category', category ?? '', 'expected a merchant or a category: the rule sets nothing');
  const written = value('pattern');
  const pattern = written === null ? null : readPattern(written);
  if (typeof pattern === 'string') throw bad('pattern', written ?? '', pattern);
  return {
    line,
    pattern: pattern === null ? null : named(pattern, (text) => slow(file, line, written ?? '', text)),
    account: value('account'),
    min,
    max,
    merchant,
    category,
    subcategory,
  };
}

function named(pattern: PatternTest, error: (text: string) => FinanceDbError): PatternTest {
  return (text, merchant) => {
    try {
      return pattern(text, merchant);
    } catch (thrown) {
      throw thrown instanceof SlowPattern ? error(thrown.text) : thrown;
    }
  };
}

/** CONFIG: the next file would fare no better. */
function slow(file: string, line: number, pattern: string, text: string): FinanceDbError {
  return new FinanceDbError(
    'CONFIG',
    `${file}:${line}: pattern: ${pattern} takes too long on ${JSON.stringify(text.slice(0, 60))}`,
    {
      details: { file, line, field: 'pattern', value: pattern },
      remedy: 'write it without a repetition within a repetition, or as a plain text; nothing was changed',
    },
  );
}

function remedy(file: string): string {
  return `correct ${file}, which docs/import.md explains; nothing was changed`;
}
