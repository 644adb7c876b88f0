import { toSampleTables } from '../../duckdb/sampleTables.ts';
import { STATE_DDL, STATE_FORMAT, writeStateSql } from '../../duckdb/syncState.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import type { LakeState } from '../../lake/state.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { displayName, duckdbSchema, STATE_SCHEMA } from '../../model/tableName.ts';
import { parseSnapshot } from '../../model/watermark.ts';

/** Reports read the table of that name, and the first without one (statsFlags.ts). */
const REPORTED = 'transactions';

/** Writes what the lake says of its tables as a sync would have written it, and makes their schemas. */
export async function writeLakeState(copy: Pick<WorkingCopy, 'run'>, states: readonly LakeState[]): Promise<void> {
  for (const statement of STATE_DDL) await copy.run(statement);
  const about = aboutOf(states);
  const values = Object.entries(about).map(([name, value]) => `(${quoteLiteral(name)}, ${quoteLiteral(value)})`);
  await copy.run(`INSERT INTO ${STATE_SCHEMA}.about VALUES ${values.join(', ')}`);
  for (const state of states)
    await copy.run(
      `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(duckdbSchema({ schema: state.schema, name: state.name }))}`,
    );
  const rows = states.map((state) => ({
    table: { schema: state.schema, name: state.name },
    identity: state.identity,
    tableOid: state.tableOid,
    fingerprint: state.fingerprint,
    snapshot: state.snapshot,
    leaves: state.leaves,
    gated: state.gated,
    key: state.key,
    columns: state.columns.map((column) => ({ ...column })),
    rows: BigInt(state.rows),
    mode: 'full' as const,
    reason: 'read from the lake',
    ...{ upserted: 0n, deleted: 0n, seconds: 0 },
    syncedAt: state.syncedAt,
    toolVersion: state.about['tool'] ?? '',
  }));
  for (const statement of writeStateSql(rows)) await copy.run(statement);
}

/** What the lake says of itself: the currency of the table that reports read, and the sample rows of each. */
function aboutOf(states: readonly LakeState[]): Record<string, string> {
  const samples = states.flatMap((state) =>
    toSampleTables(new Map(Object.entries(state.about))).filter(({ table }) => table === displayName(state)),
  );
  const reported = states.find(({ name }) => name === REPORTED) ?? states[0];
  return { format: STATE_FORMAT, sample: 'false', ...reported?.about, sample_tables: JSON.stringify(samples) };
}

/** The state as a validation wants it. */
export function asTableState(state: LakeState): TableState {
  return {
    ...{ schema: state.schema, name: state.name, identity: state.identity, tableOid: state.tableOid },
    ...{ fingerprint: state.fingerprint, snapshot: parseSnapshot(state.snapshot), rows: BigInt(state.rows) },
    ...{ leaves: state.leaves, gated: state.gated, deletes: new Map(), parts: null, places: null },
    snapshotText: state.snapshot,
  };
}
