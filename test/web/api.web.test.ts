import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apiRoutes } from '../../src/web/api/apiRoutes.ts';
import { temporaryFolder } from '../support/folder.ts';
import { runStatsCommand } from '../support/stats.ts';
import { simpleRows, statsFile } from '../support/statsFile.ts';
import { ask, post, startWeb } from '../support/webServer.ts';

const BIG = '-12345678901.23';
const folder = temporaryFolder();
let file = '';
let server: Awaited<ReturnType<typeof startWeb>>;
let port = 0;
beforeAll(async () => {
  const days = Array.from({ length: 250 }, (_, index) => ({
    day: `2026-${String((index % 10) + 1).padStart(2, '0')}-${String((index % 28) + 1).padStart(2, '0')}`,
    amount: (-(index + 1) / 100).toFixed(2),
    merchant: index % 5 === 0 ? null : `Shop ${index % 7}`,
    account: index % 2 === 0 ? 'a' : 'b',
  }));
  file = await statsFile(
    folder.path,
    simpleRows([
      ...days,
      { day: '2026-11-01', amount: BIG, merchant: 'Big' },
      { day: '2026-11-02', amount: '-50.00', category: 'Transfer', account: 'a', merchant: 'Move' },
      { day: '2026-11-02', amount: '50.00', category: 'Transfer', account: 'b', merchant: 'Move' },
    ]),
  );
  server = await startWeb(file);
  port = server.port;
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

const get = (path: string, headers: Record<string, string> = {}) => ask(port, `/api/v1/${path}`, { headers });
const json = async (path: string) => JSON.parse((await get(path)).body);

test.each([
  'overview',
  'categories',
  'cashflow',
  'merchants',
  'accounts',
  'channels',
  'places',
  'recurring',
  'currencies',
  'anomalies',
  'health',
])('%s is what stats --json prints, with the snapshot', async (report) => {
  const { stdout } = await runStatsCommand(file, report, { json: true });
  const { snapshot, ...document } = await json(`reports/${report}`);
  expect(document).toEqual(JSON.parse(stdout));
  expect(snapshot).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{12}$/), sample: false, proof: null });
  const { stdout: csv } = await runStatsCommand(file, report, { format: 'csv' });
  expect((await get(`reports/${report}.csv`)).body).toBe(csv);
  const parquet = await get(`reports/${report}.parquet`);
  expect(parquet.status).toBe(200);
  expect(parquet.body.startsWith('PAR1')).toBe(true);
});

test('no digit is lost, as numerals and as strings', async () => {
  const found = await get('reports/merchants?merchant=Big');
  expect(found.body).toContain(`"amount":${BIG}`);
  expect((await get('reports/merchants?merchant=Big&numbers=string')).body).toContain(`"amount":"${BIG}"`);
  const sql = { sql: 'SELECT 12345678901234567890123456789012345.678::DECIMAL(38,3) AS d' };
  expect((await post(port, '/api/v1/query', sql)).body).toContain('"d":12345678901234567890123456789012345.678');
  expect((await post(port, '/api/v1/query?numbers=string', sql)).body).toContain(
    '"d":"12345678901234567890123456789012345.678"',
  );
});

