import type { Command, Option } from 'commander';
import { SETTINGS, type Setting } from '../config/settings.ts';
import { ERROR_CODES } from '../errors/codes.ts';

/** The flags that every command takes are described once. */
const SHARED = ['--json', '--quiet', '--verbose', '--no-color', '--env-file', '--database-url', '--duckdb', '--home'];

/** The command reference (docs/cli.md) as Markdown, from the program's own declarations. */
export function cliReference(program: Command): string {
  const commands = program.commands.filter((command) => command.name() !== 'help');
  const shared = commands[0]?.options.filter(isShared) ?? [];
  return [
    '# Command reference',
    '',
    'Generated from the program by `npm run docs`; do not edit.',
    '',
    program.description(),
    '',
    ...commands.flatMap(commandSection),
    '## Flags of every command',
    '',
    'They may stand before the command too: `finance-db --json sync`.',
    '',
    ...optionTable(shared),
    '',
    '## Exit codes',
    '',
    '| exit | code | what lies behind it | what to do |',
    '| ---: | --- | --- | --- |',
    ...Object.entries(ERROR_CODES).map(
      ([code, { exit, cause, remedy }]) => `| ${exit} | \`${code}\` | ${cell(cause)} | ${cell(remedy)} |`,
    ),
    '',
    '0 means done, and for `validate` equal or merely lagging. With `--json` an error is one document on stdout too:',
    '`{"status":"error","error":{"code","exit","message","remedy","details"}}`.',
    '',
  ].join('\n');
}

/** README's table of settings: where to read from, then ours. */
export function settingsTable(): string {
  const rows = Object.entries<Setting<unknown>>(SETTINGS).map(([name, { flag, default: standard, meaning }]) => {
    return `| \`${name}\` | ${flag === undefined ? '' : `\`${flag}\` `}| ${standard} | ${meaning} |`;
  });
  return [
    '| setting | flag | default | meaning |',
    '| --- | --- | --- | --- |',
    '| `DATABASE_URL`, or `PGHOST`, `PGUSER`, `PGSERVICE` … as psql reads them ([all](docs/connections.md)) | `--database-url` | the embedded server | where to read from |',
    ...rows,
    '',
  ].join('\n');
}

/** README with that table in the place of the one it has. */
export function withSettingsTable(readme: string): string {
  return readme.replace(/^\| setting \|[\s\S]*?\n(?=\n)/m, () => settingsTable());
}

function commandSection(command: Command): string[] {
  const own = command.options.filter((option) => !isShared(option));
  return [
    `## ${command.name()}`,
    '',
    `${sentence(command.description())}`,
    '',
    '```text',
    `finance-db ${command.name()} ${command.usage()}`,
    '```',
    '',
    ...(own.length === 0 ? [] : [...optionTable(own), '']),
  ];
}

function optionTable(options: readonly Option[]): string[] {
  return [
    '| flag | meaning |',
    '| --- | --- |',
    ...options.map((option) => `| \`${option.flags.replaceAll('|', '\\|')}\` | ${cell(describe(option))} |`),
  ];
}

/** What a flag does, its choices and its default. */
export function describe(option: Option): string {
  const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`;
  const given = option.defaultValue === undefined || option.negate ? '' : ` (default ${String(option.defaultValue)})`;
  return `${option.description}${choices}${given}`;
}

/** Whether every command takes this flag. */
export function isShared(option: Option): boolean {
  return SHARED.includes(option.long ?? '');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** With a capital letter and a full stop. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
