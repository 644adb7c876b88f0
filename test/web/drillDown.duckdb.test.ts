import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exactSum } from '../../src/model/exactSum.ts';
import { PAGE_NAMES, PAGES, type PageName } from '../../src/web/pages/pageNames.ts';
import type { RunningServer } from '../../src/web/server/server.ts';
import { awkwardRows } from '../support/awkwardRows.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type Door, doorsOf, exactly } from '../support/pageDoors.ts';
import { type SimpleRow, simpleRows, statsFile } from '../support/statsFile.ts';
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

describe('the list behind a figure adds up to it', () => {
  test.each(WITH_FIGURES)('%s: every figure, bar, cell and band', async (name) => {
    expect(await follow(addressOf(name), 16)).toBeGreaterThan(1);
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
    await follow(path, 12);
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
      { numRuns: 8 },
    );
  });
});

describe('privacy', () => {
  test.each(WITH_FIGURES)('%s has no amount in it, in no title, label or attribute', async (name) => {
    const path = addressOf(name);
    const amounts = new Set(
      doorsOf(await get(path))
        .filter(({ kind }) => kind !== 'count')
        .map(({ figure }) => figure.replace('-', '')),
    );
    const page = await get(`${path}${path.includes('?') ? '&' : '?'}private=1`);
    expect(page).not.toMatch(/data-(sum|original|total)=/);
    const shown = [...amounts].filter((amount) => amount.length > 5 && page.includes(amount));
    expect(shown).toEqual([]);
  });
});
