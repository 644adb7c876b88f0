import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { generateSample } from '../../src/model/household/generate.ts';
import { PAGE_NAMES, PAGES } from '../../src/web/pages/pageNames.ts';
import { CHROMIUM, launch, withPage } from '../support/browser.ts';
import { temporaryFolder } from '../support/folder.ts';
import { statsFile } from '../support/statsFile.ts';
import { until } from '../support/until.ts';
import { startWeb } from '../support/webServer.ts';

const here = CHROMIUM === null ? describe.skip : describe;

here('a page while other files take the place of the one that it shows (Chromium)', () => {
  const folder = temporaryFolder();
  const served = path.join(folder.path, 'served.duckdb');
  let server: Awaited<ReturnType<typeof startWeb>>;
  let browser: Browser;
  let at = '';
  let files: readonly string[] = [];
  let published = 0;

  /** What a sync does: another file, at once, in the place of the one before. */
  const publish = (): void => {
    const next = `${served}.${published}`;
    fs.copyFileSync(files[published++ % files.length] ?? '', next);
    fs.renameSync(next, served);
  };

  beforeAll(async () => {
    const make = (name: string, sql: readonly string[]): Promise<string> => {
      fs.mkdirSync(path.join(folder.path, name));
      return statsFile(path.join(folder.path, name), generateSample({ rows: 1500 }), sql);
    };
    files = [
      await make('before', []),
      // Figures of another length, rows fewer and more, months and categories among them.
      await make('after', [
        `UPDATE transactions SET amount = amount * 37, normalized_amount = normalized_amount * 37 WHERE category = 'Dining'`,
        `DELETE FROM transactions WHERE category = 'Fuel' OR merchant = (SELECT max(merchant) FROM transactions)`,
      ]),
    ];
    publish();
    server = await startWeb(served, { limits: { watchMs: 25 } });
    browser = await launch();
    at = `http://localhost:${server.port}`;
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    folder.remove();
  });

  const shown = (page: Page): Promise<unknown> => page.evaluate('document.body.dataset.snapshot');
  const become = async (page: Page, before: unknown): Promise<void> => {
    await until('the page shows the new file', async () => (await shown(page)) !== before);
  };

  test.each(PAGE_NAMES)('%s: nothing moves while it loads, nor while new figures take their places', (name) =>
    withPage(
      browser,
      async (page) => {
        await page.addInitScript(`globalThis.moved = [];
          new PerformanceObserver((list) => moved.push(...list.getEntries().map(({ value, sources }) => [value, sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 90)).join()])))
            .observe({ type: 'layout-shift', buffered: true })`);
        await page.goto(at + PAGES[name].path, { waitUntil: 'load' });
        await page.evaluate('globalThis.same = true');
        const before = await shown(page);
        publish();
        await become(page, before);
        // What moved is told when it was painted.
        await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
        const moved = (await page.evaluate('moved')) as [number, string][];
        const total = moved.reduce((sum, [value]) => sum + value, 0);
        expect({ total, moved: total < 0.01 ? [] : moved }).toEqual({ total: expect.any(Number), moved: [] });
        expect(await page.evaluate('globalThis.same')).toBe(true);
      },
      { viewport: { width: 1280, height: 900 } },
    ),
  );

  test('an answer that was asked for earlier and comes later does not take the place of a newer one', () =>
    withPage(browser, async (page) => {
      await page.addInitScript(`globalThis.told = 0;
        const Plain = EventSource;
        globalThis.EventSource = class extends Plain {
          constructor(url) { super(url); this.addEventListener('snapshot', () => told++); }
        };`);
      await page.goto(`${at}/cashflow`);
      await until('the page listens', async () => Number(await page.evaluate('told')) > 0);
      const first = await shown(page);
      const asked: string[] = [];
      let come = 0;
      let letGo = (): void => undefined;
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      await page.route(`${at}/cashflow`, async (route) => {
        const order = asked.push(route.request().resourceType());
        const answer = await route.fetch();
        // The first has its figures and is on its way for long.
        if (order === 1) await held;
        await route.fulfill({ response: answer });
        come++;
      });
      const tell = async (): Promise<void> => {
        const before = Number(await page.evaluate('told'));
        publish();
        await until('the page was told', async () => Number(await page.evaluate('told')) > before);
      };
      await tell();
      await until('it was asked for the first', () => asked.length === 1);
      await tell();
      // Whoever asks for the second at once does it now; who waits for the first cannot be kept from passing by this.
      await page.evaluate('new Promise((done) => setTimeout(done, 300))');
      letGo();
      await until('both have come', () => come === 2);
      await page.evaluate('new Promise((done) => setTimeout(done, 50))');
      expect(asked).toEqual(['fetch', 'fetch']);
      const last = (await (await page.request.get(`${at}/cashflow`)).text()).match(/data-snapshot="([^"]*)"/)?.[1];
      expect(last).not.toBe(first);
      await until('the newest is shown', async () => (await shown(page)) === last);
    }));
});
