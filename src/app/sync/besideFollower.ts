import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readPublishedFile } from '../../duckdb/fileState.ts';
import { currentFollower, type FollowNote, wishForScan } from '../../duckdb/followNote.ts';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { displayName } from '../../model/tableName.ts';
import { parseLsn } from '../../model/watermark.ts';
import { askPinned } from '../../postgres/pinned.ts';
import { withPostgres } from '../../postgres/server.ts';
import { LOG_POSITION, readPosition } from '../../postgres/snapshot.ts';
import { unchanged } from './gate.ts';
import { findState } from './published.ts';
import type { SyncRequest, SyncResult } from './syncRequest.ts';

/** What a follower needs to come to where the server was, if nothing is wrong. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 100;

/**
 * A sync beside a follower has nothing to do but to wait until the file holds all that was committed when it was called, unless it is as
 * young as asked.
 * @param error why the sync could not have the file for itself
 * @returns null when nobody follows these tables, or a sync of another kind was asked for
 * @throws FinanceDbError SYNC_LOCKED when the follower does not come so far in time
 */
export async function besideFollower(request: SyncRequest, error: unknown): Promise<SyncResult | null> {
  const { config, tables, signal, now } = request;
  if (!isFinanceDbError(error) || error.code !== 'SYNC_LOCKED') return null;
  const found = currentFollower(config.duckdbPath);
  if (found === null) return null;
  const known = [...found.tables, ...found.scanned];
  if (!tables.every((table) => known.includes(displayName(table)))) return null;
  if (request.full || request.newSource === true || request.beforePublish !== undefined)
    throw new FinanceDbError('SYNC_LOCKED', `${config.duckdbPath} is followed by process ${found.pid}`, {
      cause: error,
      remedy: 'stop it first, or leave out the flags: without them a sync waits for it',
    });
  const started = performance.now();
  const context = { target: config.postgres, now: now(), signal, lockWaitMs: config.lockWaitMs };
  const { source, snapshot, goal } = await withPostgres(context, async (server) => {
    const session = await server.connect();
    const position = await readPosition(session);
    const [row] = await askPinned<{ lsn: string }>(session, `SELECT ${LOG_POSITION} AS lsn`);
    const { kind, database, place } = server;
    return {
      source: {
        kind: kind === 'embedded' ? ('embedded' as const) : ('postgres' as const),
        database,
        place,
        version: position.serverVersion,
      },
      snapshot: position.snapshotText,
      goal: parseLsn(row?.lsn ?? '0/0'),
    };
  });
  const age = ageOf(request, found);
  // Somebody may have removed it: the follower puts it there again.
  const isThere = (): boolean => fs.existsSync(config.duckdbPath);
  const isYoung = isThere() && age !== null && request.maxAgeSeconds !== undefined && age <= request.maxAgeSeconds;
  const note = isYoung ? found : await reached(request, goal, found, isThere);
  const file = await readPublishedFile(config.duckdbPath);
  const states = tables.map((table) => findState(file, table)).filter((state) => state !== null);
  const sampleTables = file.kind === 'ours' ? file.sampleTables : [];
  const reason = isYoung
    ? `followed by process ${note.pid}: all that was committed ${Math.ceil(age)} s ago is there`
    : `followed by process ${note.pid}: all that was committed is there`;
  return unchanged({ source, snapshot }, { states, sampleTables, reason }, config.duckdbPath, started);
}

/** Seconds since when the file lacks nothing of these tables; null when that is not known. */
function ageOf({ tables, now }: SyncRequest, note: FollowNote): number | null {
  const scans = tables.some((table) => note.scanned.includes(displayName(table)));
  const times = [note.as_of, ...(scans ? [note.scanned_at] : [])].map((time) =>
    time === null ? null : Date.parse(time),
  );
  if (times.includes(null)) return null;
  return Math.max(0, now().getTime() - Math.min(...times.map(Number))) / 1000;
}

async function reached(
  request: SyncRequest,
  goal: bigint,
  first: FollowNote,
  isThere: () => boolean,
): Promise<FollowNote> {
  // Of what no message tells, a look tells that began later than we did.
  const called = request.now().getTime();
  const deadline = performance.now() + Math.max(PATIENCE_MS, request.waitSeconds * 1000);
  let note: FollowNote | null = first;
  while (note !== null) {
    const looked = note.looked_at !== null && Date.parse(note.looked_at) >= called;
    const arrived = note.position !== null && parseLsn(note.position) >= goal;
    const { scanned, scanned_at: scannedAt } = note;
    const stale = scannedAt === null || Date.parse(scannedAt) < called;
    const unscanned = stale && request.tables.some((table) => scanned.includes(displayName(table)));
    if (note.state === 'streaming' && unscanned) wishForScan(request.config.duckdbPath);
    if (note.state === 'streaming' && looked && arrived && !unscanned && isThere()) return note;
    if (performance.now() > deadline) break;
    await delay(LOOK_MS, undefined, { signal: request.signal });
    note = currentFollower(request.config.duckdbPath);
  }
  const why = note === null ? 'has ended' : note.why === null ? `is ${note.state}` : `is waiting: ${note.why}`;
  throw new FinanceDbError('SYNC_LOCKED', `the follower (process ${first.pid}) ${why}, and has not come so far yet`, {
    remedy:
      note === null
        ? 'run the command again'
        : 'see what it says, wait longer with --wait SECONDS, or stop it and run `finance-db sync`',
  });
}
