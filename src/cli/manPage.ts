import type { Command, Option } from 'commander';
import { OTHER_SETTINGS, SETTINGS } from '../config/settings.ts';
import { ERROR_CODES } from '../errors/codes.ts';
import { describe, isShared, sentence } from './reference.ts';

/** The settings as the page lists them: what PostgreSQL's are, then ours. */
function settings(): [name: string, meaning: string][] {
  const { NO_COLOR, ...connection } = OTHER_SETTINGS;
  return [
    ...Object.entries(connection),
    ...Object.entries(SETTINGS).map(([name, { meaning, default: standard }]): [string, string] => [
      name,
      `${meaning} (default ${standard})`.replaceAll('`', ''),
    ]),
    ['NO_COLOR', NO_COLOR],
  ];
}

const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'Done, and for validate equal or merely lagging.',
  1: 'Internal error.',
  2: 'Usage or configuration.',
  3: 'PostgreSQL: unreachable, refused, permission.',
  4: 'The DuckDB file: missing, locked, unreadable, disk full.',
  5: 'Validation found damage.',
  6: 'The source cannot be represented: a type or value was refused.',
  7: 'The query failed: wrong SQL, or an attempt to write.',
  8: 'With status --check: the last sync is too long ago.',
  130: 'Interrupted; nothing was published.',
  143: 'Terminated; nothing was published.',
};

/** The man page (docs/finance-db.1) in roff's man macros, from the program's own declarations. */
export function manPage(program: Command): string {
  const commands = program.commands;
  const shared = commands[0]?.options.filter(isShared) ?? [];
  const name = program.name();
  return [
    `.\\" Generated from the program by \`npm run docs\`; do not edit.`,
    `.TH ${name.toUpperCase()} 1 "" "${name}" "User Commands"`,
    '.SH NAME',
    `${text(name)} \\- keep a DuckDB file exactly equal to PostgreSQL tables, and answer money questions from it`,
    '.SH SYNOPSIS',
    `.B ${text(name)}`,
    '.I command',
    '[options]',
    '.SH DESCRIPTION',
    text(program.description()),
    '.SH COMMANDS',
    ...commands.flatMap((command) => [
      `.SS ${text(`${name} ${command.name()} ${command.usage()}`)}`,
      text(sentence(command.description())),
      ...optionList(command.options.filter((option) => !isShared(option))),
    ]),
    '.SH OPTIONS',
    'Every command takes these, before its name or behind it.',
    ...optionList(shared),
    '.SH ENVIRONMENT',
    `A flag wins over the environment, the environment over the settings file (${text('--env-file')}, or`,
    text('.env in the working folder).'),
    ...settings().flatMap(([variable, meaning]) => item(variable, sentence(meaning))),
    '.SH EXIT STATUS',
    ...Object.entries(EXIT_CODES).flatMap(([exit, meaning]) => item(exit, `${meaning}${codesOf(Number(exit))}`)),
    '.SH SEE ALSO',
    '.BR psql (1),',
    '.BR crontab (5)',
    '',
  ].join('\n');
}

/** The names that errors of this exit code carry, in brackets, on stderr. */
function codesOf(exit: number): string {
  const codes = Object.entries(ERROR_CODES).filter(([, code]) => code.exit === exit);
  return codes.length === 0 ? '' : ` Errors: ${codes.map(([code]) => code).join(', ')}.`;
}

function optionList(options: readonly Option[]): string[] {
  return options.flatMap((option) => item(option.flags, sentence(describe(option))));
}

function item(term: string, meaning: string): string[] {
  return ['.TP', `.B ${text(term)}`, text(meaning)];
}

/** Plain text for roff: no line of it is taken for a request, and a minus can be copied into a shell. */
function text(plain: string): string {
  const escaped = plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replaceAll('…', '...')
    .replaceAll('→', '\\(->');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
