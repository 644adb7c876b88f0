import { quoteLiteral } from '../../model/identifier.ts';
import { QUERY_FORMATS } from '../../render/resultWriter.ts';
import type { CommandContext } from '../context.ts';
import { savedQuery } from '../savedQueries.ts';
import { printSavedQueries } from '../savedQueryList.ts';
import type { PromptSession } from './session.ts';

interface PromptCommand {
  readonly usage: string;
  readonly about: string;
  /** @returns 'quit' to leave the prompt. */
  run(argument: string, session: PromptSession, context: CommandContext): Promise<'quit' | undefined>;
}

const COMMANDS: Record<string, PromptCommand> = {
  '\\d': {
    usage: '\\d [NAME]',
    about: 'tables and views, or the columns of one',
    async run(name, session) {
      await session.run(name === '' ? TABLES : columnsOf(name));
      return undefined;
    },
  },
  '\\format': {
    usage: '\\format [F]',
    about: `how to print: ${QUERY_FORMATS.join(', ')}`,
    async run(name, session, { io }) {
      const format = QUERY_FORMATS.find((candidate) => candidate === name);
      if (format !== undefined) session.format = format;
      else if (name !== '') io.stderr.write(`there is no format ${name}; there are ${QUERY_FORMATS.join(', ')}\n`);
      io.stderr.write(`format is ${session.format}\n`);
      return undefined;
    },
  },
  '\\timing': {
    usage: '\\timing [on|off]',
    about: 'show how long statements take',
    async run(state, session, { io }) {
      session.timing = state === 'on' || (state !== 'off' && !session.timing);
      io.stderr.write(`timing is ${session.timing ? 'on' : 'off'}\n`);
      return undefined;
    },
  },
  '\\saved': {
    usage: '\\saved [NAME]',
    about: 'run a saved query, or list them',
    async run(name, session, context) {
      if (name === '') await printSavedQueries(context);
      else await session.run(await savedQuery(context.config.home, name));
      return undefined;
    },
  },
  '\\?': {
    usage: '\\?',
    about: 'this help',
    async run(_argument, _session, { io }) {
      io.stdout.write(helpText());
      return undefined;
    },
  },
  '\\q': { usage: '\\q', about: 'leave (also Ctrl-D)', run: async () => 'quit' },
};

export const COMMAND_NAMES = Object.keys(COMMANDS);

/** Runs a line that begins with a backslash. */
export async function runCommand(
  line: string,
  session: PromptSession,
  context: CommandContext,
): Promise<'quit' | undefined> {
  const [, name = '', argument = ''] = /^(\S+)\s*(.*?)\s*;?\s*$/.exec(line.trim()) ?? [];
  const command = COMMANDS[name];
  if (command !== undefined) return command.run(argument, session, context);
  context.io.stderr.write(`there is no command ${name}; \\? lists those there are\n`);
  return undefined;
}

function helpText(): string {
  const lines = Object.values(COMMANDS).map(({ usage, about }) => `  ${usage.padEnd(18)} ${about}`);
  return `${[
    'SQL ends with a semicolon and may span lines. Tab completes names and keywords; the arrow keys go through the',
    'history. Ctrl-C stops the running statement or drops what was typed.',
    '',
    ...lines,
  ].join('\n')}\n`;
}

const TABLES = `
  SELECT schema_name AS schema, table_name AS name, 'table' AS kind, estimated_size AS rows
  FROM duckdb_tables() WHERE NOT internal
  UNION ALL
  SELECT schema_name, view_name, 'view', NULL FROM duckdb_views() WHERE NOT internal
  ORDER BY ALL`;

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
