import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { DuckDbFile } from '../../src/duckdb/reader.ts';
import { memoReader, TurnedConnection } from '../../src/web/server/memoReader.ts';
import { StatementMemo } from '../../src/web/server/statementMemo.ts';
import { Turns } from '../../src/web/server/turns.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type SimpleRow, simpleRows, statsFile } from '../support/statsFile.ts';
import { until } from '../support/until.ts';
import { ask, openEvents, post, startWeb } from '../support/webServer.ts';

/** Takes minutes, and notices an interruption. */
const ENDLESS = 'SELECT count(*) AS n FROM range(1000000) a(x), range(1000000) b(y) WHERE (x * y) % 7 = 3';

let folder: ReturnType<typeof temporaryFolder>;
let file = '';
let server: Awaited<ReturnType<typeof startWeb>> | undefined;
beforeEach(async () => {
  folder = temporaryFolder();
  file = path.join(folder.path, 'served.duckdb');
  await replace([{ day: '2026-11-01', amount: '-1.00', merchant: 'Before' }]);
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  folder.remove();
});

/** Puts a file in the place of the one that is served, as a sync does. */
async function replace(rows: readonly SimpleRow[], copies = 1): Promise<void> {
  const more = `INSERT INTO transactions SELECT t.* REPLACE (tx_id || '-' || i AS tx_id) FROM transactions t, range(1, ${copies}) r(i)`;
  const made = await statsFile(
    fs.mkdtempSync(path.join(folder.path, 'new-')),
    simpleRows(rows),
    copies > 1 ? [more] : [],
  );
  fs.renameSync(made, file);
}

async function start(options: Parameters<typeof startWeb>[1] = {}): Promise<number> {
  server = await startWeb(file, options);
  return server.port;
}

/** Sends a request and goes away before the answer. */
function askAndLeave(port: number, sql: string): { leave: () => void } {
  const sent = http.request({
    host: '127.0.0.1',
    port,
    path: '/api/v1/query',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    agent: false,
  });
  sent.on('error', () => undefined);
  sent.end(JSON.stringify({ sql }));
  return { leave: () => sent.destroy() };
}

/** Until so many questions are being answered, and so many wait. */
const taken = (working: number, waiting = 0): Promise<void> =>
  until(`${working} are answered and ${waiting} wait`, () => {
    const load = server?.load();
    return load?.working === working && load.waiting === waiting;
  });

test('a new file is announced and read, and its answers say which it was', async () => {
  const port = await start({ limits: { watchMs: 20 } });
  const before = await ask(port, '/api/v1/reports/merchants');
  const events = await openEvents(port);
  const { id } = await events.next('snapshot');
  expect(before.headers['finance-db-snapshot']).toBe(id);
  expect(JSON.parse(before.body).snapshot.id).toBe(id);
  await replace([{ day: '2026-11-02', amount: '-2.00', merchant: 'After' }]);
  const announced = await events.next('snapshot');
  expect(announced['id']).not.toBe(id);
  const after = JSON.parse((await ask(port, '/api/v1/reports/merchants')).body);
  expect(after.snapshot.id).toBe(announced['id']);
  expect(after.rows).toMatchObject([{ merchant: 'After', amount: -2 }]);
  events.close();
});

test('what is being read stays what it was: one request, one snapshot', async () => {
  await replace([{ day: '2026-11-01', amount: '-1.00', merchant: 'Before' }], 60_000);
  const port = await start();
  const first = await new Promise<http.IncomingMessage>((resolve) =>
    http.get({ host: '127.0.0.1', port, path: '/api/v1/transactions.csv', agent: false }, resolve),
  );
  await replace([{ day: '2026-11-02', amount: '-2.00', merchant: 'After' }]);
  expect(JSON.parse((await ask(port, '/api/v1/transactions')).body).rows).toHaveLength(1);
  let text = '';
  for await (const piece of first.setEncoding('utf8')) text += piece;
  expect(text.trim().split('\n')).toHaveLength(60_001);
  expect(text).not.toContain('After');
});

