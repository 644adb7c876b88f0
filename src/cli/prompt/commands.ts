import path from 'node:path';
import { savedQuery } from '../../app/query/savedQueries.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { readTextFile } from '../../files/textFile.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { nearestName } from '../../model/nearestName.ts';
import { parseQueryParams } from '../../model/queryParams.ts';
import { QUERY_FORMATS } from '../../render/resultWriter.ts';
import type { CommandContext } from '../context.ts';
import { printSavedQueries } from '../savedQueryList.ts';
import { openResultFile } from './resultFile.ts';
import type { PromptSession } from './session.ts';
import { splitWords } from './words.ts';

/** What a command leaves to the prompt: to end, or to take a text as if it had been typed. */
export type CommandOutcome = 'quit' | { readonly typed: string } | undefined;

/** What a command works with. */
export interface CommandScene {
  readonly session: PromptSession;
  readonly context: CommandContext;
  /** The statement being typed, or else the one that ran last. */
  readonly statement: string;
}

interface PromptCommand {
  readonly usage: string;
  readonly about: string;
  run(argument: string, scene: CommandScene): Promise<CommandOutcome> | CommandOutcome;
}

const COMMANDS: Record<string, PromptCommand> = {
  '\\d': {
    usage: '\\d [NAME]',
    about: 'tables and views, or the columns of one',
    run: async (name, scene) => {
      if (name === '') await scene.session.run(TABLES_AND_VIEWS);
      else await describeTable(name, scene);
    },
  },
  '\\dt': {
    usage: '\\dt',
    about: 'tables alone',
    run: async (_argument, { session }) => void (await session.run(`${TABLES} ORDER BY ALL`)),
  },
  '\\x': {
    usage: '\\x [on|off]',
    about: 'each row as a block of lines',
    run: (state, { session, context }) => {
      session.expanded = switched(session.expanded, state);
      context.io.stderr.write(`rows as blocks is ${onOff(session.expanded)}\n`);
    },
  },
  '\\format': {
    usage: '\\format [F]',
    about: `how to print: ${QUERY_FORMATS.join(', ')}`,
    run: (name, { session, context: { io } }) => {
      const format = QUERY_FORMATS.find((candidate) => candidate === name);
      if (format !== undefined) session.format = format;
      else if (name !== '') io.stderr.write(`there is no format ${name}; there are ${QUERY_FORMATS.join(', ')}\n`);
      io.stderr.write(`format is ${session.format}\n`);
    },
  },
  '\\o': {
    usage: '\\o [FILE]',
    about: 'results go to a file; without a name to the screen',
    run: async (argument, { session, context: { io } }) => {
      const name = splitWords(argument)[0];
      await session.redirect(name === undefined ? null : openResultFile(name, io.cwd, session.format));
      io.stderr.write(
        name === undefined ? 'results go to the screen\n' : `results go to ${name}, complete with \\o or \\q\n`,
      );
    },
  },
  '\\i': {
    usage: '\\i FILE',
    about: 'run the SQL of a file',
    run: async (argument, { session, context: { io } }) => {
      const name = splitWords(argument)[0];
      if (name === undefined) throw new FinanceDbError('USAGE', '\\i needs the name of a file', { remedy: '' });
      await session.run(await readTextFile(path.resolve(io.cwd, name), name));
    },
  },
  '\\e': {
    usage: '\\e',
    about: 'write this or the last statement in your $EDITOR',
    run: async (_argument, { session, context, statement }) => {
      const { editText } = await import('./editor.ts');
      const typed = await editText(context, session.lend, statement);
      return typed === null ? undefined : { typed };
    },
  },
  '\\saved': {
    usage: '\\saved [NAME [P=V …]]',
    about: 'run a saved query with its parameters, or list them',
    run: async (argument, { session, context }) => {
      const [name, ...params] = splitWords(argument);
      if (name === undefined) await printSavedQueries(context);
      else await session.run(await savedQuery(context.config.home, name), parseQueryParams(params));
      return undefined;
    },
  },
  '\\timing': {
    usage: '\\timing [on|off]',
    about: 'show how long statements take',
    run: (state, { session, context }) => {
      session.timing = switched(session.timing, state);
      context.io.stderr.write(`timing is ${onOff(session.timing)}\n`);
    },
  },
  '\\pager': {
    usage: '\\pager [on|off]',
    about: 'show what is larger than the screen in $PAGER',
    run: (state, { session, context }) => {
      session.paging = switched(session.paging, state);
      context.io.stderr.write(`pager is ${onOff(session.paging)}\n`);
    },
  },
  '\\?': {
    usage: '\\?',
    about: 'this help (also help)',
    run: (_argument, { context }) => void context.io.stdout.write(helpText()),
  },
  '\\q': { usage: '\\q', about: 'leave (also exit, Ctrl-D)', run: () => 'quit' },
};

export const COMMAND_NAMES = Object.keys(COMMANDS);

/** Runs a line that is a command. */
export async function runCommand(line: string, scene: CommandScene): Promise<CommandOutcome> {
  const [, name = '', argument = ''] = /^(\S+)\s*(.*?)\s*;?\s*$/.exec(line.trim()) ?? [];
  const command = COMMANDS[name];
  if (command !== undefined) return command.run(argument, scene);
  scene.context.io.stderr.write(`there is no command ${name}; \\? lists those there are\n`);
  return undefined;
}

function switched(now: boolean, state: string): boolean {
  return state === 'on' || (state !== 'off' && !now);
}

function onOff(state: boolean): string {
  return state ? 'on' : 'off';
}

function helpText(): string {
  const lines = Object.values(COMMANDS).map(({ usage, about }) => `  ${usage.padEnd(22)} ${about}`);
  return `${[
    'SQL ends with a semicolon and may span lines. Tab completes names and keywords,',
    'the arrow keys go through the history, Ctrl-R searches it. Ctrl-C stops the',
    'running statement or drops what was typed.',
    '',
    ...lines,
  ].join('\n')}\n`;
}

const TABLES = `
  SELECT schema_name AS schema, table_name AS name, 'table' AS kind, estimated_size AS rows
  FROM duckdb_tables() WHERE NOT internal`;

const TABLES_AND_VIEWS = `${TABLES}
  UNION ALL
  SELECT schema_name, view_name, 'view', NULL FROM duckdb_views() WHERE NOT internal
  ORDER BY ALL`;

/** The columns of a table, or a word that there is none, with the nearest name. */
async function describeTable(name: string, { session, context }: CommandScene): Promise<void> {
  const reader = await session.freshReader();
  const found = await reader.all(columnsOf(name));
  if (found.length > 0) return session.run(columnsOf(name));
  const tables = await reader.all<{ readonly name: string }>(TABLES_AND_VIEWS);
  const meant = nearestName(
    name,
    tables.map((table) => table.name),
  );
  const question = meant === null ? '\\d lists those there are' : `did you mean ${meant}?`;
  context.io.stderr.write(`there is no table or view ${name}; ${question}\n`);
}

/** The columns of a table; the name may be qualified, quoted, and of any case. */
function columnsOf(name: string): string {
  const [table = '', schema] = name
    .split('.')
    .map((part) => part.replace(/^"(.*)"$/, '$1'))
    .reverse();
  const inSchema = schema === undefined ? '' : ` AND lower(schema_name) = lower(${quoteLiteral(schema)})`;
  return `
    SELECT column_name AS "column", data_type AS type, is_nullable AS nullable
    FROM duckdb_columns()
    WHERE NOT internal AND lower(table_name) = lower(${quoteLiteral(table)})${inSchema}
    ORDER BY schema_name, column_index`;
}
