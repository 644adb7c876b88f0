import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildProgram } from '../../src/cli/program.ts';
import { REPORT_NAMES } from '../../src/model/reportNames.ts';
import { runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';

const folder = temporaryFolder();
const script = (shell: string): string => path.join(folder.path, `completion.${shell}`);

beforeAll(async () => {
  fs.mkdirSync(path.join(folder.path, 'data', 'queries'), { recursive: true });
  fs.writeFileSync(path.join(folder.path, 'data', 'queries', 'my-own.sql'), 'SELECT 1');
  fs.mkdirSync(path.join(folder.path, 'some folder'));
  fs.writeFileSync(path.join(folder.path, 'some file.sql'), '');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await runCli(['completion', shell, '--home', path.join(folder.path, 'data')]);
    expect([code, stderr]).toEqual([0, '']);
    fs.writeFileSync(script(shell), stdout);
  }
});
afterAll(() => folder.remove());

/** Commands and long flags as the program declares them. */
function declared(): { commands: string[]; flags: (command: string) => string[] } {
  const io = { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin, cwd: '/', now: () => new Date() };
  const program = buildProgram({ ...io, signal: new AbortController().signal }, {});
  const flags = (name: string): string[] =>
    (program.commands.find((command) => command.name() === name)?.options ?? []).map((option) => option.long ?? '');
  return { commands: program.commands.map((command) => command.name()), flags };
}

/** Runs a shell on a script in the test's folder; what it prints, by lines. */
function lines(shell: string, args: string[], input?: string): string[] {
  const { stdout, stderr, status } = spawnSync(shell, args, {
    encoding: 'utf8',
    cwd: folder.path,
    input,
    timeout: 60_000,
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').filter((line) => line !== '');
}

const installed = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const testWith = (shell: string): typeof test | typeof test.skip => (installed(shell) ? test : test.skip);

describe('bash', () => {
  /** What bash itself would offer: the words as readline splits them, the cursor in the last. */
  function complete(...words: string[]): string[] {
    const quoted = ['finance-db', ...words].map((word) => `'${word}'`).join(' ');
    return lines('bash', [
      '--norc',
      '-c',
      `source completion.bash; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; compopt() { :; }
       $(complete -p finance-db | sed 's/.*-F \\([^ ]*\\).*/\\1/'); printf '%s\\n' "\${COMPREPLY[@]}"`,
    ]);
  }

  test('commands', () => {
    expect(complete('s')).toEqual(expect.arrayContaining(['sync', 'stats', 'status', 'schedule']));
    expect(complete('')).toEqual(expect.arrayContaining([...declared().commands, 'help', '--version']));
    expect(complete('sy')).toEqual(['sync']);
  });

  test('every flag of every command', () => {
    const { commands, flags } = declared();
    for (const command of commands)
      expect([command, complete(command, '-').sort()]).toEqual([command, [...flags(command), '--help'].sort()]);
  });

  test('values: choices, reports, saved queries, shells', () => {
    expect(complete('stats', '')).toEqual([...REPORT_NAMES]);
    expect(complete('stats', 'cat')).toEqual(['categories']);
    expect(complete('stats', '--format', 'c')).toEqual(['csv']);
    expect(complete('stats', '--format', '=', 'c')).toEqual(['csv']);
    expect(complete('stats', '--format', '=')).toEqual(['table', 'csv', 'json', 'markdown']);
    expect(complete('query', '--saved', 'my')).toEqual(['my-own']);
    expect(complete('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(complete('schedule', '--systemd', 't')).toEqual(['timer']);
    expect(complete('schedule', '--systemd', '--e')).toEqual(['--every', '--env-file']);
  });

  test('an argument comes once, wherever the flags are', () => {
    expect(complete('stats', '--format', 'csv', 'rec')).toEqual(['recurring']);
    expect(complete('stats', '--format', '=', 'csv', 'rec')).toEqual(['recurring']);
    expect(complete('stats', 'recurring', '')).toEqual([]);
    expect(complete('sync', '--jobs', '')).toEqual([]);
  });

  test('files and folders, with spaces in their names', () => {
    expect(complete('query', '-f', 'some')).toEqual(expect.arrayContaining(['some file.sql', 'some folder']));
    expect(complete('sync', '--home', 'some')).toEqual(['some folder']);
  });
});

describe('fish', () => {
  const complete = (line: string): string[] =>
    lines('fish', ['--no-config', '-c', `source completion.fish; complete -C '${line}'`]).map(
      (found) => found.split('\t')[0] ?? '',
    );

  testWith('fish')('commands, flags and values', () => {
    expect(complete('finance-db ').sort()).toEqual([...declared().commands, 'help'].sort());
    expect(complete('finance-db sync --f')).toEqual(['--full']);
    expect(complete('finance-db stats --format ').sort()).toEqual(['csv', 'json', 'markdown', 'table']);
    expect(complete('finance-db stats rec')).toEqual(['recurring']);
    expect(complete('finance-db query --saved my')).toEqual(['my-own']);
    expect(complete('finance-db query -f some')).toEqual(expect.arrayContaining(['some file.sql']));
  });
});

describe('zsh', () => {
  /** Types at a real zsh in a pseudo-terminal, once its prompt is there, and asks for the list of completions. */
  const complete = (line: string): string =>
    lines('zsh', [
      '-f',
      '-c',
      `zmodload zsh/zpty
       zpty shell zsh -f -i
       zpty -w shell "cd '${folder.path}'; LISTMAX=0; TERM=dumb; stty rows 500 cols 200; autoload -U compinit; compinit -u -D; source completion.zsh; PS1=rea''dy"
       zpty -r shell line '*ready*'
       zpty -w -n shell $'${line}\\C-d'
       zpty -r shell out '*ready*' && print -r -- $out
       zpty -d shell`,
    ]).join('\n');

  testWith('zsh')('commands, flags and values', () => {
    const commands = complete('finance-db ');
    for (const command of declared().commands) expect(commands).toContain(command);
    const flags = complete('finance-db sync --');
    for (const flag of declared().flags('sync')) expect(flags).toContain(flag);
    expect(complete('finance-db stats --format ')).toContain('markdown');
    expect(complete('finance-db stats ')).toContain('recurring');
    expect(complete('finance-db query -f some')).toContain('some\\ file.sql');
  });
});
