import { Buffer } from 'node:buffer';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/folder.ts';
import { simpleRows, statsFile } from '../support/statsFile.ts';
import { until } from '../support/until.ts';
import { ask, sendRaw, startWeb, type WebRequest } from '../support/webServer.ts';

const folder = temporaryFolder();
let file = '';
let server: Awaited<ReturnType<typeof startWeb>>;
let port = 0;
/** One that gives up soon on who is slow; on a busy machine the others would meet that, too. */
let impatient: Awaited<ReturnType<typeof startWeb>>;
beforeAll(async () => {
  file = await statsFile(folder.path, simpleRows([{ day: '2026-11-01', amount: '-12.34', merchant: 'Corner Shop' }]));
  server = await startWeb(file, { limits: { bodyBytes: 50_000 } });
  impatient = await startWeb(file, { limits: { headersMs: 300, requestMs: 600 } });
  port = server.port;
});
afterAll(async () => {
  await server.close();
  await impatient.close();
  folder.remove();
});

const get = (path: string, headers: Record<string, string> = {}, request: WebRequest = {}) =>
  ask(port, path, { ...request, headers: { host: `localhost:${port}`, ...headers } });

describe('whoever asks for another host is sent away before anything is looked at', () => {
  test.each([
    'evil.example',
    'evil.example:8501',
    'localhost.evil.example',
    'localhost@evil.example',
    'evil.example#localhost',
    'localhost:80:80',
    '127.0.0.1.nip.io',
    '128.0.0.1',
    '[::2]',
    '[::1',
    '0.0.0.0',
    '2130706433',
    ' ',
    'localhost evil.example',
  ])('Host: %s', async (host) => {
    for (const path of ['/', '/api/v1/status', '/nothing', '/assets/x']) {
      const answer = await ask(port, path, { headers: { host } });
      expect([400, 403]).toContain(answer.status);
      expect(answer.body).not.toContain('Corner Shop');
      expect(answer.headers['content-security-policy'] ?? "frame-ancestors 'none'").toContain("frame-ancestors 'none'");
    }
  });

  test('a rebound GET has no Origin, and only its Host tells', async () => {
    const rebound = { host: `rebound.example:${port}`, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' };
    const answer = await ask(port, '/', { headers: rebound });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'WEB_REFUSED', status: 403, remedy: expect.any(String) });
  });

  test('two Host headers, or none', async () => {
    const two = await sendRaw(
      port,
      'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    );
    expect(two).toMatch(/^HTTP\/1\.1 403 /);
    const none = await sendRaw(port, 'GET / HTTP/1.0\r\n\r\n');
    expect(none).toMatch(/^HTTP\/1\.1 403 /);
  });

  test('a whole address in the request line does not stand in for the Host', async () => {
    const answer = await sendRaw(
      port,
      'GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    const other = await sendRaw(
      port,
      'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(other).toMatch(/^HTTP\/1\.1 404 /);
  });

  test.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '127.1.2.3:9', '[::1]:8501', 'localhost.'])(
    '%s is this machine, by whatever port it is forwarded',
    async (host) => {
      expect((await ask(port, '/', { headers: { host } })).status).toBe(200);
    },
  );

  test('X-Forwarded-Host counts for nothing unless a proxy is trusted', async () => {
    const forwarded = { 'x-forwarded-host': 'money.example' };
    expect((await get('/', forwarded)).status).toBe(200);
    expect((await ask(port, '/', { headers: { host: 'evil.example', 'x-forwarded-host': 'localhost' } })).status).toBe(
      403,
    );
    const behind = await startWeb(file, { trustProxy: true, allowedHosts: ['money.example'] });
    try {
      const through = (headers: Record<string, string>) => ask(behind.port, '/', { headers });
      expect((await through({ host: 'localhost', ...forwarded })).status).toBe(200);
      expect((await through({ host: 'localhost', 'x-forwarded-host': 'evil.example' })).status).toBe(403);
      expect((await through({ host: 'money.example:443' })).status).toBe(200);
    } finally {
      await behind.close();
    }
  });

  test('--allow-host', async () => {
    expect((await ask(port, '/', { headers: { host: 'money.example' } })).status).toBe(403);
    const named = await startWeb(file, { allowedHosts: ['money.example'] });
    try {
      expect((await ask(named.port, '/', { headers: { host: 'money.example' } })).status).toBe(200);
      expect((await ask(named.port, '/', { headers: { host: 'a.money.example' } })).status).toBe(403);
    } finally {
      await named.close();
    }
  });
});

