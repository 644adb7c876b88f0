import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../src/postgres/embedded/socketPlace.ts';
import { PAGE_NAMES, PAGES } from '../../src/web/pages/pageNames.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';
import { ask, openEvents, startWeb } from '../support/webServer.ts';

const folder = temporaryFolder();
let server: Awaited<ReturnType<typeof startWeb>>;
beforeAll(async () => {
  // Nothing was published there: the server shows the sample.
  const file = path.join(folder.path, 'finance.duckdb');
  server = await startWeb(file, { base: '/money', trustProxy: true, allowedHosts: ['money.example'] });
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

/** The addresses that a page leads to. */
function addresses(body: string): string[] {
  return [...body.matchAll(/(?:href|src|action)="([^"#]*)/g)].map(([, address = '']) => address).filter(Boolean);
}

test.each(PAGE_NAMES)('%s: every link stays below the base path', async (name) => {
  const { status, body } = await ask(server.port, `/money${PAGES[name].path}`);
  expect(status).toBe(200);
  const found = addresses(body).filter((address) => !address.startsWith('data:') && !address.startsWith('?'));
  expect(found.length).toBeGreaterThan(15);
  expect(found.filter((address) => !address.startsWith('/money/'))).toEqual([]);
});

test('the base path without its slash leads to the overview, and what is not below it is not there', async () => {
  const bare = await ask(server.port, '/money');
  expect(bare.status === 200 || (bare.status === 308 && bare.headers.location === '/money/')).toBe(true);
  for (const other of ['/', '/cashflow', '/moneyx/', '/api/v1/healthz'])
    expect((await ask(server.port, other)).status).toBe(404);
});

test('the next page of a list', async () => {
  const { headers } = await ask(server.port, '/money/api/v1/transactions?limit=1');
  expect(headers.link).toMatch(/^<\/money\/api\/v1\/transactions\?limit=1&after=/);
});

test('a page that was seen costs no query while nothing has changed', async () => {
  const { headers } = await ask(server.port, '/money/merchants');
  const again = await ask(server.port, '/money/merchants', { headers: { 'if-none-match': headers.etag ?? '' } });
  // In the next minute its ages are others.
  expect([200, 304]).toContain(again.status);
  if (again.status === 304) expect(again.body).toBe('');
  const other = { 'if-none-match': headers.etag ?? '', 'accept-language': 'de-DE' };
  expect((await ask(server.port, '/money/merchants', { headers: other })).status).toBe(200);
});

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((program) => fs.existsSync(program));
const described = nginx === undefined ? describe.skip : describe;

described(`behind nginx${nginx === undefined ? ' (skipped: it is not installed)' : ''}`, () => {
  let port = 0;
  let stop: () => Promise<void> = async () => undefined;
  beforeAll(async () => {
    port = await freePort();
    const config = path.join(folder.path, 'nginx.conf');
    fs.writeFileSync(
      config,
      `daemon off; pid ${folder.path}/nginx.pid; error_log stderr; ${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
  access_log off;
  client_body_temp_path ${folder.path}/body; proxy_temp_path ${folder.path}/proxy; fastcgi_temp_path ${folder.path}/f; uwsgi_temp_path ${folder.path}/u; scgi_temp_path ${folder.path}/s;
  server {
    listen 127.0.0.1:${port};
    location /money/ {
      proxy_pass http://127.0.0.1:${server.port};
      proxy_http_version 1.1;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`,
    );
    expect(spawnSync(nginx ?? '', ['-t', '-c', config], { encoding: 'utf8' })).toMatchObject({ status: 0 });
    const child = spawn(nginx ?? '', ['-c', config], { stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    stop = async () => {
      child.kill('SIGQUIT');
      await ended;
    };
    await listening(port);
  });
  afterAll(() => stop());

  const through = (address: string, headers: Record<string, string> = {}, method = 'GET') =>
    ask(port, address, { method, headers: { host: `money.example:${port}`, ...headers } });

  test('pages, their assets and the API', async () => {
    const page = await through('/money/cashflow?period=2026');
    expect(page.status).toBe(200);
    for (const address of addresses(page.body).filter((one) => one.startsWith('/money/assets/')))
      expect((await through(address)).status).toBe(200);
    expect((await through('/money/api/v1/reports/cashflow')).status).toBe(200);
  });

  test('guards see the name that was typed', async () => {
    expect((await through('/money/', { host: 'evil.example' })).status).toBe(403);
    const json = { 'content-type': 'application/json' };
    const own = { ...json, origin: `http://money.example:${port}` };
    expect((await through('/money/api/v1/nothing', own, 'POST')).status).toBe(404);
    expect((await through('/money/api/v1/nothing', { ...json, origin: 'http://evil.example' }, 'POST')).status).toBe(
      403,
    );
  });

  test('events come through at once', async () => {
    const events = await openEvents(port, '/money/api/v1/events');
    expect(await events.next('snapshot')).toHaveProperty('id');
    events.close();
  });
});

async function listening(port: number): Promise<void> {
  const connects = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  await until(`something listens at ${port}`, connects);
}
