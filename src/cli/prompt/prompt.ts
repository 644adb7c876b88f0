import readline from 'node:readline';
import { readDataAge } from '../../duckdb/dataAge.ts';
import { dataAgeText, sampleNotice } from '../../render/dataAgeText.ts';
import { unguarded } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { COMMAND_NAMES, type CommandOutcome, runCommand } from './commands.ts';
import { complete, readVocabulary, type Vocabulary } from './completion.ts';
import { lendTerminal } from './foreground.ts';
import { PromptHistory } from './history.ts';
import { addHistorySearch } from './historySearch.ts';
import { errorText, PromptSession, type SessionOptions } from './session.ts';
import { TypedText } from './typedText.ts';

const FIRST_LINE = 'finance> ';
const NEXT_LINE = '    ...> ';

/**
 * The interactive prompt: statements end with a semicolon, backslash commands with the line. Ctrl-C stops the running
 * statement or drops what was typed; Ctrl-D and \q leave.
 * @returns the exit code
 * @throws FinanceDbError when the file cannot be opened; no later error ends the prompt.
 */
export async function runPrompt(context: CommandContext, options: SessionOptions): Promise<number> {
  const { io, config, output } = context;
  const session = await PromptSession.open(context, options);
  const history = new PromptHistory(config.home);
  let vocabulary: Vocabulary | null = null;
  const lines = readline.createInterface({
    input: io.stdin,
    // It draws the line being edited with movements of the cursor.
    output: unguarded(io.stdout),
    terminal: io.stdin.isTTY === true && io.stdout.isTTY === true,
    history: history.newestFirst,
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => (vocabulary === null ? [[], line] : complete(vocabulary, line)),
  });
  // Asked for now: lines that come before the first is awaited would be lost.
  const typedLines = lines[Symbol.asyncIterator]();
  // Readline keeps single lines; the statement of several that they made takes their place.
  let recalled: string[] = history.newestFirst;
  lines.on('history', (entries: string[]) => {
    recalled = entries;
  });
  const remember = (statement: string): void => {
    history.add(statement);
    recalled.splice(0, recalled.length, ...history.newestFirst);
  };

  const text = new TypedText();
  let ran = '';
  const promptText = (): string => (text.text === '' ? FIRST_LINE : NEXT_LINE);
  const ask = (): void => {
    lines.setPrompt(promptText());
    lines.prompt();
  };
  addHistorySearch(lines, () => recalled, promptText);
  session.lend = lendTerminal(io, lines);
  lines.on('SIGINT', () => {
    if (session.interrupt()) return;
    text.clear();
    io.stdout.write('^C\n');
    // Drops the line being edited, as Ctrl-U does.
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    ask();
  });
  // After Ctrl-Z and fg readline is paused until it is asked: without this the process would end of itself.
  lines.on('SIGCONT', () => lines.prompt(true));
  const leave = (): void => lines.close();
  io.signal.addEventListener('abort', leave, { once: true });

  /** Takes one line, or what an editor made of several. */
  const take = async (line: string): Promise<CommandOutcome> => {
    const typed = text.add(line);
    if (typed.kind === 'command') {
      const outcome = await runCommand(typed.line, { session, context, statement: text.text || ran });
      if (outcome === undefined || outcome === 'quit') return outcome;
      text.clear();
      io.stdout.write(`${outcome.typed}\n`);
      return take(outcome.typed);
    }
    if (typed.kind !== 'statements') return undefined;
    ran = typed.sql;
    remember(typed.sql);
    await session.run(typed.sql);
    return undefined;
  };

  const age = await readDataAge(await session.freshReader());
  const notice = sampleNotice(age);
  const data = [dataAgeText(age, io.now()), notice ?? ''].map((part) => part.replace(/^(?=.)/, ', ')).join('');
  if (notice !== null || !output.quiet)
    io.stderr.write(`${config.duckdbPath}, read-only${data}. \\? for help, \\q to leave.\n`);
  try {
    vocabulary = await readVocabulary(await session.freshReader(), COMMAND_NAMES);
    ask();
    for await (const line of typedLines) {
      const outcome = await take(line).catch((error: unknown) => {
        io.stderr.write(errorText(error));
      });
      if (outcome === 'quit') break;
      ask();
    }
  } finally {
    io.signal.removeEventListener('abort', leave);
    lines.close();
    history.save();
    await session.close();
  }
  if (io.signal.aborted) throw io.signal.reason;
  if (io.stdout.isTTY) io.stdout.write('\n');
  return 0;
}
