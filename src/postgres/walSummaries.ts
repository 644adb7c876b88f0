import { setTimeout as delay } from 'node:timers/promises';
import { isFinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { NEAR_BLOCKS, rangesOf, type Stretch } from '../model/changedBlocks.ts';
import { quoteLiteral } from '../model/identifier.ts';
import type { PageRange } from '../model/pageRanges.ts';
import {
  type CheckpointMark,
  isCovered,
  type LastCheckpoint,
  parseFullXid,
  reachOf,
  type WalSummary,
  widenXid,
} from '../model/walSummaries.ts';
import { parseLsn } from '../model/watermark.ts';
import { askPinned } from './pinned.ts';
import type { PgSession } from './session.ts';
import type { SourceSnapshot } from './snapshot.ts';

/** The first version that summarizes its log. */
export const HAS_WAL_SUMMARIES = 170000;

/** What the log tells of files since a checkpoint, or why it cannot be asked. */
export type WalAnswer =
  | {
      readonly kind: 'known';
      /** What changed since each of the beginnings that can be reached, the oldest first. */
      readonly since: readonly ChangesSince[];
      /** How many summaries the longest way takes. */
      readonly summaries: number;
    }
  | { readonly kind: 'unknown'; readonly why: string };

export interface ChangesSince {
  readonly start: CheckpointMark;
  /** The changed blocks of each file that is mentioned. */
  readonly changed: ReadonlyMap<string, readonly PageRange[]>;
}

export interface WalQuestion {
  /** Where to begin, the oldest first: all from which the summaries reach far enough. */
  readonly starts: readonly CheckpointMark[];
  /** pg_class.relfilenode of the files asked about. */
  readonly filenodes: readonly string[];
  /** Ask the server for a checkpoint when its summaries do not reach far enough. */
  readonly checkpoint: boolean;
  /** How long to wait for the server's own next checkpoint, in milliseconds. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** The summarizer wakes up when a checkpoint ends, and writes what it has within a moment. */
const SUMMARIZER_MS = 3_000;

const LAST_CHECKPOINT =
  "(SELECT concat_ws(' ', timeline_id, redo_lsn, next_xid, oldest_active_xid) FROM pg_catalog.pg_control_checkpoint())";

/** @param text what LAST_CHECKPOINT gave */
function toCheckpoint(text: string | null | undefined): LastCheckpoint | null {
  const [timeline, redo, next, oldest] = (text ?? '').split(' ');
  if (timeline === undefined || redo === undefined || next === undefined || oldest === undefined) return null;
  const nextXid = parseFullXid(next);
  return { timeline, redo, nextXid: String(nextXid), oldestActive: widenXid(BigInt(oldest), nextXid) };
}

/**
 * The server's last checkpoint, for later syncs to begin at; null where it does not tell this role.
 * @param inTransaction whether one is open in the session, which must go on
 */
export async function readMark(session: PgSession, inTransaction: boolean): Promise<CheckpointMark | null> {
  const sql = `SELECT ${LAST_CHECKPOINT} AS checkpoint`;
  const rows = inTransaction
    ? await readInSavepoint<{ checkpoint: string }>(session, sql)
    : await askPinned<{ checkpoint: string }>(session, sql).catch(notAllowed);
  const checkpoint = typeof rows === 'string' ? null : toCheckpoint(rows[0]?.checkpoint);
  if (checkpoint === null) return null;
  const { timeline, redo, nextXid } = checkpoint;
  return { timeline, redo, nextXid };
}

function notAllowed(error: unknown): string {
  if (isFinanceDbError(error) && error.code === 'PG_PERMISSION') return error.message;
  throw error;
}

/**
 * Asks the summaries of the write-ahead log which files were changed by what a snapshot sees and its server wrote behind a
 * checkpoint (docs/sync.md argues why what they do not mention is unchanged). No right is needed beyond connecting.
 */
export async function askWal(snapshot: SourceSnapshot, question: WalQuestion): Promise<WalAnswer> {
  const { session, identity } = snapshot;
  const { lsn, timeline } = identity;
  if (lsn === null) return unknown('the server does not tell its position to this role');
  const { starts, signal } = question;
  const began = performance.now();
  let demanded = false;
  for (;;) {
    const look = await lookAt(session, starts);
    if (typeof look === 'string') return unknown(look);
    if (!look.on) return unknown('summarize_wal is off');
    const reached = starts.filter((from) => {
      const reach = reachOf(look.summaries, timeline, parseLsn(from.redo));
      return isCovered(reach, snapshot.snapshot, lsn, look.checkpoint);
    });
    if (reached.length > 0) return contents(snapshot, question, reached, look.summaries);
    const waited = performance.now() - began;
    const isWritten = look.checkpoint !== null && parseLsn(look.checkpoint.redo) >= parseLsn(lsn);
    if (question.checkpoint && !demanded && !isWritten) {
      demanded = true;
      const refused = await inSavepoint(session, 'CHECKPOINT');
      if (refused !== null) return unknown(`the server was asked for a checkpoint: ${refused}`);
    } else if (waited > (isWritten || demanded ? Math.max(SUMMARIZER_MS, question.waitMs) : question.waitMs))
      return unknown(
        isWritten
          ? 'the summaries have a gap, or are late'
          : 'no checkpoint has ended since the changes, and summaries reach to the last one',
      );
    await delay(demanded || isWritten ? 10 : 250, undefined, { signal });
  }
}

interface Look {
  readonly on: boolean;
  readonly summaries: readonly WalSummary[];
  readonly checkpoint: LastCheckpoint | null;
}

async function lookAt(session: PgSession, [oldest]: readonly CheckpointMark[]): Promise<Look | string> {
  if (oldest === undefined) return 'no checkpoint is known from before the last sync';
  const rows = await readInSavepoint<{ on: string; summaries: string | null; checkpoint: string | null }>(
    session,
    `SELECT current_setting('summarize_wal') AS on, ${LAST_CHECKPOINT} AS checkpoint,
     (SELECT json_agg(json_build_object('timeline', tli::text, 'start', start_lsn::text, 'end', end_lsn::text))::text
      FROM pg_catalog.pg_available_wal_summaries() WHERE tli = ${Number(oldest.timeline)} AND end_lsn > '${oldest.redo}'::pg_lsn) AS summaries`,
  );
  if (typeof rows === 'string') return rows;
  const [row] = rows;
  return {
    on: row?.on === 'on',
    summaries: JSON.parse(row?.summaries ?? '[]') as WalSummary[],
    checkpoint: toCheckpoint(row?.checkpoint),
  };
}

/** Files of other tablespaces by the same number count too: blocks too many are read for nothing, no more. */
async function contents(
  { session, identity }: SourceSnapshot,
  { filenodes }: WalQuestion,
  starts: readonly CheckpointMark[],
  summaries: readonly WalSummary[],
): Promise<WalAnswer> {
  const since: ChangesSince[] = [];
  let most = 0;
  for (const start of starts) {
    const needed = summaries.filter(({ end }) => parseLsn(end) > parseLsn(start.redo));
    most = Math.max(most, needed.length);
    const changed = new Map<string, readonly PageRange[]>();
    since.push({ start, changed });
    if (needed.length === 0) continue;
    const rows = await readInSavepoint<StretchRow>(session, stretchesSql(needed, filenodes, identity.databaseOid));
    // Summaries are removed after wal_summary_keep_time.
    if (typeof rows === 'string') return unknown(rows);
    const stretches = new Map<string, Stretch[]>();
    for (const row of rows) {
      const own = stretches.get(row.file);
      if (own === undefined) stretches.set(row.file, [toStretch(row)]);
      else own.push(toStretch(row));
    }
    for (const [file, own] of stretches) changed.set(file, rangesOf(own));
  }
  return { kind: 'known', since, summaries: most };
}

interface StretchRow {
  file: string;
  first: string;
  last: string;
  cut: string;
}

function toStretch({ first, last, cut }: StretchRow): Stretch {
  return { from: Number(first), to: Number(last), cut: cut === 'true' };
}

/** SQL of the stretches of blocks that the summaries mention, those that lie near each other as one: they may be many. */
function stretchesSql(summaries: readonly WalSummary[], filenodes: readonly string[], databaseOid: string): string {
  const read = summaries.map(
    ({ timeline, start, end }) => `(${Number(timeline)}::int8, '${start}'::pg_lsn, '${end}'::pg_lsn)`,
  );
  return `SELECT file::text AS file, min(block)::text AS first, max(block)::text AS last, bool_or(cut)::text AS cut FROM (
      SELECT file, block, cut, count(*) FILTER (WHERE begins) OVER (PARTITION BY file ORDER BY block) AS stretch FROM (
        SELECT file, block, cut, coalesce(block - lag(block) OVER (PARTITION BY file ORDER BY block) > ${NEAR_BLOCKS}, true) AS begins FROM (
          SELECT c.relfilenode AS file, c.relblocknumber AS block, bool_or(c.is_limit_block) AS cut
          FROM (VALUES ${read.join(', ')}) AS s(tli, beginning, ending), LATERAL pg_catalog.pg_wal_summary_contents(s.tli, s.beginning, s.ending) AS c
          WHERE c.relforknumber = 0 AND c.reldatabase IN (0, ${Number(databaseOid)}) AND c.relfilenode = ANY (${quoteLiteral(`{${filenodes.join(',')}}`)}::oid[])
          GROUP BY c.relfilenode, c.relblocknumber) blocks) marked) numbered
    GROUP BY file, stretch ORDER BY file, min(block)`;
}

function unknown(why: string): WalAnswer {
  return { kind: 'unknown', why };
}

/** Runs a statement without risk to the transaction. @returns why it failed; null when it did not */
async function inSavepoint(session: PgSession, sql: string): Promise<string | null> {
  const outcome = await readInSavepoint(session, sql);
  return typeof outcome === 'string' ? outcome : null;
}

async function readInSavepoint<R>(session: PgSession, sql: string): Promise<R[] | string> {
  await session.query('SAVEPOINT finance_db_look');
  try {
    const rows = await session.query<R>(sql);
    await session.query('RELEASE SAVEPOINT finance_db_look');
    return rows;
  } catch (error) {
    if (!isFinanceDbError(error) || error.code === 'PG_CONNECTION_LOST') throw error;
    // Released as well: no snapshot can be shared from within one.
    await session.query('ROLLBACK TO SAVEPOINT finance_db_look; RELEASE SAVEPOINT finance_db_look');
    return messageOf(error);
  }
}
