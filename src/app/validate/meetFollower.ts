import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { currentFollower } from '../../duckdb/followNote.ts';
import { toFollowState } from '../../duckdb/followState.ts';
import { AskedMeeting, type MeetingAnswer } from '../../duckdb/meeting.ts';
import { readAbout } from '../../duckdb/syncState.ts';
import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { displayName } from '../../model/tableName.ts';
import { mapColumns } from '../../model/typeMapping.ts';
import { lsnOf } from '../../model/watermark.ts';
import { connectReplication, createSlot, temporarySlotName } from '../../postgres/replication/slot.ts';
import { givingWay } from '../../postgres/replication/waiters.ts';
import { type PgServer, withPostgres } from '../../postgres/server.ts';
import { openSnapshot, readPosition, type SourceSnapshot } from '../../postgres/snapshot.ts';
import { requireOwnSource } from '../sync/published.ts';
import { checkTable } from './checkTable.ts';
import { ALTERED } from './lag.ts';
import { type OpenPublished, openPublished } from './openPublished.ts';
import type { TableCheck, ValidationResult } from './result.ts';
import { beginComparison, type ValidateRequest, withSpoolFolder } from './session.ts';

/** What came of asking: a comparison, or why there is none, in words; neither where nobody follows. */
export interface MetFollower {
  readonly compared: { readonly result: ValidationResult; readonly identity: string | null } | null;
  readonly why: string | null;
}

/** A follower looks about once a second, unless it is publishing a large file. */
const WAITING_MS = 15_000;
/** What it takes to come to the position and publish there. */
const THERE_MS = 60_000;
const LOOK_MS = 20;

/** It cannot be had; the comparison can, with an allowance for what lags. */
class NoMeeting extends Error {}

/**
 * Compares a file that is being followed without any allowance for lag, however busy the writers are: a slot's snapshot sees
 * exactly what was committed before the slot's position, and the follower publishes a file of exactly that (docs/follow.md).
 * @throws FinanceDbError as `validate` does, once both are at the same position
 */
export async function meetFollower(request: ValidateRequest): Promise<MetFollower> {
  const { config, now, signal } = request;
  const follower = currentFollower(config.duckdbPath);
  const covered = config.tables.every((table) => follower?.tables.includes(displayName(table)) === true);
  if (request.quick || follower === null) return { compared: null, why: null };
  const scanned = config.tables.map(displayName).filter((name) => follower.scanned.includes(name));
  if (scanned.length > 0)
    return { compared: null, why: `lag is allowed for: ${scanned.join(', ')} is scanned now and then, not followed` };
  if (!covered) return { compared: null, why: null };
  const context = { target: config.postgres, now: now(), signal, lockWaitMs: config.lockWaitMs, toFollow: true };
  return withSpoolFolder((folder) =>
    withPostgres(context, async (server) => {
      const meeting = new AskedMeeting(config.duckdbPath, now());
      const met = await meet(request, server, meeting, folder)
        .catch((error: unknown) => {
          signal.throwIfAborted();
          if (error instanceof NoMeeting || isFinanceDbError(error)) return error.message;
          throw error;
        })
        .finally(() => meeting.end());
      if (typeof met === 'string')
        return { compared: null, why: `the follower could not be met, so that lag is allowed for: ${met}` };
      const { opened, snapshot, position } = met;
      try {
        return { compared: await compare(request, opened, snapshot, position, folder), why: null };
      } finally {
        opened.stored.abandon();
      }
    }),
  );
}

interface Met {
  readonly opened: OpenPublished;
  readonly snapshot: SourceSnapshot;
  readonly position: bigint;
}

async function meet(request: ValidateRequest, server: PgServer, meeting: AskedMeeting, folder: string): Promise<Met> {
  const { config, signal } = request;
  request.onStep('waiting for the follower');
  const session = await server.connect();
  const source = await readPosition(session);
  // Before the follower waits for us: what is missing here is missing for good.
  const streaming = await connectReplication(server);
  await answered(request, meeting, 'waiting', WAITING_MS);
  let position = 0n;
  const hasIdentity = source.identity.systemIdentifier !== null;
  const snapshot = await openSnapshot(server, session, config.tables, hasIdentity, async (locked) => {
    const asking = source.standby ? session : null;
    const slot = await givingWay({ server, locked }, [streaming], () =>
      createSlot(streaming, temporarySlotName(), true, asking),
    );
    position = slot.consistentPoint;
    return slot.snapshot;
  });
  await streaming.close();
  meeting.tell(position);
  await answered(request, meeting, 'there', THERE_MS);
  const opened = await openPublished(config, path.join(folder, 'tmp'));
  try {
    signal.throwIfAborted();
    const { place, database } = server;
    const { systemIdentifier, databaseOid } = source.identity;
    requireOwnSource(opened.owner, { systemIdentifier, databaseOid, database, place }, config.duckdbPath);
    // The file itself says so, or it is not believed.
    const at = toFollowState(await readAbout(opened.stored))?.position;
    if (at !== lsnOf(position)) throw new NoMeeting(`the file is as of ${at ?? 'a scan'}, not of ${lsnOf(position)}`);
    return { opened, snapshot, position };
  } catch (error) {
    opened.stored.abandon();
    throw error;
  }
}

/** @throws NoMeeting when the follower refuses, has ended, or does not answer in time */
async function answered(
  { config, signal }: ValidateRequest,
  meeting: AskedMeeting,
  state: MeetingAnswer['state'],
  patienceMs: number,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = meeting.answer();
    if (answer?.state === state) return;
    if (answer?.state === 'refused') throw new NoMeeting(answer.why ?? 'it refused');
    if (currentFollower(config.duckdbPath) === null) throw new NoMeeting('it has ended');
    if (performance.now() > deadline) throw new NoMeeting('it does not answer');
    await delay(LOOK_MS, undefined, { signal });
  }
}

async function compare(
  request: ValidateRequest,
  { stored, identity }: OpenPublished,
  snapshot: SourceSnapshot,
  position: bigint,
  folder: string,
): Promise<NonNullable<MetFollower['compared']>> {
  const { signal } = request;
  const interrupt = (): void => stored.interrupt?.();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    const { context, finish } = await beginComparison(request, stored, path.join(folder, 'spool'), snapshot);
    const tables: TableCheck[] = [];
    for (const source of snapshot.tables) {
      signal.throwIfAborted();
      const check = await checkTable(context, source, mapColumns(source), null);
      const altered = context.altered.has(displayName(source.table)) ? ALTERED : null;
      tables.push({ ...check, problem: check.problem ?? altered });
    }
    return { result: { ...finish(tables), metAt: lsnOf(position) }, identity };
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}
