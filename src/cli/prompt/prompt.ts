import readline from 'node:readline';
import { readDataAge } from '../../duckdb/dataAge.ts';
import { splitStatements } from '../../duckdb/statements.ts';
import type { QueryParam } from '../../model/queryParams.ts';
import type { QueryFormat } from '../../render/resultWriter.ts';
import { unguarded } from '../../render/terminalStream.ts';
import type { CommandContext } from '../context.ts';
import { dataAgeText, sampleNotice } from '../dataAgeText.ts';
import { COMMAND_NAMES, runCommand } from './commands.ts';
import { complete, readVocabulary, type Vocabulary } from './completion.ts';
import { PromptHistory } from './history.ts';
import { errorText, PromptSession } from './session.ts';

export interface PromptOptions {
  readonly format: QueryFormat;
  readonly params: readonly QueryParam[];
  /** Seconds that a statement may take; none when left out. */
  readonly timeout?: number | undefined;
}

const FIRST_LINE = 'finance> ';
const NEXT_LINE = '    ...> ';

/**
 * The interactive prompt: statements end with a semicolon, backslash commands with the line. Ctrl-C stops the running
 * statement or drops what was typed; Ctrl-D and \q leave.
 * @returns the exit code
 * @throws FinanceDbError when the file cannot be opened; no later error ends the prompt.
 */
export async function runPrompt(context: CommandContext, options: PromptOptions): Promise<number> {
  const { io, config, output } = context;
  const session = await PromptSession.open(context, options.format, options.params, options.timeout);
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

  let typed = '';
  lines.on('SIGINT', () => {
    if (session.interrupt()) return;
    typed = '';
    io.stdout.write('^C\n');
    // Drops the line being edited, as Ctrl-U does.
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    ask();
  });
  const leave = (): void => lines.close();
  io.signal.addEventListener('abort', leave, { once: true });
  const ask = (): void => {
    lines.setPrompt(typed === '' ? FIRST_LINE : NEXT_LINE);
    lines.prompt();
  };

  const age = await readDataAge(await session.freshReader());
  const notice = sampleNotice(age);
  const data = [dataAgeText(age, io.now()), notice ?? ''].map((text) => text.replace(/^(?=.)/, ', ')).join('');
  if (notice !== null || !output.quiet)
    io.stderr.write(`${config.duckdbPath}, read-only${data}. \\? for help, \\q to leave.\n`);
  try {
    vocabulary = await readVocabulary(await session.freshReader(), COMMAND_NAMES);
    ask();
    for await (const line of typedLines) {
      if (typed === '' && /^\s*(\\|(quit|exit)\s*;?\s*$)/i.test(line)) {
        const command = line.trim().startsWith('\\') ? line : '\\q';
        const outcome = await runCommand(command, session, context).catch((error: unknown) => {
          io.stderr.write(errorText(error));
        });
        if (outcome === 'quit') break;
      } else {
        typed = typed === '' ? line : `${typed}\n${line}`;
        const statements = splitStatements(typed);
        if (statements.length === 0) typed = '';
        else if (statements.at(-1)?.ended) {
          const sql = typed;
          typed = '';
          remember(sql);
          await session.run(sql);
        }
      }
      ask();
    }
  } finally {
    io.signal.removeEventListener('abort', leave);
    lines.close();
    history.save();
    session.close();
  }
  if (io.signal.aborted) throw io.signal.reason;
  if (io.stdout.isTTY) io.stdout.write('\n');
  return 0;
}
