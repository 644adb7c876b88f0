import type { DuckDbReader } from '../../src/duckdb/reader.ts';
import { PAGE_NAMES, PAGES, type PageName } from '../../src/web/pages/pageNames.ts';
import { SERVER_LIMITS } from '../../src/web/server/serveOptions.ts';
import { type Line, measureInTurn, type Variant } from '../support/rounds.ts';
import { type NewRequest, reportsOfPage } from './reportsOfPages.ts';
import { timedAnswer, timedWork, type Visited } from './timed.ts';
import { milliseconds, type VerdictTable, verdict } from './verdicts.ts';

/** A page may take so many times its reports in DuckDB and so many seconds more. */
const TIMES = 1.5;
const BEYOND = 0.05;
/** The list has a limit of its own. */
const MOST_LIST = 0.1;
/** They look for what comes back, or is unusual, in all of the history, and have no limit. */
const WITHOUT_LIMIT: readonly PageName[] = ['recurring', 'anomalies', 'forecast'];

/** Below so many rows the overview shows what takes seconds, too, and has no limit either. */
const LATE_ROWS = SERVER_LIMITS.lateRows;

/** Every page, never asked before, beside the SQL of its reports by itself, in turn; and asked again. */
export async function pagesTable(
  server: Visited,
  reader: DuckDbReader,
  rounds: number,
  rowsInFile: number,
): Promise<VerdictTable> {
  const rows: string[][] = [];
  for (const name of PAGE_NAMES) {
    const free = WITHOUT_LIMIT.includes(name) || (name === 'overview' && rowsInFile < LATE_ROWS);
    const [reports, page, again] = await timesOf(server, reader, name, free ? 1 : rounds);
    const limit = free ? null : limitOf(name, reports?.seconds ?? null);
    if (page === undefined) continue;
    rows.push([
      `\`${PAGES[name].path}\``,
      milliseconds(reports?.seconds ?? null),
      milliseconds(limit),
      milliseconds(page.seconds),
      milliseconds(again?.seconds ?? null),
      milliseconds(reports?.cpu ?? null),
      milliseconds(page.cpu),
      page.seconds === null ? page.note : limit === null ? '' : verdict(page.seconds <= limit),
    ]);
  }
  return {
    name: 'serve-pages',
    title: `Pages: at most ${TIMES} times their reports in DuckDB and ${milliseconds(BEYOND)}`,
    columns: ['page', 'its reports', 'limit', 'page', 'asked again', 'CPU of reports', 'CPU of page', ''],
    rows,
  };
}

function limitOf(name: PageName, reports: number | null): number {
  return name === 'transactions' ? MOST_LIST : TIMES * (reports ?? 0) + BEYOND;
}

/** Lines of the reports, the page, and the page once more. */
async function timesOf(
  server: Visited,
  reader: DuckDbReader,
  name: PageName,
  rounds: number,
): Promise<readonly Line[]> {
  const { path } = PAGES[name];
  const first = await reportsOfPage(reader, name, newRequest(name, rounds));
  let sql = first ?? '';
  const addressOf = (round: number): string => `${path}?${new URLSearchParams({ ...newRequest(name, round) })}`;
  const variants: Variant[] = [
    {
      name: 'reports',
      prepare: async (round) => {
        sql = (await reportsOfPage(reader, name, newRequest(name, round))) ?? '';
      },
      measure: () => timedWork(() => reader.connection.runAndReadAll(sql)),
      rounds: first === null ? 0 : rounds,
    },
    { name: 'page', measure: (round) => timedAnswer(server, addressOf(round)) },
    { name: 'again', measure: (round) => timedAnswer(server, addressOf(round)) },
  ];
  // Neither pays for what the system has not read, or JavaScript not compiled yet.
  if (first !== null) await reader.connection.runAndReadAll(first);
  await timedAnswer(server, addressOf(rounds));
  return measureInTurn(variants, rounds);
}

/** Another limit of amounts, far above all of them, or for balances, which know none, another last day: nothing of it is remembered. */
function newRequest(name: PageName, round: number): NewRequest {
  return name === 'balances' ? { to: `${2030 + round}-01-01` } : { max: String(9_000_000 + round) };
}
