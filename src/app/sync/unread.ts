import type { TableState } from '../../model/syncPlan.ts';
import { type CheckpointMark, startOf } from '../../model/walSummaries.ts';
import { parseLsn } from '../../model/watermark.ts';
import type { SourceSnapshot } from '../../postgres/snapshot.ts';
import { askWal, HAS_WAL_SUMMARIES } from '../../postgres/walSummaries.ts';
import { partsIn } from './fullLoad.ts';
import type { SyncRequest, TableWork } from './syncRequest.ts';

/** Parts of a table in which nothing changed since the file's snapshot, by their oids, with the rows that they have. */
export type UnreadParts = ReadonlyMap<string, bigint>;

/** What the server's log tells of a table. */
export interface WalLook {
  readonly unread: UnreadParts;
  /** Why so many parts are read, in words. */
  readonly why: string;
}

/** What the log tells of all tables. */
export interface WalLooks {
  of(tableOid: string): WalLook;
  /** How many summaries were read. */
  readonly summaries: number;
}

/** Tables below this many pages are read before a checkpoint would be written. */
const WORTH_A_CHECKPOINT = 4096;

/**
 * Finds the parts of tables that need not be read, since no summary of the server's write-ahead log mentions their files.
 * @param stateOf what the published file says of a table; null when it says nothing of use
 * @param embedded whether the server is ours, which may be asked for a checkpoint at any time
 */
export async function findUnread(
  request: SyncRequest,
  snapshot: SourceSnapshot,
  work: readonly TableWork[],
  stateOf: (work: TableWork) => TableState | null,
  marks: readonly CheckpointMark[],
  embedded: boolean,
): Promise<WalLooks> {
  const nothing = (why: string): WalLooks => ({ of: () => ({ unread: new Map(), why }), summaries: 0 });
  if (snapshot.serverVersionNumber < HAS_WAL_SUMMARIES)
    return nothing('PostgreSQL summarizes its log from version 17 on');
  const candidates = work.flatMap((one) => {
    const candidate = candidateOf(snapshot, one, stateOf(one), marks);
    return candidate === null ? [] : [candidate];
  });
  const starts = candidates.map(({ start }) => start).sort((a, b) => (parseLsn(a.redo) < parseLsn(b.redo) ? -1 : 1));
  const [start] = starts;
  if (start === undefined) return nothing('no checkpoint is known from before the last sync');
  const pages = candidates.reduce((sum, candidate) => sum + candidate.pages, 0);
  const answer = await askWal(snapshot, {
    start,
    filenodes: candidates.flatMap(({ parts }) => parts.map(({ filenode }) => filenode)),
    checkpoint: request.checkpoint ?? (embedded && pages >= WORTH_A_CHECKPOINT),
    waitMs: (request.awaitCheckpointSeconds ?? 0) * 1000,
    signal: request.signal,
  });
  if (answer.kind === 'unknown') return nothing(answer.why);
  const looks = new Map<string, WalLook>();
  for (const { oid, parts } of candidates) {
    const unread = parts.filter(({ filenode }) => !answer.changed.has(filenode));
    looks.set(oid, {
      unread: new Map(unread.map((part) => [part.oid, part.rows])),
      why: 'the summaries of the write-ahead log tell which changed',
    });
  }
  const other: WalLook = { unread: new Map(), why: 'what the log tells is of no use for it' };
  return { of: (oid) => looks.get(oid) ?? other, summaries: answer.summaries };
}

interface Candidate {
  readonly oid: string;
  readonly start: CheckpointMark;
  readonly pages: number;
  /** Parts that were in the same files when the file was synced. */
  readonly parts: readonly { readonly oid: string; readonly filenode: string; readonly rows: bigint }[];
}

/**
 * What may be left out of a table. Not those whose rows can change without the log telling (unlogged ones), and nothing when
 * partitions were detached: their rows are gone, and no part that is left tells which they were.
 */
function candidateOf(
  snapshot: SourceSnapshot,
  { plan }: TableWork,
  state: TableState | null,
  marks: readonly CheckpointMark[],
): Candidate | null {
  const { source } = plan;
  if (plan.mode !== 'incremental' || plan.lostLeaves || source.unlogged || state === null || state.parts === null)
    return null;
  const start = startOf(marks, snapshot.identity.timeline, state.snapshot);
  if (start === null) return null;
  const known = state.parts;
  const parts = partsIn({ snapshot }, source).flatMap(({ oid, filenode }) => {
    const then = known.get(oid);
    return filenode !== null && filenode !== '0' && then?.filenode === filenode
      ? [{ oid, filenode, rows: then.rows }]
      : [];
  });
  return parts.length === 0
    ? null
    : { oid: source.oid, start, pages: source.leaves.reduce((sum, leaf) => sum + leaf.pages, source.pages), parts };
}
