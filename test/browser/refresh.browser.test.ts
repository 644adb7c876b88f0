import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { generateSample } from '../../src/model/household/generate.ts';
import { PAGE_NAMES, PAGES } from '../../src/web/pages/pageNames.ts';
import { CHROMIUM, launch, seenMoving, WATCH_MOVES, withPage } from '../support/browser.ts';
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
        await page.addInitScript(WATCH_MOVES);
        await page.goto(at + PAGES[name].path, { waitUntil: 'load' });
        await page.evaluate('globalThis.same = true');
        const before = await shown(page);
        publish();
        await become(page, before);
        const moved = await seenMoving(page);
        const total = moved.reduce((sum, [value]) => sum + value, 0);
        expect({ total, moved: total < 0.01 ? [] : moved }).toEqual({ total: expect.any(Number), moved: [] });
        expect(await page.evaluate('globalThis.same')).toBe(true);
      },
      { viewport: { width: 1280, height: 900 } },
    ),
  );

  test('who has picked a row or is typing is asked first, and keeps both', () =>
    withPage(browser, async (page) => {
      await page.goto(`${at}/merchants`);
      const show = page.locator('[data-fresh] a');
      const askedFirst = async (kept: () => Promise<void>): Promise<void> => {
        const before = await shown(page);
        publish();
        await show.waitFor();
        expect(await shown(page)).toBe(before);
        await kept();
        await show.click();
        await become(page, before);
        await show.waitFor({ state: 'hidden' });
      };
      await page
        .locator('tbody tr')
        .first()
        .locator('td.date, td.share')
        .first()
        .click({ modifiers: ['Control'] });
      await askedFirst(async () => {
        expect(await page.locator('tr[aria-selected=true]').count()).toBe(1);
      });
      await page.keyboard.press('Escape');
      const typed = page.locator('.filters input[name=category]');
      await page.locator('.filters summary').click();
      await typed.fill('Din');
      await askedFirst(async () => {
        expect(await typed.inputValue()).toBe('Din');
      });
      expect(await typed.inputValue()).toBe('Din');
    }));

  test('an answer that was asked for earlier and comes later does not take the place of a newer one', () =>
    withPage(browser, async (page) => {
      // The first answer is made at once and is on its way until it is let go.
      await page.addInitScript(`globalThis.told = 0; globalThis.made = 0; globalThis.come = 0;
        const [PlainSource, plainFetch] = [EventSource, fetch];
        globalThis.EventSource = class extends PlainSource {
          constructor(url) { super(url); this.addEventListener('snapshot', () => told++); }
        };
        const held = new Promise((done) => { globalThis.letGo = done; });
        globalThis.fetch = async (...asked) => {
          const text = await (await plainFetch(...asked)).text();
          if (++made === 1) await held;
          come++;
          return new Response(text);
        };`);
      const count = async (name: string): Promise<number> => Number(await page.evaluate(name));
      await page.goto(`${at}/cashflow`);
      await until('the page listens', async () => (await count('told')) > 0);
      const first = await shown(page);
      const tell = async (): Promise<void> => {
        const before = await count('told');
        publish();
        await until('the page was told', async () => (await count('told')) > before);
      };
      await tell();
      await until('the first was made', async () => (await count('made')) === 1);
      await tell();
      // Whoever asks for the second at once has it now; that it waits for the first can be seen by waiting alone.
      const patience = performance.now() + 1000;
      await until('it came first, or waits', async () => (await shown(page)) !== first || performance.now() > patience);
      expect(await shown(page)).toBe(first);
      await page.evaluate('letGo()');
      await until('both have come', async () => (await count('come')) >= 2);
      const last = /data-snapshot="([^"]*)"/.exec(await (await page.request.get(`${at}/cashflow`)).text())?.[1];
      expect(last).not.toBe(first);
      await until('the newest is shown', async () => (await shown(page)) === last);
    }));
});