describe('the list of transactions', () => {
  test.each(['-date', 'date', 'amount', '-amount', 'merchant'])(
    'every row once, by %s, through all pages',
    async (sort) => {
      const seen: string[] = [];
      let total: unknown;
      let path = `transactions?sort=${sort}&limit=37`;
      for (;;) {
        const answer = await get(path);
        const page = JSON.parse(answer.body);
        total ??= page.total;
        expect(page.total).toEqual(total);
        seen.push(...page.rows.map(({ tx_id }: { tx_id: string }) => tx_id));
        const link = /^<\/api\/v1\/(.*)>; rel="next"$/.exec((answer.headers.link as string) ?? '')?.[1];
        expect(link === undefined).toBe(page.next === null);
        if (link === undefined) break;
        path = link;
      }
      expect(seen).toHaveLength(251);
      expect(new Set(seen).size).toBe(251);
    },
  );

  test('it adds up to the figure of the report, whatever narrows it', async () => {
    const { rows } = await json('reports/merchants?period=2026&limit=100');
    expect(rows.length).toBeGreaterThan(6);
    for (const { merchant, amount, count } of rows) {
      const only = merchant === null ? 'merchant' : `merchant:${merchant}`;
      const list = await json(`transactions?period=2026&only=${encodeURIComponent(only)}`);
      expect(list.total).toMatchObject({ amount, count });
    }
  });

  test('transfers are left out as reports leave them out', async () => {
    expect((await json('transactions?q=Move')).total.count).toBe(0);
    expect((await json('transactions?q=Move&with-transfers')).total).toMatchObject({ count: 2, amount: 0 });
  });

  test('files hold all of it', async () => {
    const csv = (await get('transactions.csv?period=2026')).body.trim().split('\n');
    expect(csv).toHaveLength(252);
    expect(csv[0]).toBe(
      'tx_id,timestamp,account_id,merchant,category,subcategory,amount,currency,normalized_amount,channel,city,state,mcc',
    );
    expect((await get('transactions.parquet')).body.startsWith('PAR1')).toBe(true);
  });

  test('one, with what is near to it', async () => {
    const [leg] = (await json('transactions?q=Move&with-transfers&only=sign:out')).rows;
    const detail = await json(`transactions/${leg.tx_id}`);
    expect(detail).toMatchObject({
      is_transfer: true,
      other_leg: { account_id: 'b', amount: 50 },
      transaction: { tx_id: leg.tx_id },
    });
    expect((await get('transactions/no%2Fsuch')).status).toBe(404);
  });

  test('facets', async () => {
    const { account, category } = await json('facets');
    expect(account).toEqual(
      expect.arrayContaining([
        { value: 'a', count: expect.any(Number) },
        { value: 'b', count: expect.any(Number) },
      ]),
    );
    expect(category[0]).toEqual({ value: 'Groceries', count: 251 });
  });
});

describe('tags', () => {
  test.each([
    'reports/cashflow',
    'reports/cashflow.csv',
    'transactions?limit=3',
    'facets',
    'validations',
    'transactions.csv',
  ])('%s', async (path) => {
    const first = await get(path);
    const etag = first.headers.etag ?? '';
    expect(etag).toMatch(/^W\/"[\w-]{22}"$/);
    const again = await get(path, { 'if-none-match': `"other", ${etag}` });
    expect(again).toMatchObject({ status: 304, body: '' });
    expect(again.headers.etag).toBe(etag);
    expect((await get(path, { 'if-none-match': 'W/"other"' })).status).toBe(200);
  });

  test('another request, another tag', async () => {
    const tags = await Promise.all(
      ['reports/cashflow', 'reports/cashflow?period=2026', 'reports/cashflow?numbers=string'].map(
        async (path) => (await get(path)).headers.etag,
      ),
    );
    expect(new Set(tags).size).toBe(3);
  });
});

test('gzip, where it is asked for', async () => {
  const body = await new Promise<Buffer>((resolve) =>
    http.get(
      { port, host: '127.0.0.1', path: '/api/v1/transactions', headers: { 'accept-encoding': 'gzip' }, agent: false },
      (incoming) => {
        expect(incoming.headers['content-encoding']).toBe('gzip');
        expect(incoming.headers.vary).toContain('Accept-Encoding');
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
      },
    ),
  );
  expect(JSON.parse(gunzipSync(body).toString()).rows).toHaveLength(100);
});

test('HEAD is GET without its body', async () => {
  const found = await get('reports/cashflow');
  const head = await ask(port, '/api/v1/reports/cashflow', { method: 'HEAD' });
  expect(head).toMatchObject({ status: 200, body: '' });
  for (const name of ['etag', 'content-type', 'finance-db-snapshot', 'content-security-policy'])
    expect(head.headers[name]).toBe(found.headers[name]);
});

