import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PAGES, type PageName } from '../../src/web/pages/pageNames.ts';
import type { RunningServer } from '../../src/web/server/server.ts';
import { awkwardRows } from '../support/awkwardRows.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type Door, doorsOf, exactly } from '../support/pageDoors.ts';
import { simpleRows, statsFile } from '../support/statsFile.ts';
import { ask, startWeb } from '../support/webServer.ts';

const folder = temporaryFolder();
let server: RunningServer;
beforeAll(async () => {
  server = await startWeb(await statsFile(folder.path, simpleRows(awkwardRows())));
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

const get = async (path: string): Promise<string> => {
  const { status, body } = await ask(server.port, path, {
    headers: { host: `localhost:${server.port}`, accept: 'text/html' },
  });
  if (status !== 200) throw new Error(`${path}: ${status} ${/role="alert">[\s\S]*?<\/section>/.exec(body)?.[0]}`);
  return body;
};

const lists = new Map<string, Record<Door['kind'], string>>();

async function behind(href: string): Promise<Record<Door['kind'], string>> {
  const known = lists.get(href);
  if (known !== undefined) return known;
  const [, sums = ''] = /<dl class="sums"([^>]*)>/.exec(await get(href)) ?? [];
  const read = (name: string): string => new RegExp(`\\bdata-${name}="([^"]*)"`).exec(sums)?.[1] ?? '0';
  const found = { sum: read('total'), count: read('rows'), original: read('total-original') };
  lists.set(href, found);
  return found;
}

/** Follows every door of a page, or as many of them as are asked for, evenly spread. */
async function follow(path: string, most = Number.POSITIVE_INFINITY): Promise<number> {
  const doors = [
    ...new Map(doorsOf(await get(path)).map((door) => [`${door.kind} ${door.figure} ${door.href}`, door])).values(),
  ];
  const step = Math.max(1, doors.length / most);
  const wrong: unknown[] = [];
  let followed = 0;
  for (let at = 0; at < doors.length; at += step) {
    const door = doors[Math.floor(at)] as Door;
    const list = await behind(door.href);
    followed++;
    if (exactly(list[door.kind]) !== exactly(door.figure)) wrong.push({ path, door, list });
  }
  expect(wrong).toEqual([]);
  return followed;
}

const WITH_FIGURES: readonly PageName[] = [
  'overview',
  'cashflow',
  'categories',
  'flow',
  'calendar',
  'merchants',
  'accounts',
  'channels',
  'places',
  'currencies',
  'health',
];

describe('the list behind a figure adds up to it', () => {
  test.each(WITH_FIGURES)('%s: every figure, bar, cell and band', async (name) => {
    expect(await follow(PAGES[name].path, 16)).toBeGreaterThan(1);
  });

  test.each([
    '/?period=2026-01',
    '/?period=2025&with-transfers=1',
    '/cashflow?period=2026-01&by=day',
    '/cashflow?period=2025&by=week',
    '/cashflow?by=quarter&month-start=15',
    '/categories?depth=2&period=2025q4',
    '/currencies?period=2026',
    '/anomalies?period=2025',
    '/flow?period=2026-01&with-transfers=1',
  ])('%s', async (path) => {
    await follow(path, 12);
  });

  test('whatever the period and the filters', async () => {
    const part = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
    const parameters = fc.record({
      period: part(
        fc.constantFrom(
          '2025',
          '2026-01',
          'since 2025-12-30',
          'until 2026-01-02',
          '2025-12-30..2026-01-02',
          'this year',
          'last month',
        ),
      ),
      account: part(fc.constantFrom('checking', 'SAVINGS')),
      category: part(fc.constantFrom('groceries', 'none', 'Transfer', 'Dining:food')),
      merchant: part(fc.constantFrom('shop', '/^o/', '%')),
      currency: part(fc.constantFrom('eur', 'JPY')),
      min: part(fc.constantFrom('10', '499.99')),
      flow: part(fc.constantFrom('income', 'spending')),
      'with-transfers': part(fc.constant('1')),
      'month-start': part(fc.constantFrom('2', '28')),
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...WITH_FIGURES), parameters, async (name, { flow, ...given }) => {
        const query = new URLSearchParams();
        for (const [key, value] of Object.entries(given)) if (value !== undefined) query.set(key, value);
        if (flow !== undefined) query.set(flow, '1');
        await follow(`${PAGES[name].path}?${query}`, 6);
      }),
      { numRuns: 8 },
    );
  });
});

describe('privacy', () => {
  test.each(WITH_FIGURES)('%s has no amount in it, in no title, label or attribute', async (name) => {
    const path = PAGES[name].path;
    const amounts = new Set(
      doorsOf(await get(path))
        .filter(({ kind }) => kind !== 'count')
        .map(({ figure }) => figure.replace('-', '')),
    );
    const page = await get(`${path}?private=1`);
    expect(page).not.toMatch(/data-(sum|original|total)=/);
    const shown = [...amounts].filter((amount) => amount.length > 5 && page.includes(amount));
    expect(shown).toEqual([]);
  });
});
