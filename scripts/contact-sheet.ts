// Pictures of every page of a running dashboard, several on a sheet, to be looked at:
// npx tsx scripts/contact-sheet.ts http://localhost:8501 OUT.png [width] [light|dark|print] [pages a sheet] [page,page] [query]
import { chromium, type Page } from 'playwright-core';
import { PAGE_NAMES, PAGES, type PageName } from '../src/web/pages/pageNames.ts';

const [at = '', out = 'sheet.png', width = '1280', look = 'light', many = '4', only = '', query = ''] =
  process.argv.slice(2);
const names = only === '' ? PAGE_NAMES : (only.split(',') as PageName[]);
const browser = await chromium.launch({
  executablePath: process.env['FINANCE_DB_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({
  viewport: { width: Number(width), height: 800 },
  colorScheme: look === 'dark' ? 'dark' : 'light',
  reducedMotion: 'reduce',
});

/** A page as a picture; what is wider than its window is said. */
async function picture(page: Page, name: PageName): Promise<string> {
  await page.emulateMedia({ media: look === 'print' ? 'print' : 'screen' });
  await page.goto(`${at}${PAGES[name].path}${query}`, { waitUntil: 'load' });
  await page.locator('[data-later]').first().waitFor({ state: 'detached' });
  const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
  if (wide > Number(width)) console.log(`${name}: ${wide} px wide in a window of ${width}`);
  const image = await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width: Number(width), height: 2400 } });
  return `data:image/png;base64,${image.toString('base64')}`;
}

const page = await context.newPage();
for (let first = 0; first < names.length; first += Number(many)) {
  const images: string[] = [];
  for (const name of names.slice(first, first + Number(many))) images.push(await picture(page, name));
  const sheet = await browser.newPage({ viewport: { width: (Number(width) + 8) * images.length, height: 400 } });
  await sheet.setContent(
    `<body style="margin:0;display:flex;gap:8px;align-items:start;background:#888">${images.map((source) => `<img src="${source}">`).join('')}`,
  );
  await sheet.screenshot({ path: out.replace('.png', `-${first / Number(many) + 1}.png`), fullPage: true });
  await sheet.close();
}
await browser.close();
