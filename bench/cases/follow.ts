import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { currentFollower } from '../../src/duckdb/followNote.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { parseLsn } from '../../src/model/watermark.ts';
import type { BenchContext } from '../support/case.ts';
import { TOOL } from '../support/child.ts';
import type { CaseResult, Line } from '../support/rounds.ts';

/** Commits whose way to a fresh reader is measured, for each round. */
const COMMITS = 20;
const BETWEEN_MS = 1000;
/** How long the writer writes without a pause. */
const LOAD_SECONDS = 15;
const IDLE_SECONDS = 10;

/** From a commit in PostgreSQL to a new reader of the file that sees it; then a load without pauses; then nothing. */
export async function followCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  await context.fill(rows);
  context.spoil();
  await rig.session.query(
    'DROP PUBLICATION IF EXISTS finance_db; CREATE PUBLICATION finance_db FOR TABLE transactions',
  );
  const home = path.join(rig.folder, 'home');
  const file = path.join(home, 'finance.duckdb');
  const child = spawn(process.execPath, ['--', TOOL, 'follow', '--quiet', '--write-budget', '0'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DATABASE_URL: rig.url, FINANCE_DB_HOME: home },
  });
  try {
    const started = performance.now();
    while (currentFollower(file)?.state !== 'streaming') await delay(100);
    const scan = (performance.now() - started) / 1000;
    const times: number[] = [];
    for (let number = 0; number < COMMITS * rounds; number++) {
      await delay(BETWEEN_MS);
      times.push(await wayOfCommit(context, file, number));
    }
    times.sort((a, b) => a - b);
    const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
    const peak = peakOf(child);
    const load = await sustained(context, file);
    const busyPeak = peakOf(child);
    const idle = await idleCpu(child);
    const size = `${Math.round(fs.statSync(file).size / 1e6)} MB`;
    const lines = [
      line('commit to a fresh reader, p50', at(0.5), `${times.length} commits of 1 to 100 rows; file of ${size}`, peak),
      line('p90', at(0.9), '', null),
      line('p99', at(0.99), '', null),
      line('first scan', scan, '', null),
      line(
        `${LOAD_SECONDS} s of writing, until all was published`,
        load.seconds,
        `${Math.round(load.changed / load.seconds)} changed rows/s of ${Math.round(load.changed / LOAD_SECONDS)} written; lag at the end ${load.lag.toFixed(1)} s`,
        busyPeak,
      ),
      line(`CPU while idle for ${IDLE_SECONDS} s`, idle, `${((idle / IDLE_SECONDS) * 100).toFixed(1)} %`, null),
    ];
    return [
      { name: 'follow', title: `Following ${rows.toLocaleString('en-US')} rows`, against: lines[0]?.name ?? '', lines },
    ];
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

function line(name: string, seconds: number, note: string, peak: number | null): Line {
  return { name, seconds, least: seconds, most: seconds, rounds: 1, peak, note, cpu: null, serverCpu: null };
}

async function wayOfCommit({ rig, rows }: BenchContext, file: string, number: number): Promise<number> {
  const changed = 1 + ((number * 37) % 100);
  const from = (number * 7919) % Math.max(1, rows - 200);
  await rig.session.query(
    `UPDATE transactions SET merchant = 'bench ${number}' WHERE tx_id IN (SELECT tx_id FROM transactions OFFSET ${from} LIMIT ${changed})`,
  );
  const committed = performance.now();
  for (let known = ''; ; await delay(4)) {
    const { ino } = fs.statSync(file);
    if (String(ino) === known) continue;
    known = String(ino);
    const reader = await openReader(file);
    try {
      const found = await reader.all(`SELECT 1 AS one FROM transactions WHERE merchant = 'bench ${number}' LIMIT 1`);
      if (found.length > 0) return (performance.now() - committed) / 1000;
    } finally {
      reader.close();
    }
  }
}

async function sustained(
  { rig, rows }: BenchContext,
  file: string,
): Promise<{ seconds: number; changed: number; lag: number }> {
  const [sample] = await rig.session.query<{ ids: string }>(
    `SELECT string_agg(quote_literal(tx_id), ',') AS ids FROM (SELECT tx_id FROM transactions OFFSET ${rows >> 1} LIMIT 200) s`,
  );
  const started = performance.now();
  let changed = 0;
  while (performance.now() - started < LOAD_SECONDS * 1000) {
    await rig.session.query(`UPDATE transactions SET merchant = 'load ${changed}' WHERE tx_id IN (${sample?.ids})`);
    changed += 200;
  }
  const lag = currentFollower(file)?.lag_seconds ?? 0;
  const [row] = await rig.session.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  const goal = parseLsn(row?.lsn ?? '0/0');
  while (parseLsn(currentFollower(file)?.position ?? '0/0') < goal) await delay(50);
  return { seconds: (performance.now() - started) / 1000, changed, lag };
}

async function idleCpu(child: ChildProcess): Promise<number> {
  await delay(2000);
  const before = cpuOf(child);
  await delay(IDLE_SECONDS * 1000);
  return cpuOf(child) - before;
}

/** Seconds of processor time so far; 0 where there is no /proc. */
function cpuOf({ pid }: ChildProcess): number {
  try {
    const fields = fs
      .readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** The most memory that was resident, in bytes; null where there is no /proc. */
function peakOf({ pid }: ChildProcess): number | null {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
