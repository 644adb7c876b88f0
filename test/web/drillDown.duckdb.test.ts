import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exactSum } from '../../src/model/exactSum.ts';
import { PAGE_NAMES, PAGES, type PageName } from '../../src/web/pages/pageNames.ts';
import type { RunningServer } from '../../src/web/server/server.ts';
import { awkwardRows } from '../support/awkwardRows.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type Door, doorsOf, exactly, unescaped } from '../support/pageDoors.ts';
import { type SimpleRow, simpleRows, statsFile } from '../support/statsFile.ts';
import { thorough } from '../support/thorough.ts';
import { ask, startWeb } from '../support/webServer.ts';

const folder = temporaryFolder();
let server: RunningServer;
beforeAll(async () => {
  server = await startWeb(await statsFile(folder.path, simpleRows([...awkwardRows(), ...heldRows(), ...oddRows()])));
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

/** Accounts whose balance can be known: in the base currency, with payments abroad, and in a currency of its own. */
function heldRows(): SimpleRow[] {
  return Array.from({ length: 60 }, (_, index): SimpleRow[] => {
    const day = `${index < 36 ? 2025 : 2026}-${String((index % 12) + 1).padStart(2, '0')}-${String(((index * 11) % 28) + 1).padStart(2, '0')}`;
    const cents = `${((index * 37) % 90) + 1}.${String((index * 7) % 100).padStart(2, '0')}`;
    const amount = index % 4 === 0 ? cents : `-${cents}`;
    const common = { day, amount, category: index % 2 ? 'Dining' : 'Other' };
    return [
      { ...common, account: 'Cash' },
      { ...common, account: 'card', currency: index % 5 === 0 ? 'EUR' : 'USD' },
      { ...common, account: 'giro', currency: 'EUR', normalized: exactSum([amount, amount]) },
    ];
  }).flat();
}

/** What checks and anomalies find: copies, signs that are turned, zeros, and a month far above the others. */
function oddRows(): SimpleRow[] {
  const twin = { day: '2026-03-03', amount: '-4.20', account: 'card', merchant: 'Twin' };
  const usual = Array.from({ length: 14 }, (_, index): SimpleRow[] => {
    const day = `${index < 12 ? 2025 : 2026}-${String((index % 12) + 1).padStart(2, '0')}`;
    const payment = { merchant: 'Garage', category: 'Car: in 2025', account: 'savings' };
    return [10, 12, 20].map((date, place) => ({ ...payment, day: `${day}-${date}`, amount: `-${60 + place}.10` }));
  }).flat();
  const dear = ['02', '09', '16', '23'].map((date) => ({
    ...{ day: `2026-03-${date}`, amount: '-980.05', merchant: 'Garage', category: 'Car: in 2025', account: 'savings' },
  }));
  return [
    ...[twin, twin, twin, { ...twin, day: '2026-03-04' }, { ...twin, day: '2026-03-04' }],
    { day: '2026-04-01', amount: '-5', normalized: '5' },
    { day: '2026-04-02', amount: '0', normalized: '0' },
    ...usual,
    ...dear,
  ];
}

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
    if (exactly(exactSum([list[door.kind], door.start])) !== exactly(door.figure)) wrong.push({ path, door, list });
  }
  expect(wrong).toEqual([]);
  return followed;
}

/** Pages without a figure that is a sum of transactions; a page that is not named here must have doors. */
const WITHOUT_FIGURES: readonly PageName[] = ['transactions', 'sql', 'status', 'recurring'];
const WITH_FIGURES = PAGE_NAMES.filter((name) => !WITHOUT_FIGURES.includes(name));

/** Balances need to be told what was there. */
const HELD = ['Cash=100.50', 'card=-7.25', 'giro=0.05'].map((text) => `opening=${encodeURIComponent(text)}`).join('&');
const addressOf = (name: PageName): string => `${PAGES[name].path}${name === 'balances' ? `?${HELD}` : ''}`;

test.each<[PageName, string]>([
  ['overview', '?period=2026'],
  ['cashflow', '?period=2026'],
  ['flow', '?period=2026'],
  ['calendar', '?period=2026'],
  ['categories', '?period=2026'],
])('%s says how many rows are in none of its sums, and leads to them', async (name, query) => {
  const page = await get(`/${name === 'overview' ? '' : name}${query}`);
  expect(page).toMatch(/<a href="[^"]+">[\d,]+ rows?<\/a> ha(s|ve) no amount in USD and (is|are) in no sum/);
});

