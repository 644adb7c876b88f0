import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newToken } from '../../src/web/server/token.ts';
import { temporaryFolder } from '../support/folder.ts';
import { simpleRows, statsFile } from '../support/statsFile.ts';
import { ask, startWeb } from '../support/webServer.ts';

const TOKEN = newToken();
const folder = temporaryFolder();
let server: Awaited<ReturnType<typeof startWeb>>;
let base: Awaited<ReturnType<typeof startWeb>>;
beforeAll(async () => {
  const file = await statsFile(
    folder.path,
    simpleRows([{ day: '2026-11-01', amount: '-1.00', merchant: 'Secret Shop' }]),
  );
  server = await startWeb(file, { token: TOKEN });
  base = await startWeb(file, { token: TOKEN, base: '/money', trustProxy: true, allowedHosts: ['money.example'] });
});
afterAll(async () => {
  await server.close();
  await base.close();
  folder.remove();
});

const get = (path: string, headers: Record<string, string> = {}) => ask(server.port, path, { headers });

test('192 bits, another each time', () => {
  const tokens = new Set(Array.from({ length: 100 }, newToken));
  expect(tokens.size).toBe(100);
  for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(24);
});

describe('without the token nothing is shown', () => {
  const cookie = (value: string): Record<string, string> => ({ cookie: `finance-db-${server.port}=${value}` });
  const flipped = `${TOKEN.slice(0, -1)}${TOKEN.endsWith('A') ? 'B' : 'A'}`;
  test.each<[string, string, () => Record<string, string>]>([
    ['nothing', '/merchants', () => ({})],
    ['to a browser', '/merchants', () => ({ accept: 'text/html' })],
    ['a path that is not there', '/nothing', () => ({ accept: 'text/html' })],
    ['an asset', '/assets/client.js', () => ({})],
    ['a guessed token', `/merchants?token=${flipped}`, () => ({})],
    ['an empty one', '/merchants?token=', () => ({})],
    ['its beginning', `/merchants?token=${TOKEN.slice(0, 16)}`, () => ({})],
    ['a longer one', `/merchants?token=${TOKEN}A`, () => ({})],
    ['two', `/merchants?token=x&token=${TOKEN}`, () => ({})],
    ['the token itself as the cookie', '/merchants', () => cookie(TOKEN)],
    ['a guessed cookie', '/merchants', () => cookie('x'.repeat(43))],
    ['a guessed bearer', '/merchants', () => ({ authorization: `Bearer ${flipped}` })],
    ['another scheme', '/merchants', () => ({ authorization: `Basic ${TOKEN}` })],
    ['a guessed bearer beside nothing else', '/merchants', () => ({ authorization: 'Bearer  ' })],
  ])('%s', async (_, path, headers) => {
    const answer = await get(path, headers());
    expect(answer.status).toBe(401);
    expect(answer.body).not.toMatch(/Secret Shop|data-snapshot/);
    expect(answer.body).toContain('WEB_TOKEN');
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('nor is what is posted looked at', async () => {
    const answer = await ask(server.port, `/api/v1/query?token=${TOKEN}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"sql":"SELECT 1"}',
    });
    expect(answer.status).toBe(401);
  });

  test('but for whether it is alive', async () => {
    expect((await get('/api/v1/healthz')).status).not.toBe(401);
  });
});

test('the token is exchanged for a cookie that no script and no other site can use', async () => {
  const answer = await get(`/merchants?period=2026&token=${TOKEN}&merchant=Shop`);
  expect(answer.status).toBe(303);
  expect(answer.headers.location).toBe('/merchants?period=2026&merchant=Shop');
  expect(answer.headers['cache-control']).toBe('no-store');
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(new RegExp(`^finance-db-${server.port}=[A-Za-z0-9_-]{43}; `));
  expect(cookie).toMatch(/; HttpOnly/);
  expect(cookie).toMatch(/; SameSite=Strict/);
  expect(cookie).not.toContain('Secure');
  expect(cookie).not.toContain(TOKEN);
  const [pair = ''] = cookie.split(';');
  const shown = await get('/merchants', { cookie: `other=1; ${pair}` });
  expect(shown.status).toBe(200);
  expect(shown.body).toContain('Secret Shop');
});

test('programs send it with each request', async () => {
  expect((await get('/merchants', { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
});

test('behind a proxy the cookie is for its path and for https', async () => {
  const headers = { host: 'money.example', 'x-forwarded-proto': 'https' };
  const answer = await ask(base.port, `/money/?token=${TOKEN}`, { headers });
  expect(answer.status).toBe(303);
  expect(answer.headers.location).toBe('/money/');
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(/; Path=\/money(;|$)/);
  expect(cookie).toMatch(/; Secure/);
});
