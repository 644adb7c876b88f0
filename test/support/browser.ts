import fs from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The system's Chromium; null where there is none, and tests that need it are skipped and say so. */
export const CHROMIUM =
  [process.env['FINANCE_DB_TEST_CHROMIUM'] ?? '', ...PLACES].find((place) => fs.existsSync(place)) ?? null;

/** As root it needs --no-sandbox; without a network it must not wait for one. */
const FLAGS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Half a minute, the driver's own, is too short for a machine that does eight times too much. */
const PATIENCE_MS = 120_000;

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: FLAGS, timeout: PATIENCE_MS });
}

/** A page, and all that a console, the security policy or the network complained of. */
async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly complaints: string[]; close(): Promise<void> }> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  // How many pages had been asked for when a request was made.
  let pages = 0;
  const asked = new WeakMap<Request, number>();
  page.on('request', (request) => {
    if (request.isNavigationRequest()) pages++;
    asked.set(request, pages);
  });
  page.on('requestfailed', (request) => {
    // A stream of events ends with its page, as does what a page still waits for that is left; and who stops a page from loading knows that.
    const isLeft = request.isNavigationRequest() || asked.get(request) !== pages;
    const stopped = isLeft && request.failure()?.errorText === 'net::ERR_ABORTED';
    if (!request.url().endsWith('/events') && !stopped)
      complaints.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  return { page, complaints, close: () => context.close() };
}

/**
 * Gives a page to a test and closes it; fails for anything that the console, the security policy or the network complained
 * of meanwhile.
 */
export async function withPage(
  browser: Browser,
  work: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const { page, complaints, close } = await openPage(browser, options);
  try {
    await work(page);
    expect(complaints).toEqual([]);
  } finally {
    await close();
  }
}

/** Put into a page before its scripts: notes what moves from the first paint on, and beside what. */
export const WATCH_MOVES = `globalThis.moved = [];
const note = (entries) => moved.push(...entries.map(({ value, sources }) =>
  [value, sources.map(({ node }) => (node?.outerHTML ?? node?.textContent ?? '').slice(0, 90)).join()]));
const watching = new PerformanceObserver((list) => note(list.getEntries()));
watching.observe({ type: 'layout-shift', buffered: true });
globalThis.seenMoving = () => (note(watching.takeRecords()), moved);`;

/** What has moved, by how much; what moved is told when it was painted. */
export async function seenMoving(page: Page): Promise<readonly (readonly [number, string])[]> {
  for (let frame = 0; frame < 3; frame++) await nextFrame(page);
  return (await page.evaluate('seenMoving()')) as [number, string][];
}

export async function nextFrame(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => done()))');
}

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe-core finds wrong, as lines. It is put into the page from outside, which its security policy leaves to the driver.
 * @param rules all of them unless given
 */
export async function axeFindings(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(AXE);
  return page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(
          options: unknown,
        ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run({ resultTypes: ['violations'], ...(only === null ? {} : { runOnly: only }) });
    return violations.flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 3)
        .map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary?.slice(0, 200) ?? ''}`),
    );
  }, rules ?? null);
}
