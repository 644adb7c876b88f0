import { setTimeout as delay } from 'node:timers/promises';
import { memoryShare } from '../../src/duckdb/readerLimits.ts';
import { PAGE_NAMES, PAGES } from '../../src/web/pages/pageNames.ts';
import { peakOf } from '../support/served.ts';
import { click } from '../support/visitors.ts';
import type { Visited } from './timed.ts';
import { type VerdictTable, verdict } from './verdicts.ts';

/** The share of the machine's memory that DuckDB may take in `serve`, and what everything else in the process may, in MB. */
const SHARE = 0.25;
const BESIDE_MB = 500;

/** Fifty who click through all pages without a pause for a minute. */
export async function visitsTable({ port, pid }: Visited, seconds: number): Promise<VerdictTable> {
  const megabytes = (): number => Math.round((peakOf(pid) ?? 0) / 1e6);
  const half = delay(seconds * 500).then(megabytes);
  const pages = PAGE_NAMES.map((name) => PAGES[name].path);
  const { answers, busy, wrong, slowest } = await click(
    port,
    [...pages, '/transactions?q=market&order=amount'],
    seconds,
  );
  const [before, after] = [await half, megabytes()];
  const most = Number.parseInt(memoryShare(SHARE), 10) + BESIDE_MB;
  const count = (number: number): string => number.toLocaleString('en-US');
  return {
    name: 'serve-visitors',
    title: `Fifty visitors who click for ${seconds} seconds`,
    columns: ['', 'limit', 'measured', ''],
    rows: [
      ['answers', '', count(answers), ''],
      ['503 with Retry-After', '', count(busy), ''],
      [
        'anything else',
        '0',
        `${count(wrong.length)}${wrong.length > 0 ? ` (${wrong[0]})` : ''}`,
        verdict(wrong.length === 0),
      ],
      ['slowest answer', '', `${slowest.toFixed(1)} s`, ''],
      ['peak memory at half the time', '', `${count(before)} MB`, ''],
      ['peak memory at the end', `${count(most)} MB`, `${count(after)} MB`, verdict(after > 0 && after <= most)],
    ],
  };
}
