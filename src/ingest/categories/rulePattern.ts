import vm from 'node:vm';
import { messageOf } from '../../errors/financeDbError.ts';

/** Whether a pattern is found in what a bank wrote, or in the payee. Both are given in their own letters. */
export type PatternTest = (text: string, merchant: string) => boolean;

/** Some texts are a page long; what tells a payee stands in the beginning. */
const LONGEST_TEXT = 1000;
/** What one look of a regular expression may take. A good one takes microseconds. */
const LONGEST_MS = 250;

/**
 * Reads a pattern: `/…/` is a regular expression, anything else a text that is looked for. Neither minds the case.
 * @returns the test, or what is wrong with the pattern
 */
export function readPattern(pattern: string): PatternTest | string {
  const expression = /^\/(.*)\/$/su.exec(pattern)?.[1];
  if (expression === undefined) {
    const wanted = folded(pattern);
    return (text, merchant) => folded(text).includes(wanted) || folded(merchant).includes(wanted);
  }
  if (expression === '') return 'expected a regular expression between the slashes';
  const read = expressionOf(expression);
  return typeof read === 'string' ? `expected a regular expression: ${read}` : expressionTest(read);
}

/** With Unicode properties, unless it has needless escapes, which those do not allow. */
function expressionOf(source: string): RegExp | string {
  let problem = '';
  for (const flags of ['iu', 'i'])
    try {
      return new RegExp(source, flags);
    } catch (error) {
      problem = messageOf(error);
    }
  return problem;
}

/** In small letters, composed. */
function folded(text: string): string {
  return (ASCII.test(text) ? text : text.normalize('NFC')).toLowerCase();
}

const ASCII = /^[\x20-\x7e]*$/;

/** A regular expression that took too long. */
export class SlowPattern extends Error {
  readonly text: string;

  constructor(text: string) {
    super(`it took longer than ${LONGEST_MS} ms`);
    this.text = text;
  }
}

/**
 * An expression may try so many ways that no import would ever end. One that repeats single characters only, and few of them, has
 * few ways, and is asked directly. Any other is asked under a watch that stops it, which takes a fifth of a millisecond a row.
 */
function expressionTest(expression: RegExp): PatternTest {
  if (hasFewWays(expression.source))
    return (text, merchant) => expression.test(text.slice(0, LONGEST_TEXT)) || expression.test(merchant);
  const { source, flags } = expression;
  const context = vm.createContext({ source, flags, text: '' });
  new vm.Script('expression = new RegExp(source, flags)').runInContext(context);
  const script = new vm.Script('expression.test(text)');
  const watched = (text: string): boolean => {
    context.text = text;
    try {
      return script.runInContext(context, { timeout: LONGEST_MS }) === true;
    } catch {
      throw new SlowPattern(text);
    }
  };
  return (text, merchant) => watched(text.slice(0, LONGEST_TEXT)) || watched(merchant);
}

/** At most two unbounded repetitions, none of a group, and no reference back: the work grows with the cube of the length at most. */
export function hasFewWays(source: string): boolean {
  const bare = source.replace(/\\[1-9k]/g, '\\1').replace(/\\[^1]|\[(?:\\.|[^\]\\])*\]/gs, 'x');
  if (bare.includes('\\1')) return false;
  if (/\)(?:[*+]|\{)/.test(bare)) return false;
  return (bare.match(/[*+]|\{\d*,?\d*\}/g) ?? []).length <= 2;
}
