import { gzipSync } from 'node:zlib';
import { PAGE_NAMES, PAGES } from '../../src/web/pages/pageNames.ts';
import { request } from '../support/served.ts';
import type { Visited } from './timed.ts';
import { kilobytes, type VerdictTable, verdict } from './verdicts.ts';

const MOST_PAGE = 150_000;
const MOST_CLIENT_GZIPPED = 30_000;
/** Those whose weight grows with what is in the file, beside the plain ones. */
const HEAVY = [
  '/?whole=1',
  '/cashflow?by=day',
  '/cashflow?by=week',
  '/categories?depth=2',
  '/calendar?period=last+5+years&max=5000',
  '/cashflow?by=week&period=last+5+years&max=5000&channel=online',
  '/balances?by=day',
  '/transactions?q=market',
];

/** Bytes of every page with all that it loads, before anything is compressed and after; and addresses of other hosts in them. */
export async function weightsTable({ port }: Visited): Promise<VerdictTable> {
  const { body: home } = await request(port, '/status', {});
  const assets = [...home.matchAll(/(?:href|src)="(\/assets\/client-[^"]+)"/g)].map(([, path = '']) => path);
  const client = await Promise.all(assets.map(async (path) => (await request(port, path, {})).body));
  const zipped = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
  const plain = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const rows = [
    [
      'script and style sheet',
      kilobytes(zipped(client)),
      kilobytes(plain(client)),
      String(foreignIn(client.join('\n'))),
      verdict(client.length === 2 && zipped(client) <= MOST_CLIENT_GZIPPED && foreignIn(client.join('\n')) === 0),
    ],
  ];
  for (const path of [...PAGE_NAMES.map((name) => PAGES[name].path), ...HEAVY]) {
    const { body } = await request(port, path, {});
    const all = [body, ...client];
    const reached = plain(all) <= MOST_PAGE && foreignIn(body) === 0;
    rows.push([
      `\`${path}\` with both`,
      kilobytes(zipped(all)),
      kilobytes(plain(all)),
      String(foreignIn(body)),
      verdict(reached),
    ]);
  }
  return {
    name: 'serve-weights',
    title: `Weight: client at most ${MOST_CLIENT_GZIPPED / 1000} KB gzipped, a page at most ${MOST_PAGE / 1000} KB with everything`,
    columns: ['', 'gzipped', 'unpacked', 'requests to other hosts', ''],
    rows,
  };
}

/** What a browser would fetch from elsewhere. */
function foreignIn(text: string): number {
  return (
    text.match(/(?:\bsrc|\bsrcset)="(?!\/)|<link[^>]*href="(?!\/|data:)|url\((?!["']?data:)|@import/g)?.length ?? 0
  );
}
