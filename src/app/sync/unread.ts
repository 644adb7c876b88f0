import { COST_OF_LEARNING, costOf, wholeRange } from '../../model/changedBlocks.ts';
import { type ChangedSince, isOfUse, lookAtPart, type PartBlocks } from '../../model/partLook.ts';
import type { Part } from '../../model/parts.ts';
import type { PartState, TableState } from '../../model/syncPlan.ts';
import { type CheckpointMark, startOf } from '../../model/walSummaries.ts';
import { parseLsn, type Snapshot } from '../../model/watermark.ts';
import type { SourceSnapshot } from '../../postgres/snapshot.ts';
import { askWal, HAS_WAL_SUMMARIES, type WalAnswer } from '../../postgres/walSummaries.ts';
import { partsIn } from './fullLoad.ts';
import type { SyncRequest, TableWork } from './syncRequest.ts';
import { PLACES_FROM_PAGES, wantsPlaces } from './wantsPlaces.ts';

/** Parts of a table in which nothing changed since the file's snapshot, by their oids, with the rows that they have. */
export type UnreadParts = ReadonlyMap<string, bigint>;

/** What the server's log tells of a table. */
export interface WalLook {
  readonly unread: UnreadParts;
  /** Of the other parts the blocks that changed, by their oids; null when all that is not unread is to be surveyed. */
  readonly blocks: ReadonlyMap<string, PartBlocks> | null;
  /** Unread parts of which the file knows where their rows lie. */
  readonly placed: readonly string[];
  /** Whether what the file knows of places is worth nothing any more. */
  readonly forgets: boolean;
  /** Why so many parts are read, in words. */
  readonly why: string;
}

/** What the log tells of all tables. */
export interface WalLooks {
  of(tableOid: string): WalLook;
  /** How many summaries were read. */
  readonly summaries: number;
}

/**
 * Finds the parts of tables that need not be read, since no summary of the server's write-ahead log mentions their files, and of the
 * others the blocks that changed, where the file knows which of its rows lay there.
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
  const ofNoUse = (why: string): WalLook => ({ unread: new Map(), blocks: null, placed: [], forgets: false, why });
  const context = { snapshot, places: request.places };
  const found = new Map(work.map((one) => [one.plan.source.oid, candidateOf(context, one, stateOf(one), marks)]));
  const candidates = [...found.values()].filter((one) => typeof one !== 'string');
  const without = (oid: string, why = ''): WalLook => {
    const own = found.get(oid);
    return ofNoUse(typeof own === 'string' ? own : why);
  };
  if (candidates.length === 0) return { of: without, summaries: 0 };
  const starts = startsOf(candidates);
  const pages = candidates.reduce((sum, candidate) => sum + candidate.pages, 0);
  const answer = await askWal(snapshot, {
    starts,
    filenodes: candidates.flatMap(({ parts }) => parts.flatMap(({ filenode }) => filenode ?? [])),
    checkpoint: request.checkpoint ?? (embedded && pages >= PLACES_FROM_PAGES),
    waitMs: (request.awaitCheckpointSeconds ?? 0) * 1000,
    signal: request.signal,
  });
  if (answer.kind === 'unknown') return { of: (oid) => without(oid, answer.why), summaries: 0 };
  const upTo = request.places?.upTo ?? MOST_LEARNED;
  const looks = new Map(candidates.map((candidate) => [candidate.oid, lookOf(candidate, answer, upTo)]));
  return {
    of: (oid) => looks.get(oid) ?? without(oid),
    summaries: answer.summaries,
  };
}

/** What is known of parts as of a snapshot, and the checkpoint from which on the log tells what changed since. */
interface Known {
  readonly parts: ReadonlyMap<string, PartState>;
  readonly start: CheckpointMark;
}

interface Candidate {
  readonly oid: string;
  readonly pages: number;
  readonly parts: readonly Part[];
  readonly rows: Known | null;
  readonly places: Known | null;
  readonly wantsPlaces: boolean;
}

const NO_START = 'no checkpoint is known from before the last sync';

/**
 * What may be left out of a table. Not those whose rows can change without the log telling (unlogged ones), and nothing when
 * partitions were detached: their rows are gone, and no part that is left tells which they were. Of a partition that was attached
 * nothing is known, though something was before it went: its rows are not in the file.
 * @returns in words why nothing may
 */
