import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { currentFollower } from '../../src/duckdb/followNote.ts';
import type { VerdictTable } from '../serve/verdicts.ts';
import type { BenchContext } from '../support/case.ts';
import { run, TOOL } from '../support/child.ts';
import { fillTransactions } from '../support/data.ts';
import { caughtUp, commit, cpuOf, forgetPeak, load, memoryOf, sampleIds, wayOfCommit } from '../support/followLoad.ts';
import type { Rig } from '../support/rig.ts';

/** Commits whose way to a fresh reader is measured, for each round; two seconds apart. */
const COMMITS = 15;
const BETWEEN_MS = 2000;
/** How long there is no pause, a load of what it is to keep up with, nothing, and a commit every two seconds. */
const FULL_SECONDS = 10;
const AIMED_SECONDS = 30;
const IDLE_SECONDS = 10;
const LIGHT_SECONDS = 30;
const LIGHT_ROWS = 50;
/** Rows a second that it is to keep up with. */
const AIMED_ROWS = 5000;
/** A sync by cron is measured with the changes of so long. */
const CRON_SECONDS = 300;

/** From a commit in PostgreSQL to a new reader of the file that sees it; then loads, then nothing; and what it costs the server. */
export async function followCase(context: BenchContext): Promise<VerdictTable[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  context.spoil();
  await publish(rig);
  const ids = await sampleIds(rig, rows);
  const alone = await load(rig, ids, { seconds: FULL_SECONDS });
  const lightAlone = await light(rig, ids);
  const { child, ended, file } = begin(rig);
  const lines: string[][] = [];
  try {
    const scan = await streaming(child, file);
    const peakOfScan = memoryOf(child).peak;
    forgetPeak(child);
    const ways = await waysOf(rig, file, ids, COMMITS * rounds);
    const size = fs.statSync(file).size;
    await delay(3000);
    const quiet = { cpu: cpuOf(child), memory: memoryOf(child).now };
    await delay(IDLE_SECONDS * 1000);
    const idle = (cpuOf(child) - quiet.cpu) / IDLE_SECONDS;
    const lightFollowed = await light(rig, ids);
    const peakLight = memoryOf(child).peak;
    forgetPeak(child);
    const lags: number[] = [];
    const busy = { cpu: cpuOf(child), at: performance.now() };
    const kept = await load(rig, ids, {
      ...{ seconds: AIMED_SECONDS, rowsPerSecond: AIMED_ROWS },
      onTurn: () => lags.push(currentFollower(file)?.lag_seconds ?? 0),
    });
    const busyCpu = (cpuOf(child) - busy.cpu) / ((performance.now() - busy.at) / 1000);
    await caughtUp(rig, file);
    const peakKept = memoryOf(child).peak;
    forgetPeak(child);
    const followed = await load(rig, ids, { seconds: FULL_SECONDS });
    const rest = await caughtUp(rig, file);
    const { peak } = memoryOf(child);
    child.kill('SIGTERM');
    await ended;
    const scanSync = await cronSync(rig, ids);
    const perCron = (cpu: number): string => `${((cpu * CRON_SECONDS) / LIGHT_SECONDS).toFixed(1)} s`;
    lines.push(
      ['commit to a new reader: p50', secondsText(at(ways, 0.5)), '0.5 s (5 million rows)'],
      ['p90', secondsText(at(ways, 0.9)), ''],
      ['p99', secondsText(at(ways, 0.99)), '1.5 s (5 million rows)'],
      [
        `lag at ${Math.round(kept)} changed rows/s for ${AIMED_SECONDS} s: median, most`,
        `${secondsText(at(lags, 0.5))}, ${secondsText(at(lags, 1))}`,
        `bounded at ${AIMED_ROWS} rows/s`,
      ],
      ['CPU of the follower at that load', percent(busyCpu), ''],
      ['writers without a pause, alone', `${Math.round(alone)} rows/s`, ''],
      [
        'the same beside the follower, which had it all',
        `${Math.round(followed)} rows/s, ${secondsText(rest)} after the last one`,
        '',
      ],
      ['memory when idle', megabytes(quiet.memory), 'under 400 MB'],
      [
        'memory at most: in the first scan, with a commit every 2 s, at that load, without a pause',
        [peakOfScan, peakLight, peakKept, peak].map(megabytes).join(', '),
        'under 400 MB',
      ],
      ['CPU when idle', percent(idle), 'under 1 %'],
      [
        `CPU of the server in five minutes, ${LIGHT_ROWS} rows changed every 2 s: alone, followed`,
        `${perCron(lightAlone)}, ${perCron(lightFollowed)}`,
        '',
      ],
      ['CPU of the server for one sync of those changes', `${scanSync.toFixed(1)} s`, ''],
      ['first scan', secondsText(scan), ''],
    );
    return [
      {
        name: 'follow',
        title: `Following ${rows.toLocaleString('en-US')} rows (a file of ${megabytes(size)}), ${ways.length} commits of 1 to 100 rows, one every two seconds`,
        columns: ['', 'measured', 'aim'],
        rows: lines,
      },
    ];
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

/** Only how long a commit takes to a new reader: for many rows. */
export async function followLatencyCase({ rig, rows, rounds, spoil }: BenchContext): Promise<VerdictTable[]> {
  spoil();
  await fillTransactions(rig.session, rows, { bare: true });
  await publish(rig);
  const ids = await sampleIds(rig, rows);
  const { child, ended, file } = begin(rig);
  try {
    const scan = await streaming(child, file);
    const ways = await waysOf(rig, file, ids, COMMITS * rounds);
    const memory = memoryOf(child);
    return [
      {
        name: 'follow-latency',
        title: `Following ${rows.toLocaleString('en-US')} rows (a file of ${megabytes(fs.statSync(file).size)}), ${ways.length} commits of 1 to 100 rows, one every two seconds`,
        columns: ['', 'measured'],
        rows: [
          [
            'commit to a new reader: p50, p90, p99',
            [0.5, 0.9, 0.99].map((share) => secondsText(at(ways, share))).join(', '),
          ],
          ['first scan', secondsText(scan)],
          ['memory: now, at most', [memory.now, memory.peak].map(megabytes).join(', ')],
        ],
      },
    ];
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function publish({ session }: Rig): Promise<void> {
  await session.query(
    'DROP PUBLICATION IF EXISTS finance_db; CREATE PUBLICATION finance_db FOR TABLE transactions; CHECKPOINT',
  );
}

interface Begun {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly file: string;
}

function begin(rig: Rig): Begun {
  const home = path.join(rig.folder, 'home');
  const child = spawn(process.execPath, ['--', TOOL, 'follow', '--quiet', '--write-budget', '0'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DATABASE_URL: rig.url, FINANCE_DB_HOME: home },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return { child, ended, file: path.join(home, 'finance.duckdb') };
}

/** @returns seconds until the first scan was done */
async function streaming(child: ChildProcess, file: string): Promise<number> {
  const started = performance.now();
  while (currentFollower(file)?.state !== 'streaming') {
    if (child.exitCode !== null) throw new Error('the follower has ended');
    await delay(100);
  }
  return (performance.now() - started) / 1000;
}

/** @returns seconds that commits took to a new reader, one every two seconds */
async function waysOf(rig: Rig, file: string, ids: readonly string[], commits: number): Promise<number[]> {
  const ways: number[] = [];
  for (let number = 0; number < commits; number++) {
    await delay(BETWEEN_MS);
    ways.push(await wayOfCommit(rig, file, ids, number));
  }
  return ways;
}

/** A commit every two seconds. @returns seconds of CPU of the server */
async function light(rig: Rig, ids: readonly string[]): Promise<number> {
  const before = rig.serverCpu() ?? 0;
  const started = performance.now();
  for (let number = 0; performance.now() - started < LIGHT_SECONDS * 1000; number++) {
    await commit(rig, ids, number, LIGHT_ROWS);
    await delay(BETWEEN_MS);
  }
  return (rig.serverCpu() ?? 0) - before;
}

/** What a sync by cron costs the server: one that finds the changes of five minutes. @returns seconds of CPU of the server */
async function cronSync(rig: Rig, ids: readonly string[]): Promise<number> {
  const sync = (): ReturnType<typeof run> => run(rig, ['--', TOOL, 'sync', '--quiet']);
  const first = await sync();
  for (let number = 0; number < (CRON_SECONDS * 1000) / BETWEEN_MS; number++)
    await commit(rig, ids, number, LIGHT_ROWS);
  const { serverCpu, code, stderr } = await sync();
  if (first.code !== 0 || code !== 0) throw new Error(`sync: ${first.stderr}${stderr}`);
  return serverCpu ?? 0;
}

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function secondsText(value: number): string {
  return `${value.toFixed(2)} s`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
