import { type BucketDigests, type BucketRow, BucketSums } from '../model/bucketDigests.ts';
import type { PostgresDialect } from '../model/canonical.ts';
import type { RowDigest } from '../model/canonicalRow.ts';
import type { PageRange } from '../model/pageRanges.ts';
import { rowsOf, type SourceTable } from '../model/sourceTable.ts';
import type { PgSession } from './session.ts';
import type { SourceSnapshot } from './snapshot.ts';

/** What the server can do, as far as rendering goes. */
export async function readDialect(snapshot: SourceSnapshot): Promise<PostgresDialect> {
  const [row] = await snapshot.session.query<{ encoding: string }>(
    "SELECT current_setting('server_encoding') AS encoding",
  );
  return { version: snapshot.serverVersionNumber, encoding: row?.encoding ?? 'UTF8' };
}

/** PostgreSQL before 14 has no scan of a range of pages; each range would cost a scan of the whole. */
const HAS_TID_RANGE_SCAN = 140000;

export interface DigestOptions {
  /** A power of two. */
  readonly buckets: number;
  /** Sessions that work at the same time. */
  readonly jobs: number;
  /** SQL that is true for the rows wanted; null for all. */
  readonly where: string | null;
  readonly onRange: (done: number, of: number) => void;
}

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
  const queue = [...ranges];
  const sessions = await shareSnapshot(snapshot, Math.min(jobs, ranges.length));
  const sums = new BucketSums();
  let done = 0;
  const work = async (session: PgSession): Promise<void> => {
    await session.query(
      "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off; SET LOCAL work_mem = '32MB'",
    );
    for (let range = queue.shift(); range !== undefined; range = queue.shift()) {
      const conditions = [...(range === null ? [] : [inRange(range)]), ...(where === null ? [] : [where])];
      const from = conditions.length === 0 ? rowsOf(source) : `${rowsOf(source)} WHERE ${conditions.join(' AND ')}`;
      const part = await session.query<BucketRow>(
        `SELECT lo & ${buckets - 1} AS bucket, count(*) AS rows, sum(lo) AS lo, sum(hi) AS hi FROM (${digest.postgres(from, [])}) AS rows GROUP BY 1`,
      );
      sums.add(part);
      onRange(++done, ranges.length);
    }
  };
  try {
    const outcomes = await Promise.allSettled(sessions.map(work));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  } finally {
    await Promise.all(sessions.filter((session) => session !== snapshot.session).map((session) => session.close()));
  }
  return sums.total();
}

async function shareSnapshot(snapshot: SourceSnapshot, wanted: number): Promise<PgSession[]> {
  const sessions = [snapshot.session];
  while (sessions.length < wanted) {
    const joined = await snapshot.join();
    if (joined === null) break;
    sessions.push(joined);
  }
  return sessions;
}

function rangesOf(snapshot: SourceSnapshot, source: SourceTable, jobs: number): (PageRange | null)[] {
  const scannable = (source.kind === 'r' || source.kind === 'm') && !source.inherited;
  if (!scannable || snapshot.serverVersionNumber < HAS_TID_RANGE_SCAN || jobs < 2) return [null];
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

function inRange(range: PageRange): string {
  const upTo = range.to === null ? '' : ` AND ctid < '(${range.to},0)'::tid`;
  return `ctid >= '(${range.from},0)'::tid${upTo}`;
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
