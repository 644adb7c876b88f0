import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { withSettingsTable } from '../../src/cli/reference.ts';
import { loadConfig } from '../../src/config/config.ts';
import { runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const write = (text: string | Buffer, name = '.env'): string => {
  const file = path.join(folder.path, name);
  fs.writeFileSync(file, text);
  return file;
};
const warnings = (env: Record<string, string> = {}): readonly string[] => loadConfig({}, env, folder.path).warnings;

describe('a setting that means nothing is refused by every command, whether it needs it or not', () => {
  const sizes = ['foo', '10', '0', '-1GB', '1 XB', '63MB', '1e3MB', '0x10MB', `${'9'.repeat(400)}GB`, '99999999TB'];
  test.each<[string, string]>([
    ...sizes.map((size): [string, string] => ['FINANCE_DB_MEMORY', size]),
    ['FINANCE_DB_SPOOL', '-1GB'],
    ['FINANCE_DB_SPOOL', 'x'.repeat(10_000)],
    ['FINANCE_DB_TODAY', '2026-02-31'],
    ['FINANCE_DB_TODAY', '2025-02-29'],
    ['FINANCE_DB_TODAY', '2026-13-01'],
    ['FINANCE_DB_TODAY', '0000-01-01'],
    ['FINANCE_DB_TODAY', '2026-1-1'],
    ['FINANCE_DB_BASE_CURRENCY', 'usd'],
    ['FINANCE_DB_TABLES', 'a.b.c'],
    ['FINANCE_DB_TABLES', 't,t'],
    ['FINANCE_DB_TABLES', ' , '],
    ['FINANCE_DB_HOME', '~root/x'],
    ['FINANCE_DB_HOME', ' '],
    ['FINANCE_DB_HOME', 'a\nb'],
    ['FINANCE_DB_HOME', 'x'.repeat(5000)],
    ['FINANCE_DB_DUCKDB', `${'/ab'.repeat(2000)}`],
    ['FINANCE_DB_DUCKDB', 'a\u{fffd}b'],
  ])('%s=%s', async (name, value) => {
    const env = { FINANCE_DB_HOME: folder.path, [name]: value };
    for (const command of [['status'], ['completion', 'bash'], ['query', '--list']]) {
      const { code, stdout, stderr } = await runCli(command, { env });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`error [CONFIG]: ${name}: `);
      expect(stderr.length).toBeLessThan(500);
    }
    const file = write(`${name}='${value}'\n`, 'named.env');
    expect(() => loadConfig({ envFile: file }, {}, '/')).toThrow(`${name} in ${file}: `);
  });

  test.each(['foo', '10', '0', '-1GB'])('sync --memory %j', async (size) => {
    const { code, stderr } = await runCli(['sync', `--memory=${size}`, '--home', folder.path]);
    expect(code).toBe(2);
    expect(stderr).toContain('--memory: expected a size like 500MB, at least 64MB');
    expect(fs.readdirSync(folder.path)).toEqual([]);
  });

  test.each(['--home', '--duckdb', '--env-file'])('%s with nothing in it', async (flag) => {
    const { code, stderr } = await runCli(['status', `${flag}=`], { cwd: folder.path });
    expect(code).toBe(2);
    expect(stderr).toContain(`${flag} needs a value, found an empty one`);
  });

  test('the flag wins, and then the setting behind it has no say', () => {
    expect(loadConfig({ memory: '1GB' }, { FINANCE_DB_MEMORY: '2GB' }, '/').memory).toBe('1000000KB');
  });
});

describe('paths', () => {
  test.each<[string, string]>([
    ['~/x', '/home/me/x'],
    ['~', '/home/me'],
    ['./~', '/work/~'],
    ['a b/"c"', '/work/a b/"c"'],
    ['../x', '/x'],
  ])('%s', (given, expected) => {
    const env = { HOME: '/home/me' };
    expect(loadConfig({ home: given }, env, '/work').home).toBe(expected);
    expect(loadConfig({}, { ...env, FINANCE_DB_HOME: given }, '/work').home).toBe(expected);
    expect(loadConfig({}, { ...env, FINANCE_DB_DUCKDB: given }, '/work').duckdbPath).toBe(expected);
    const file = write(`FINANCE_DB_DUCKDB='${given}'\n`, 'named.env');
    expect(loadConfig({ envFile: file }, env, '/work').duckdbPath).toBe(expected);
  });
});

