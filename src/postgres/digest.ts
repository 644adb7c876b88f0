import { type BucketDigests, type BucketRow, BucketSums } from '../model/bucketDigests.ts';
import { hasPageRanges, inPages, type PageRange } from '../model/pageRanges.ts';
import type { RowDigest } from '../model/rowDigest.ts';
import { rowsOf, type SourceTable } from '../model/sourceTable.ts';
import type { PgSession } from './session.ts';
import { shareWork } from './shareWork.ts';
import type { SourceSnapshot } from './snapshot.ts';

export interface DigestOptions {
  /** A power of two. */
  readonly buckets: number;
  /** Sessions that work at the same time. */
  readonly jobs: number;
  /** SQL that is true for the rows wanted; null for all. */
  readonly where: string | null;
  readonly onRange: (done: number, of: number) => void;
}

const PREPARE = "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '32MB'";

/**
 * Counts and sums of the digests of a table's rows, per bucket; only these cross the wire. Several sessions share the
 * snapshot and take ranges of pages: the planner would not spread the rendering, which it thinks costs nothing.
 */
export async function digestTable(
  snapshot: SourceSnapshot,
  source: SourceTable,
  digest: RowDigest,
  options: DigestOptions,
): Promise<BucketDigests> {
  const { buckets, jobs, where, onRange } = options;
  const pieces = piecesOf(snapshot, source, jobs, where);
  const sums = new BucketSums();
  let done = 0;
  await shareWork(snapshot, jobs, PREPARE, pieces, async (session, from) => {
    const part = await session.query<BucketRow>(
      `SELECT d & ${buckets - 1} AS bucket, count(*) AS rows, sum(d) AS sum FROM (${digest.postgres(from, [])}) AS rows GROUP BY 1`,
    );
    sums.add(part);
    onRange(++done, pieces.length);
  });
  return sums.total();
}

/**
 * What to put behind FROM to read a table in pieces, each of which a connection takes by itself.
 * @param where SQL that is true for the rows wanted; null for all
 */
export function piecesOf(
  snapshot: Pick<SourceSnapshot, 'serverVersionNumber'>,
  source: SourceTable,
  jobs: number,
  where: string | null,
): string[] {
  const inRanges = hasPageRanges(source, snapshot.serverVersionNumber) && jobs > 1;
  const ranges = inRanges ? cutEvenly(source.pages, jobs * RANGES_PER_JOB) : [null];
  return ranges.map((range) => {
    const conditions = [...(range === null ? [] : [inPages(range)]), ...(where === null ? [] : [where])];
    return conditions.length === 0 ? rowsOf(source) : `${rowsOf(source)} WHERE ${conditions.join(' AND ')}`;
  });
}

/**
 * Counts a table's rows in the order of its pages. Left to itself the planner takes an index, by which each row of a page
 * that was changed since the last VACUUM is looked up on its own: minutes where the pages are not in memory.
 */
export async function countInPieces(snapshot: SourceSnapshot, source: SourceTable, jobs: number): Promise<bigint> {
  let rows = 0n;
  await shareWork(snapshot, jobs, PREPARE, piecesOf(snapshot, source, jobs, null), async (session, from) => {
    // Counted before it is added: others add theirs meanwhile.
    const counted = await countRows(session, from);
    rows += counted;
  });
  return rows;
}

/** Each range answers with all of its buckets, so there are only as many as balance and progress need. */
const RANGES_PER_JOB = 3;
const LEAST_PAGES = 1024;

function cutEvenly(pages: number, parts: number): PageRange[] {
  const size = Math.max(LEAST_PAGES, Math.ceil(pages / parts));
  const ranges: PageRange[] = [];
  for (let from = 0; from === 0 || from < pages; from += size)
    ranges.push({ from, to: from + size >= pages ? null : from + size });
  return ranges;
}

/** How many rows changed since the watermark, by the condition of `changedSince`. */
export async function countChanged(session: PgSession, table: string, condition: string): Promise<bigint> {
  return countRows(session, `${table} WHERE ${condition}`);
}

export async function countRows(session: PgSession, from: string): Promise<bigint> {
  const [row] = await session.query<{ count: string }>(`SELECT count(*) AS count FROM ${from}`);
  return BigInt(row?.count ?? '0');
}

/** Octets that the session has received from the server so far. */
export function bytesReceived(session: PgSession): number {
  const { connection } = session.client as unknown as { connection?: { stream?: { bytesRead?: number } } };
  return connection?.stream?.bytesRead ?? 0;
}