describe('the list behind a figure adds up to it', () => {
  test.each(WITH_FIGURES)('%s: every figure, bar, cell and band', async (name) => {
    expect(await follow(addressOf(name), thorough(9, 16))).toBeGreaterThan(1);
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
    '/health?period=2026-03',
    '/forecast?month-start=15',
    `/balances?${HELD}&by=day&limit=40&category=Dining`,
    `/balances?${HELD}&period=2026&account=CASH&account=giro`,
    '/balances?opening=giro%3D1&limit=30',
  ])('%s', async (path) => {
    await follow(path, thorough(6, 12));
  });

  test('every check that counts rows is a door, and so are balances of all kinds and a month out of the ordinary', async () => {
    const rows = (await get('/health')).split('<tr>').slice(2);
    const closed = rows.filter((row) => !row.includes('data-count=') && !/>0<\/td>|longest:/.test(row));
    expect(closed).toEqual([]);
    expect(rows.find((row) => row.includes('suspected duplicates'))).toContain('data-count="3"');
    const doors = doorsOf(await get(addressOf('balances')));
    expect(new Set(doors.map(({ kind, start }) => `${kind} ${start}`))).toEqual(
      new Set(['sum 100.50', 'sum -7.25', 'original 0.05']),
    );
    expect(doorsOf(await get('/balances?opening=Cash%3D100.50&opening=card%3D-7.25'))).toContainEqual(
      expect.objectContaining({ kind: 'sum', start: '93.25' }),
    );
    const [month = ''] =
      /<tr>(?:(?!<\/tr>)[\s\S])*unusual month(?:(?!<\/tr>)[\s\S])*/.exec(await get('/anomalies?limit=100')) ?? [];
    expect(doorsOf(month)).toMatchObject([{ kind: 'sum', figure: expect.stringMatching(/^-39\d\d\./) }]);
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
        const address = addressOf(name);
        await follow(`${address}${address.includes('?') ? '&' : '?'}${query}`, 6);
      }),
      { numRuns: thorough(4, 8) },
    );
  });
});

const hiding = (address: string): string => `${address}${address.includes('?') ? '&' : '?'}private=1`;

/** A page, at the address that it is sent on to. */
async function arrive(address: string): Promise<{ readonly address: string; readonly page: string }> {
  const { status, headers } = await ask(server.port, address, { headers: { accept: 'text/html' } });
  const there = status === 302 ? String(headers.location) : address;
  return { address: there, page: await get(there) };
}

const linksOf = (page: string): string[] =>
  [...page.matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)].map(([, href = '']) => unescaped(href));
const namesOf = (page: string): string[] =>
  [...page.matchAll(/<th scope="row"[^>]*>([\s\S]*?)<\/th>/g)].map(([, cell = '']) => cell.replace(/<[^>]*>/g, ''));

describe('privacy', () => {
  test.each(PAGE_NAMES)('%s has no amount in it, in no title, label, attribute or address', async (name) => {
    const path = addressOf(name);
    const plain = await get(path);
    const amounts = new Set(
      doorsOf(plain)
        .filter(({ kind }) => kind !== 'count')
        .flatMap(({ figure, start }) => [figure, start])
        .map((figure) => figure.replace('-', '')),
    );
    const { page, address } = await arrive(hiding(path));
    expect(page).not.toMatch(/data-(sum|original|total|balance|start)=|[?&;](opening|min|max)=/);
    const shown = [...amounts, '100.50', '7.25'].filter(
      (amount) => amount.length > 3 && `${page} ${address}`.includes(amount),
    );
    expect(shown).toEqual([]);
    // What else looks like one, in words, titles, labels and fields. Shares, rates and examples are none.
    const words = page
      .replace(/<svg\b[\s\S]*?<\/svg>/g, (svg) => svg.replace(/<title>|<[^>]*>/g, ' '))
      .replace(/placeholder="[^"]*"|At most 1,000 rows|[\d.]+ a [A-Z]{3}, where [\d.]+ is usual|[\d.,]+%/g, '');
    expect(words.match(/(?<![\d.])\d{1,3}(,\d{3})+(\.\d+)?|(?<![\d.])\d+\.\d\d(?![\d.])/g) ?? []).toEqual([]);
  });

  test('amounts in an address are sealed, go along, narrow as before, and come back', async () => {
    const { page, address } = await arrive(hiding('/merchants?min=499.99&category=Dining&category=Car:%20in%202025'));
    expect(address).toMatch(/^\/merchants\?sealed=min\.[\w-]+&/);
    expect(page).toContain('min: •••');
    const plain = await get('/merchants?min=499.99&category=Dining&category=Car:%20in%202025');
    expect(namesOf(page)).toEqual(namesOf(plain));
    expect(namesOf(page).length).toBeLessThan(
      namesOf(await get('/merchants?category=Dining&category=Car:%20in%202025')).length,
    );
    const along = linksOf(page).find((href) => href.startsWith('/channels')) ?? '';
    expect(namesOf(await get(along))).toEqual(
      namesOf(await get('/channels?min=499.99&category=Dining&category=Car:%20in%202025')),
    );
    const back = linksOf(page).find((href) => href.startsWith('/merchants?') && !href.includes('private')) ?? '';
    expect((await arrive(back)).address).toBe('/merchants?min=499.99&category=Dining&category=Car:+in+2025');
    // One that is typed takes the place of the sealed one; what was held is named anew for each account.
    const again = await arrive(`${address}&min=1`);
    expect((await arrive(again.address.replace('&private=1', ''))).address).toContain(
      '?category=Dining&category=Car:+in+2025&min=1',
    );
    expect((await arrive(hiding('/transactions?q=+12.50'))).page).not.toContain('12.50');
    expect((await arrive(hiding('/transactions?q=shop'))).page).toContain('value="shop"');
    const other = await ask(server.port, '/merchants?sealed=min.AAAA&private=1', { headers: { accept: 'text/html' } });
    expect({ status: other.status, told: other.body.includes('hidden by a server that has ended') }).toEqual({
      status: 400,
      told: true,
    });
  });
});