test('no file any more, and one again', async () => {
  const port = await start();
  fs.renameSync(file, `${file}.away`);
  const gone = await ask(port, '/api/v1/reports/overview');
  expect(gone.status).toBe(503);
  expect(JSON.parse(gone.body).code).toBe('DUCKDB_MISSING');
  expect((await ask(port, '/')).status).toBe(503);
  fs.renameSync(`${file}.away`, file);
  expect((await ask(port, '/')).status).toBe(200);
});

describe('what several ask at a time is run once', () => {
  /** A file of which a statement is answered when the test says so. */
  function slowFile() {
    const runs: { sql: string; answer: (rows: unknown[]) => void; fail: (error: Error) => void }[] = [];
    const connected = (signal?: AbortSignal) => ({
      abandoned: false,
      close: () => undefined,
      all: (sql: string) =>
        new Promise((answer, fail) => {
          signal?.addEventListener('abort', () => fail(new Error('interrupted')));
          runs.push({ sql, answer, fail });
        }),
    });
    const file = { connect: async (signal?: AbortSignal) => connected(signal), close: () => undefined };
    return { runs, file: file as unknown as DuckDbFile };
  }
  const signal = () => new AbortController();

  function visitors() {
    const { runs, file: slow } = slowFile();
    const turns = new Turns({ atOnce: 2, waiting: 10, patienceMs: 60_000 });
    const memo = new StatementMemo();
    const visit = (stop = signal()) =>
      memoReader({ path: '', timeZone: 'UTC' }, memo, new TurnedConnection(slow, turns, stop.signal), stop.signal);
    return { runs, turns, visit };
  }

  test('and takes one turn', async () => {
    const { runs, turns, visit } = visitors();
    const answers = [visit().all('SELECT 1')];
    await until('it runs', () => runs.length === 1);
    for (let more = 0; more < 5; more++) answers.push(visit().all('SELECT 1'));
    expect(turns.load()).toEqual({ working: 1, waiting: 0 });
    runs[0]?.answer([{ one: 1 }]);
    expect(await Promise.all(answers)).toEqual(Array(6).fill([{ one: 1 }]));
    expect(runs).toHaveLength(1);
  });

  test('who asked first may go: the next one runs it', async () => {
    const { runs, visit } = visitors();
    const leaving = signal();
    const first = visit(leaving).all('SELECT 1');
    await until('it runs', () => runs.length === 1);
    const second = visit().all('SELECT 1');
    leaving.abort(new Error('gone'));
    await expect(first).rejects.toThrow();
    await until('it runs again', () => runs.length === 2);
    runs[1]?.answer([{ one: 1 }]);
    expect(await second).toEqual([{ one: 1 }]);
  });

  test('who waits for it may go too', async () => {
    const { runs, visit } = visitors();
    const first = visit().all('SELECT 1');
    await until('it runs', () => runs.length === 1);
    const leaving = signal();
    const second = visit(leaving).all('SELECT 1');
    leaving.abort(new Error('gone'));
    await expect(second).rejects.toThrow();
    runs[0]?.answer([]);
    expect(await first).toEqual([]);
  });
});

