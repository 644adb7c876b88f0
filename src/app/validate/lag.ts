import type { SourceTable } from '../../model/sourceTable.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName } from '../../model/tableName.ts';
import { nothingHappened, watermarkObjection } from '../../model/watermark.ts';
import { changedSince } from '../../postgres/snapshot.ts';
import type { CheckContext } from './result.ts';

/** How differences may be explained by what PostgreSQL did since the sync. */
export interface Lag {
  /** Whether PostgreSQL may have changed since the file was made. */
  readonly possible: boolean;
  /** SQL that is true for rows changed since; null when nothing changed, or when rows do not tell. */
  readonly condition: string | null;
  /** Rows do not tell when they changed: any difference may be lag. */
  readonly blind: boolean;
  readonly problem: string | null;
  readonly notes: readonly string[];
}

const HAS_ROW_VERSIONS = ['r', 'p', 'm'];

/** What may have changed since the file was made, from its state and from what PostgreSQL tells. */
export function lagOf(
  context: CheckContext,
  source: SourceTable,
  state: TableState | null,
  newLeaves: readonly string[],
): Lag {
  const none = { possible: false, condition: null, blind: false, problem: null, notes: [] };
  if (state === null) return none;
  const { problem: objection, note } = judgeObjection(state, context);
  const problem = objection ?? (context.altered.has(displayName(source.table)) ? ALTERED : null);
  const notes = note === null ? [] : [note];
  if (
    problem === null &&
    note === null &&
    state.gated &&
    nothingHappened(state.snapshot, context.snapshot.snapshot) &&
    newLeaves.length === 0
  )
    return { ...none, notes };
  const tells = HAS_ROW_VERSIONS.includes(source.kind) && !source.rowSecurity && source.otherStorage === null;
  if (!tells || note !== null)
    return {
      possible: true,
      condition: null,
      blind: true,
      problem,
      notes: [...notes, 'its rows do not tell when they changed: differences may be lag or damage'],
    };
  return { possible: true, condition: changedSince(state.snapshot, newLeaves), blind: false, problem, notes };
}

/** A source that gives other rows each time it is read: no difference means anything. */
export function unprovable(volatile: readonly string[]): Lag {
  const calls = volatile.map((name) => `${name}()`).join(', ');
  const note = `the view calls ${calls}, which may give other values each time: what it shows cannot be proven, and a difference is no damage`;
  return { possible: true, condition: null, blind: true, problem: null, notes: [note] };
}

/** Of a table whose state is not what a sync or a follower wrote. */
export const ALTERED =
  'the sync state of the table is not what the sync wrote: the snapshot or the source that it names cannot be trusted';

/** A state that cannot be true is damage; one that a failover has overtaken is not. */
function judgeObjection(state: TableState, context: CheckContext): { problem: string | null; note: string | null } {
  const objection = watermarkObjection(state, context.snapshot);
  if (
    objection === null ||
    state.identity.systemIdentifier === null ||
    context.snapshot.identity.systemIdentifier === null
  )
    return { problem: null, note: null };
  if (/timeline|two billion/.test(objection)) return { problem: null, note: objection };
  return { problem: `the file's sync state does not fit this server: ${objection}`, note: null };
}
