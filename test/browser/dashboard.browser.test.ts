import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { PAGE_NAMES, PAGES, type PageName } from '../../src/web/pages/pageNames.ts';
import type { RunningServer } from '../../src/web/server/server.ts';
import { CHROMIUM, launch, seenMoving, WATCH_MOVES, withPage } from '../support/browser.ts';
import { temporaryFolder } from '../support/folder.ts';
import { householdFile } from '../support/statsFile.ts';
import { startWeb } from '../support/webServer.ts';

const folder = temporaryFolder();
let server: RunningServer;
let browser: Browser;
let at = '';
const here = CHROMIUM === null ? describe.skip : describe;

/** A page with all that it can show. */
function addressOf(name: PageName): string {
  return name === 'balances' ? '/balances?opening=checking-001=1200.50' : PAGES[name].path;
}

/** Days, months and commands that go on in the next line. */
const BROKEN = `(() => {
  const broken = [];
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
    if (node.parentElement.closest('.foot, code.long, .detail') !== null) continue;
    const command = node.parentElement.closest('code') !== null;
    for (const { 0: word, index } of node.data.matchAll(command ? /.+/g : /\\d{4}-\\d\\d(-\\d\\d)?/g)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) broken.push(word);
    }
  }
  return broken;
})()`;

/** What paper has no room for. */
const WIDER = `[...document.querySelectorAll('table, svg, p, dl')]
  .filter((part) => part.getBoundingClientRect().right > innerWidth + 1).map((part) => part.outerHTML.slice(0, 90))`;

interface Stop {
  readonly text: string;
  readonly marked: boolean;
  readonly inSight: boolean;
  readonly inMain: boolean;
}