describe('what changes something comes from a page of ours, or from a program', () => {
  const json = { 'content-type': 'application/json' };
  const own = () => `http://localhost:${port}`;
  const post = (headers: Record<string, string>) => get('/api/v1/nothing', headers, { method: 'POST', body: '{}' });
  test.each<[string, () => Record<string, string>]>([
    ['cross-site', () => ({ ...json, 'sec-fetch-site': 'cross-site' })],
    ['same-site: another port of this machine', () => ({ ...json, 'sec-fetch-site': 'same-site' })],
    ['none: typed or from an extension', () => ({ ...json, 'sec-fetch-site': 'none' })],
    ['a foreign Origin', () => ({ ...json, origin: 'http://evil.example' })],
    ['Origin: null', () => ({ ...json, origin: 'null' })],
    ['another port', () => ({ ...json, origin: `http://localhost:${port + 1}` })],
    ['another scheme', () => ({ ...json, origin: `https://localhost:${port}` })],
    ['an Origin that begins like ours', () => ({ ...json, origin: `${own()}.evil.example` })],
    [
      'our Origin, but Sec-Fetch-Site says otherwise',
      () => ({ ...json, origin: own(), 'sec-fetch-site': 'cross-site' }),
    ],
    [
      'Sec-Fetch-Site says ours, but Origin otherwise',
      () => ({ ...json, origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' }),
    ],
    ['a form without any mark', () => ({ 'content-type': 'application/x-www-form-urlencoded' })],
    ['text without any mark', () => ({ 'content-type': 'text/plain' })],
    ['nothing at all', () => ({})],
  ])('%s', async (_, headers) => {
    const answer = await post(headers());
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body).code).toBe('WEB_REFUSED');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each<[string, () => Record<string, string>]>([
    ['a page of ours', () => ({ origin: own(), 'sec-fetch-site': 'same-origin' })],
    ['an older browser', () => ({ origin: own() })],
    ['a form of ours', () => ({ 'sec-fetch-site': 'same-origin' })],
    ['a program', () => json],
  ])('%s gets as far as the routes', async (_, headers) => {
    expect((await post(headers())).status).toBe(404);
  });

  test('a preflight is answered with no permission', async () => {
    const answer = await get(
      '/api/v1/query',
      { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
      { method: 'OPTIONS' },
    );
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('a page elsewhere may link here, and nothing more', () => {
  test('a link opens', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await get('/', headers)).status).toBe(200);
  });
  test.each([
    ['iframe', 'navigate'],
    ['image', 'no-cors'],
    ['script', 'no-cors'],
    ['empty', 'cors'],
  ])('no %s', async (dest, mode) => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
    expect((await get('/', headers)).status).toBe(403);
  });
  test.each(['/', '/nothing', '/api/v1/nothing', '/cashflow?by=nonsense'])(
    '%s says that it must not be framed',
    async (path) => {
      const { headers } = await get(path, { accept: 'text/html' });
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['set-cookie']).toBeUndefined();
    },
  );
});

describe('tricks with paths', () => {
  test.each([
    '/../package.json',
    '/assets/../../package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/..%5c..%5cpackage.json',
    '/assets/....//package.json',
    '/assets/%00',
    '/assets/client.js%00.css',
    '//evil.example/',
    '/\\evil.example',
    '/./',
    '/assets/',
    '/assets/client.js',
    '/%',
    '/%ff%fe',
    '/__proto__',
    '/assets/__proto__',
    '/assets/constructor',
    `/${'a'.repeat(9000)}`,
  ])('%s', async (path) => {
    const answer = await get(path);
    expect([400, 404, 413]).toContain(answer.status);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.body).not.toMatch(/dependencies|Corner Shop/);
  });

  test('a merchant cannot become markup', async () => {
    const odd = await statsFile(
      temporary.path,
      simpleRows([{ day: '2026-11-01', amount: '-1.00', merchant: '<script>x</script>"\'&' }]),
    );
    const other = await startWeb(odd);
    try {
      const { body } = await ask(other.port, '/merchants');
      expect(body).toContain('&lt;script&gt;x&lt;/script&gt;&quot;&#39;&amp;');
      expect(body).not.toContain('<script>x');
      const { body: echoed } = await ask(other.port, `/?merchant=${encodeURIComponent('"><script>y</script>')}`);
      expect(echoed).not.toContain('<script>y');
    } finally {
      await other.close();
    }
  });
  const temporary = temporaryFolder();
  afterAll(temporary.remove);
});

describe('visitors who take too much', () => {
  const head = (length: number | string): string =>
    `POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${
      typeof length === 'number' ? `Content-Length: ${length}` : length
    }\r\n\r\n`;

  test('a body of 100 MB is refused by its announced length', async () => {
    const answer = await sendRaw(port, head(100_000_000), Buffer.alloc(200_000, 32));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('and one that announces none, once it has passed the limit', async () => {
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    const answer = await sendRaw(port, head('Transfer-Encoding: chunked'), ...Array.from({ length: 20 }, () => chunk));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a body does not make a GET take longer', async () => {
    const answer = await sendRaw(
      port,
      'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\nConnection: close\r\n\r\n',
      Buffer.alloc(200_000, 32),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (200|413) /);
  });

  test('headers that never end', async () => {
    const answer = await sendRaw(impatient.port, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  test('a body that never comes', async () => {
    const answer = await sendRaw(impatient.port, head(100), '{"sql"');
    expect(answer).not.toMatch(/^HTTP\/1\.1 200 /);
  });

  test('headers that are too many or too large', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => `X-${index}: 1\r\n`).join('');
    expect(await sendRaw(port, `GET / HTTP/1.1\r\nHost: localhost\r\n${many}\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    const large = `GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ${'a'.repeat(50_000)}\r\n\r\n`;
    const refused = await sendRaw(port, large);
    expect(refused).toMatch(/^HTTP\/1\.1 431 .*\r\nContent-Type: application\/problem\+json\r\n/);
    expect(JSON.parse(refused.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status: 431, code: 'USAGE' });
  });

  test('a flood of connections: so many are held, the others closed at once, and afterwards it answers as before', async () => {
    const most = 24;
    const held = await startWeb(file, { limits: { connections: most } });
    const open = (): Promise<{ readonly socket: net.Socket; readonly closed: Promise<void> }> =>
      new Promise((resolve) => {
        const socket = net.connect(held.port, '127.0.0.1');
        const closed = new Promise<void>((done) => socket.on('close', () => done()));
        socket.on('error', () => undefined);
        socket.once('connect', () => resolve({ socket, closed }));
      });
    const heap = process.memoryUsage().heapUsed;
    const flood = await Promise.all(Array.from({ length: 600 }, open));
    const counts = { ended: 0 };
    for (const { closed } of flood) void closed.then(() => counts.ended++);
    // What is beyond is closed without a word: neither waits nor takes memory.
    await until('those beyond are closed', () => counts.ended >= flood.length - most);
    const left = flood.filter(({ socket }) => !socket.destroyed && !socket.readableEnded);
    expect(left).toHaveLength(most);
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(50_000_000);
    // Who is in is served, though the house is full.
    const answer = new Promise<string>((resolve) => left[0]?.socket.once('data', (data) => resolve(String(data))));
    left[0]?.socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost:${held.port}\r\n\r\n`);
    expect(await answer).toMatch(/^HTTP\/1\.1 (200|404) /);
    for (const { socket } of flood) socket.destroy();
    const ask1 = (): Promise<number> =>
      ask(held.port, '/merchants', { headers: { host: `localhost:${held.port}` } }).then(
        ({ status }) => status,
        () => 0,
      );
    await until('it answers again', async () => (await ask1()) === 200);
    await held.close();
  });

  test('two requests in one, by lengths that disagree', async () => {
    const smuggled =
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /merchants HTTP/1.1\r\nHost: localhost\r\n\r\n';
    expect(await sendRaw(port, smuggled)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('none of that has hurt it', async () => {
    const { status, body } = await get('/merchants');
    expect(status).toBe(200);
    expect(body).toContain('Corner Shop');
    expect([...server.log, ...impatient.log]).toEqual([]);
  });
});

test('both loopbacks are served, where the machine has both', async () => {
  const has6 = await new Promise<boolean>((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(0, '::1', () => probe.close(() => resolve(true)));
  });
  const answer = ask(port, '/', { address: '::1', headers: { host: `[::1]:${port}` } });
  if (has6) expect((await answer).status).toBe(200);
  else await expect(answer).rejects.toThrow();
});

test('a port in use is told with the flag that takes another', async () => {
  await expect(startWeb(file, { port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(`127.0.0.1:${port}`),
    remedy: expect.stringContaining(`--port ${port + 1}`),
  });
});
