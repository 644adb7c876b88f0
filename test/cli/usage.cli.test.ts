import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HELP_TEXTS } from '../../src/cli/helpTexts.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';

const QUIET = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: '/',
  now: () => new Date(),
};

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const run = (argv: readonly string[]) =>
  runCli(argv, { env: { FINANCE_DB_HOME: folder.path, HOME: folder.path }, cwd: folder.path });

describe('a wrong command line is exit 2, says what is wrong and what to do, and does nothing', () => {
  const LONG = 'x'.repeat(100_000);
  test.each<[string[], string]>([
    // Commands
    [['snyc'], "unknown command 'snyc'; did you mean sync?"],
    [['snyc'], '→ see finance-db sync --help'],
    [['imprt', 'a.csv'], '→ see finance-db import --help'],
    [['qqqqqqqq'], '→ see finance-db --help'],
    [[''], "unknown command ''"],
    [['help', 'snyc'], 'there is no command "snyc"; did you mean sync?'],
    [['sync', 'validate'], 'one command at a time: sync, then validate'],
    [['status', 'now'], 'status takes no argument, found "now" as well'],
    [['query', 'select 1', 'select 2'], 'query takes one argument, found "select 2" as well'],
    [['stats', 'cashflow', '--lake', 's3://bucket/money'], '--lake takes no value, found "s3://bucket/money"'],
    [['stats', 'cashflow', 'categories'], 'stats takes one argument, found "categories" as well'],
    [['completion'], "missing required argument 'shell'"],
    [['completion', 'tcsh'], 'expected bash, zsh, fish, found "tcsh"'],
    [['completion', 'fsh'], 'found "fsh"; did you mean fish?'],
    [['--json'], 'no command given'],
    // Flags
    [['sync', '--fulll'], "unknown option '--fulll'; did you mean --full?"],
    [['--full', 'sync'], '--full belongs to sync, and stands behind the command'],
    [['sync', '--full=yes'], '--full takes no value'],
    [['--json=1', 'sync'], '--json takes no value'],
    [['sync', '-x'], "unknown option '-x'"],
    // Values
    [['sync', '--tables'], "option '--tables <list>' argument missing"],
    [['sync', '--tables', '--full'], '--tables needs a value, found the flag --full'],
    [['stats', '-p', '--json'], '--period needs a value, found the flag --json'],
    [['--home', '--json', 'status'], '--home needs a value, found the flag --json'],
    [['sync', '--tables='], '--tables needs a value, found an empty one'],
    [['query', '-o', '', 'select 1'], '--output needs a value, found an empty one'],
    [
      ['query', '--format', 'jso', 'select 1'],
      '--format: expected table, csv, tsv, json, jsonl, markdown, found "jso"; did you mean json?',
    ],
    [['stats', '--sort', 'foo'], 'see finance-db stats --help'],
    [['query', '-f', 'nothere.sql'], 'cannot read nothere.sql: there is no such file'],
    [['import', 'a.csv', '--yes'], '--yes goes with --learn'],
    [['import', '--learn', 'a.csv', '--dry-run'], '--dry-run is to write nothing'],
    [['import', '--learn', '-', '--yes'], 'stdin can be read once'],
    [['import', '--undo', '3', '--dry-run'], '--undo changes rows, and --dry-run is to write nothing'],
    [['import', '--undo', '3', '--force', '--dry-run'], '--undo changes rows'],
    [['import', '--dry-run', '--restore', '3'], '--restore changes rows'],
    ...['undo', 'restore', 'list'].flatMap((other): [string[], string][] => [
      [
        ['import', `--${other}`, '3', '--account', 'a'],
        `--account is for files that come in, and --${other} takes none`,
      ],
      [['import', `--${other}`, '3', '--all-new'], '--all-new is for files that come in'],
    ]),
    [['import', '--list', '--dry-run'], '--dry-run is for files that come in'],
    [['stats', '--category', ''], '--category needs a value, found an empty one'],
    [['sync', '--jobs', '99999999999'], 'expected a whole number from 1 to 64'],
    [['sync', '--jobs', LONG], 'expected a whole number from 1'],
    [['sync', '--memory', LONG], '--memory: expected a size like 500MB'],
    [['validate', '--limit', '-1'], 'expected a whole number from 1'],
    // Twice
    [['sync', '--tables', 'a', '--tables', 'b'], '--tables is given twice'],
    [['--home', 'a', 'status', '--home', 'b'], '--home is given twice'],
    [['init', '--sample', '5', '--no-sample'], '--sample and --no-sample exclude each other'],
    // What Node makes of bytes that are no UTF-8
    [['status', '--home', 'caf\u{fffd}'], 'argument 3 is not UTF-8: "caf\u{fffd}"'],
  ])('%j', async (argv, problem) => {
    const { code, stderr } = await run(argv);
    expect(code).toBe(2);
    const line = stderr.slice(stderr.indexOf('error ['));
    expect(line).toContain(problem);
    expect(line).toMatch(/error \[(?:USAGE|CONFIG|FILE_UNREADABLE)\]: [^\n]*\s+→ .+\n$/);
    expect(line).not.toMatch(/\n\s+at /);
    expect(line.length).toBeLessThan(600);
    expect(fs.readdirSync(folder.path)).toEqual([]);
    const machine = await run([...argv, '--json']);
    if (!argv.some((argument) => /^--json/.test(argument)) && !argv.includes('--tables'))
      expect(JSON.parse(machine.stdout)).toMatchObject({ status: 'error', error: { exit: 2 } });
  });
});