/** What the keyboard is at; null past the end of the page. */
async function focused(page: Page): Promise<Stop | null> {
  return (await page.evaluate(`(() => {
    const at = document.activeElement;
    if (at === null || at === document.body) return null;
    const mark = at.querySelector('rect, path, circle');
    const box = at.getBoundingClientRect();
    return {
      text: at.textContent.trim(),
      marked: getComputedStyle(at).outlineStyle !== 'none' || (mark !== null && getComputedStyle(mark).strokeWidth === '2px'),
      inSight: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
      inMain: at.closest('main') !== null,
    };
  })()`)) as Stop | null;
}

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

  test.each(PAGE_NAMES)('%s: no complaint, whole words, nothing wider than a phone or moved by a late script', (name) =>
    withPage(
      browser,
      async (page) => {
        await page.addInitScript(WATCH_MOVES);
        let letGo = (): void => undefined;
        const painted = new Promise<void>((resolve) => {
          letGo = resolve;
        });
        await page.route('**/assets/*.js', async (route) => {
          await painted;
          await route.continue();
        });
        await page.goto(at + addressOf(name), { waitUntil: 'commit' });
        await page.locator('main h1').waitFor();
        // A page is painted while it comes: columns may widen until all of their rows are there, whatever scripts do.
        await page.waitForFunction('document.readyState !== "loading"');
        await seenMoving(page);
        await page.evaluate('moved.length = 0');
        letGo();
        await page.waitForLoadState('load');
        await page.locator('html[data-scripts]').waitFor();
        expect(await seenMoving(page)).toEqual([]);
        expect(await page.title()).toBe(`${PAGES[name].title} · finance-db`);
        for (const width of [360, 1280]) {
          await page.setViewportSize({ width, height: 740 });
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
          expect(await page.evaluate(BROKEN)).toEqual([]);
        }
        // The navigation has room for all of its names.
        const beyond = 'const list = document.querySelector("nav > ul"); list.scrollWidth - list.clientWidth';
        expect(await page.evaluate(beyond)).toBeLessThanOrEqual(0);
      },
      { viewport: { width: 360, height: 740 } },
    ),
  );

  test('by keyboard alone: every stop is in sight and marked, and leads where it says', () =>
    withPage(browser, async (page) => {
      await page.goto(`${at}/merchants?limit=3`);
      await page.keyboard.press('Tab');
      expect(await focused(page)).toMatchObject({ text: 'Skip to content', marked: true });
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await focused(page)).toMatchObject({ inMain: true });
      const unmarked: unknown[] = [];
      const seen: string[] = [];
      for (let stop = await focused(page); stop !== null; stop = await focused(page)) {
        if (!stop.marked || !stop.inSight) unmarked.push(stop);
        seen.push(stop.text);
        await page.keyboard.press('Tab');
      }
      expect(unmarked).toEqual([]);
      expect(seen).toEqual(expect.arrayContaining(['count', 'CSV of By merchant', 'as command: By merchant']));
      // From the top again: a menu, and a page in it.
      const to = async (text: string): Promise<void> => {
        for (let stops = 0; (await focused(page))?.text !== text; stops++) {
          expect(stops).toBeLessThan(60);
          await page.keyboard.press('Tab');
        }
        await page.keyboard.press('Enter');
      };
      await to('More');
      await to('Channels');
      await page.waitForURL(/channels/);
      await to('+ filter');
      await page.locator('.filters input').first().waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.type('card-001');
      await page.keyboard.press('Enter');
      await page.waitForURL(/channels\?account=card-001/);
    }));

  test('numbers are written as the browser prefers, or the address says', () =>
    withPage(
      browser,
      async (page) => {
        await page.goto(`${at}/?period=2026-10`);
        expect(await page.locator('.figure.income .big').innerText()).toBe('11.241,83');
        expect(await page.locator('.figure .big').last().innerText()).toMatch(/^−10,3\s%$/);
        expect(await page.locator('svg.chart a title').first().textContent()).toMatch(/\d\.\d{3},\d\d/);
        await page.goto(`${at}/cashflow?period=2026-10&locale=en-IN`);
        expect(await page.locator('tfoot .money').first().innerText()).toBe('11,241.83');
        await page.goto(`${at}/cashflow?locale=en-IN`);
        expect(await page.locator('tfoot .money').first().innerText()).toBe('2,69,362.86');
      },
      { locale: 'de-DE' },
    ));

  test('on paper: pages fit, without what only a screen can do, and say where they are from', () =>
    withPage(
      browser,
      async (page) => {
        await page.emulateMedia({ media: 'print' });
        for (const address of ['/', '/categories', '/calendar', '/sql?sql=FROM+transactions+LIMIT+3']) {
          await page.goto(at + address);
          expect(await page.evaluate(WIDER)).toEqual([]);
          for (const part of ['nav', '.tools', '.foot'])
            expect(await page.locator(part).first().isVisible()).toBe(false);
          await page.evaluate('dispatchEvent(new Event("beforeprint"))');
          expect(await page.locator('.printed').innerText()).toMatch(/^http:\/\/localhost:\d+\/\S* · snapshot \w+$/);
          // A sheet of A4 within margins of a centimetre.
          if (address === '/') expect(await page.evaluate('document.body.scrollHeight')).toBeLessThanOrEqual(1047);
        }
      },
      { viewport: { width: 718, height: 1000 } },
    ));

  test('a figure leads to its list, a row to its details, and back comes up again', async () => {
    await withPage(browser, async (page) => {
      await page.goto(`${at}/?period=last+month`);
      // A bookmark of any of them rolls.
      for (const link of await page.locator('nav a').all())
        if (!/sql|status|forecast/.test((await link.getAttribute('href')) ?? ''))
          expect(await link.getAttribute('href')).toContain('period=last+month');
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
        await page.locator('.filters summary').click();
        await page.locator('.filters input[name=category]').fill('Dining');
        await page.locator('.filters button').click();
        await page.waitForURL(/category=Dining/);
        const count = await page.locator('tfoot .count a').innerText();
        await page.locator('tfoot .count a').click();
        expect(await page.locator('.sums').innerText()).toContain(count);
        expect(await page.locator('.needs-script').first().isVisible()).toBe(false);
        await page.locator('.transactions tbody td.date a').first().click();
        expect(await page.locator('dl.detail').first().innerText()).toContain('Dining');
        await page.goto(`${at}/sql`);
        await page.locator('textarea').fill('SELECT 6 * 7 AS answer');
        await page.locator('.sql-form button:not([hidden])').first().click();
        expect(await page.locator('tbody').first().innerText()).toBe('42');
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
