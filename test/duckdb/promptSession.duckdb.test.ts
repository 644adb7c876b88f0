import fs from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CommandContext } from '../../src/cli/context.ts';
import { PromptSession } from '../../src/cli/prompt/session.ts';
import { loadConfig } from '../../src/config/config.ts';
import { makeDuckDbFile } from '../support/duckdbFile.ts';
import { temporaryFolder } from '../support/folder.ts';

const folder = temporaryFolder();
const stdout = new PassThrough();
const stderr = new PassThrough();
let file: string;
let session: PromptSession;

beforeAll(async () => {
  file = await makeDuckDbFile(folder.path, ['CREATE TABLE t AS SELECT 1 AS a']);
  const context: CommandContext = {
    io: {
      stdin: new PassThrough(),
      stdout,
      stderr,
      signal: new AbortController().signal,
      cwd: folder.path,
      now: () => new Date(),
    },
    config: loadConfig({ duckdb: file, home: folder.path }, {}, folder.path),
    output: { json: false, quiet: false, verbose: false, color: false, ascii: false, dumb: false },
    env: {},
  };
  session = await PromptSession.open(context, { format: 'csv', params: [] });
});
afterAll(async () => {
  await session.close();
  folder.remove();
});

test('an interruption stops the statement, not the session', async () => {
  expect(session.interrupt()).toBe(false);
  const interrupting = setInterval(() => session.interrupt() && clearInterval(interrupting), 50);
  await session.run('SELECT count(*) FROM range(10000000000) a, range(1000) b');
  expect(String(stderr.read())).toBe('stopped\n');
  session.timing = false;
  await session.run('FROM t');
  expect(String(stdout.read())).toBe('a\n1\n');
  expect(String(stderr.read())).toBe('1 row\n');
});

test('new data that a sync publishes is opened before the next statement', async () => {
  const next = await makeDuckDbFile(folder.path, ['CREATE TABLE t AS SELECT 2 AS a'], 'next.duckdb');
  fs.renameSync(next, path.join(folder.path, 'test.duckdb'));
  await session.run('FROM t');
  expect(String(stdout.read())).toBe('a\n2\n');
  expect(String(stderr.read())).toMatch(/a sync has published new data/);
});