describe('at most so many questions at once', () => {
  test('those that are too many are sent away with Retry-After, and pages that need no query are not', async () => {
    const port = await start({ limits: { queries: 1, waiting: 1, patienceMs: 60_000 } });
    const first = askAndLeave(port, ENDLESS);
    await taken(1);
    const waiting = ask(port, '/api/v1/reports/cashflow');
    await taken(1, 1);
    const third = await ask(port, '/api/v1/reports/cashflow');
    expect(third.status).toBe(503);
    expect(third.headers['retry-after']).toBe('2');
    expect(JSON.parse(third.body).code).toBe('WEB_BUSY');
    expect((await ask(port, '/api/v1/healthz')).status).toBe(200);
    // The first visitor goes: its query is interrupted, and the next gets its turn.
    first.leave();
    expect((await waiting).status).toBe(200);
  });

  test('what was asked before is answered while all turns are taken', async () => {
    const port = await start({ limits: { queries: 1, waiting: 0 } });
    const before = await ask(port, '/api/v1/reports/cashflow');
    const first = askAndLeave(port, ENDLESS);
    await taken(1);
    expect(await ask(port, '/api/v1/reports/cashflow')).toMatchObject({ status: 200, body: before.body });
    expect((await ask(port, '/api/v1/reports/cashflow?period=2026')).status).toBe(503);
    first.leave();
  });

  test('so is a page that was shown before, to another visitor too', async () => {
    const clock = Date.now();
    const port = await start({ limits: { queries: 1, waiting: 0 }, now: () => new Date(clock) });
    const before = await ask(port, '/merchants?period=2026');
    const first = askAndLeave(port, ENDLESS);
    await taken(1);
    const again = await ask(port, '/merchants?period=2026');
    expect(again).toMatchObject({ status: 200, body: before.body });
    expect(again.headers.etag).toBe(before.headers.etag);
    const german = { headers: { 'accept-language': 'de-DE' } };
    expect((await ask(port, '/merchants?period=2026', german)).body).not.toBe(before.body);
    expect((await ask(port, '/merchants?period=2025')).status).toBe(503);
    first.leave();
    await taken(0);
    // Another file is another page.
    await replace([{ day: '2026-11-02', amount: '-2.00', merchant: 'After' }]);
    expect((await ask(port, '/merchants?period=2026')).body).toContain('After');
  });

  test('who waits too long is told too', async () => {
    const port = await start({ limits: { queries: 1, waiting: 5, patienceMs: 100 } });
    const first = askAndLeave(port, ENDLESS);
    await taken(1);
    expect((await ask(port, '/')).status).toBe(503);
    first.leave();
  });

  test('who goes while waiting takes nobody else their turn', async () => {
    const port = await start({ limits: { queries: 1, waiting: 1, patienceMs: 60_000 } });
    const first = askAndLeave(port, ENDLESS);
    await taken(1);
    const second = askAndLeave(port, ENDLESS);
    await taken(1, 1);
    second.leave();
    await taken(1);
    const third = ask(port, '/');
    first.leave();
    expect((await third).status).toBe(200);
  });

  test('who takes a file and stops reading loses it, and who leaves gives it back', async () => {
    await replace([{ day: '2026-11-01', amount: '-1.00', merchant: 'x'.repeat(200) }], 150_000);
    const port = await start({ limits: { queries: 1, waiting: 1, patienceMs: 60_000, drainMs: 300 } });
    const stalled = await new Promise<http.IncomingMessage>((resolve) =>
      http.get({ host: '127.0.0.1', port, path: '/api/v1/transactions.csv', agent: false }, resolve),
    );
    stalled.pause();
    stalled.on('error', () => undefined);
    expect((await ask(port, '/api/v1/healthz')).status).toBe(200);
    expect((await ask(port, '/api/v1/reports/overview')).status).toBe(200);
    stalled.destroy();
    // Who goes in the middle of it gives the turn back.
    const leaving = await new Promise<http.IncomingMessage>((resolve) =>
      http.get({ host: '127.0.0.1', port, path: '/api/v1/transactions.csv', agent: false }, resolve),
    );
    leaving.on('error', () => undefined);
    leaving.once('data', () => leaving.destroy());
    await taken(0);
  });

  test('HEAD of a file holds nothing', async () => {
    const port = await start({ limits: { queries: 1, waiting: 0 } });
    for (let time = 0; time < 3; time++) {
      const head = await ask(port, '/api/v1/transactions.csv', { method: 'HEAD' });
      expect(head).toMatchObject({ status: 200, body: '' });
      expect(head.headers['content-type']).toContain('text/csv');
    }
    expect((await ask(port, '/')).status).toBe(200);
  });
});

