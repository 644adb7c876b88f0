import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { apiRoutes } from '../../src/web/api/apiRoutes.ts';
import { temporaryFolder } from '../support/folder.ts';
import { ask, openEvents, startWeb } from '../support/webServer.ts';

/** An example of docs/api.md. */
interface Example {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}

const page = fs.readFileSync(path.resolve('docs/api.md'), 'utf8');
const EXAMPLES: readonly Example[] = [...page.matchAll(/^curl (.*)$/gm)].map(([, line = '']) => {
  const [, address = ''] = /'http:\/\/localhost:8501(\/[^']*)'/.exec(line) ?? [];
  return { method: /-X (\w+)/.exec(line)?.[1] ?? 'GET', path: address, body: /-d '([^']*)'/.exec(line)?.[1] };
});

const folder = temporaryFolder();
let server: Awaited<ReturnType<typeof startWeb>>;
beforeAll(async () => {
  // Nothing was published there: the server shows the sample.
  server = await startWeb(path.join(folder.path, 'finance.duckdb'));
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

test.each(EXAMPLES)('$method $path', async ({ method, path: address, body }) => {
  if (address.endsWith('/events')) {
    const events = await openEvents(server.port, address);
    expect(await events.next('snapshot')).toHaveProperty('id');
    expect(await events.next('sync')).toHaveProperty('state');
    events.close();
    return;
  }
  const headers: Record<string, string> = method === 'POST' ? { 'content-type': 'application/json' } : {};
  const answer = await ask(server.port, address, { method, headers, ...(body === undefined ? {} : { body }) });
  // One thing runs in the background at a time.
  expect(method === 'POST' && body === undefined ? [202, 409] : [200]).toContain(answer.status);
  if (answer.headers['content-type'] === 'application/json') {
    const { rows, total } = JSON.parse(answer.body);
    // Examples that find nothing show nothing.
    if (rows !== undefined) expect(rows.length).toBeGreaterThan(0);
    if (total?.count !== undefined) expect(total.count).not.toBe(0);
  }
});

test('there is an example of each path', () => {
  for (const route of apiRoutes(true)) {
    const pattern = new RegExp(`^/api/v1${route.path.replace(/\./g, '\\.').replace(/\{\w+\}/g, '[^/.]+')}(\\?.*)?$`);
    const found = EXAMPLES.find(
      ({ method, path: address }) => method.toLowerCase() === route.method && pattern.test(address),
    );
    expect({ path: route.path, method: route.method, found: found !== undefined }).toMatchObject({ found: true });
  }
});
