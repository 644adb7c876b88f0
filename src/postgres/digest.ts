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
  const ranges = rangesOf(snapshot, source, jobs);
  const sums = new BucketSums();
  let done = 0;
  await shareWork(snapshot, jobs, PREPARE, ranges, async (session, range) => {
    const conditions = [...(range === null ? [] : [inPages(range)]), ...(where === null ? [] : [where])];
    const from = conditions.length === 0 ? rowsOf(source) : `${rowsOf(source)} WHERE ${conditions.join(' AND ')}`;
    const part = await session.query<BucketRow>(
      `SELECT d & ${buckets - 1} AS bucket, count(*) AS rows, sum(d) AS sum FROM (${digest.postgres(from, [])}) AS rows GROUP BY 1`,
    );
    sums.add(part);
    onRange(++done, ranges.length);
  });
  return sums.total();
}

function rangesOf(snapshot: SourceSnapshot, source: SourceTable, jobs: number): (PageRange | null)[] {
  if (!hasPageRanges(source, snapshot.serverVersionNumber) || jobs < 2) return [null];
  return cutEvenly(source.pages, jobs * RANGES_PER_JOB);
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