describe('SQL of visitors', () => {
  test('at most 1,000 rows, or fewer, and whether there are more', async () => {
    const port = await start();
    const all = JSON.parse((await post(port, '/api/v1/query', { sql: 'SELECT range AS n FROM range(1000)' })).body);
    expect(all).toMatchObject({ truncated: false });
    expect(all.rows).toHaveLength(1000);
    const more = JSON.parse((await post(port, '/api/v1/query', { sql: 'SELECT range AS n FROM range(1001)' })).body);
    expect(more).toMatchObject({ truncated: true });
    expect(more.rows).toHaveLength(1000);
    const few = JSON.parse(
      (await post(port, '/api/v1/query', { sql: 'SELECT range AS n FROM range(5000)', limit: 3 })).body,
    );
    expect(few).toMatchObject({ truncated: true, rows: [{ n: 0 }, { n: 1 }, { n: 2 }] });
    expect((await post(port, '/api/v1/query', { sql: 'SELECT 1', limit: 1001 })).status).toBe(400);
    expect((await post(port, '/api/v1/query', { sql: 'SELECT 1', timeout: 11 })).status).toBe(400);
  });

  test('and not for ever', async () => {
    const port = await start();
    const answer = await post(port, '/api/v1/query', { sql: ENDLESS, timeout: 0.3 });
    expect(answer.status).toBe(504);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'QUERY_TIMEOUT' });
    expect((await ask(port, '/')).status).toBe(200);
  });

  test('nothing of one request is there in the next', async () => {
    const port = await start({ limits: { queries: 1 } });
    await post(port, '/api/v1/query', { sql: 'SET VARIABLE secret = 42' });
    await post(port, '/api/v1/query', { sql: 'CREATE TEMP TABLE left_behind AS SELECT 42 AS n' });
    const variable = await post(port, '/api/v1/query', { sql: "SELECT getvariable('secret') AS v" });
    expect(JSON.parse(variable.body).rows).toEqual([{ v: null }]);
    expect((await post(port, '/api/v1/query', { sql: 'FROM left_behind' })).status).toBe(400);
  });

  test.each([
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "COPY (SELECT 1) TO '/tmp/finance-db-stolen.csv'",
    "ATTACH '/tmp/finance-db-stolen.duckdb'",
    'DELETE FROM transactions',
    'DROP TABLE transactions',
    "SET memory_limit = '100GB'",
    'SET threads = 64',
    "SET max_temp_directory_size = '1TB'",
    'INSTALL httpfs',
    'SELECT 1; SELECT 2',
    '',
    '-- nothing',
  ])('%s', async (sql) => {
    const port = await start();
    const answer = await post(port, '/api/v1/query', { sql });
    expect([400, 403]).toContain(answer.status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(fs.existsSync('/tmp/finance-db-stolen.csv')).toBe(false);
    expect(fs.existsSync('/tmp/finance-db-stolen.duckdb')).toBe(false);
  });

  test('what DuckDB may use is set, and is less than the machine has', async () => {
    const port = await start();
    const sql =
      "SELECT name, value FROM duckdb_settings() WHERE name IN ('memory_limit', 'max_temp_directory_size', 'threads') ORDER BY name";
    const { rows } = JSON.parse((await post(port, '/api/v1/query', { sql })).body);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual([
      'max_temp_directory_size',
      'memory_limit',
      'threads',
    ]);
    for (const { value } of rows) expect(value).toMatch(/^\d/);
  });

  test('--no-sql leaves out both the page and the path', async () => {
    const port = await start({ sql: false });
    expect((await post(port, '/api/v1/query', { sql: 'SELECT 1' })).status).toBe(404);
    expect((await ask(port, '/sql')).status).toBe(404);
    const description = JSON.parse((await ask(port, '/api/v1/openapi.json')).body);
    expect(description.paths['/query']).toBeUndefined();
  });
});
