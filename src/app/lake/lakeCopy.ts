import { STATE_DDL, STATE_FORMAT, writeStateSql } from '../../duckdb/syncState.ts';
import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import type { LakeState } from '../../lake/state.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import type { TableState } from '../../model/syncPlan.ts';
import { duckdbSchema, STATE_SCHEMA } from '../../model/tableName.ts';
import { parseSnapshot } from '../../model/watermark.ts';

/** Writes what the lake says of its tables as a sync would have written it, and makes their schemas. */
export async function writeLakeState(copy: Pick<WorkingCopy, 'run'>, states: readonly LakeState[]): Promise<void> {
  for (const statement of STATE_DDL) await copy.run(statement);
  const about = { format: STATE_FORMAT, sample: 'false', ...states[0]?.about };
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

/** The state as a validation wants it. */
export function asTableState(state: LakeState): TableState {
  return {
    ...{ schema: state.schema, name: state.name, identity: state.identity, tableOid: state.tableOid },
    ...{ fingerprint: state.fingerprint, snapshot: parseSnapshot(state.snapshot), rows: BigInt(state.rows) },
    ...{ leaves: state.leaves, gated: state.gated, deletes: null, parts: null, places: null },
    snapshotText: state.snapshot,
  };
}
