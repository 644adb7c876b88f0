import { quoteLiteral } from '../model/identifier.ts';
import { displayName, STATE_SCHEMA, type TableName } from '../model/tableName.ts';
import type { WorkingCopy } from './workingCopy.ts';

/**
 * A checksum of each row of sync_state. Whoever alters the state by hand alters what counts as lag: an older snapshot would
 * pass damage off as changes since the sync.
 */
const SEALS = `${STATE_SCHEMA}.seals`;

export const SEALS_DDL = `CREATE TABLE IF NOT EXISTS ${SEALS} (table_schema VARCHAR NOT NULL, table_name VARCHAR NOT NULL, seal VARCHAR NOT NULL)`;

/** All that decides what is compared, and what counts as lag. */
const SEALED = `md5(concat_ws('|', table_schema, table_name, coalesce(system_identifier, '-'), database_oid, coalesce(timeline, '-'),
  coalesce(lsn, '-'), table_oid, fingerprint, snapshot, leaves::VARCHAR, gated::VARCHAR, row_count::VARCHAR))`;

/** SQL that is true for rows of these tables in the tool's own tables. */
export function isOneOf(tables: readonly TableName[]): string {
  const names = tables.map(({ schema, name }) => `(${quoteLiteral(schema)}, ${quoteLiteral(name)})`);
  return `(table_schema, table_name) IN (${names.join(', ')})`;
}

/** SQL that seals the state of tables as it is now. */
export function sealStateSql(tables: readonly TableName[]): string[] {
  const isIt = isOneOf(tables);
  return [
    `DELETE FROM ${SEALS} WHERE ${isIt}`,
    `INSERT INTO ${SEALS} SELECT table_schema, table_name, ${SEALED} FROM ${STATE_SCHEMA}.sync_state WHERE ${isIt}`,
  ];
}

/** Names of tables whose state is not what a sync wrote; none when the file is of a version that did not seal. */
export async function brokenSeals(copy: Pick<WorkingCopy, 'all'>): Promise<ReadonlySet<string>> {
  const known = await copy.all(
    `SELECT 1 AS found FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = '${STATE_SCHEMA}' AND table_name = 'seals'`,
  );
  if (known.length === 0) return new Set();
  const rows = await copy.all<{ table_schema: string; table_name: string }>(
    `SELECT state.table_schema, state.table_name FROM (SELECT table_schema, table_name, ${SEALED} AS seal FROM ${STATE_SCHEMA}.sync_state) AS state LEFT JOIN ${SEALS} AS kept USING (table_schema, table_name) WHERE state.seal IS DISTINCT FROM kept.seal`,
  );
  return new Set(rows.map((row) => displayName({ schema: row.table_schema, name: row.table_name })));
}
