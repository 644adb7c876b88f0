import readline from 'node:readline';
import chalk, { Chalk } from 'chalk';
import { addRules, type NewRule } from '../../app/categorize/addRules.ts';
import type { LearnRequest } from '../../app/categorize/learning.ts';
import { applyChoices, type Choice, type Suggestion, type Suggestions } from '../../app/categorize/suggest.ts';
import { columnsOf } from '../../io.ts';
import { counted } from '../../model/counted.ts';
import {
  againText,
  categoryText,
  groupsText,
  renderApplied,
  sumText,
  sureText,
  whyText,
} from '../../render/categorySuggestions.ts';
import { printable } from '../../render/printable.ts';
import { styledStream, unguarded } from '../../render/terminalStream.ts';
import { truncate } from '../../render/width.ts';
import { wrapText } from '../../render/wrap.ts';
import type { CommandContext } from '../context.ts';

type RawInput = NodeJS.ReadableStream & { setRawMode?: (raw: boolean) => void };

/** What a person answered: a key, or the end of the keys. */
type Answer =
  | { readonly kind: 'take'; readonly category: string; readonly rule: boolean }
  | { readonly kind: 'skip' }
  | { readonly kind: 'end'; readonly write: boolean };

const KEYS = [
  ...['[y] accept', '[2] [3] take these', '[o] another', '[r] accept, make a rule'],
  ...['[s] skip', '[w] write what was chosen', '[q] quit'],
];

