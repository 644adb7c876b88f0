import { isDeadTag } from '../files/processTag.ts';
import type { LakeStore } from './store/store.ts';
import { metadataKey, RUN_PROPERTY, readMetadata } from './table.ts';

/**
 * What a run is about to write and, after its commit, to delete: noted before it does either, so that a later run can end
 * what a killed one began. Only what stands here is ever deleted.
 */
export interface Journal {
  /** `processTag` and six random digits. */
  readonly run: string;
  /** The version that the run builds on: it can only commit the next one. */
  readonly base: number;
  readonly writes: readonly string[];
  /** Files that no snapshot needs once the run has committed. */
  readonly deletes: readonly string[];
}

const PREFIX = 'metadata/run-';
const SUFFIX = '.journal';

function journalKey(run: string): string {
  return `${PREFIX}${run}${SUFFIX}`;
}

export async function writeJournal(store: LakeStore, journal: Journal): Promise<void> {
  await store.write(journalKey(journal.run), Buffer.from(JSON.stringify(journal)));
}

/** After a commit: deletes what it made superfluous, then the journal. */
export async function settle(store: LakeStore, journal: Journal): Promise<void> {
  for (const key of journal.deletes) await store.remove(key);
  await store.remove(journalKey(journal.run));
}

/** Takes back what a run wrote that did not commit. */
export async function takeBack(store: LakeStore, journal: Journal): Promise<void> {
  await store.dropUploads(journal.writes);
  for (const key of journal.writes) await store.remove(key);
  await store.remove(journalKey(journal.run));
}

/**
 * Ends what killed runs began: whose commit went through, the deleting; of others, what they wrote goes. A run is over when its
 * process is gone from this machine, or when its version was taken by another: it cannot commit then, alive or not.
 * @param version the newest
 */
export async function clearDeadRuns(store: LakeStore, version: number): Promise<void> {
  for (const key of await store.list(PREFIX)) {
    if (!key.endsWith(SUFFIX)) continue;
    const content = (await store.read(key))?.toString() ?? '';
    const run = key.slice(PREFIX.length, -SUFFIX.length);
    const journal = parseJournal(content, run);
    if (journal.base >= version && !isDeadRun(run)) continue;
    const committed = await isCommitted(store, journal, version);
    if (committed === true) await settle(store, journal);
    else if (committed === false) await takeBack(store, journal);
    else await store.remove(key);
  }
  // Temporary files are named after their runs.
  for (const key of await store.list('metadata/.')) {
    const run = key.slice(key.lastIndexOf('.') + 1);
    if (isDeadRun(run)) await store.remove(key);
  }
}

/** A journal that was cut short by a crash: its run had written nothing else by then. */
function parseJournal(content: string, run: string): Journal {
  try {
    return JSON.parse(content) as Journal;
  } catch {
    return { run, base: 0, writes: [], deletes: [] };
  }
}

/** Whether the run's version is its own. @param version the newest. @returns null when nobody can tell any more */
export async function isCommitted(store: LakeStore, { run, base }: Journal, version: number): Promise<boolean | null> {
  if (version <= base) return false;
  if ((await store.size(metadataKey(base + 1))) === null) return null;
  return (await readMetadata(store, base + 1)).properties[RUN_PROPERTY] === run;
}

function isDeadRun(run: string): boolean {
  return isDeadTag(run.replace(/-[a-z0-9]{6}$/, ''));
}
