import fs from 'node:fs';
import { quoteLiteral } from '../model/identifier.ts';
import { STATE_SCHEMA } from '../model/tableName.ts';
import { copyAsItLies, copyInOrder } from './copyInOrder.ts';
import { dropOtherPlaces } from './places.ts';
import { MOVED } from './timeOrder.ts';
import { openWorkingCopy, type WorkingCopy, type WorkingCopyOptions } from './workingCopy.ts';

/** What a file measured when it was last written from nothing: as much as its rows need. */
export interface FreshSize {
  readonly bytes: number;
  readonly rows: bigint;
}

/** How much larger than a fresh one a file may grow by changes before it is written anew. */
const TOLERATED = 1.6;
/** Small files are not worth the thought: DuckDB takes blocks of 256 kB whole. */
const SLACK_BYTES = 2 << 20;
/** The name of the file as it was, beside the new one. */
const BLOATED = 'finance_db_bloated';
/** Rows in the order of their changes compress less than in the order of the source: a compacted file is that much larger. */
const DISORDER = 1.35;

/** Whether a file of so many bytes holds too much that nobody needs. */
export function isBloated(bytes: number, rows: bigint, fresh: FreshSize): boolean {
  const ratio = fresh.rows === 0n ? 1 : Math.max(Number(rows) / Number(fresh.rows), 0.1);
  return bytes > fresh.bytes * ratio * TOLERATED + SLACK_BYTES;
}

/** SQL that remembers the fresh size in the file, for the syncs to come. */
export function rememberFreshSql(fresh: FreshSize): string {
  return `INSERT INTO ${STATE_SCHEMA}.about VALUES ('fresh_bytes', '${fresh.bytes}'), ('fresh_rows', '${fresh.rows}')`;
}

/**
 * Writes everything that a closed working copy holds into a new file, and puts that in its place. Deleted rows leave gaps
 * that later ones fill only in part, so that thousands of small changes would let the file grow for ever. Tables that their source divides
 * by time are sorted by it on the way; where that cannot be done, their rows are copied as they lie.
 * @param tries what DuckDB may use for it; more when it could not be done with less
 * @returns false when it could not be done, for want of space say; the working copy is as it was then
 */
export async function compactFile(
  file: string,
  tries: readonly WorkingCopyOptions[],
  rows: bigint,
  before: FreshSize,
): Promise<boolean> {
  const fresh = `${file}.compact`;
  for (const copyAll of [copyInOrder, copyAsItLies])
    for (const options of tries)
      try {
        await writeAnew(file, fresh, options, copyAll);
        await writeFresh(fresh, options, rows, before);
        fs.renameSync(fresh, file);
        return true;
      } catch {
        for (const name of [fresh, `${fresh}.wal`]) fs.rmSync(name, { force: true });
      }
  return false;
}

async function writeAnew(
  file: string,
  fresh: string,
  options: WorkingCopyOptions,
  copyAll: (copy: WorkingCopy, from: string) => Promise<void>,
): Promise<void> {
  const copy = await openWorkingCopy(fresh, options);
  try {
    await copy.run(`ATTACH ${quoteLiteral(file)} AS ${BLOATED} (READ_ONLY)`);
    // In no order the new file came out up to twice as large (measured).
    await copy.run('SET preserve_insertion_order = true');
    await copyAll(copy, BLOATED);
    await copy.run(`DETACH ${BLOATED}`);
    // They go by the numbers of rows, which are others now; the next sync by the log learns them anew.
    await dropOtherPlaces(copy, []);
    await copy.run(`DELETE FROM ${STATE_SCHEMA}.about WHERE name = 'placed'`);
    await copy.close();
  } catch (error) {
    copy.abandon();
    throw error;
  }
}

/** What a fresh file would measure now: as before, row by row, unless even the new file shows that rows have become larger. */
async function writeFresh(file: string, options: WorkingCopyOptions, rows: bigint, before: FreshSize): Promise<void> {
  const now = before.rows === 0n ? 0 : (before.bytes * Number(rows)) / Number(before.rows);
  const bytes = Math.round(Math.max(now, fs.statSync(file).size / DISORDER));
  const copy = await openWorkingCopy(file, options);
  try {
    await copy.run(`DELETE FROM ${STATE_SCHEMA}.about WHERE name IN ('fresh_bytes', 'fresh_rows', '${MOVED}')`);
    await copy.run(rememberFreshSql({ bytes, rows }));
    await copy.close();
  } catch (error) {
    copy.abandon();
    throw error;
  }
}
