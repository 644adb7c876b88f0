import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Io } from '../../src/io.ts';
import { run } from '../../src/main.ts';
import { makeDuckDbFile } from '../support/duckdbFile.ts';
import { temporaryFolder } from '../support/folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = temporaryFolder();
let env: Record<string, string>;

beforeAll(async () => {
  const file = await makeDuckDbFile(folder.path, [
    "CREATE TABLE transactions AS SELECT i AS id, repeat('wide ', 30) AS note FROM range(50) r(i)",
    'CREATE VIEW v AS FROM transactions',
  ]);
  env = { FINANCE_DB_DUCKDB: file, FINANCE_DB_HOME: folder.path, NO_COLOR: '1', PATH: process.env.PATH ?? '' };
});
afterAll(() => folder.remove());

/** Types lines at the prompt and returns what came, in the order of each stream. */
async function type(
  lines: readonly string[],
  options: { readonly env?: Record<string, string>; readonly terminal?: { columns: number; rows: number } } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = Object.assign(
    new PassThrough(),
    options.terminal === undefined ? {} : { isTTY: true, ...options.terminal },
  );
  const stderr = new PassThrough();
  const io: Io = {
    stdin,
    stdout,
    stderr,
    signal: new AbortController().signal,
    cwd: folder.path,
    now: () => new Date(),
  };
  stdin.end(`${lines.join('\n')}\n`);
  const code = await run(['query'], io, { ...env, ...options.env });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

const CSV = '\\format csv';

describe('the prompt', () => {
  test('warns of nothing, however many statements it runs', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on('warning', note);
    const { stdout } = await type([CSV, ...Array.from({ length: 15 }, (_, i) => `SELECT ${i} AS n;`)]);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(stdout).toContain('n\n14\n');
    expect(warnings).toEqual([]);
  });

  test('comments over lines, commands of other tools, exit within a statement', async () => {
    const { code, stdout, stderr } = await type([
      CSV,
      '/* a',
      'b */ SELECT 1 AS one;',
      '.tables',
      'help',
      '\\d transacions',
      'SELECT',
      'exit',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('one\n1\n');
    expect(stdout).toContain('main,transactions,table,50');
    expect(stdout).toContain('main,v,view,');
    expect(stdout).toContain('\\saved [NAME');
    expect(stderr).toContain('there is no table or view transacions; did you mean transactions?');
    expect(stderr).not.toContain('error');
  });

  test('\\dt shows tables alone, \\x rows as blocks, EXPLAIN the plan as it is drawn', async () => {
    const { stdout } = await type([
      '\\dt',
      '\\x',
      'SELECT 1 AS a, NULL AS longer;',
      '\\x off',
      'EXPLAIN FROM transactions WHERE id > 3;',
    ]);
    expect(stdout).not.toContain('view');
    expect(stdout).toContain(`─[ 1 ]${'─'.repeat(34)}\na      │ 1\nlonger │ NULL\n`);
    expect(stdout).toMatch(/│ +SEQ_SCAN +│\n/);
    expect(stdout).not.toContain('\\n');
  });

  test('\\o sends results to a file, complete when it is closed; \\i runs a file', async () => {
    fs.writeFileSync(path.join(folder.path, 'two.sql'), 'SELECT 1 AS a;\nSELECT 2 AS b\n');
    const { stdout, stderr } = await type([
      '\\o out.csv',
      '\\i two.sql',
      'SELECT 3 AS c;',
      '\\o',
      CSV,
      'SELECT 4 AS d;',
    ]);
    expect(fs.readFileSync(path.join(folder.path, 'out.csv'), 'utf8')).toBe('a\n1\n\nb\n2\n\nc\n3\n');
    expect(stdout).toContain('d\n4\n');
    expect(stdout).not.toContain('c\n3');
    expect(stderr).toContain('1 row written to out.csv');
    expect((await type(['\\o x.parquet', '\\i none.sql', '\\i'])).stderr).toMatch(
      /Parquet[\s\S]*none\.sql[\s\S]*needs the name/,
    );
    await type(['\\o left.csv', 'SELECT 5 AS e;']);
    expect(fs.readFileSync(path.join(folder.path, 'left.csv'), 'utf8')).toContain('5');
  });

  test('\\e changes the last statement, or the one being typed, in an editor', async () => {
    const { stdout } = await type([CSV, 'SELECT 1 AS a;', '\\e', 'SELECT 10', '\\e', ';'], {
      env: { VISUAL: 'sed -i s/1/2/' },
    });
    expect(stdout).toContain('a\n2\n');
    expect(stdout).toContain('\n20\n');
    expect((await type(['SELECT 1;', '\\e'], { env: { VISUAL: 'false' } })).stderr).toContain(
      'the editor false failed',
    );
  });

  test('\\saved takes parameters', async () => {
    fs.mkdirSync(path.join(folder.path, 'queries'), { recursive: true });
    fs.writeFileSync(path.join(folder.path, 'queries', 'pick.sql'), 'SELECT $who AS who, $n + 1 AS n');
    const { stdout, stderr } = await type([CSV, "\\saved pick who='A B' n=2", '\\saved pick who=x']);
    expect(stdout).toContain('who,n\nA B,3\n');
    expect(stderr).toContain('a value for $n');
  });

  test('--timeout holds for each statement, and the prompt goes on', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const io: Io = {
      stdin,
      stdout,
      stderr,
      signal: new AbortController().signal,
      cwd: folder.path,
      now: () => new Date(),
    };
    stdin.end('SELECT count(*) FROM range(10000000000) a, range(1000) b;\nSELECT 1 AS a;\n');
    expect(await run(['query', '--format', 'csv', '--timeout', '0.3'], io, env)).toBe(0);
    expect(String(stderr.read())).toContain('stopped after 0.3 s');
    expect(String(stdout.read())).toContain('a\n1\n');
  });
});

describe('the pager', () => {
  const terminal = { columns: 60, rows: 12 };
  const PAGER = "sed 's/^/PAGED /'";

  test.each<[string, string[], boolean]>([
    ['what fits is printed', ['SELECT 1 AS a;'], false],
    ['what is longer is paged, whole', ['SELECT id FROM transactions;'], true],
    ['what is wider is paged, whole', ['SELECT note FROM transactions LIMIT 1;'], true],
    ['not when switched off', ['\\pager off', 'SELECT id FROM transactions;'], false],
  ])('%s', async (_name, lines, paged) => {
    const { stdout } = await type(lines, { terminal, env: { PAGER } });
    expect(stdout.includes('PAGED │')).toBe(paged);
  });

  test('$PAGER set to nothing or cat, a dumb terminal and a pipe have none', async () => {
    const lines = ['SELECT note FROM transactions LIMIT 1;'];
    expect((await type(lines, { terminal, env: { PAGER: '' } })).stdout).toContain('…');
    expect((await type(lines, { terminal, env: { PAGER: 'cat' } })).stdout).toContain('…');
    expect((await type(lines, { terminal, env: { PAGER, TERM: 'dumb' } })).stdout).toContain('…');
    expect((await type(lines, { env: { PAGER } })).stdout).not.toContain('PAGED');
  });

  test('it is given nothing that acts on the terminal', async () => {
    const { stdout } = await type(
      [
        "SELECT chr(27) || '[2J' AS a, id FROM transactions;",
        '\\format csv',
        'SELECT chr(155) AS a, id FROM transactions;',
      ],
      {
        terminal,
        env: { PAGER },
      },
    );
    expect(stdout).toContain('PAGED \\u009b,7');
    expect(stdout).not.toMatch(/\u001b\[2J\s*│|\u009b/);
  });
});

const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
const onPty = hasScript ? test : test.skip;

onPty(
  'on a real terminal (script of util-linux): Tab, Ctrl-R, Ctrl-C, Ctrl-D',
  async () => {
    if (!fs.existsSync(path.join(ROOT, 'dist/main.cjs')))
      spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT });
    const command = `stty cols 80 rows 24; '${process.execPath}' bin/finance-db.js query`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: ROOT,
      env: { ...env, TERM: 'xterm', PAGER: '' },
    });
    let shown = '';
    let expecting: { readonly text: RegExp; readonly from: number; readonly seen: () => void } | null = null;
    const look = (): void => {
      if (expecting?.text.test(shown.slice(expecting.from))) expecting.seen();
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      look();
    });
    /** Types, and waits until the terminal shows it. */
    const press = (keys: string, text: RegExp): Promise<void> =>
      new Promise((resolve) => {
        expecting = { text, from: shown.length, seen: resolve };
        child.stdin.write(keys);
        look();
      });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    await press('', /finance> /);
    await press('select count(*) as n from tr\t', /transactions/);
    await press(';\r', /│ 50 │[\s\S]*finance> /);
    await press('\u0012count', /search\) count: /);
    await press('\r', /│ 50 │[\s\S]*finance> /);
    await press('select 1', /select 1/);
    await press('\u0003', /\^C[\s\S]*finance> /);
    await press('select count(*) from range(10000000000) a, range(1000) b;\r', /range\(1000\) b;/);
    await press('\u0003', /stopped[\s\S]*finance> /);
    child.stdin.write('\u0004');
    expect(await ended).toBe(0);
  },
  60_000,
);