describe('names of settings that are none', () => {
  test.each<[string, string]>([
    ['FINANCE_DB_TABELS', 'did you mean FINANCE_DB_TABLES?'],
    ['FINANCE_DB_TABLE', 'did you mean FINANCE_DB_TABLES?'],
    ['FINANCE_DB_CURRENCY_BASE', 'docs/settings.md lists them'],
    ['FINANCE_DB_BASECURRENCY', 'did you mean FINANCE_DB_BASE_CURRENCY?'],
    ['FINANCE_DB_DATABASE_URL', 'did you mean DATABASE_URL?'],
    ['FINANCEDB_HOME', 'did you mean FINANCE_DB_HOME?'],
    ['finance_db_memory', 'did you mean FINANCE_DB_MEMORY?'],
    ['FINANCE_DB_WHATEVER', 'docs/settings.md lists them'],
  ])('%s', (name, answer) => {
    expect(warnings({ [name]: 'x' })).toEqual([
      `${name} in the environment is no setting of finance-db, and does not count; ${answer}`,
    ]);
    const file = write(`${name}=x\n`);
    expect(warnings()).toEqual([`${name} in ${file} is no setting of finance-db, and does not count; ${answer}`]);
  });

  test('are told once on stderr, and results stay as they are', async () => {
    const env = { FINANCE_DB_TABELS: 'a' };
    const told = await runCli(['query', '--list', '--json'], { env, cwd: folder.path });
    expect(told.stderr).toMatch(/^warning: FINANCE_DB_TABELS .*\n$/);
    expect(told.code).toBe(0);
    const quiet = await runCli(['query', '--list', '--json', '-q'], { env, cwd: folder.path });
    expect(quiet).toEqual({ ...told, stderr: '' });
  });

  test('other programs have settings too', () => {
    expect(warnings({ FINANCE_DB_TEST_POSTGRES: 'system', FINANCE: 'x', DB_HOME: 'y', PGAPPNAME: 'z' })).toEqual([]);
  });
});

describe('a settings file that is none', () => {
  const named = (file: string) => () => loadConfig({ envFile: file }, {}, folder.path);

  test.each<[string, Buffer, string]>([
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1]), 'NUL bytes'],
    ['UTF-16', Buffer.from('\u{feff}FINANCE_DB_TABLES=a\n', 'utf16le'), 'UTF-16'],
    ['Latin-1', Buffer.from('PGPASSWORD=caf\xe9\n', 'latin1'), 'not UTF-8'],
    ['huge', Buffer.alloc(1_100_000, '# padding\n'), 'larger than 1 MB'],
  ])('%s', (_name, content, problem) => {
    const file = write(content);
    for (const read of [named(file), () => loadConfig({}, {}, folder.path)])
      expect(read).toThrow(
        expect.objectContaining({ code: 'FILE_UNREADABLE', message: expect.stringContaining(problem) }),
      );
  });

  test('with a byte order mark it is one', () => {
    write('\u{feff}FINANCE_DB_BASE_CURRENCY=CZK\n');
    expect(loadConfig({}, {}, folder.path).baseCurrency).toBe('CZK');
  });

  test('a folder: refused when named; as .env it is somebody else’s', () => {
    fs.mkdirSync(path.join(folder.path, '.env'));
    expect(named('.env')).toThrow('it is a folder');
    expect(loadConfig({}, {}, folder.path)).toMatchObject({ envFile: null, warnings: [] });
  });

  const pipes = process.platform !== 'win32' && spawnSync('mkfifo', [], {}).error === undefined;
  (pipes ? test : test.skip)(
    'a pipe called .env is left alone, and one that was named is read to its end',
    async () => {
      const pipe = path.join(folder.path, '.env');
      spawnSync('mkfifo', [pipe]);
      expect(loadConfig({}, {}, folder.path)).toMatchObject({
        envFile: null,
        warnings: [`${pipe} is no file, and was not read`],
      });
      // In two parts, so that it is found empty in between.
      const writer = spawn('sh', [
        '-c',
        `{ echo FINANCE_DB_BASE_; sleep 0.1; echo CURRENCY=CZK; } | tr -d '\\n' > '${pipe}'`,
      ]);
      expect(named(pipe)().baseCurrency).toBe('CZK');
      await once(writer, 'close');
    },
  );

  test('a device that never ends is read to the limit', () => {
    expect(named('/dev/zero')).toThrow('larger than 1 MB');
    expect(named('/dev/null')().envFile).toBe('/dev/null');
  });
});

test('README lists the settings as they are', () => {
  const readme = fs.readFileSync('README.md', 'utf8');
  expect(withSettingsTable(readme)).toBe(readme);
  expect(readme).toContain('| `FINANCE_DB_TODAY` |');
});