describe('errors are problem documents with code and remedy', () => {
  test.each<[string, number, string]>([
    ['reports/cashfow', 404, 'WEB_NOT_FOUND'],
    ['reports/cashflow?periud=2026', 400, 'USAGE'],
    ['reports/cashflow?period=2026&period=2025', 400, 'USAGE'],
    ['reports/cashflow?period=nonsense', 400, 'USAGE'],
    ['reports/merchants?by=month', 400, 'USAGE'],
    ['reports/merchants?limit=0', 400, 'USAGE'],
    ['reports/merchants?limit=1.5', 400, 'USAGE'],
    ['reports/merchants?sort=colour', 400, 'USAGE'],
    ['reports/merchants?income&spending', 400, 'USAGE'],
    ['reports/merchants?income=maybe', 400, 'USAGE'],
    ['reports/merchants?merchant=/(/', 400, 'USAGE'],
    ['reports/merchants?min=-1', 400, 'USAGE'],
    ['reports/merchants?numbers=double', 400, 'USAGE'],
    ['transactions?limit=1001', 400, 'USAGE'],
    ['transactions?after=x', 400, 'USAGE'],
    ['transactions?only=colour:red', 400, 'USAGE'],
    ['transactions?only=day:2026-02-31..', 400, 'USAGE'],
    ['transactions?sort=size', 400, 'USAGE'],
    ['validations?limit=0', 400, 'USAGE'],
    ['healthz?x=1', 400, 'USAGE'],
    ['transactions?q=a%00b', 400, 'USAGE'],
    ['reports/merchants?merchant=a%00b', 400, 'USAGE'],
    ['nothing', 404, 'WEB_NOT_FOUND'],
    ['sync', 405, 'WEB_METHOD'],
  ])('%s', async (path, status, code) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    const problem = JSON.parse(answer.body);
    expect(problem).toMatchObject({ status, code, title: expect.any(String), detail: expect.any(String) });
    expect(problem.remedy).not.toBe('');
  });

  test.each<[string, unknown]>([
    ['no object', []],
    ['no SQL', {}],
    ['SQL that is none', { sql: 1 }],
    ['an unknown member', { sql: 'SELECT 1', rows: 3 }],
    ['a limit that is none', { sql: 'SELECT 1', limit: '3' }],
    ['a parameter that is none', { sql: 'SELECT $a', params: { a: null } }],
    ['a type with SQL in it', { sql: 'SELECT $a', params: { a: { value: '1', type: 'INT); DROP' } } }],
    ['a parameter that is missing', { sql: 'SELECT $a' }],
  ])('query: %s', async (_, body) => {
    const answer = await post(port, '/api/v1/query', body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body).remedy).not.toBe('');
  });

  test('query: no JSON', async () => {
    const headers = { 'content-type': 'application/json' };
    for (const body of ['', '{', 'SELECT 1', '\u0000'])
      expect((await ask(port, '/api/v1/query', { method: 'POST', headers, body })).status).toBe(400);
  });

  test('parameters of SQL are values, never SQL', async () => {
    const value = `x' OR 1=1 --`;
    const { rows } = JSON.parse(
      (
        await post(port, '/api/v1/query', {
          sql: 'SELECT $v AS v, $n + 1 AS n, $b AS b',
          params: { v: value, n: 2, b: true },
        })
      ).body,
    );
    expect(rows).toEqual([{ v: value, n: 3, b: true }]);
  });
});

describe('openapi.json', () => {
  test('describes every path and its parameters', async () => {
    const document = await json('openapi.json');
    expect(document.openapi).toBe('3.1.0');
    for (const { method, path, query } of apiRoutes(true)) {
      const operation = document.paths[path]?.[method];
      expect(operation).toBeDefined();
      const named = operation.parameters
        .filter((each: { in: string }) => each.in === 'query')
        .map((each: { name: string }) => each.name);
      expect(named).toEqual(Object.keys(query?.properties ?? {}));
      expect(operation.responses['400'].content['application/problem+json'].schema.$ref).toBe(
        '#/components/schemas/Problem',
      );
    }
  });

  test('every path of the Contract is there', async () => {
    const paths = Object.keys((await json('openapi.json')).paths);
    for (const path of [
      'reports/{name}',
      'reports/{name}.csv',
      'reports/{name}.parquet',
      'transactions',
      'transactions/{id}',
      'facets',
      'query',
      'saved',
      'sync',
      'status',
      'validations',
      'events',
      'openapi.json',
      'healthz',
    ])
      expect(paths).toContain(`/${path}`);
  });
});

test('nothing of this was an error of ours', () => {
  expect(server.log).toEqual([]);
});
