import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { currentFollower } from '../../src/duckdb/followNote.ts';
import { openReader } from '../../src/duckdb/reader.ts';
import { quoteLiteral } from '../../src/model/identifier.ts';
import { parseLsn } from '../../src/model/watermark.ts';
import type { Rig } from './rig.ts';

/** Rows that a load changes with each commit. */
export const ROWS_A_COMMIT = 200;

/** Some rows of the table, from all over it: to look them up costs no scan while something is measured. */
export async function sampleIds({ session }: Rig, rows: number): Promise<string[]> {
  const share = Math.min(100, (4_000_000 / rows) * 1.5);
  const found = await session.query<{ id: string }>(
    `SELECT tx_id AS id FROM transactions TABLESAMPLE BERNOULLI (${share}) REPEATABLE (7) LIMIT 40000`,
  );
  return found.map(({ id }) => id);
}

/** Each commit writes what no commit wrote before it: who finds that has seen this one, and not an earlier one. */
let commits = 0;

/**
 * Changes rows whose ids come in turn; every fourth commit deletes them and puts them back, as a replacement does.
 * @returns the merchant that all of these rows have now, and no others
 */
export async function commit({ session }: Rig, ids: readonly string[], number: number, rows: number): Promise<string> {
  const at = (number * 997) % Math.max(1, ids.length - rows);
  const chosen = `tx_id IN (${ids
    .slice(at, at + rows)
    .map(quoteLiteral)
    .join(',')})`;
  const merchant = `bench ${++commits}`;
  const mark = `UPDATE transactions SET merchant = ${quoteLiteral(merchant)} WHERE ${chosen}`;
  await session.query(
    number % 4 !== 3
      ? mark
      : `BEGIN; CREATE TEMP TABLE taken ON COMMIT DROP AS SELECT * FROM transactions WHERE ${chosen}; DELETE FROM transactions WHERE ${chosen}; INSERT INTO transactions SELECT * FROM taken; ${mark}; COMMIT`,
  );
  return merchant;
}

/** @returns seconds from a commit to a new reader of the file that sees it */
export async function wayOfCommit(rig: Rig, file: string, ids: readonly string[], number: number): Promise<number> {
  const merchant = await commit(rig, ids, number, 1 + ((number * 37) % 100));
  const committed = performance.now();
  for (let known = ''; ; await delay(4)) {
    const { ino } = fs.statSync(file);
    if (String(ino) === known) continue;
    known = String(ino);
    const reader = await openReader(file);
    try {
      const found = await reader.all(
        `SELECT 1 AS one FROM transactions WHERE merchant = ${quoteLiteral(merchant)} LIMIT 1`,
      );
      if (found.length > 0) return (performance.now() - committed) / 1000;
    } finally {
      reader.close();
    }
  }
}

/**
 * Commits as fast as the server takes it, or so many rows a second.
 * @param onTurn called after each commit
 * @returns changed rows a second
 */
export async function load(
  rig: Rig,
  ids: readonly string[],
  options: { readonly seconds: number; readonly rowsPerSecond?: number; readonly onTurn?: () => void },
): Promise<number> {
  const { seconds, rowsPerSecond = Number.POSITIVE_INFINITY, onTurn } = options;
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  let changed = 0;
  for (let number = 0; elapsed() < seconds; number++) {
    // Updates alone, as pgbench writes.
    await commit(rig, ids, number * 4, ROWS_A_COMMIT);
    changed += ROWS_A_COMMIT;
    onTurn?.();
    const ahead = changed / rowsPerSecond - elapsed();
    if (ahead > 0) await delay(ahead * 1000);
  }
  return changed / elapsed();
}

/** @returns seconds until the follower has published all that is committed now */
export async function caughtUp({ session }: Rig, file: string): Promise<number> {
  const started = performance.now();
  const [row] = await session.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  const goal = parseLsn(row?.lsn ?? '0/0');
  while (parseLsn(currentFollower(file)?.position ?? '0/0') < goal) await delay(20);
  return (performance.now() - started) / 1000;
}

/** Seconds of processor time of a process so far; 0 where there is no /proc. */
export function cpuOf({ pid }: ChildProcess): number {
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

/** Lets the most that a process had resident begin anew from what it has now, so that each phase has its own. */
export function forgetPeak({ pid }: ChildProcess): void {
  try {
    fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Where that cannot be had, each phase has the most so far.
  }
}

/** Resident memory of a process in bytes, now and at most so far, or since `forgetPeak`; 0 where there is no /proc. */
export function memoryOf({ pid }: ChildProcess): { readonly now: number; readonly peak: number } {
  const field = (text: string, name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) * 1024;
  try {
    const text = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return { now: field(text, 'VmRSS'), peak: field(text, 'VmHWM') };
  } catch {
    return { now: 0, peak: 0 };
  }
}
