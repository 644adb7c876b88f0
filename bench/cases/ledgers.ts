import path from 'node:path';
import { openReader } from '../../src/duckdb/reader.ts';
import { LEDGER_TITLE, writeLedgers } from '../peers/ledgerFiles.ts';
import { type PeerServer, startFava, startHledger } from '../peers/ledgerServers.ts';
import { milliseconds, type VerdictTable } from '../serve/verdicts.ts';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import { cpuOf, peakOf, request, startServer } from '../support/served.ts';

/** What is asked of each: its address, or null where it has no such page. Fava's pages are drawn in the browser, from these data. */
const QUESTIONS: readonly (readonly [name: string, ours: string, fava: string | null, hledger: string | null])[] = [
  ['overview, or income statement, of a year', '/?period=2022', 'api/income_statement?time=2022', null],
  ['spending by category, all years', '/categories', 'api/income_statement', null],
  ['accounts', '/accounts', 'api/trial_balance', '/accounts'],
  ['the journal: its first page, or all of it', '/transactions', 'api/journal_page?page=1&order=desc', '/journal'],
  [
    'one category',
    '/transactions?only=category:Category+7',
    'api/account_report?a=Expenses:Category-7&r=journal',
    '/register?q=inacct:%22Expenses:Category-7%22',
  ],
];

/**
 * The same transactions in Fava and hledger-web: what each question costs the first time and once more, in time, CPU of the
 * server and bytes for the browser. These programs keep all of a ledger in memory, so take some ten thousands of rows.
 */
export async function ledgersCase(context: BenchContext): Promise<VerdictTable[]> {
  const { rig, rows } = context;
  await context.fill(rows);
  await runTool(rig, ['sync', '--quiet']);
  const file = path.join(rig.folder, 'home', 'finance.duckdb');
  const [beancount, journal] = [path.join(rig.folder, 'bench.beancount'), path.join(rig.folder, 'bench.journal')];
  const reader = await openReader(file);
  const written = await writeLedgers(reader, beancount, journal).finally(() => reader.close());
  const ours = async (): Promise<PeerServer> => {
    const started = performance.now();
    const server = await startServer(rig.folder, file, rig.url);
    return { ...server, seconds: (performance.now() - started) / 1000 };
  };
  // One after the other: none waits for another's work.
  const columns = [
    await column('finance-db', ours, (question) => question[1]),
    await column(
      'Fava',
      () => startFava(rig.folder, beancount),
      ([, , at]) => (at === null ? null : `/${LEDGER_TITLE}/${at}`),
    ),
    await column(
      'hledger-web',
      () => startHledger(rig.folder, journal),
      (question) => question[3],
    ),
  ];
  const names = ['until it answers', ...QUESTIONS.map(([name]) => name), 'peak memory'];
  return [
    {
      name: 'ledgers',
      title: `${written.toLocaleString('en-US')} transactions in other programs: first, then again (CPU in brackets), and what comes to the browser`,
      columns: ['', ...columns.map(([name]) => name ?? '')],
      rows: names.map((name, at) => [name, ...columns.map((cells) => cells[at + 1] ?? '')]),
    },
  ];
}

/** A program's name, and its answers to all questions. */
async function column(
  name: string,
  start: () => Promise<PeerServer | string>,
  addressOf: (question: (typeof QUESTIONS)[number]) => string | null,
): Promise<string[]> {
  const server = await start();
  if (typeof server === 'string') return [name, server];
  try {
    const cells = [name, milliseconds(server.seconds)];
    for (const question of QUESTIONS) {
      const address = addressOf(question);
      cells.push(address === null ? '' : await asked(server, address));
    }
    return [...cells, `${Math.round((peakOf(server.pid) ?? 0) / 1e6)} MB`];
  } finally {
    server.stop();
  }
}

async function asked({ port, pid }: PeerServer, address: string): Promise<string> {
  const times: string[] = [];
  let bytes = 0;
  for (let time = 0; time < 2; time++) {
    const [before, started] = [cpuOf(pid), performance.now()];
    bytes = Buffer.byteLength((await request(port, address, {})).body);
    const cpu = (cpuOf(pid) ?? 0) - (before ?? 0);
    times.push(`${milliseconds((performance.now() - started) / 1000)} (${milliseconds(cpu)})`);
  }
  return `${times.join(', ')}; ${Math.round(bytes / 1000).toLocaleString('en-US')} KB`;
}
