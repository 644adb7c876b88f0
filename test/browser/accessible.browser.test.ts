import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { PAGE_NAMES, PAGES } from '../../src/web/pages/pageNames.ts';
import { axeFindings, CHROMIUM, launch, withPage } from '../support/browser.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startWeb } from '../support/webServer.ts';

const here = CHROMIUM === null ? describe.skip : describe;

/** A month of the sample: everything that a page can show is there, and axe-core looks at each mark of each chart. */
const MONTH = 'period=2026-10';
const WITHOUT_PERIOD: readonly string[] = ['forecast', 'sql', 'status'];

const VISITS: readonly string[] = [
  ...PAGE_NAMES.map((name) => `${PAGES[name].path}?${WITHOUT_PERIOD.includes(name) ? '' : MONTH}`).map((address) =>
    // A list of ten is made as one of a hundred is.
    address.startsWith('/transactions') ? `${address}&q=kaffeehaus` : address,
  ),
  '/transactions?only=id:hh-00004255&every-row=1',
  '/merchants?merchant=nobody',
  '/sql?sql=SELECT+*+FROM+transactions+LIMIT+3',
  '/sql?sql=SELECT+nothing',
  ...['/', '/transactions', '/cashflow', '/flow'].map((path) => `${path}?${MONTH}&q=kaffeehaus&private=1`),
];

/** The rules whose outcome changes with the width of the window; with its colours it is the contrast alone. */
const OF_A_WINDOW = ['color-contrast', 'scrollable-region-focusable', 'link-name', 'label', 'aria-hidden-focus'];

here('every page for everybody (Chromium, axe-core), while the sample is shown', () => {
  const folder = temporaryFolder();
  let server: Awaited<ReturnType<typeof startWeb>>;
  let browser: Browser;
  beforeAll(async () => {
    // Nothing was ever published here: the marked sample stands in.
    server = await startWeb(`${folder.path}/finance.duckdb`);
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    folder.remove();
  });

  test.each(VISITS)('%s: axe finds nothing, light and dark, at a desk and in a hand', (address) =>
    withPage(
      browser,
      async (page) => {
        const answer = await page.goto(`http://localhost:${server.port}${address}`);
        expect([200, 400]).toContain(answer?.status());
        expect(await page.locator('.sample').isVisible()).toBe(true);
        const found = async (width: number, colorScheme: 'light' | 'dark', rules?: readonly string[]) => {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme });
          return (await axeFindings(page, rules)).map((finding) => `${width} ${colorScheme}: ${finding}`);
        };
        expect(await found(1280, 'light')).toEqual([]);
        expect(await found(1280, 'dark', ['color-contrast'])).toEqual([]);
        const ground = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
        expect(ground).toMatch(/oklch\(0?\.2 /);
        expect(await found(400, 'dark', OF_A_WINDOW)).toEqual([]);
        expect(await found(400, 'light', ['color-contrast'])).toEqual([]);
      },
      { reducedMotion: 'reduce' },
    ),
  );
});