/** In as many lines as it takes; a key and what it does stay together. */
function keysText(width: number): string {
  const lines: string[] = [];
  for (const key of KEYS) {
    const longer = `${lines.at(-1) ?? ''}  ${key}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(key);
  }
  return lines.join('\n');
}

/** Suggestions one by one, a key each; written together in the end, so that leaving with q changes nothing. */
export async function reviewSuggestions(
  context: CommandContext,
  found: Suggestions,
  run: <T>(use: (request: LearnRequest) => Promise<T>) => Promise<T>,
): Promise<number> {
  const { io, config, env } = context;
  const out = styledStream(io.stdout);
  const width = columnsOf(io.stdout, env);
  out.write(
    `${wrapText(`${counted(found.unfiled, 'row')} without a category, ${groupsText(found.suggestions)}; suggested from ${counted(found.learntFrom, 'filed row')}. Nothing is written before [w] or the last one.`, width)}\n${keysText(width)}\n`,
  );
  const choices: Choice[] = [];
  const rules: NewRule[] = [];
  const made = new Set<string>();
  for (const [index, suggestion] of found.suggestions.entries()) {
    out.write(
      `\n${suggestionText(context, suggestion, `${index + 1}/${found.suggestions.length}`, width, againText(found.suggestions, index))}`,
    );
    const answer = await ask(context, suggestion, [...new Set([...found.categories, ...made])]);
    if (answer.kind === 'end') {
      if (answer.write) break;
      out.write('Nothing was written.\n');
      return 0;
    }
    if (answer.kind === 'skip') continue;
    const subcategory = answer.category === suggestion.category ? suggestion.subcategory : null;
    made.add(answer.category);
    choices.push({ suggestion, category: answer.category, subcategory });
    if (answer.rule) rules.push({ payee: suggestion.payee, category: answer.category, subcategory });
  }
  if (choices.length === 0) {
    out.write('\nNothing was chosen, and nothing written.\n');
    return 0;
  }
  const { run: number, filed } = await run((request) => applyChoices(request, choices));
  const file = await addRules(config.home, rules);
  out.write(
    `\n${wrapText(renderApplied({ run: number, filed, unfiled: found.unfiled, table: found.table }, 'those that you chose').trimEnd(), width)}\n`,
  );
  if (rules.length > 0) out.write(`${wrapText(`${counted(rules.length, 'rule')} added to ${file}`, width)}\n`);
  return 0;
}

function suggestionText(
  { output }: CommandContext,
  one: Suggestion,
  place: string,
  width: number,
  again: string,
): string {
  const paint = output.color ? new Chalk({ level: Math.max(1, chalk.level) as 1 | 2 | 3 }) : new Chalk({ level: 0 });
  const days = one.first === one.last ? one.first : `${one.first} to ${one.last}`;
  const others = one.others.slice(0, 2).map(({ category }, index) => `[${index + 2}] ${category}`);
  const line = (text: string): string => truncate(printable(text), Math.max(20, Math.min(width, 200)));
  return `${[
    paint.bold(line(`${place}  ${one.payee === '' ? '(no payee)' : one.payee}`)),
    line(`  ${counted(one.rows, 'row')}, ${sumText(one)}, ${days}`),
    ...(again === '' ? [] : [line(`  ${again}`)]),
    // The reason is what a choice rests on: it goes on in further lines instead of being cut.
    wrapText(
      printable(`  ${categoryText(one)}, ${sureText(one)}: ${whyText(one.why)}`),
      Math.max(20, Math.min(width, 200)),
      4,
    ),
    ...(others.length === 0 ? [] : [line(`  or ${others.join('  ')}`)]),
  ].join('\n')}\n`;
}

/** Waits for a key that means something. */
async function ask(context: CommandContext, suggestion: Suggestion, categories: readonly string[]): Promise<Answer> {
  const out = styledStream(context.io.stdout);
  for (;;) {
    out.write('  ? ');
    const key = await nextKey(context);
    const take = (category: string | undefined, rule = false): Answer | null =>
      category === undefined ? null : { kind: 'take', category, rule };
    let answer: Answer | null = null;
    let said = key;
    if (key === 'y' || key === '\r' || key === '\n' || key === '1') {
      answer = take(suggestion.category);
      said = suggestion.category;
    } else if (key === '2' || key === '3') {
      answer = take(suggestion.others[Number(key) - 2]?.category);
      said = suggestion.others[Number(key) - 2]?.category ?? key;
    } else if (key === 'r') {
      answer = suggestion.payee === '' ? null : take(suggestion.category, true);
      said = `${suggestion.category}, as a rule`;
    } else if (key === 's' || key === ' ') {
      answer = { kind: 'skip' };
      said = 'skipped';
    } else if (key === 'w') answer = { kind: 'end', write: true };
    else if (key === 'q' || key === '\u0003' || key === '\u0004' || key === '') answer = { kind: 'end', write: false };
    else if (key === 'o') {
      const typed = await typedCategory(context, categories);
      if (typed !== null) out.write(`  ${printable(typed)}\n`);
      if (typed !== null) return { kind: 'take', category: typed, rule: false };
      continue;
    }
    if (answer !== null) {
      out.write(`${printable(said)}\n`);
      return answer;
    }
    out.write(`\n${keysText(columnsOf(context.io.stdout, context.env))}\n`);
  }
}

/** One key of a terminal in raw mode; the empty text at the end of the input. */
function nextKey({ io }: CommandContext): Promise<string> {
  const input: RawInput = io.stdin;
  return new Promise((resolve, reject) => {
    const end = (use: () => void): void => {
      input.off('data', onData);
      input.off('end', onEnd);
      io.signal.removeEventListener('abort', onAbort);
      input.setRawMode?.(false);
      input.pause();
      use();
    };
    const onData = (data: Buffer | string): void => {
      const text = String(data);
      const key = [...text][0] ?? '';
      // What was typed ahead stays for the next question; a key that sends several characters (an arrow) is one.
      const rest = key === '\u001b' ? '' : text.slice(key.length);
      end(() => {
        if (rest !== '') input.unshift(Buffer.from(rest));
        resolve(key.toLowerCase());
      });
    };
    const onEnd = (): void => end(() => resolve(''));
    const onAbort = (): void => end(() => reject(io.signal.reason));
    input.on('data', onData);
    input.on('end', onEnd);
    io.signal.addEventListener('abort', onAbort, { once: true });
    input.setRawMode?.(true);
    input.resume();
  });
}

/** A category by its name: Tab completes those that there are; an empty line goes back. */
async function typedCategory(context: CommandContext, categories: readonly string[]): Promise<string | null> {
  const { io } = context;
  const lines = readline.createInterface({
    input: io.stdin,
    output: unguarded(io.stdout),
    terminal: true,
    completer: (text: string) => {
      const wanted = text.toLowerCase();
      return [categories.filter((name) => name.toLowerCase().startsWith(wanted)), text];
    },
  });
  try {
    const typed = (
      await new Promise<string>((resolve) => {
        lines.question('category: ', resolve);
        lines.on('close', () => resolve(''));
      })
    ).trim();
    if (typed === '') return null;
    const wanted = typed.toLowerCase();
    const known = categories.find((name) => name.toLowerCase() === wanted);
    if (known !== undefined) return known;
    const begun = categories.filter((name) => name.toLowerCase().startsWith(wanted));
    if (begun.length === 1) return begun[0] ?? null;
    lines.close();
    // A name that was meant for another would be a category of its own, and learnt from.
    const name = [...typed].slice(0, LONGEST_CATEGORY).join('');
    styledStream(context.io.stdout).write(
      `  ${printable(JSON.stringify(name))} is new: [y] makes it, any other key goes back `,
    );
    const made = (await nextKey(context)) === 'y';
    styledStream(context.io.stdout).write('\n');
    return made ? name : null;
  } finally {
    lines.close();
  }
}

/** What the column holds. */
const LONGEST_CATEGORY = 50;