describe('the flags of every command may stand before it', () => {
  test('--json, --home', async () => {
    const before = await run(['--json', '--home', 'elsewhere', 'status']);
    const behind = await run(['status', '--json', '--home', 'elsewhere']);
    expect(before.code).toBe(0);
    expect(JSON.parse(before.stdout).duckdb.path).toBe(`${folder.path}/elsewhere/finance.duckdb`);
    expect(JSON.parse(behind.stdout).duckdb).toEqual(JSON.parse(before.stdout).duckdb);
  });

  test('and then too, errors of a sync are one line for its log', async () => {
    const { stderr } = await run(['-q', '--home', 'sync-home', 'sync', '--memory', '1']);
    expect(stderr).toMatch(/^\d{4}-\d\d-\d\dT\S+Z error \[CONFIG\]: --memory: .*\n$/);
  });

  test('flags that gather values may come again, and a switch twice is a switch', async () => {
    const { code, stderr } = await run(['stats', '--category', 'a', '--category', 'b', '--json', '--json']);
    expect({ code, usage: stderr.includes('USAGE') }).toEqual({ code: 4, usage: false });
  });
});

test("--to of a report is a day, and no lake's place", async () => {
  const lake = `${folder.path}/lake`;
  const { stderr } = await runCli(['stats', 'cashflow', '--lake', '--from', '2024-01-01', '--to', '2024-02-01'], {
    env: { FINANCE_DB_HOME: folder.path, HOME: folder.path, FINANCE_DB_LAKE: lake },
  });
  expect(stderr).toMatch(/error \[LAKE_MISSING\]/);
  expect(stderr).toContain(lake);
});

const pipes = process.platform !== 'win32' && spawnSync('mkfifo', []).error === undefined;
(pipes ? test : test.skip)('a pipe at --duckdb is refused, not waited for', async () => {
  spawnSync('mkfifo', [`${folder.path}/pipe`]);
  const { code, stderr } = await run(['query', 'SELECT 1', '--duckdb', 'pipe']);
  expect(code).toBe(4);
  expect(stderr).toContain(`${folder.path}/pipe: it is no regular file`);
});

describe('the help', () => {
  const program = buildProgram({ ...QUIET, signal: new AbortController().signal }, {});

  test.each(['', ...program.commands.map((command) => command.name())])('of %j fits 80 columns', async (name) => {
    const { code, stdout } = await runCli([...(name === '' ? [] : [name]), '--help'], { columns: 80 });
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatch(/^Flags of every command, .*:\n {2}--json /m);
  });

  test('shows examples with flags that there are', () => {
    const knownTo = (name: string): (string | null | undefined)[] => {
      const command = program.commands.find((child) => child.name() === name) ?? program;
      return ['--help', ...command.options.flatMap(({ long, short }) => [long, short])];
    };
    for (const [name, text] of Object.entries(HELP_TEXTS))
      for (const line of text.split('\n')) {
        // An example may be of another command than the one that is helped with.
        const [, shown] = /^\s*(?:eval "\$\()?finance-db ([a-z]+)/.exec(line) ?? [];
        for (const [, flag] of line.matchAll(/(?<=[\s:])(--?[a-z][a-z-]*)/g))
          expect(knownTo(shown ?? name)).toContain(flag);
      }
  });
});

describe('the version', () => {
  test.each<[string[]]>([[['--version']], [['-V']], [['status', '--version']], [['sync', '-V']]])(
    '%j',
    async (argv) => {
      const plain = await run(argv);
      expect(plain).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/) });
      const { stdout } = await run([...argv, '--json']);
      expect(JSON.parse(stdout)).toEqual({ status: 'ok', version: plain.stdout.trim() });
    },
  );
});

test.each([40, 80])('on a terminal of %d columns no error breaks a word or a command', async (columns) => {
  const env = { FINANCE_DB_HOME: folder.path, HOME: folder.path };
  for (const argv of [
    ['stats', 'acounts'],
    ['sync', '--tables', 'a"b'],
    ['query', 'select 1'],
  ]) {
    const narrow = (await runCli(argv, { env, cwd: folder.path, columns })).stderr;
    const wide = (await runCli(argv, { env, cwd: folder.path })).stderr.replace(/^\S+Z /, '').replace(' → ', '\n  → ');
    const lines = narrow.trimEnd().split('\n');
    for (const line of lines) expect([line, line.length <= columns || !/[^ ] [^ ]/.test(line)]).toEqual([line, true]);
    expect(lines.join(' ').replace(/ +/g, ' ')).toBe(wide.trimEnd().replace(/\s+/g, ' '));
  }
});
