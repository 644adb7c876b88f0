import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { PgSession } from '../../src/postgres/session.ts';
import { CHROMIUM, launch, withPage } from '../support/browser.ts';
import { runCli } from '../support/cli.ts';
import type { Cluster } from '../support/cluster.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';
import { makeFollowCluster } from '../support/followServer.ts';
import { type HeldBackProxy, startProxy } from '../support/process.ts';
import { until } from '../support/until.ts';
import { startWeb } from '../support/webServer.ts';

const here = CHROMIUM === null ? describe.skip : describe;

here('a page while things happen (Chromium, PostgreSQL)', () => {
  const folder = temporaryFolder();
  const file = path.join(folder.path, 'finance.duckdb');
  let browser: Browser;
  let postgres: Cluster;
  let database: TestDatabase;
  let session: PgSession;
  let proxy: HeldBackProxy;
  let server: Awaited<ReturnType<typeof startWeb>>;
  let at = '';

  beforeAll(async () => {
    if (!fs.existsSync('dist/main.cjs')) spawnSync(process.execPath, ['scripts/build.mjs']);
    postgres = await makeFollowCluster();
    database = await createTestDatabase(postgres.address);
    session = await database.session();
    await session.query(
      `CREATE TABLE transactions (tx_id text PRIMARY KEY, "timestamp" timestamp NOT NULL, amount numeric(15,2) NOT NULL, currency text,
       merchant text, mcc text, account_id text, city text, state text, channel text, category text, subcategory text, normalized_amount numeric(15,2));
       INSERT INTO transactions SELECT 'row-' || n, '2026-10-01'::timestamp + n * interval '10 hours', -n, 'USD', 'Shop ' || n % 4, '5411', 'card', NULL, NULL,
       'pos', 'Groceries', NULL, -n FROM generate_series(1, 60) AS n`,
    );
    proxy = await startProxy(database.address);
    const url = urlOf({ ...database.address, host: '127.0.0.1', port: proxy.address.port });
    const env = { FINANCE_DB_HOME: folder.path, DATABASE_URL: url };
    expect(await runCli(['sync', '--validate'], { env })).toMatchObject({ code: 0 });
    server = await startWeb(file, {
      sync: {
        automatic: false,
        follow: null,
        maxAgeMs: 300_000,
        program: [process.execPath, '--', path.resolve('bin/finance-db.js')],
        flags: ['--home', folder.path, '--duckdb', file],
        cwd: folder.path,
        env: { PATH: process.env['PATH'], HOME: folder.path, DATABASE_URL: `${url}&connect_timeout=30` },
      },
      limits: { watchMs: 50, queries: 1 },
    });
    at = `http://localhost:${server.port}`;
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await proxy?.close();
    await database?.drop();
    postgres?.remove();
    folder.remove();
  });

  /** Notes what jumps on the page from now on, and that the page is still this one. */
  const watch = (page: Page): Promise<void> =>
    page.evaluate(`globalThis.same = true; globalThis.shifts = [];
      new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value }) => value))).observe({ type: 'layout-shift' })`);
  // Words of a line that become longer move their neighbours, and measure a thousandth; whatever jumps, a hundred times that.
  const seen = (page: Page): Promise<unknown> =>
    page.evaluate(
      `({ same: globalThis.same === true, jumped: (globalThis.shifts ?? []).reduce((a, b) => a + b, 0) > 0.005 })`,
    );
  const spending = (page: Page): Promise<string> => page.locator('.figure.spending .big').innerText();

  test('a row changes, "Sync now": figure and receipt change in place, and lead down to the row', () =>
    withPage(browser, async (page) => {
      await page.goto(`${at}/?period=2026-10`);
      const before = await spending(page);
      const snapshot = await page.locator('.data').innerText();
      await watch(page);
      await withPage(browser, async (status) => {
        await status.goto(`${at}/status`);
        const receipts = status.locator('#receipts tbody tr');
        expect(await receipts.count()).toBe(1);
        await session.query(
          `UPDATE transactions SET amount = -1234.56, normalized_amount = -1234.56 WHERE tx_id = 'row-3'`,
        );
        await watch(status);
        await status.getByRole('button', { name: 'Sync now' }).click();
        await receipts.nth(1).waitFor();
        expect(await receipts.first().innerText()).toMatch(/sync.*EQUAL/s);
        expect(await seen(status)).toMatchObject({ same: true });
      });
      await page.locator('.figure.spending .big', { hasText: '.56' }).waitFor();
      expect(before).not.toContain('.56');
      expect(await spending(page)).toContain('.56');
      expect(await seen(page)).toEqual({ same: true, jumped: false });
      expect(await page.locator('.data').innerText()).toMatch(/EQUAL, proven (just now|\d+ s ago)/);
      expect(await page.locator('.data').innerText()).not.toBe(snapshot);
      await page.locator('.figure.spending .big a').click();
      await page.getByRole('link', { name: 'most out' }).click();
      const row = page.locator('.transactions tbody tr').first();
      expect(await row.innerText()).toContain('1,234.56');
      await row.locator('td.date a').click();
      expect(await page.locator('dl.detail').first().innerText()).toContain('row-3');
    }));

  test('who has scrolled down is asked, and nothing moves meanwhile', () =>
    withPage(
      browser,
      async (page) => {
        await page.goto(`${at}/transactions`);
        await page.evaluate('scrollTo(0, 200)');
        await watch(page);
        const before = await page.locator('.sums').innerText();
        await session.query(`DELETE FROM transactions WHERE tx_id = 'row-4'`);
        await page.request.post(`${at}/api/v1/sync`, { data: {}, headers: { origin: at } });
        const show = page.getByRole('link', { name: 'show' });
        await show.waitFor();
        expect(await page.locator('.sums').innerText()).toBe(before);
        await show.click();
        await page.locator('.sums', { hasText: '59' }).waitFor();
        expect(before).toContain('60');
        expect(await seen(page)).toEqual({ same: true, jumped: false });
        expect(await page.evaluate('scrollY')).toBe(200);
      },
      { viewport: { width: 1000, height: 500 } },
    ));

  test('serve --follow: the sample gives way to the data, a row that changes to its figure, and the line says how far behind', async () => {
    const own = path.join(folder.path, 'followed');
    const followed = path.join(own, 'finance.duckdb');
    fs.mkdirSync(own);
    const url = urlOf({ ...database.address, host: '127.0.0.1', port: proxy.address.port });
    await session.query('CREATE PUBLICATION finance_db FOR TABLE transactions');
    const following = await startWeb(followed, {
      sync: {
        ...{ automatic: true, follow: [], maxAgeMs: 300_000, cwd: own, flags: ['--home', own, '--duckdb', followed] },
        program: [process.execPath, '--', path.resolve('bin/finance-db.js')],
        env: { PATH: process.env['PATH'], HOME: own, DATABASE_URL: url },
      },
      limits: { watchMs: 50 },
    });
    try {
      await withPage(browser, async (page) => {
        await page.goto(`http://localhost:${following.port}/?period=2026-10`);
        await page.locator('.sample').waitFor({ state: 'detached' });
        const line = page.locator('.data', { hasText: /follows PostgreSQL, (up to date|.+ behind)/ });
        await line.waitFor();
        await watch(page);
        const before = await spending(page);
        await session.query(
          `UPDATE transactions SET amount = -9876.43, normalized_amount = -9876.43 WHERE tx_id = 'row-5'`,
        );
        await page.locator('.figure.spending .big').filter({ hasNotText: before }).waitFor();
        expect(before).not.toContain('.43');
        await line.waitFor();
        expect(await seen(page)).toEqual({ same: true, jumped: false });
        await page
          .getByRole('link', { name: await spending(page) })
          .first()
          .click();
        await page.getByRole('link', { name: 'most out' }).click();
        expect(await page.locator('.transactions tbody tr').first().innerText()).toContain('9,876.43');
      });
    } finally {
      await following.close();
    }
  });

  test('PostgreSQL gone: the page says why and keeps its figures; back: it says no more', () =>
    withPage(browser, async (page) => {
      await page.goto(`${at}/status`);
      await watch(page);
      const { port } = proxy.address;
      await proxy.close();
      await page.getByRole('button', { name: 'Sync now' }).click();
      await page.locator('.data .problem').waitFor();
      expect(await page.locator('[role=alert]').innerText()).toContain('PG_UNREACHABLE');
      expect(await page.locator('main').innerText()).toContain('60');
      proxy = await startProxy(database.address, port);
      await page.getByRole('button', { name: 'Sync now' }).click();
      await page.locator('.data .problem').waitFor({ state: 'detached' });
      await page.locator('[role=alert]').waitFor({ state: 'detached' });
      const log = page.locator('#log tbody tr');
      expect(await log.nth(0).innerText()).toMatch(/sync\s+done/);
      expect(await log.nth(1).innerText()).toMatch(/sync\s+PG_UNREACHABLE/);
      expect(await seen(page)).toMatchObject({ same: true });
    }));

  test('SQL that takes long is stopped by its button, and the server is free for the next', () =>
    withPage(browser, async (page) => {
      await page.goto(`${at}/sql`);
      await page
        .locator('textarea')
        .fill('SELECT count(*) FROM range(10000000) a(x), range(10000000) b(y) WHERE (x * y) % 7 = 3');
      // By keyboard: a click of the driver's would wait for the page that never comes.
      await page.keyboard.press('Control+Enter');
      await until('the query runs', () => server.load().working === 1);
      for (const key of ['Tab', 'Tab', 'Enter']) await page.keyboard.press(key);
      await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden' });
      await page.locator('textarea').fill('SELECT 6 * 7 AS answer');
      await page.getByRole('button', { name: 'Run' }).click();
      expect(await page.locator('tbody').first().innerText()).toBe('42');
    }));

  test('rows that were picked are copied as a spreadsheet reads them', () =>
    withPage(
      browser,
      async (page) => {
        await page.goto(`${at}/merchants?sort=name`);
        const cell = (row: number) => page.locator('tbody tr').nth(row).locator('td.date, td.share').first();
        await cell(0).click({ modifiers: ['Control'] });
        await cell(1).click({ modifiers: ['Shift'] });
        expect(await page.locator('tr[aria-selected=true]').count()).toBe(2);
        await page.keyboard.press('Control+c');
        const [head, first, second, ...more] = String(await page.evaluate('navigator.clipboard.readText()')).split(
          '\n',
        );
        expect(head?.split('\t')).toEqual(expect.arrayContaining(['Merchant', 'Count']));
        expect(first).toMatch(/^Shop 0\t-\d+(\.\d+)?\t/);
        expect(second).toMatch(/^Shop 1\t/);
        expect(more).toEqual([]);
        await page.keyboard.press('Escape');
        expect(await page.locator('tr[aria-selected=true]').count()).toBe(0);
      },
      { permissions: ['clipboard-read', 'clipboard-write'] },
    ));

  test('nothing published and no PostgreSQL: every page says that it is the sample', async () => {
    const sample = await startWeb(path.join(folder.path, 'none', 'finance.duckdb'));
    await withPage(browser, async (page) => {
      for (const address of ['/', '/merchants', '/transactions', '/sql', '/status']) {
        await page.goto(`http://localhost:${sample.port}${address}`);
        expect(await page.locator('.sample').innerText()).toContain('SAMPLE DATA');
      }
    });
    await sample.close();
    // What takes seconds at millions of rows is filled in.
    const late = await startWeb(path.join(folder.path, 'none', 'finance.duckdb'), { limits: { lateRows: 1 } });
    await withPage(browser, async (page) => {
      await page.goto(`http://localhost:${late.port}/`);
      await page.locator('[data-later]').first().waitFor({ state: 'detached' });
      expect(await page.locator('main').innerText()).toContain('Worth a look');
    });
    await late.close();
  });
});
