import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import type { DataFile } from '../../lake/iceberg/manifest.ts';
import type { LakeStore } from '../../lake/store/store.ts';
import { type PlannedFile, type WritePlan, writeFile } from './writeUnit.ts';

/** Where files come from and go to. */
export interface WriteContext {
  readonly copy: Pick<WorkingCopy, 'all' | 'another'>;
  readonly store: LakeStore;
  /** For files on their way to a store that is no folder. */
  readonly folder: string;
  /** How many files are made at the same time, since DuckDB makes a small one on one core; one when left out. */
  readonly writers?: number;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
}

/** Rows of a file of which DuckDB can share the work among cores: a few of its row groups. */
const LARGE_ROWS = 4n * 122_880n;

type Connection = Pick<WorkingCopy, 'all'>;

/**
 * Writes planned files and puts them into the store.
 * @returns those that have rows, in the order in which they were planned
 * @throws what the first that failed threw, when none is being written any more
 */
export async function writeFiles(
  context: WriteContext,
  plan: WritePlan,
  planned: readonly PlannedFile[],
  name: string,
): Promise<DataFile[]> {
  const written = new Array<DataFile>(planned.length);
  const queue = [...planned.entries()];
  let [begun, failed] = [0, false];
  const writeSome = async (connection: Connection): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !failed; next = queue.shift()) {
      const [at, file] = next;
      try {
        context.signal.throwIfAborted();
        context.onStep(`${name}: writing ${file.unit.name} (${++begun} of ${planned.length})`);
        written[at] = await writeFile(connection, context.store, plan, file, context.folder);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled((await connectionsFor(context, planned)).map(writeSome));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  return written.filter(({ rows }) => rows > 0n);
}

/** Large files one after the other, since each of them needs its memory. */
async function connectionsFor(
  { copy, writers = 1 }: WriteContext,
  planned: readonly PlannedFile[],
): Promise<Connection[]> {
  const connections: Connection[] = [copy];
  if (planned.some(({ unit }) => BigInt(unit.rows) > LARGE_ROWS)) return connections;
  while (copy.another !== undefined && connections.length < Math.min(writers, planned.length))
    connections.push(await copy.another());
  return connections;
}
