import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import { type LakeState, sameColumns, type UnitState } from '../../lake/state.ts';
import { monthsSince, stateName } from '../../model/monthRecord.ts';
import { type LakeSource, rowsOfSource } from './source.ts';
import { monthNamed, readUnits, type Unit } from './units.ts';

/**
 * The months of a table where the DuckDB file has kept in which of them rows may have changed since the lake was made of it: the
 * others have the rows, and so the digests, that they had then, and are not read.
 * @param state what the lake equals
 * @param known the digests of its months
 * @returns null when the file does not say it back to that state, or anything contradicts it: all rows are to be read then
 * @throws FinanceDbError as `readUnits`
 */
export async function touchedUnits(
  copy: Pick<WorkingCopy, 'all'>,
  source: LakeSource,
  state: LakeState | null,
  known: Readonly<Record<string, UnitState>>,
): Promise<Unit[] | null> {
  const { state: now, months } = source;
  if (state === null || months === null || !isSuccessor(state, now)) return null;
  const found = monthsSince(months, nameOf(state), nameOf(now));
  if (found === null || found.reduce((sum, { rows }) => sum + rows, 0n) !== BigInt(now.rows)) return null;
  const untouched: Unit[] = [];
  for (const { month, rows, touched } of found) {
    if (touched) continue;
    const named = monthNamed(source, month);
    const then = known[named.name];
    if (then === undefined || BigInt(then.rows) !== rows) return null;
    untouched.push({ ...named, ...then });
  }
  const names = found.flatMap(({ month, touched }) => (touched ? [month] : []));
  const read = await readUnits(copy, rowsOfSource(source), names);
  const counted = new Map(read.map(({ name, rows }) => [name, BigInt(rows)]));
  const isComplete = found.every(
    ({ month, rows, touched }) => !touched || counted.get(monthNamed(source, month).name) === rows,
  );
  return isComplete && read.length === names.length ? [...untouched, ...read] : null;
}

/** Whether the names of their states are of one table of one source, read in the same way. */
function isSuccessor(state: LakeState, now: LakeSource['state']): boolean {
  const same = (of: (one: LakeSource['state']) => unknown): boolean => of(state) === of(now);
  return (
    state.gated &&
    now.gated &&
    same(({ tableOid }) => tableOid) &&
    same(({ fingerprint }) => fingerprint) &&
    same(({ identity }) => identity.systemIdentifier) &&
    same(({ identity }) => identity.databaseOid) &&
    same(({ identity }) => identity.timeline) &&
    sameColumns(state.columns, now.columns)
  );
}

function nameOf({ snapshot, syncedAt }: Pick<LakeState, 'snapshot' | 'syncedAt'>): string {
  return stateName(snapshot, syncedAt);
}
