import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateSample } from '../../src/model/household/generate.ts';
import { TRANSACTIONS_COLUMNS } from '../../src/model/transactionsTable.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { statsFile } from '../support/statsFile.ts';

/** Clears, recolours, retitles, answers back; C1; reversed; without room; and a colour that we use ourselves. */
const HOSTILE = 'X\u001b[2J\u001b]0;t\u0007\u001b[31m\u009b5n\u202e\u200b\u2066\rY';
const LEFT =
  /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u200b\u202e\u2066]|\u001b(?!\[(?:1|2|22|3\d|9\d)m)|\u001b\[31m\\|X\u001b/;
const QUOTED = `"${HOSTILE}"`;

const folder = temporaryFolder();
let env: Record<string, string>;

beforeAll(async () => {
  const texts = TRANSACTIONS_COLUMNS.filter(({ name, rule }) => rule.kind === 'text' && name !== 'currency');
  const file = await statsFile(folder.path, generateSample({ rows: 300 }), [
    `UPDATE transactions SET ${texts.map(({ name }) => `${name} = ${name} || '${HOSTILE}'`).join(', ')}`,
    `CREATE TABLE ${QUOTED} AS SELECT 1 AS ${QUOTED}`,
  ]);
  fs.mkdirSync(path.join(folder.path, 'queries'));
  fs.writeFileSync(path.join(folder.path, 'queries', 'X\u001b[2J\u202e.sql'), `-- ${HOSTILE}\nSELECT 1`);
  env = {
    FINANCE_DB_DUCKDB: file,
    FINANCE_DB_HOME: folder.path,
    NO_COLOR: '',
    TERM: 'xterm',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  };
});
afterAll(() => folder.remove());

const onTerminal = (args: string[], more: Record<string, string> = {}): Promise<CliResult> =>
  runCli(args, { cwd: folder.path, columns: 200, env: { ...env, ...more } });

/** All that reaches the terminal, which must not be nothing. */
function harmless({ stdout, stderr }: CliResult): void {
  const all = stdout + stderr;
  expect(all.length).toBeGreaterThan(20);
  expect(LEFT.exec(all)?.[0] ?? null).toBeNull();
}

describe('text of others reaches a terminal as text', () => {
  test.each<[string, string[]]>([
    ['cells', ['query', 'FROM transactions']],
    ['column names', ['query', `SELECT 1 AS ${QUOTED}`]],
    ['nested values', ['query', 'SELECT [merchant], {a: merchant} FROM transactions LIMIT 3']],
    ['csv', ['query', `SELECT merchant, 1 AS ${QUOTED} FROM transactions`, '--format', 'csv']],
    ['tsv', ['query', 'FROM transactions', '--format', 'tsv']],
    ['json', ['query', 'FROM transactions', '--json']],
    ['jsonl', ['query', 'FROM transactions', '--format', 'jsonl']],
    ['markdown', ['query', `SELECT merchant AS ${QUOTED} FROM transactions`, '--format', 'markdown']],
    ['a plan', ['query', `EXPLAIN SELECT * FROM transactions WHERE merchant = '${HOSTILE}' AND amount > 1`]],
    ['an error quoting a value', ['query', 'SELECT CAST(merchant AS INT) FROM transactions']],
    [
      'the same with --verbose and --json',
      ['query', 'SELECT CAST(merchant AS INT) FROM transactions', '--verbose', '--json'],
    ],
    ['an error quoting the SQL', ['query', `SELECT ${QUOTED} FROM transactions`]],
    ['error()', ['query', 'SELECT error(merchant) FROM transactions']],
    ['a parameter', ['query', 'SELECT $x::INT', '--param', `x=${HOSTILE}`]],
    ['a flag', ['query', 'SELECT 1', `--${HOSTILE}`]],
    ['a file name', ['query', 'SELECT 1', '-o', `${HOSTILE}.csv`]],
    ['a missing file', ['query', '-f', HOSTILE]],
    ['a missing DuckDB file', ['query', 'SELECT 1', '--duckdb', HOSTILE]],
    ['saved queries', ['query', '--list']],
    ['a saved query that is not there', ['query', '--saved', HOSTILE]],
    ['status', ['status', '--duckdb', HOSTILE]],
    ['a table to sync', ['sync', '--tables', QUOTED]],
    ['a table to validate', ['validate']],
    ['a period', ['stats', '-p', HOSTILE]],
    ['a filter', ['stats', '--merchant', HOSTILE]],
    ['the SQL of a report', ['stats', '--sql', '--merchant', HOSTILE]],
    ['a report that does not exist', ['stats', HOSTILE]],
  ])('%s', async (_name, args) =>
    harmless(await onTerminal(args, args[0] === 'validate' ? { FINANCE_DB_TABLES: QUOTED } : {})),
  );

  test.each([
    'overview',
    'categories',
    'merchants',
    'accounts',
    'channels',
    'places',
    'recurring',
    'anomalies',
    'currencies',
  ])('stats %s', async (report) => {
    for (const format of report === 'overview' ? ['table', 'csv', 'json', 'markdown'] : ['table'])
      harmless(await onTerminal(['stats', report, '--format', format]));
  });

  test('the log of a scheduled sync too', async () => {
    const { stderr } = await runCli(['sync', '--tables', QUOTED], { cwd: folder.path, env });
    expect(LEFT.exec(stderr)).toBeNull();
  });
});

test('our own colours do reach a terminal, and NO_COLOR and TERM=dumb keep them away', async () => {
  const args = ['query', 'SELECT NULL AS a'];
  const colour = /\u001b\[/;
  expect((await onTerminal(args)).stdout).toMatch(colour);
  expect((await onTerminal(args, { NO_COLOR: '1' })).stdout).not.toMatch(colour);
  expect((await onTerminal(args, { TERM: 'dumb' })).stdout).not.toMatch(colour);
  expect((await onTerminal(['query', 'nope'])).stderr).toMatch(/^\u001b\[31merror\u001b\[39m \[QUERY_FAILED\]/);
  expect((await onTerminal(['query', 'nope'], { TERM: 'dumb' })).stderr).toMatch(/^error \[QUERY_FAILED\]/);
});

test('exports to pipes and files are exact', async () => {
  const sql = `SELECT '${HOSTILE}' AS merchant`;
  const { stdout } = await runCli(['query', sql, '--format', 'csv'], { cwd: folder.path, env });
  expect(stdout).toBe(`merchant\n"${HOSTILE}"\n`);
  await onTerminal(['query', sql, '-o', 'exact.csv']);
  expect(fs.readFileSync(path.join(folder.path, 'exact.csv'), 'utf8')).toBe(`merchant\n"${HOSTILE}"\n`);
});