function candidateOf(
  context: Parameters<typeof wantsPlaces>[0],
  { plan, columns }: TableWork,
  state: TableState | null,
  marks: readonly CheckpointMark[],
): Candidate | string {
  const { source } = plan;
  if (context.snapshot.serverVersionNumber < HAS_WAL_SUMMARIES)
    return 'PostgreSQL summarizes its log from version 17 on';
  if (plan.mode !== 'incremental' || state === null) return plan.reason;
  if (source.unlogged) return 'the log tells nothing of an unlogged table';
  if (plan.lostLeaves) return 'partitions were detached, and the others do not tell which rows they had';
  const isNew = new Set(plan.newLeaves);
  const known = (parts: TableState['parts'], of: Snapshot): Known | null => {
    const start = startOf(marks, context.snapshot.identity.timeline, of);
    const stayed = [...(parts ?? [])].filter(([oid]) => !isNew.has(oid));
    return start === null ? null : { parts: new Map(stayed), start };
  };
  const rows = known(state.parts, state.snapshot);
  if (rows === null) return NO_START;
  const wanted = wantsPlaces(context, source, columns);
  // Younger ones came by another name that the table had: what changed since then is not all that changed since this state.
  const isOlder = state.places !== null && state.places.snapshot.xmin <= state.snapshot.xmin;
  const places = wanted && isOlder ? known(state.places.parts, state.places.snapshot) : null;
  const parts = partsIn(context, source);
  const isKnown = parts.some((part) => [rows, places].some((one) => stateIn(one, part) !== null));
  if (!isKnown)
    return parts.every(({ filenode }) => filenode === null)
      ? 'its partitions cannot be read one by one: this role may SELECT from their table only, and their bounds are no numbers or times'
      : 'its files are others than at the last sync, or unknown';
  const pages = source.leaves.reduce((sum, leaf) => sum + leaf.pages, source.pages);
  return { oid: source.oid, pages, parts, rows, places, wantsPlaces: wanted };
}

/** What is known of a part that is in the same file still. */
function stateIn(known: Known | null, { oid, filenode }: Part): PartState | null {
  const state = known?.parts.get(oid);
  return filenode !== null && filenode !== '0' && state?.filenode === filenode ? state : null;
}

/** Where the log may be begun, the oldest first: as early as places are known from, which may be too long ago; and as rows are. */
function startsOf(candidates: readonly Candidate[]): CheckpointMark[] {
  const oldest = (all: readonly (Known | null)[]): CheckpointMark[] =>
    all
      .flatMap((known) => (known === null ? [] : [known.start]))
      .sort((a, b) => (parseLsn(a.redo) < parseLsn(b.redo) ? -1 : 1))
      .slice(0, 1);
  const rows = candidates.map((candidate) => candidate.rows);
  const [first, second] = [oldest([...rows, ...candidates.map(({ places }) => places)]), oldest(rows)];
  return second[0]?.redo === first[0]?.redo ? first : [...first, ...second];
}

/**
 * The places of so many blocks are learned by one sync, 16 GB: twenty bytes a row are put down for it on disk, and none of ours was
 * made with more than a fifth of that.
 */
const MOST_LEARNED = 2_097_152;

/** Of more summaries than these, reading them is no longer cheap. */
const MANY_SUMMARIES = 24;

function lookOf(
  candidate: Candidate,
  { since, summaries }: Extract<WalAnswer, { kind: 'known' }>,
  mostLearned: number,
): WalLook {
  const changesOf = (known: Known | null, part: Part): ChangedSince | null => {
    const state = stateIn(known, part);
    const from = parseLsn(known?.start.redo ?? '0/0');
    const own = since.findLast(({ start }) => parseLsn(start.redo) <= from);
    return state === null || own === undefined
      ? null
      : { rows: state.rows, ranges: own.changed.get(state.filenode) ?? [] };
  };
  const looks = candidate.parts.map((part) => {
    const [places, rows] = [changesOf(candidate.places, part), changesOf(candidate.rows, part)];
    return { ...{ part, places, rows }, look: lookAtPart(part.pages, places, rows) };
  });
  const unread = new Map<string, bigint>();
  const blocks = new Map<string, PartBlocks>();
  const placed: string[] = [];
  let [byBlocks, byScan, learned, isBusy] = [0, 0, 0, false];
  for (const { part, look } of looks) {
    if (look.kind === 'unread') {
      unread.set(part.oid, look.rows);
      if (look.placed) placed.push(part.oid);
      continue;
    }
    const read = look.kind === 'busy' ? { ranges: wholeRange(), rows: null } : look.blocks;
    blocks.set(part.oid, read);
    byScan += part.pages;
    if (read.rows === null) learned += part.pages;
    byBlocks += read.rows === null ? part.pages * COST_OF_LEARNING : costOf(read.ranges, part.pages);
    isBusy ||= look.kind === 'busy';
  }
  const which = 'the summaries of the write-ahead log tell which changed';
  if (!candidate.wantsPlaces) return { unread, blocks: null, placed: [], forgets: false, why: which };
  const isTooMuch = learned > mostLearned;
  if (isTooMuch || (isBusy && byBlocks > byScan)) {
    // What did not change since the last sync need not be scanned, whatever is known of its places.
    for (const { part, rows } of looks) if (rows?.ranges.length === 0) unread.set(part.oid, rows.rows);
    const someUse = looks.some(({ part, places }) => places !== null && isOfUse(places, part.pages));
    return {
      ...{ unread, blocks: null, placed: [], forgets: !someUse || summaries > MANY_SUMMARIES },
      why: isTooMuch
        ? 'the summaries of the write-ahead log tell of changes in so large parts that it is not noted where their rows lie'
        : 'the summaries of the write-ahead log tell of so many changed blocks that a scan costs less',
    };
  }
  const why = 'the summaries of the write-ahead log tell which blocks changed';
  const isKnown = looks.some(({ places }) => places !== null);
  const first = blocks.size === 0 ? which : `${why}, from the next sync on`;
  return { unread, blocks, placed, forgets: false, why: isKnown ? why : first };
}
