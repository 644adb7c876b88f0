import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { statsSql } from '../../src/app/stats/stats.ts';
import { parseStatsFlags } from '../../src/app/stats/statsFlags.ts';
import { loadConfig } from '../../src/config/config.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import type { ReportName } from '../../src/model/reportNames.ts';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { type CaseResult, type Line, measureInTurn, type Variant } from '../support/rounds.ts';
import { type Answer, type Get, peakOf, request, type Server, startServer } from '../support/served.ts';
import { click } from '../support/visitors.ts';

/** Pages whose time is bound to that of their reports' SQL, run by itself in DuckDB beside them. */
const PAGES: readonly (readonly [path: string, report: ReportName])[] = [
  ['cashflow', 'cashflow'],
  ['categories', 'categories'],
  ['merchants', 'merchants'],
  ['accounts', 'accounts'],
  ['channels', 'channels'],
  ['places', 'places'],
  ['currencies', 'currencies'],
];
const SORTS = ['-date', 'amount', 'merchant'];
const DEPTH = 40;

/** The dashboard: pages beside the SQL of their reports, lists at depth, what an answer weighs, and fifty visitors. */
export async function serveCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  await runTool(rig, ['sync', '--quiet']);
  const file = path.join(rig.folder, 'home', 'finance.duckdb');
  const reader = await openReader(file);
  const server = await startServer(rig.folder, file);
  const counted = `${rows.toLocaleString('en-US')} rows`;
  const results: CaseResult[] = [];
  try {
    const get = (address: string, headers: Record<string, string> = {}): Promise<Answer> =>
      request(server.port, address, headers);
    await get('/transactions');
    for (const [page, report] of PAGES) {
      const config = loadConfig({ duckdb: file }, {}, rig.folder);
      const sql = await statsSql(reader, report, parseStatsFlags({ config, io: { now: () => new Date() } }, {}));
      const against = 'its SQL in DuckDB';
      const variants: Variant[] = [
        { name: against, measure: () => timed(() => reader.connection.runAndReadAll(sql)) },
        // Another limit of amounts each time: nothing of it is remembered.
        {
          name: `/${page}, never asked before`,
          measure: (round) => timed(() => get(`/${page}?max=${9_000_000 + round}`)),
        },
        {
          name: `/${page}, asked again`,
          measure: () => timed(() => get(`/${page}`)),
          prepare: async () => void (await get(`/${page}`)),
        },
      ];
      const lines = await measureInTurn(variants, rounds);
      results.push({ name: `serve-${page}`, title: `Page /${page}, ${counted}`, against, lines });
    }
    results.push(await listResult(get, rounds, counted), await weightResult(get, server.port));
    results.push(await visitorsResult(server, counted));
  } finally {
    server.stop();
    reader.close();
  }
  return results;
}

/** The list in three orders, at its beginning and at depth, and an answer that the visitor has already. */
async function listResult(get: Get, rounds: number, counted: string): Promise<CaseResult> {
  const variants: Variant[] = [];
  for (const sort of SORTS) {
    let next = `/api/v1/transactions?sort=${sort}&limit=1000`;
    for (let page = 0; page < DEPTH; page++) next = nextOf(await get(next)) ?? next;
    // Pages of other sizes are other questions.
    const of = (address: string, round: number): string => address.replace('limit=1000', `limit=${100 + round}`);
    variants.push({
      name: `by ${sort}, first page`,
      measure: (round) => timed(() => get(of(`/api/v1/transactions?sort=${sort}&limit=1000`, round))),
    });
    const deep = next;
    variants.push({
      name: `by ${sort}, behind ${(DEPTH * 1000).toLocaleString('en-US')}`,
      measure: (round) => timed(() => get(of(deep, round))),
    });
  }
  const { headers } = await get('/api/v1/reports/cashflow');
  variants.push({
    name: 'a 304',
    measure: async () => {
      const started = performance.now();
      const { status } = await get('/api/v1/reports/cashflow', { 'if-none-match': String(headers.etag) });
      return status === 304 ? { seconds: (performance.now() - started) / 1000 } : `answered ${status}`;
    },
  });
  const lines = await measureInTurn(variants, rounds);
  return { name: 'serve-list', title: `Transactions, ${counted}`, against: 'by -date, first page', lines };
}

/** Bytes of every page with its style and script, as sent and unpacked. */
async function weightResult(get: Get, port: number): Promise<CaseResult> {
  const assets = (await get('/')).body.match(/\/assets\/client-[^"]+/g) ?? [];
  const loaded = await Promise.all([...new Set(assets)].map((asset) => get(asset)));
  const bytes = (texts: readonly string[]): string =>
    `${(texts.reduce((sum, text) => sum + gzipSync(text).length, 0) / 1000).toFixed(1)} KB gzipped, ${(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1000).toFixed(1)} KB unpacked`;
  const line = (name: string, note: string): Line => ({
    name,
    note,
    seconds: null,
    least: null,
    most: null,
    rounds: 1,
    peak: null,
    cpu: null,
    serverCpu: null,
  });
  const lines = [line('script and style', bytes(loaded.map(({ body }) => body)))];
  for (const page of ['', ...PAGES.map(([name]) => name), 'categories?depth=2', 'flow', 'calendar', 'transactions']) {
    const { body } = await request(port, `/${page}`, {});
    lines.push(line(`/${page} with both`, bytes([body, ...loaded.map((asset) => asset.body)])));
  }
  return { name: 'serve-weight', title: 'What a page weighs', against: '', lines };
}

/** Fifty who click without a pause for a minute. */
async function visitorsResult(server: Server, counted: string): Promise<CaseResult> {
  const pages = PAGES.map(([page]) => `/${page}`);
  const { answers, busy, wrong, slowest, seconds } = await click(server.port, [
    ...pages,
    '/',
    '/flow',
    '/calendar',
    '/transactions',
  ]);
  const note = `${answers} answers, ${busy} of them 503 with Retry-After, ${wrong.length} wrong${wrong.length > 0 ? ` (${wrong[0]})` : ''}, slowest ${slowest.toFixed(1)} s`;
  const line: Line = {
    name: '50 visitors',
    note,
    seconds,
    least: seconds,
    most: seconds,
    rounds: 1,
    peak: peakOf(server.pid),
    cpu: null,
    serverCpu: null,
  };
  return { name: 'serve-visitors', title: `Fifty visitors, ${counted}`, against: '50 visitors', lines: [line] };
}

function nextOf({ headers }: Answer): string | null {
  return /^<([^>]*)>/.exec(String(headers.link ?? ''))?.[1] ?? null;
}

async function timed(work: () => Promise<unknown>): Promise<{ seconds: number }> {
  const started = performance.now();
  await work();
  return { seconds: (performance.now() - started) / 1000 };
}
