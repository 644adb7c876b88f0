import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { manPage } from '../../src/cli/manPage.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { OTHER_SETTINGS, SETTINGS } from '../../src/config/settings.ts';

const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, cwd: '/', now: () => new Date() };
const program = buildProgram({ ...io, signal: new AbortController().signal }, {});
const page = manPage(program);

describe('the man page', () => {
  test('has every command and every flag', () => {
    for (const command of program.commands) {
      expect(page).toContain(`.SS finance\\-db ${command.name()} `);
      for (const option of command.options) expect(page).toContain(`.B ${option.flags.replaceAll('-', '\\-')}`);
    }
  });

  test('names every setting that the configuration reads', () => {
    const folder = path.resolve('src', 'config');
    const files = (fs.readdirSync(folder, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));
    const source = files.map((file) => fs.readFileSync(path.join(folder, file), 'utf8'));
    const read = [...source.join('\n').matchAll(/setting\('([A-Z_]+)'\)/g)].map((match) => match[1] ?? '');
    expect(read.length).toBeGreaterThan(2);
    const named = [...Object.keys(OTHER_SETTINGS), ...Object.keys(SETTINGS)].join(', ').split(', ');
    for (const name of named) expect(page).toContain(name);
    expect(read.filter((name) => !named.includes(name))).toEqual([]);
  });

  const mandoc = spawnSync('mandoc', ['-Tlint'], { input: '' }).error === undefined;
  (mandoc ? test : test.skip)('is roff that mandoc finds no fault with', () => {
    const { stdout } = spawnSync('mandoc', ['-Tlint', '-W', 'warning'], { input: page, encoding: 'utf8' });
    // A date would make the page stale every day.
    expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
  });
});
