import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/folder.ts';
import { startTool } from '../support/process.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const PROGRAM = path.resolve('bin', 'finance-db.js');

/** As a shell starts it: by its first line. */
const start = (...argv: string[]) =>
  spawnSync(PROGRAM, argv, {
    encoding: 'utf8',
    cwd: folder.path,
    env: { PATH: process.env.PATH, NO_COLOR: '1', HOME: folder.path },
  });

/** A settings file that runs a script in whatever Node obeys it. */
const trap = (): string => {
  fs.writeFileSync(path.join(folder.path, 'trap.cjs'), "require('node:fs').writeFileSync('sprung', '')");
  const file = path.join(folder.path, 'my.env');
  fs.writeFileSync(file, `NODE_OPTIONS=--require ${folder.path}/trap.cjs\nFINANCE_DB_HOME=${folder.path}/data\n`);
  return file;
};

test.each([
  (file: string) => ['status', '--json', '--env-file', file],
  (file: string) => ['status', `--env-file=${file}`, '--json'],
])('Node leaves --env-file to us', (argv) => {
  const { status, stdout } = start(...argv(trap()));
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ duckdb: { path: `${folder.path}/data/finance.duckdb` } });
  expect(fs.existsSync(path.join(folder.path, 'sprung'))).toBe(false);
});

test.each([['--env-file', 'missing.env'], ['--env-file=missing.env']])('a file that is missing: %s', (...flag) => {
  const { status, stderr } = start('status', ...flag);
  expect(status).toBe(2);
  expect(stderr).toContain(`error [FILE_UNREADABLE]: cannot read the settings file ${folder.path}/missing.env`);
});

test('what schedule prints starts Node so that it does the same', async () => {
  const { stdout } = await startTool(['schedule', '--json', '--env-file', trap()], { HOME: folder.path }).ended;
  const { entry } = JSON.parse(stdout) as { entry: string };
  expect(entry).toContain(`${process.execPath} -- ${PROGRAM} sync `);
  expect(entry).toContain(`--env-file ${folder.path}/my.env`);
  expect(fs.existsSync(path.join(folder.path, 'sprung'))).toBe(false);
});
