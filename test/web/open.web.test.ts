import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/folder.ts';
import { startTool } from '../support/process.ts';
import { simpleRows, statsFile } from '../support/statsFile.ts';
import { ask } from '../support/webServer.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Serves with --open, where `xdg-open` is this script; null: there is none. */
async function open(script: string | null) {
  const programs = path.join(folder.path, 'programs');
  fs.mkdirSync(programs);
  if (script !== null) fs.writeFileSync(path.join(programs, 'xdg-open'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const file = await statsFile(folder.path, simpleRows([{ day: '2026-11-01', amount: '-1.00' }]));
  const flags = [
    '--open',
    '--no-sync',
    '--port',
    '0',
    '--token',
    'abcdefgh12345678',
    '--home',
    folder.path,
    '--duckdb',
    file,
  ];
  const tool = startTool(['serve', ...flags], { HOME: folder.path, PATH: programs });
  let told = '';
  tool.child.stderr?.on('data', (text: string) => {
    told += text;
  });
  const said = await new Promise<string>((resolve) => tool.child.stdout?.once('data', (text: string) => resolve(text)));
  const [address = '', port = ''] = /http:\/\/localhost:(\d+)\/\S*/.exec(said) ?? [];
  const until = async (met: () => boolean): Promise<void> => {
    while (!met()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return { tool, address, port: Number(port), told: () => told, until };
}

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('serve --open', () => {
  test('gives the browser the address with its token', async () => {
    const opened = path.join(folder.path, 'opened');
    const { tool, address, told, until } = await open(
      `printf %s "$1" > '${opened}.part'; /bin/mv '${opened}.part' '${opened}'`,
    );
    await until(() => fs.existsSync(opened));
    expect(fs.readFileSync(opened, 'utf8')).toBe(address);
    expect(address).toContain('?token=abcdefgh12345678');
    tool.child.kill('SIGTERM');
    expect((await tool.ended).code).toBe(143);
    // It did as it was told: no error.
    expect(told()).toMatch(/^stopped\n$/m);
    expect(told()).not.toContain('error [');
  });

  test.each([
    ['there is none', null],
    ['it fails', 'exit 3'],
  ])('%s: that is told, and the dashboard runs on', async (_, script) => {
    const { tool, port, told, until } = await open(script);
    await until(() => told().includes('no browser could be opened'));
    expect((await ask(port, '/api/v1/healthz')).status).toBe(200);
    tool.child.kill('SIGTERM');
    expect((await tool.ended).code).toBe(143);
  });
});

test.each(['short', '1234567', 'has a space in it', 'ümlaut-ümlaut'])(
  'a token like %j is refused and not shown',
  async (token) => {
    const tool = startTool(['serve', '--no-sync', '--port', '0', '--token', token, '--home', folder.path], {
      HOME: folder.path,
    });
    const { code, stderr } = await tool.ended;
    expect(code).toBe(2);
    expect(stderr).toContain('a token of');
    expect(stderr).not.toContain(token);
  },
);
