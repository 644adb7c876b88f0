import { parseLsn, type Snapshot } from './watermark.ts';

/** A checkpoint: what was written to the log by transactions from `nextXid` on lies behind `redo`. */
export interface CheckpointMark {
  readonly timeline: string;
  /** A position of the log, `X/Y`. */
  readonly redo: string;
  /** The first transaction id that had not been given when it was written, as digits of 64 bits. */
  readonly nextXid: string;
}

/** The server's last checkpoint, as pg_control_checkpoint() tells. */
export interface LastCheckpoint extends CheckpointMark {
  /** All transactions before this one had ended before `redo`; null when the server does not say. */
  readonly oldestActive: bigint | null;
}

/** A stretch of the log of which the server knows what it changed. */
export interface WalSummary {
  readonly timeline: string;
  readonly start: string;
  readonly end: string;
}

/** A 64-bit transaction id from `epoch:xid`, as pg_control_checkpoint() writes it. */
export function parseFullXid(text: string): bigint {
  const [epoch = '', xid = ''] = text.split(':');
  return (BigInt(epoch) << 32n) | BigInt(xid);
}

/** An older 32-bit transaction id as one of 64 bits; null for 0, which is none. */
export function widenXid(xid: bigint, next: bigint): bigint | null {
  return xid === 0n ? null : next - ((next - xid) & 0xffff_ffffn);
}

/**
 * Where to begin to look for what changed since a snapshot: behind the newest checkpoint whose next transaction id is not beyond
 * the snapshot's oldest one, since all that the snapshot did not see was written by that one and later ones. Null when no such
 * checkpoint is known.
 */
export function startOf(
  marks: readonly CheckpointMark[],
  timeline: string | null,
  { xmin }: Pick<Snapshot, 'xmin'>,
): CheckpointMark | null {
  let newest: CheckpointMark | null = null;
  for (const mark of marks)
    if (mark.timeline === timeline && BigInt(mark.nextXid) <= xmin)
      if (newest === null || parseLsn(mark.redo) > parseLsn(newest.redo)) newest = mark;
  return newest;
}

/** How far the summaries reach from `start` on, without a gap. */
export function reachOf(summaries: readonly WalSummary[], timeline: string | null, start: bigint): bigint {
  const sorted = summaries
    .filter((summary) => summary.timeline === timeline)
    .map((summary) => ({ start: parseLsn(summary.start), end: parseLsn(summary.end) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  let reach = start;
  for (const summary of sorted) {
    if (summary.start > reach) break;
    if (summary.end > reach) reach = summary.end;
  }
  return reach;
}

/**
 * Whether summaries up to `reach` tell of all that a snapshot sees.
 * @param lsn the log's position that was read after the snapshot: nothing beyond it is seen
 * @param checkpoint one behind which nothing that is seen can have been written, if all transactions that are seen had ended
 *   before it began
 */
export function isCovered(
  reach: bigint,
  snapshot: Pick<Snapshot, 'xmax'>,
  lsn: string,
  checkpoint: LastCheckpoint | null,
): boolean {
  if (reach >= parseLsn(lsn)) return true;
  if (checkpoint === null || checkpoint.oldestActive === null) return false;
  return reach >= parseLsn(checkpoint.redo) && snapshot.xmax <= checkpoint.oldestActive;
}

/** One for each checkpoint of a day, at one in five minutes. */
const MOST_MARKS = 288;

/**
 * The checkpoints that later syncs may begin at: the newest that is safe for each snapshot, and all later ones.
 * @param marks older first
 * @param oldest the oldest transaction of all tables' snapshots
 */
export function keepMarks(marks: readonly CheckpointMark[], oldest: bigint): CheckpointMark[] {
  const unique = marks.filter(
    (mark, index) =>
      !marks.slice(index + 1).some((later) => later.redo === mark.redo && later.timeline === mark.timeline),
  );
  const first = unique.findLastIndex(({ nextXid }) => BigInt(nextXid) <= oldest);
  const kept = unique.slice(Math.max(first, 0));
  return kept.length <= MOST_MARKS ? kept : [...kept.slice(0, 1), ...kept.slice(1 - MOST_MARKS)];
}
