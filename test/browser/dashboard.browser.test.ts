import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { PAGE_NAMES, PAGES } from '../../src/web/pages/pageNames.ts';
import type { RunningServer } from '../../src/web/server/server.ts';
import { CHROMIUM, launch, withPage } from '../support/browser.ts';
import { temporaryFolder } from '../support/folder.ts';
import { householdFile } from '../support/statsFile.ts';
import { startWeb } from '../support/webServer.ts';

const folder = temporaryFolder();
let server: RunningServer;
let browser: Browser;
let at = '';
const here = CHROMIUM === null ? describe.skip : describe;

here('the dashboard in a browser (Chromium)', () => {
  beforeAll(async () => {
    server = await startWeb(await householdFile(folder.path));
    browser = await launch();
    at = `http://localhost:${server.port}`;
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    folder.remove();
  });

  test.each(PAGE_NAMES)('%s: no complaint, and nothing wider than a phone', async (name) => {
    await withPage(browser, async (page) => {
      await page.goto(at + PAGES[name].path, { waitUntil: 'load' });
      expect(await page.title()).toBe(`${PAGES[name].title} · finance-db`);
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 740 });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      }
    });
  });

  test('a figure leads to its list, a row to its details, and back comes up again', async () => {
    await withPage(browser, async (page) => {
      await page.goto(`${at}/?period=last+month`);
      const figure = page.locator('.figure.spending .big a');
      const text = await figure.innerText();
      await figure.click();
      expect(await page.locator('.sums').innerText()).toContain(text);
      const list = page.url();
      await page.locator('.transactions tbody td.date a').first().click();
      expect(await page.locator('dl.detail').innerText()).toContain('merchant');
      await page.goBack();
      expect(page.url()).toBe(list);
      await page.goBack();
      expect(page.url()).toBe(`${at}/?period=last+month`);
    });
  });

  test('a bar of a chart is a door too, also by keyboard', async () => {
    await withPage(browser, async (page) => {
      await page.goto(`${at}/cashflow`);
      const bar = page.locator('svg.chart a[data-sum]').first();
      const sum = await bar.getAttribute('data-sum');
      await bar.focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/transactions/);
      expect(await page.locator('.sums').getAttribute('data-total')).toBe(sum);
    });
  });

  test('a filter goes into the address, without what was left empty, and a bookmark of it shows the same', async () => {
    await withPage(browser, async (page) => {
      await page.goto(`${at}/merchants`);
      await page.locator('.filters summary').click();
      await page.locator('#facet-category option[value=Dining]').waitFor({ state: 'attached' });
      await page.locator('.filters input[name=category]').fill('Dining');
      await page.locator('.filters button').click();
      await page.waitForURL(/category=Dining/);
      expect(new URL(page.url()).search).toBe('?category=Dining');
      expect(await page.locator('.chips').innerText()).toContain('category: Dining');
      const total = await page.locator('tfoot').innerText();
      await withPage(browser, async (other) => {
        await other.goto(page.url());
        expect(await other.locator('tfoot').innerText()).toBe(total);
      });
      await page.locator('.chip').click();
      expect(new URL(page.url()).search).toBe('');
    });
  });

  test('keys: a page, the period before and after, search, help', async () => {
    await withPage(browser, async (page) => {
      await page.goto(`${at}/?period=2026-09`);
      await page.keyboard.press('[');
      await page.waitForURL(/period=2026-08/);
      await page.keyboard.press(']');
      await page.waitForURL(/period=2026-09/);
      await page.keyboard.press('g');
      await page.keyboard.press('c');
      await page.waitForURL(/\/cashflow\?period=2026-09/);
      await page.keyboard.press('?');
      expect(await page.locator('#keys').isVisible()).toBe(true);
      await page.keyboard.press('Escape');
      await page.keyboard.press('/');
      await page.waitForURL(/\/transactions/);
      await page.keyboard.press('/');
      await page.keyboard.type('burger');
      await page.keyboard.press('Enter');
      await page.waitForURL(/q=burger/);
      expect(await page.locator('.transactions tbody th').first().innerText()).toMatch(/burger/i);
    });
  });

  test('without scripts: period, filter, list and details all work', async () => {
    await withPage(
      browser,
      async (page) => {
        await page.goto(`${at}/cashflow`);
        await page.locator('.period summary').click();
        await page.locator('.period input[name=period]').fill('2026q3');
        await page.locator('.period button').click();
        await page.waitForURL(/period=2026q3/);
        expect(await page.locator('.lead').innerText()).toContain('2026-07-01');
        await page.locator('tfoot .count a').click();
        expect(await page.locator('.sums').isVisible()).toBe(true);
        expect(await page.locator('.needs-script').first().isVisible()).toBe(false);
      },
      { javaScriptEnabled: false },
    );
  });

  test('privacy goes along with every link', async () => {
    await withPage(browser, async (page) => {
      await page.goto(at);
      await page.locator('.tools a.icon').click();
      expect(await page.locator('.figure .big').first().innerText()).toBe('•••');
      await page.locator('nav a', { hasText: 'Merchants' }).click();
      expect(await page.locator('tbody .money').first().innerText()).toBe('•••');
      await page.locator('tbody th a').first().click();
      expect(await page.locator('tbody .money').first().innerText()).toBe('•••');
    });
  });

  test('the theme button outlives the page', async () => {
    await withPage(
      browser,
      async (page) => {
        await page.goto(at);
        await page.locator('[data-theme-button]').click();
        await page.goto(`${at}/merchants`);
        expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
      },
      { colorScheme: 'light' },
    );
  });

  test('how far a sync is stands on the status page, as a bar and in words', () =>
    withPage(browser, async (page) => {
      const news = { state: 'running', task: 'sync', progress: { done: 0.427, text: 'transactions 427 rows' } };
      await page.route('**/api/v1/events', (route) =>
        route.fulfill({ contentType: 'text/event-stream', body: `event: sync\ndata: ${JSON.stringify(news)}\n\n` }),
      );
      await page.goto(`${at}/status`);
      await page.locator('[data-progress]', { hasText: '42 %' }).waitFor();
      expect(await page.locator('[data-progress]').innerText()).toBe('A sync runs … 42 % transactions 427 rows');
      expect(await page.locator('[data-bar]').getAttribute('value')).toBe('0.427');
    }));

  test('SQL runs, its table is read, and what is wrong with it is told in words', async () => {
    await withPage(browser, async (page) => {
      await page.goto(`${at}/sql`);
      await page.locator('textarea').fill('SELECT 6 * 7 AS answer');
      await page.keyboard.press('Control+Enter');
      await page.waitForURL(/sql=SELECT/);
      expect(await page.locator('tbody').innerText()).toBe('42');
      await page.locator('textarea').fill('DROP TABLE transactions');
      await page.locator('.sql-form button:not([hidden])').click();
      await page.locator('[role=alert]').waitFor();
      expect(await page.locator('[role=alert]').innerText()).toContain('QUERY_NOT_READ_ONLY');
    });
  });
});
