import { setTimeout as delay } from 'node:timers/promises';
import { hasLog } from '../../duckdb/companions.ts';
import { type PublishedFile, readPublishedFile } from '../../duckdb/fileState.ts';
import { readSlots, recordSlot, type SlotRecord } from '../../duckdb/slotRecord.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { planTable, type TableState } from '../../model/syncPlan.ts';
import { lsnOf, parseLsn } from '../../model/watermark.ts';
import { readSlot, type ServerSlot, streamerOf } from '../../postgres/replication/keptSlot.ts';
import { createSlot } from '../../postgres/replication/slot.ts';
import type { PgSession } from '../../postgres/session.ts';
import type { SourcePosition } from '../../postgres/snapshot.ts';
import { findState } from '../sync/published.ts';

/** The server notices within moments that a follower was killed. */
const RELEASE_MS = 5000;
const LOOK_MS = 100;

/**
 * Makes sure that the slot of that name is there, is ours, and is free. It is made only where none was made before.
 * @param session asks; `streaming` makes the slot
 * @throws FinanceDbError PG_NO_SLOT when a slot of ours is lost, or one of that name is not ours; PG_LOCKED when it is in use
 */
export async function ensureKeptSlot(
  name: string,
  publishedPath: string,
  { identity: { systemIdentifier, databaseOid }, standby }: SourcePosition,
  session: PgSession,
  streaming: PgSession,
  now: Date,
): Promise<ServerSlot> {
  const record = readSlots(publishedPath).find((known) => known.name === name);
  const { where } = session;
  if (record !== undefined && (record.systemIdentifier !== systemIdentifier || record.databaseOid !== databaseOid))
    throw new FinanceDbError('PG_NO_SLOT', `the slot ${name} was made in another database than ${where}`, {
      remedy: `take another name; the slot there is dropped by \`finance-db follow --drop-slot ${name}\` with its address`,
    });
  const found = await readSlot(session, name);
  if (found === null) {
    if (record?.made === true) throw lost(name, `is gone from ${where}`);
    const fresh: SlotRecord = {
      ...{ name, systemIdentifier, databaseOid, recordedAt: now.toISOString(), made: false, beyond: null },
    };
    recordSlot(publishedPath, fresh);
    await createSlot(streaming, name, false, standby ? session : null);
    recordSlot(publishedPath, { ...fresh, made: true });
    return (await readSlot(session, name)) ?? raise(lost(name, `is gone from ${where}`));
  }
  if (record === undefined)
    throw new FinanceDbError('PG_NO_SLOT', `there is a slot ${name} in ${where} that no follower of this file made`, {
      remedy: 'take another name',
    });
  if (!found.fits) throw lost(name, `in ${where} is of another kind now`);
  if (found.lost) throw lost(name, `in ${where} has lost its log (max_slot_wal_keep_size)`);
  if (!record.made) recordSlot(publishedPath, { ...record, made: true });
  return released(session, found);
}

function lost(name: string, what: string): FinanceDbError {
  return new FinanceDbError('PG_NO_SLOT', `the slot ${name}, which kept the changes for this file, ${what}`, {
    remedy: `find out why; then \`finance-db follow --drop-slot ${name}\` forgets it, and --keep-slot ${name} makes another, beginning with a scan`,
  });
}

function raise(error: Error): never {
  throw error;
}

async function released(session: PgSession, slot: ServerSlot): Promise<ServerSlot> {
  const deadline = performance.now() + RELEASE_MS;
  let found: ServerSlot | null = slot;
  while (found !== null && found.activePid !== null) {
    if (performance.now() > deadline)
      throw new FinanceDbError(
        'PG_LOCKED',
        `${await streamerOf(session, found.activePid)} streams from the slot ${slot.name}`,
        { remedy: 'one follower a slot: end the other one, or take another name' },
      );
    await delay(LOOK_MS);
    found = await readSlot(session, slot.name);
  }
  if (found === null) throw lost(slot.name, `is gone from ${session.where}`);
  return found;
}

/** A published file from which the stream goes on without a scan, and where. */
export interface Continuation {
  readonly file: Extract<PublishedFile, { kind: 'ours' }>;
  readonly states: readonly TableState[];
  readonly from: bigint;
  /** The watermark of scans that the file has. */
  readonly snapshotText: string;
}

/**
 * Whether the stream can go on where the file is: a follower published it with this slot, no definition has changed since, and
 * the slot still tells everything that the file lacks.
 * @param catalogue the digest of what the guard sees now
 * @returns why not, in words, or how
 */
export async function continuation(
  slot: ServerSlot,
  publishedPath: string,
  sources: readonly SourceTable[],
  position: SourcePosition,
  catalogue: string,
): Promise<Continuation | string> {
  if (hasLog(publishedPath)) return 'another program has written beside the file';
  const file = await readPublishedFile(publishedPath);
  if (file.kind !== 'ours' || file.sample) return 'there is no file to go on from';
  const { followed } = file;
  if (followed === null || followed.slot !== slot.name) return 'the file was not published with this slot';
  const states: TableState[] = [];
  for (const source of sources) {
    const state = findState(file, source.table);
    if (state === null) return 'the file has not all of the tables';
    const plan = planTable(source, state, position, false);
    if (plan.mode === 'full') return plan.reason;
    if (plan.newLeaves.length > 0 || plan.lostLeaves) return 'partitions came or went';
    if (state.identity.lsn !== followed.position) return 'the tables are not of one position';
    states.push(state);
  }
  const [first] = states;
  if (first === undefined || states.some(({ snapshotText }) => snapshotText !== first.snapshotText))
    return 'the tables are not of one snapshot';
  if (followed.catalogue !== catalogue) return 'a definition, a partition or the publication changed since';
  const from = furthest(followed.position, publishedPath, slot.name);
  if (slot.confirmed > from) return `the slot is at ${lsnOf(slot.confirmed)}, beyond the file (${lsnOf(from)})`;
  const { lsn } = position.identity;
  if (lsn === null || from > parseLsn(lsn)) return 'the file is ahead of the server';
  return { file, states, from, snapshotText: first.snapshotText };
}

/** Up to where a file that says to be as of a position holds everything. */
function furthest(said: string, publishedPath: string, name: string): bigint {
  const beyond = readSlots(publishedPath).find((known) => known.name === name)?.beyond;
  return parseLsn(beyond?.said === said ? beyond.position : said);
}

/** Writes down, before the server is told, that the file that says to be as of `said` is as of `position` as well. */
export function recordBeyond(publishedPath: string, name: string, said: bigint, position: bigint): void {
  const record = readSlots(publishedPath).find((known) => known.name === name);
  if (record === undefined) throw new FinanceDbError('INTERNAL', `the slot ${name} is not written down`);
  recordSlot(publishedPath, { ...record, beyond: { said: lsnOf(said), position: lsnOf(position) } });
}
