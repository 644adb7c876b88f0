import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PAGE_NAMES, PAGES } from '../../src/web/pages/pageNames.ts';
import { temporaryFolder } from '../support/folder.ts';
import { householdFile, simpleRows, statsFile } from '../support/statsFile.ts';
import { ask, startWeb } from '../support/webServer.ts';

/** A page with all that it loads, before anything is compressed. */
const MOST_BYTES = 150_000;
const MOST_CLIENT = 30_000;

const folder = temporaryFolder();
let server: Awaited<ReturnType<typeof startWeb>>;
let client = 0;
beforeAll(async () => {
  server = await startWeb(await householdFile(folder.path));
  const { body } = await ask(server.port, '/status');
  const paths = [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  const assets = await Promise.all(paths.map((path) => ask(server.port, path)));
  expect(assets).toHaveLength(2);
  client = assets.reduce((sum, asset) => sum + Buffer.byteLength(asset.body), 0);
  expect(assets.reduce((sum, asset) => sum + gzipSync(asset.body).length, 0)).toBeLessThan(MOST_CLIENT);
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

const PATHS = PAGE_NAMES.map((name) => PAGES[name].path);
/** Every door of a page carries them along. */
const FILTERS = 'from=2021-01-01&to=2026-12-31&max=99999.99&with-transfers=1&locale=de-DE';

test.each([
  ...PATHS,
  ...['/cashflow?by=day', '/cashflow?by=week', '/categories?depth=2', '/balances?by=day', '/?whole=1'],
  ...PATHS.filter((path) => !['/sql', '/status'].includes(path)).map((path) => `${path}?${FILTERS}`),
  ...['/cashflow?by=day', '/cashflow?by=week', '/categories?depth=2', '/balances?by=day'].map(
    (path) => `${path}&${FILTERS}`,
  ),
])('%s: 150 KB at most, and nothing from elsewhere', async (path) => {
  const { status, body } = await ask(server.port, path);
  expect(status).toBe(200);
  expect(Buffer.byteLength(body) + client).toBeLessThan(MOST_BYTES);
  expect(body).not.toMatch(/(?:src|srcset)="(?!\/)|<link[^>]*href="(?!\/|data:)|url\(/);
});

test.each(['/categories?depth=2', '/categories', '/accounts'])(
  '%s with 300 names of 60 letters: no more than that either',
  async (path) => {
    const many = temporaryFolder();
    const rows = Array.from({ length: 3000 }, (_, index) => ({
      day: `2026-${String((index % 10) + 1).padStart(2, '0')}-15`,
      amount: `-${(index % 97) + 1}.25`,
      category: `Kategorie ${index % 60} mit einem längeren Namen für alles darin`,
      subcategory: `Unterkategorie ${index % 300} & was sonst noch dazu gehört`,
      account: `Konto ${index % 300} mit einem Namen, den nur die Bank so lang fand`,
    }));
    const heavy = await startWeb(await statsFile(many.path, simpleRows(rows)));
    const { status, body } = await ask(heavy.port, path);
    await heavy.close();
    many.remove();
    expect(status).toBe(200);
    expect(Buffer.byteLength(body) + client).toBeLessThan(MOST_BYTES);
    expect(body).toMatch(/the exports have all/);
  },
);

test('of a large file the overview is shown before what takes seconds, which a link, the script or a later visit has', async () => {
  const large = temporaryFolder();
  const late = await startWeb(await householdFile(large.path), { limits: { lateRows: 1 } });
  const get = (address: string, headers = {}) =>
    ask(late.port, address, { headers: { accept: 'text/html', ...headers } });
  const first = await get('/');
  expect(first.body).toMatch(/class="figure income"/);
  expect(first.body.match(/data-later/g)).toHaveLength(2);
  expect(first.headers.etag).toBeUndefined();
  const [, link = ''] = /<a href="([^"]*)">wait for it/.exec(first.body) ?? [];
  expect(link).toBe('/?whole=1');
  expect((await get('/?period=2026-09', { 'finance-db-whole': '1' })).body).not.toMatch(/data-later/);
  const followed = await get(link);
  expect(followed.body).not.toMatch(/data-later|Remove filter/);
  const again = await get('/');
  expect(again.body).not.toMatch(/data-later/);
  expect(again.headers.etag).toBeDefined();
  await late.close();
  large.remove();
});
